/* callcode.c - calls before a return address: a table of encodings, as assemblers write them. */
#include "test.h"

#include "symbolizer/processor/callcode.h"

enum { RETURN = 0x401000 };

static void test_calls(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[CALLCODE_BYTES];
        struct callcode calls[CALLCODE_READINGS];
    } cases[] = {
        { "call +0x10",
          { 0x90, 0x90, 0x90, 0xe8, 0x10, 0, 0, 0 },
          { { CALLCODE_DIRECT, RETURN + 0x10 } } },
        { "call -0x20",
          { 0x90, 0x90, 0x90, 0xe8, 0xe0, 0xff, 0xff, 0xff },
          { { CALLCODE_DIRECT, RETURN - 0x20 } } },
        { "addr32 call: a relaxed call *slot(%rip)",
          { 0x90, 0x90, 0x67, 0xe8, 0x10, 0, 0, 0 },
          { { CALLCODE_DIRECT, RETURN + 0x10 } } },
        { "call *0x2000(%rip)",
          { 0x90, 0x90, 0xff, 0x15, 0, 0x20, 0, 0 },
          { { CALLCODE_SLOT, RETURN + 0x2000 } } },
        { "call *%rax",
          { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0 },
          { { CALLCODE_INDIRECT, 0 } } },
        { "call *%r12",
          { 0x90, 0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd4 },
          { { CALLCODE_INDIRECT, 0 } } },
        { "call *8(%rax)",
          { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 8 },
          { { CALLCODE_INDIRECT, 0 } } },
        { "call *0x100(%rbx)",
          { 0x90, 0x90, 0xff, 0x93, 0, 1, 0, 0 },
          { { CALLCODE_INDIRECT, 0 } } },
        { "call *0x100(%rax,%rbp,8), whose SIB byte is 0xe8",
          { 0x90, 0xff, 0x94, 0xe8, 0, 1, 0, 0 },
          { { CALLCODE_DIRECT, RETURN + 0x100 }, { CALLCODE_INDIRECT, 0 } } },
        { "a register call behind bytes like a direct one",
          { 0x90, 0x90, 0x90, 0xe8, 0x10, 0, 0xff, 0xd0 },
          { { CALLCODE_DIRECT, RETURN + (uint64_t)(int32_t)0xd0ff0010 },
            { CALLCODE_INDIRECT, 0 } } },
        { "a memory call behind bytes like a direct one",
          { 0x90, 0x90, 0x90, 0xe8, 0x10, 0xff, 0x50, 0x08 },
          { { CALLCODE_DIRECT, RETURN + 0x0850ff10 }, { CALLCODE_INDIRECT, 0 } } },
        { "a slot whose distance looks like a memory call",
          { 0x90, 0x90, 0xff, 0x15, 0x10, 0xff, 0x50, 0x08 },
          { { CALLCODE_SLOT, RETURN + 0x0850ff10 }, { CALLCODE_INDIRECT, 0 } } },
        { "no call", { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, { { CALLCODE_NONE, 0 } } },
        { "jmp", { 0x90, 0x90, 0x90, 0xe9, 0x10, 0, 0, 0 }, { { CALLCODE_NONE, 0 } } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct callcode calls[CALLCODE_READINGS] = { 0 };
        size_t count = callcode_decode(cases[i].bytes, RETURN, calls);
        assert_true(count <= CALLCODE_READINGS);
        for (size_t c = 0; c < CALLCODE_READINGS; c++)
            if (calls[c].kind != cases[i].calls[c].kind ||
                calls[c].address != cases[i].calls[c].address)
                fail_msg("%s: kind %d, address %#lx", cases[i].what, (int)calls[c].kind,
                         (unsigned long)calls[c].address);
    }
}

static void test_stubs(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[STUB_BYTES];
        struct callcode call;
    } cases[] = {
        { ".plt", { 0xff, 0x25, 0, 0x20, 0, 0, 0x68 }, { CALLCODE_SLOT, RETURN + 6 + 0x2000 } },
        { ".plt.sec",
          { 0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0, 0x20, 0, 0 },
          { CALLCODE_SLOT, RETURN + 10 + 0x2000 } },
        { ".plt.sec with bnd",
          { 0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0, 0x20, 0, 0 },
          { CALLCODE_SLOT, RETURN + 11 + 0x2000 } },
        { "mold's .plt",
          { 0xf3, 0x0f, 0x1e, 0xfa, 0x41, 0xbb, 1, 0, 0, 0, 0xff, 0x25, 0, 0x20, 0, 0 },
          { CALLCODE_SLOT, RETURN + 16 + 0x2000 } },
        { "a retpoline's .plt",
          { 0x4c, 0x8b, 0x1d, 0, 0x20, 0, 0, 0xe8 },
          { CALLCODE_SLOT, RETURN + 7 + 0x2000 } },
        { "more than the bytes that there are",
          { 0xf3, 0x0f, 0x1e, 0xfa, 0x41, 0xbb, 1, 0, 0, 0, 0xf2, 0xff, 0x25, 0, 0x20, 0 },
          { 0 } },
        { "lazy IBT .plt", { 0xf3, 0x0f, 0x1e, 0xfa, 0x68, 0, 0, 0, 0 }, { 0 } },
        { "a function", { 0x55, 0x48, 0x89, 0xe5 }, { 0 } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct callcode call = callcode_decode_stub(cases[i].bytes, RETURN);
        if (call.kind != cases[i].call.kind || call.address != cases[i].call.address)
            fail_msg("%s: kind %d, address %#lx", cases[i].what, (int)call.kind,
                     (unsigned long)call.address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_calls),
                                        cmocka_unit_test(test_stubs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
