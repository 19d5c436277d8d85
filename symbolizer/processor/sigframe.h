/*
 * sigframe.h - where the kernel keeps the registers that a signal interrupted: in struct
 * rt_sigframe (arch/x86/include/asm/sigframe.h), which is the address of the trampoline, to which
 * the handler returns, and struct ucontext (arch/x86/include/uapi/asm/ucontext.h and sigcontext.h).
 * In this glibc's ucontext_t has the registers at the same place, in the same order.
 */
#ifndef SYSTRACE_SIGFRAME_H
#define SYSTRACE_SIGFRAME_H

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* Of a register (REG_RIP, ...), in bytes from where rsp is once the handler has returned. */
static inline uint64_t sigframe_offset(int reg)
{
    return offsetof(ucontext_t, uc_mcontext.gregs) + sizeof(greg_t) * (unsigned)reg;
}

#endif
