/* knowncode.c - by x86-64's instructions. */
#include "symbolizer/processor/knowncode.h"

#include <sys/syscall.h>

#include "symbolizer/processor/x86_64/instruction.h"

enum { END_MAX = 8 }; /* instructions */

/* mov $15,%eax; syscall. And the same with %rax. */
const struct knowncode knowncode_sigreturns[] = {
    { 7, { 0xb8, SYS_rt_sigreturn, 0, 0, 0, 0x0f, 0x05 } },
    { 9, { 0x48, 0xc7, 0xc0, SYS_rt_sigreturn, 0, 0, 0, 0x0f, 0x05 } },
    { 0 },
};

/* mov $56,%eax; syscall */
const struct knowncode knowncode_go_clone = { 7, { 0xb8, SYS_clone, 0, 0, 0, 0x0f, 0x05 } };

/* mov %rbx,%rsp; mov (%rsp),%rdi */
const struct knowncode knowncode_start_context = { 7,
                                                   { 0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24 } };

/* What the instruction puts into eax, if that is a number; else -1. */
static int number_to_eax(const struct encoding *e)
{
    if (e->map != MAP_ONE || e->mod != 3 || e->rm != RAX || e->reg || e->operand16)
        return -1;
    if (e->opcode == 0xb0) /* mov number, al; where the rest was cleared before */
        return (uint8_t)e->immediate;
    return e->opcode == 0xb8 || e->opcode == 0xc7 ? (int)e->immediate : -1; /* or all of it */
}

int knowncode_number(const uint8_t bytes[static KNOWNCODE_BEFORE])
{
    static const uint8_t lengths[] = { KNOWNCODE_BEFORE, 5 }; /* with REX.W, and without */
    struct encoding e;
    int number = -1;

    for (size_t i = 0; i < sizeof(lengths) && number < 0; i++) {
        if (encoding_decode(bytes + KNOWNCODE_BEFORE - lengths[i], lengths[i], &e) &&
            e.length == lengths[i])
            number = number_to_eax(&e);
    }
    return number;
}

static bool is_syscall(const struct encoding *e)
{
    return e->map == MAP_0F && e->opcode == 0x05;
}

bool knowncode_ends_thread(const uint8_t *code, size_t size, int number)
{
    struct instruction i;

    for (int count = 0; count < END_MAX && instruction_decode(code, size, &i); count++) {
        if (is_syscall(&i.encoding))
            return number == SYS_exit || number == SYS_exit_group;
        int next = number_to_eax(&i.encoding);
        number = next >= 0 ? next : number;
        if (i.flow != FLOW_NEXT)
            return false;
        code += i.encoding.length;
        size -= i.encoding.length;
    }
    return false;
}

size_t knowncode_same_stack(const uint8_t *code, size_t size)
{
    struct instruction i;
    bool same =
        instruction_decode(code, size, &i) && i.stack != STACK_LOST && i.stack != STACK_FROM_RBP;

    return same ? i.encoding.length : 0;
}
