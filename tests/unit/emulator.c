/* emulator.c - the small processor: instructions as the assembler writes them, and what they leave
 * in registers and memory; what it does not know must end it. */
#include "test.h"

#include <errno.h>

#include "symbolizer/image/cfiprogram.h"
#include "symbolizer/unwind/emulator.h"
#include "symbolizer/unwind/registers.h"

/* By their numbers in instructions. */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* The memory that there is: code, and 16 words each of a stack and of data, word n being STACK_WORD
 * or DATA_WORD plus n. */
enum {
    CODE = 0x10000,
    STACK = 0x20000,
    DATA = 0x30000,
    WORDS = 16,
    SP = STACK + 64,
    CODE_MAX = 32
};
#define STACK_WORD 0x7000000000000100u
#define DATA_WORD  0x1111111122222200u

static uint8_t code[CODE_MAX];
static size_t code_size;
static struct unwinder unwinder;

static ssize_t read_part(const void *memory, size_t there, uint64_t at, void *buffer, size_t size)
{
    if (at >= there)
        return -EFAULT;
    size = size < there - at ? size : there - at;
    memcpy(buffer, (const uint8_t *)memory + at, size);
    return (ssize_t)size;
}

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    uint64_t words[WORDS];

    (void)context;
    if (address >= CODE && address < CODE + CODE_MAX)
        return read_part(code, code_size, address - CODE, buffer, size);
    bool data = address >= DATA;
    for (uint64_t i = 0; i < WORDS; i++)
        words[i] = (data ? DATA_WORD : STACK_WORD) + i;
    return read_part(words, sizeof(words), address - (data ? DATA : STACK), buffer, size);
}

/* rbx points to DATA; all others of number n are 0x1000 * (n + 1). */
static uint64_t initial(unsigned number)
{
    return number == RBX ? DATA : 0x1000 * (number + 1);
}

static const uint8_t dwarf_numbers[] = { DWARF_RAX,   DWARF_RCX,   DWARF_RDX, DWARF_RBX,
                                         REGISTER_SP, REGISTER_FP, DWARF_RSI, DWARF_RDI,
                                         8,           9,           10,        11,
                                         12,          13,          14,        15 };

static enum step run(const uint8_t *bytes, size_t size, enum emulator_registers which,
                     const struct row *row, struct position *at)
{
    static const struct target target = { .read = read_memory };
    struct value registers[REGISTER_COUNT] = { 0 };

    for (unsigned i = 0; i < LENGTH(dwarf_numbers); i++)
        registers[dwarf_numbers[i]] = (struct value){ true, initial(i) };
    registers[REGISTER_FLAGS] = (struct value){ true, 0 };
    memcpy(code, bytes, size);
    code_size = size;
    unwinder = (struct unwinder){ .target = &target,
                                  .depth = 1,
                                  .stack_start = UINT64_MAX / 2, /* elsewhere, and nothing there */
                                  .stack_ends = true,
                                  .start_complete = true,
                                  .start.thread_pointer = DATA };
    *at = (struct position){ .ip = CODE, .sp = SP };
    return emulator_step(&unwinder, row, which, registers, at);
}

#define UNKNOWN \
    {           \
        0, 0    \
    }
#define KNOWN(x)  \
    {             \
        true, (x) \
    }

/* Each goes on with `ret`, and the return address is the word on top of the stack, unless `pops`.
 */
static void test_instructions(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[CODE_MAX - 1];
        size_t size;
        unsigned number; /* of the register that is looked at */
        struct value is;
        uint64_t stored_at; /* 0: nothing */
        struct value stored;
        int pops; /* words, beside the return address */
    } cases[] = {
#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })
        { "nothing at all: rbx", .size = 0, .number = RBX, .is = KNOWN(DATA) },
        { "add $0x18,%rsp", BYTES(0x48, 0x83, 0xc4, 0x18), .number = RCX, .is = KNOWN(0x2000),
          .pops = 3 },
        { "sub $0x80,%rsp; add $0x80,%rsp",
          BYTES(0x48, 0x81, 0xec, 0x80, 0, 0, 0, 0x48, 0x81, 0xc4, 0x80, 0, 0, 0), .number = RAX,
          .is = KNOWN(0x1000) },
        { "and $-16,%rcx of 0x2000", BYTES(0x48, 0x83, 0xe1, 0xf0), .number = RCX,
          .is = KNOWN(0x2000) },
        { "and $15,%rcx", BYTES(0x48, 0x83, 0xe1, 0x0f), .number = RCX, .is = KNOWN(0) },
        { "pop %r12", BYTES(0x41, 0x5c), .number = R12, .is = KNOWN(STACK_WORD + 8), .pops = 1 },
        { "push %rbx; pop %r12", BYTES(0x53, 0x41, 0x5c), .number = R12, .is = KNOWN(DATA),
          .stored_at = SP - 8, .stored = KNOWN(DATA) },
        { "mov (%rbx),%rcx", BYTES(0x48, 0x8b, 0x0b), .number = RCX, .is = KNOWN(DATA_WORD) },
        { "mov (%rbx),%ecx", BYTES(0x8b, 0x0b), .number = RCX, .is = KNOWN(0x22222200) },
        { "mov 8(%rbx),%r9", BYTES(0x4c, 0x8b, 0x4b, 0x08), .number = R9,
          .is = KNOWN(DATA_WORD + 1) },
        { "mov 0x10(%rbx),%rcx, by 32 bits", BYTES(0x48, 0x8b, 0x8b, 0x10, 0, 0, 0), .number = RCX,
          .is = KNOWN(DATA_WORD + 2) },
        { "mov %fs:0x28,%rcx", BYTES(0x64, 0x48, 0x8b, 0x0c, 0x25, 0x28, 0, 0, 0), .number = RCX,
          .is = KNOWN(DATA_WORD + 5) },
        { "mov 0x1000(%rbx),%rcx: no memory", BYTES(0x48, 0x8b, 0x8b, 0, 0x10, 0, 0), .number = RCX,
          .is = UNKNOWN },
        { "mov %r12,%r9", BYTES(0x4d, 0x89, 0xe1), .number = R9, .is = KNOWN(0xd000) },
        { "mov %rax,8(%rbx); mov 8(%rbx),%rcx",
          BYTES(0x48, 0x89, 0x43, 0x08, 0x48, 0x8b, 0x4b, 0x08), .number = RCX, .is = KNOWN(0x1000),
          .stored_at = DATA + 8, .stored = KNOWN(0x1000) },
        { "mov %rax,8(%rbx); mov 0xc(%rbx),%rcx: part of it",
          BYTES(0x48, 0x89, 0x43, 0x08, 0x48, 0x8b, 0x4b, 0x0c), .number = RCX, .is = UNKNOWN,
          .stored_at = DATA + 8, .stored = KNOWN(0x1000) },
        { "mov %rax,8(%rbx); mov 0x10(%rbx),%rcx: behind it",
          BYTES(0x48, 0x89, 0x43, 0x08, 0x48, 0x8b, 0x4b, 0x10), .number = RCX,
          .is = KNOWN(DATA_WORD + 2), .stored_at = DATA + 8, .stored = KNOWN(0x1000) },
        { "mov %rax,(%rbx); mov %rdx,(%rbx); mov (%rbx),%rcx: the newer",
          BYTES(0x48, 0x89, 0x03, 0x48, 0x89, 0x13, 0x48, 0x8b, 0x0b), .number = RCX,
          .is = KNOWN(0x3000), .stored_at = DATA, .stored = KNOWN(0x3000) },
        { "movq $-1,(%rbx)", BYTES(0x48, 0xc7, 0x03, 0xff, 0xff, 0xff, 0xff), .number = RCX,
          .is = KNOWN(0x2000), .stored_at = DATA, .stored = KNOWN(UINT64_MAX) },
        { "movl $-1,(%rbx): half of it", BYTES(0xc7, 0x03, 0xff, 0xff, 0xff, 0xff), .number = RCX,
          .is = KNOWN(0x2000), .stored_at = DATA, .stored = UNKNOWN },
        { "mov $0x1234,%ecx", BYTES(0xb9, 0x34, 0x12, 0, 0), .number = RCX, .is = KNOWN(0x1234) },
        { "mov $-1,%ecx", BYTES(0xb9, 0xff, 0xff, 0xff, 0xff), .number = RCX,
          .is = KNOWN(0xffffffff) },
        { "lea 0x10(%rbx,%rax,2),%rcx", BYTES(0x48, 0x8d, 0x4c, 0x43, 0x10), .number = RCX,
          .is = KNOWN(DATA + 0x2010) },
        { "lea 0x10(%rip),%rcx", BYTES(0x48, 0x8d, 0x0d, 0x10, 0, 0, 0), .number = RCX,
          .is = KNOWN(CODE + 0x17) },
        { "add %rax,%rcx", BYTES(0x48, 0x01, 0xc1), .number = RCX, .is = KNOWN(0x3000) },
        { "sub %rax,%rdx", BYTES(0x48, 0x29, 0xc2), .number = RDX, .is = KNOWN(0x2000) },
        { "add (%rbx),%rcx", BYTES(0x48, 0x03, 0x0b), .number = RCX,
          .is = KNOWN(DATA_WORD + 0x2000) },
        { "sub %rcx,%rcx, in 32 bits from memory", BYTES(0x2b, 0x0b), .number = RCX,
          .is = KNOWN((uint32_t)(0x2000 - 0x22222200)) },
        { "xor %ecx,%ecx", BYTES(0x31, 0xc9), .number = RCX, .is = KNOWN(0) },
        { "imul $2,%rax,%rcx", BYTES(0x48, 0x69, 0xc8, 2, 0, 0, 0), .number = RCX, .is = UNKNOWN },
        { "syscall: rax", BYTES(0x0f, 0x05), .number = RAX, .is = UNKNOWN },
        { "syscall: r11", BYTES(0x0f, 0x05), .number = R11, .is = UNKNOWN },
        { "syscall: rdx", BYTES(0x0f, 0x05), .number = RDX, .is = KNOWN(0x3000) },
        { "call *%rax: rdx", BYTES(0xff, 0xd0), .number = RDX, .is = UNKNOWN },
        { "call *%rax: r12", BYTES(0xff, 0xd0), .number = R12, .is = KNOWN(0xd000) },
        { "call 1f; add $8,%rcx; jmp 2f; 1: add $1,%rcx; ret; 2:",
          BYTES(0xe8, 6, 0, 0, 0, 0x48, 0x83, 0xc1, 8, 0xeb, 5, 0x48, 0x83, 0xc1, 1, 0xc3),
          .number = RCX, .is = KNOWN(0x2009), .stored_at = SP - 8, .stored = KNOWN(CODE + 5) },
        { "jmp, by 32 bits, over ud2", BYTES(0xe9, 2, 0, 0, 0, 0x0f, 0x0b), .number = RCX,
          .is = KNOWN(0x2000) },
        { "xor %ecx,%ecx; je over ud2", BYTES(0x31, 0xc9, 0x74, 2, 0x0f, 0x0b), .number = RCX,
          .is = KNOWN(0) },
        { "cmp $1,%rax; jne over ud2", BYTES(0x48, 0x83, 0xf8, 1, 0x75, 2, 0x0f, 0x0b),
          .number = RAX, .is = KNOWN(0x1000) },
        { "cmp %rcx,%rax; je to ud2, not taken; jmp over it",
          BYTES(0x48, 0x39, 0xc8, 0x74, 2, 0xeb, 2, 0x0f, 0x0b), .number = RAX,
          .is = KNOWN(0x1000) },
        { "test %rax,%rax; jne over ud2", BYTES(0x48, 0x85, 0xc0, 0x75, 2, 0x0f, 0x0b),
          .number = RAX, .is = KNOWN(0x1000) },
        { "sub $0x1000,%rax; je over ud2",
          BYTES(0x48, 0x81, 0xe8, 0, 0x10, 0, 0, 0x74, 2, 0x0f, 0x0b), .number = RAX,
          .is = KNOWN(0) },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        static const struct row row = { .kind = ROW_CODE };
        const struct emulation *e = &unwinder.emulation;
        uint8_t bytes[CODE_MAX] = { 0 };
        struct position at;

        memcpy(bytes, cases[i].bytes, cases[i].size);
        bytes[cases[i].size] = 0xc3;
        enum step step = run(bytes, cases[i].size + 1, EMULATOR_INTERRUPTED, &row, &at);
        uint64_t top = SP + 8 * (uint64_t)cases[i].pops;
        if (step != STEP_OUT || at.sp != top + 8 || at.ip != STACK_WORD + (top - STACK) / 8 ||
            !at.lost)
            fail_msg("%s: %d, to %#lx, rsp %#lx", cases[i].what, (int)step, at.ip, at.sp);
        const struct value *is = &e->registers[cases[i].number];
        if (is->known != cases[i].is.known || (is->known && is->value != cases[i].is.value))
            fail_msg("%s: %d %#lx", cases[i].what, is->known, is->value);
        if (e->depth != 1 || e->count != !!cases[i].stored_at || e->anywhere)
            fail_msg("%s: depth %u, %u stores", cases[i].what, e->depth, e->count);
        const struct value *stored = &e->stores[0].value;
        if (e->count &&
            (e->stores[0].address != cases[i].stored_at || stored->known != cases[i].stored.known ||
             (stored->known && stored->value != cases[i].stored.value)))
            fail_msg("%s: at %#lx %#lx", cases[i].what, e->stores[0].address, stored->value);
    }
}

/* What is not known ends it: by the row then, if that says where the return address is. */
static void test_unknown(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[CODE_MAX];
        size_t size;
    } cases[] = {
        { "nop", BYTES(0x90, 0xc3) },
        { "ud2", BYTES(0x0f, 0x0b, 0xc3) },
        { "jmp *%rax", BYTES(0xff, 0xe0, 0xc3) },
        { "xor %ecx,%eax", BYTES(0x31, 0xc8, 0xc3) },
        { "or $1,%rax", BYTES(0x48, 0x83, 0xc8, 1, 0xc3) },
        { "movabs", BYTES(0x48, 0xb8, 0, 0, 0, 0, 0xc3, 0, 0, 0) },
        { "an endless loop", BYTES(0xeb, 0xfe) },
        { "an endless recursion", BYTES(0xe8, 0xfb, 0xff, 0xff, 0xff) },
        { "code that ends", BYTES(0x53, 0x5b) },
        { "imul; je: not known where to", BYTES(0x48, 0x69, 0xc8, 2, 0, 0, 0, 0x74, 0, 0xc3) },
        { "imul; mov %rax,(%rcx): anywhere, so nothing in memory is known",
          BYTES(0x48, 0x69, 0xc8, 2, 0, 0, 0, 0x48, 0x89, 0x01, 0xc3) },
        { "mov %rcx,%rsp after imul", BYTES(0x48, 0x69, 0xc8, 2, 0, 0, 0, 0x48, 0x89, 0xcc, 0xc3) },
        { "a return to 0: xor %ecx,%ecx; push %rcx", BYTES(0x31, 0xc9, 0x51, 0xc3) },
        { "a return from where nothing is", BYTES(0x48, 0x81, 0xc4, 0, 0x10, 0, 0, 0xc3) },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        static const struct row none = { .kind = ROW_CODE },
                                row = { .kind = ROW_CODE, .cfa_offset = 24 };
        struct position at;
        enum step step = run(cases[i].bytes, cases[i].size, EMULATOR_INTERRUPTED, &none, &at);
        if (step != STEP_UNKNOWN || at.ip != CODE || at.sp != SP)
            fail_msg("%s: %d, to %#lx", cases[i].what, (int)step, at.ip);
        step = run(cases[i].bytes, cases[i].size, EMULATOR_INTERRUPTED, &row, &at);
        if (step != STEP_OUT || at.ip != STACK_WORD + 10 || at.sp != SP + 24 || !at.lost)
            fail_msg("%s, by the row: %d, to %#lx", cases[i].what, (int)step, at.ip);
    }
}

/* Which registers still are what they were where the frame is entered. */
static void test_which(void **state)
{
    static const struct {
        enum emulator_registers which;
        const char *known; /* one letter for each, by its number */
    } cases[] = {
        { EMULATOR_SP, "    s           " },
        { EMULATOR_PRESERVED, "   bsp      cdef" },
        { EMULATOR_ALL, "  dbspSD89a cdef" },
        { EMULATOR_INTERRUPTED, "acdbspSD89abcdef" },
    };
    static const struct row row = { .kind = ROW_CODE };
    static const uint8_t ret[] = { 0xc3 };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct position at;
        assert_int_equal(run(ret, sizeof(ret), cases[i].which, &row, &at), STEP_OUT);
        assert_int_equal(at.fp_known, cases[i].which != EMULATOR_SP);
        for (unsigned number = 0; number < EMULATED_REGISTERS; number++)
            if (unwinder.emulation.registers[number].known != (cases[i].known[number] != ' '))
                fail_msg("%d: register %u", (int)cases[i].which, number);
    }
}

/* The frame beyond goes on with the registers and the memory that this one has left. */
static void test_next_frame(void **state)
{
    static const uint8_t first[] = { 0x48, 0x89, 0x43, 0x08, 0xb9, 0x34, 0x12, 0, 0, 0xc3 };
    static const uint8_t second[] = { 0x48, 0x8b, 0x53, 0x08, 0xc3 }; /* mov 8(%rbx),%rdx */
    static const struct row row = { .kind = ROW_CODE };
    static const struct value nothing[REGISTER_COUNT];
    const struct value *registers = unwinder.emulation.registers;
    struct position at;

    (void)state;
    assert_int_equal(run(first, sizeof(first), EMULATOR_INTERRUPTED, &row, &at), STEP_OUT);
    memcpy(code, second, sizeof(second));
    code_size = sizeof(second);
    at.ip = CODE;
    unwinder.depth = 2;
    assert_int_equal(emulator_step(&unwinder, &row, EMULATOR_SP, nothing, &at), STEP_OUT);
    assert_int_equal(at.ip, STACK_WORD + 9);
    assert_true(registers[RCX].known && registers[RCX].value == 0x1234);
    assert_true(registers[RDX].known && registers[RDX].value == 0x1000);

    /* Not if another frame lies between. */
    at.ip = CODE;
    unwinder.depth = 4;
    assert_int_equal(emulator_step(&unwinder, &row, EMULATOR_SP, nothing, &at), STEP_OUT);
    assert_false(registers[RCX].known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_which),
        cmocka_unit_test(test_next_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
