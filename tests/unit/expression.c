/* expression.c - what DWARF expressions of unwind information leave, and which are refused. */
#include "test.h"

#include <dwarf.h>
#include <errno.h>

#include "symbolizer/image/expression.h"

enum { NO_REGISTER = 16, NO_WORD = 0x666, FAILURE = 7 };

/* Register n has 1000 * n. */
static int read_register(void *context, unsigned number, uint64_t *ret)
{
    (void)context;
    *ret = 1000 * (uint64_t)number;
    return number == NO_REGISTER ? FAILURE : 0;
}

/* The word at an address is that address in each of its bytes. */
static int read_word(void *context, uint64_t address, uint64_t *ret)
{
    (void)context;
    *ret = address * 0x0101010101010101u;
    return address == NO_WORD ? FAILURE : 0;
}

struct sample {
    const char *what;
    int64_t value;
    int result;
    size_t size;
    uint8_t bytes[24];
};

#define GIVES(name, value, ...)                                              \
    {                                                                        \
        name, (int64_t)(value), 0, sizeof((const uint8_t[]){ __VA_ARGS__ }), \
        {                                                                    \
            __VA_ARGS__                                                      \
        }                                                                    \
    }
#define FAILS(name, result, ...)                                   \
    {                                                              \
        name, 0, result, sizeof((const uint8_t[]){ __VA_ARGS__ }), \
        {                                                          \
            __VA_ARGS__                                            \
        }                                                          \
    }

static const struct sample samples[] = {
    GIVES("the initial value", 5, DW_OP_nop),
    GIVES("a register", 6997, DW_OP_breg0 + 7, 0x7d),
    GIVES("what is there", 0x0202020202020202, DW_OP_lit2, DW_OP_deref),
    GIVES("two bytes of it", 0x0202, DW_OP_lit2, DW_OP_deref_size, 2),
    GIVES("eight", 0x0202020202020202, DW_OP_lit2, DW_OP_deref_size, 8),
    GIVES("constants of one byte", 0xfe - 2, DW_OP_const1u, 0xfe, DW_OP_const1s, 0xfe, DW_OP_plus),
    GIVES("of two", 0xfffe - 2, DW_OP_const2u, 0xfe, 0xff, DW_OP_const2s, 0xfe, 0xff, DW_OP_plus),
    GIVES("of four", -2, DW_OP_const4s, 0xfe, 0xff, 0xff, 0xff),
    GIVES("of eight", -2, DW_OP_const8s, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    GIVES("an address", 0x100000000000001, DW_OP_addr, 1, 0, 0, 0, 0, 0, 0, 1),
    GIVES("a great sum", 5 + 300, DW_OP_plus_uconst, 0xac, 2),
    GIVES("dup", 10, DW_OP_dup, DW_OP_plus),
    GIVES("drop", 5, DW_OP_lit1, DW_OP_drop),
    GIVES("over", 5, DW_OP_lit1, DW_OP_over),
    GIVES("pick", 5, DW_OP_lit1, DW_OP_lit2, DW_OP_pick, 2),
    GIVES("swap", 1 - 5, DW_OP_lit1, DW_OP_swap, DW_OP_minus),
    GIVES("rot: the top goes third", 1, DW_OP_lit1, DW_OP_lit2, DW_OP_rot),
    GIVES("and the third comes second", 1 - 5, DW_OP_lit1, DW_OP_lit2, DW_OP_rot, DW_OP_swap,
          DW_OP_minus),
    GIVES("abs", 3, DW_OP_const1s, 0xfd, DW_OP_abs),
    GIVES("neg", -5, DW_OP_neg),
    GIVES("not", ~5, DW_OP_not),
    GIVES("bits", (5 & 12) | (5 ^ 3), DW_OP_dup, DW_OP_lit12, DW_OP_and, DW_OP_swap, DW_OP_lit3,
          DW_OP_xor, DW_OP_or),
    GIVES("mul", 15, DW_OP_lit3, DW_OP_mul),
    GIVES("shl", 20, DW_OP_lit2, DW_OP_shl),
    GIVES("shl by too many", 0, DW_OP_const1u, 64, DW_OP_shl),
    GIVES("shr", 0x3fffffffffffffff, DW_OP_drop, DW_OP_const1s, 0xff, DW_OP_lit2, DW_OP_shr),
    GIVES("shra", -1, DW_OP_const1s, 0xff, DW_OP_const1u, 99, DW_OP_shra),
    GIVES("signed comparison", 1, DW_OP_const1s, 0xff, DW_OP_gt),
    GIVES("ge", 1, DW_OP_lit5, DW_OP_ge),
    GIVES("le", 0, DW_OP_lit4, DW_OP_le),
    GIVES("lt", 1, DW_OP_lit6, DW_OP_lt),
    GIVES("eq and ne", 1, DW_OP_lit5, DW_OP_eq, DW_OP_lit0, DW_OP_ne),
    GIVES("a PLT stub's", 7000 + 8 + 8, DW_OP_breg0 + 7, 8, DW_OP_const1u, 0x1f, DW_OP_lit15,
          DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus),
    FAILS("an unknown register", FAILURE, DW_OP_breg16, 0),
    FAILS("an unreadable word", FAILURE, DW_OP_const2u, 0x66, 6, DW_OP_deref),
    FAILS("nothing to drop", -EINVAL, DW_OP_drop, DW_OP_drop),
    FAILS("nothing left", -EINVAL, DW_OP_drop),
    FAILS("nothing to add", -EINVAL, DW_OP_plus),
    FAILS("no third", -EINVAL, DW_OP_lit1, DW_OP_rot),
    FAILS("nothing to pick", -EINVAL, DW_OP_pick, 1),
    FAILS("three bytes", -EINVAL, DW_OP_deref_size, 3),
    FAILS("cut off", -EINVAL, DW_OP_const4u, 1, 2),
    FAILS("a division", -EINVAL, DW_OP_lit1, DW_OP_div),
    FAILS("a jump", -EINVAL, DW_OP_skip, 0, 0),
    FAILS("a long constant", -EINVAL, DW_OP_constu, 1),
};

static void test_samples(void **state)
{
    const struct expression_source source = { read_register, read_word, NULL };

    (void)state;
    for (size_t i = 0; i < LENGTH(samples); i++) {
        const struct sample *sample = &samples[i];
        const struct span span = { sample->bytes, sample->size };
        uint64_t value = 0;
        int result = expression_evaluate(span, 5, &source, &value);
        if (result != sample->result || value != (uint64_t)sample->value)
            fail_msg("%s: %d, %#lx", sample->what, result, value);
        /* Whether it is sound does not depend on what it reads. */
        if (expression_is_sound(span) != (sample->result != -EINVAL))
            fail_msg("%s: sound or not?", sample->what);
    }
}

static void test_stack_limit(void **state)
{
    uint8_t bytes[64];

    (void)state;
    memset(bytes, DW_OP_dup, sizeof(bytes));
    assert_true(expression_is_sound((struct span){ bytes, 63 }));
    assert_false(expression_is_sound((struct span){ bytes, 64 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_stack_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
