/*
 * registerset.h - the registers of a thread: as the kernel gives them to a tracer, and as it leaves
 * them in the frame of a signal.
 */
#ifndef SYSTRACE_REGISTERSET_H
#define SYSTRACE_REGISTERSET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>
#include "symbolizer/processor/processor.h"

/* Registers by DWARF's numbers, and the flags. */
enum { REGISTER_FLAGS = DWARF_REGISTERS, REGISTER_COUNT };

struct registerset {
    uint64_t all[REGISTER_COUNT];
    uint64_t thread_pointer;
    bool foreign; /* the code is of an older instruction set, whose stacks are not walked */
};

/* Takes the kernel's (PTRACE_GETREGS) apart. */
void registerset_split(const struct user_regs_struct *registers, struct registerset *ret);

/* As assemblers write it. */
const char *registerset_name(unsigned number);

/* Where the kernel keeps a register that a signal interrupted: in bytes from where the stack
 * pointer is once the handler has returned to the trampoline. */
uint64_t registerset_signal_offset(unsigned number);

/* Where a signal interrupted us, by the ucontext_t that its handler gets (sigaction(2)). */
uint64_t registerset_interrupted_pc(const void *context);

#endif
