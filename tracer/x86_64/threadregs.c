/* threadregs.c - by ptrace(2), of 64-bit and of 32-bit code. */
#include "tracer/threadregs.h"

#include "tracer/request.h"

#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)
#define OUT_OF_REACH  UINT64_C(0xffff800000000000) /* the kernel's, whatever is there */

static bool get(pid_t tid, struct user_regs_struct *ret)
{
    return request_send(PTRACE_GETREGS, tid, 0, (uintptr_t)ret);
}

static bool set(pid_t tid, struct user_regs_struct *registers)
{
    return request_send(PTRACE_SETREGS, tid, 0, (uintptr_t)registers);
}

bool threadregs_read(pid_t tid, struct registerset *ret)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    registerset_split(&registers, ret);
    return true;
}

/* By their numbers in instructions. */
static unsigned long long *number(struct user_regs_struct *r, unsigned i)
{
    unsigned long long *const all[] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
                                        &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
                                        &r->r12, &r->r13, &r->r14, &r->r15 };
    return all[i];
}

bool threadregs_get(pid_t tid, struct patch_registers *ret)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    for (unsigned i = 0; i < BLOCK_REGISTERS; i++)
        ret->all[i] = *number(&registers, i);
    ret->pc = registers.rip;
    ret->flags = registers.eflags;
    return true;
}

bool threadregs_write(pid_t tid, const struct patch_registers *from)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    for (unsigned i = 0; i < BLOCK_REGISTERS; i++)
        *number(&registers, i) = from->all[i];
    registers.rip = from->pc;
    registers.eflags = from->flags;
    return set(tid, &registers);
}

bool threadregs_base(pid_t tid, uint64_t *ret)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    *ret = registers.gs_base;
    return true;
}

bool threadregs_set_base(pid_t tid, uint64_t base)
{
    return request_send(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, gs_base), base);
}

/* (Of 32-bit code all calls are of the i386 ABI; but 64-bit code can make them, too.) */
bool threadregs_is_walked(enum abi abi)
{
    return abi != ABI_I386;
}

bool threadregs_is_emulated(uint64_t pc)
{
    return (pc & ~UINT64_C(0xfff)) == VSYSCALL_PAGE;
}

bool threadregs_call(pid_t tid, int64_t *nr, int *result)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    *nr = (int64_t)registers.orig_rax;
    *result = (int)registers.rax;
    return true;
}

bool threadregs_set_result(pid_t tid, int64_t result, bool refused)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    registers.rax = (unsigned long long)result;
    if (refused)
        registers.orig_rax = (unsigned long long)-1;
    return set(tid, &registers);
}

bool threadregs_set_argument(pid_t tid, enum abi abi, uint64_t argument)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return false;
    *(abi == ABI_I386 ? &registers.rbx : &registers.rdi) = argument;
    return set(tid, &registers);
}

/* The size of the breakpoint instruction that ends here; 0: there is none. */
static unsigned breakpoint_size(const struct target *memory, uint64_t end)
{
    enum { INT = 0xcd, INT3 = 0xcc, INT1 = 0xf1 };
    unsigned char code[2];

    if (memory->read(memory->context, end - sizeof(code), code, sizeof(code)) != sizeof(code))
        return 0;
    if (code[0] == INT && code[1] == 3)
        return 2;
    return code[1] == INT3 || code[1] == INT1;
}

void threadregs_repeat_fault(pid_t tid, const siginfo_t *info, const struct target *memory)
{
    struct user_regs_struct registers;

    if (!get(tid, &registers))
        return;
    if (info->si_signo == SIGSYS)
        registers.rip -= SYSCALL_SIZE;
    else if (info->si_signo == SIGTRAP)
        registers.rip -= breakpoint_size(memory, registers.rip);
    else if (info->si_signo == SIGSEGV && info->si_code == SI_KERNEL)
        registers.rip = OUT_OF_REACH;
    set(tid, &registers);
}
