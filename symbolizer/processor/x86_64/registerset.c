/* registerset.c - by the kernel's and glibc's structures. */
#include "symbolizer/processor/registerset.h"

#include <stddef.h>
#include <ucontext.h>

enum { CODE_64 = 0x33 }; /* %cs of 64-bit code */

void registerset_split(const struct user_regs_struct *r, struct registerset *ret)
{
    *ret = (struct registerset){
        .all = { r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8, r->r9,
                 r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip, r->eflags },
        .thread_pointer = r->fs_base,
        .foreign = r->cs != CODE_64,
    };
}

const char *registerset_name(unsigned number)
{
    static const char names[REGISTER_COUNT][8] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi",
                                                   "rbp", "rsp", "r8",  "r9",  "r10", "r11",
                                                   "r12", "r13", "r14", "r15", "rip", "eflags" };

    return names[number];
}

/*
 * In struct rt_sigframe (arch/x86/include/asm/sigframe.h), which is the address of the trampoline,
 * and struct ucontext (arch/x86/include/uapi/asm/ucontext.h and sigcontext.h). In this glibc's
 * ucontext_t has the registers at the same place, in the same order.
 */
uint64_t registerset_signal_offset(unsigned number)
{
    static const uint8_t places[REGISTER_COUNT] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI,
                                                    REG_RDI, REG_RBP, REG_RSP, REG_R8,  REG_R9,
                                                    REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
                                                    REG_R15, REG_RIP, REG_EFL };

    return offsetof(ucontext_t, uc_mcontext.gregs) + sizeof(greg_t) * places[number];
}

uint64_t registerset_interrupted_pc(const void *context)
{
    return (uint64_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}
