/*
 * threadregs.h - the registers of a stopped tracee: all of them for a walk, and those that the
 * kernel and the program speak to each other by. Where it returns a bool, false means that the
 * tracee is gone, of which there is or will be something to wait for (request.h).
 */
#ifndef SYSTRACE_THREADREGS_H
#define SYSTRACE_THREADREGS_H

#include <signal.h>
#include "agent/patch.h"
#include "record/syscalls.h"
#include "symbolizer/image/target.h"

bool threadregs_read(pid_t tid, struct registerset *ret);

/* The same for patch_return(), and back. */
bool threadregs_get(pid_t tid, struct patch_registers *ret);
bool threadregs_write(pid_t tid, const struct patch_registers *registers);

/* Where its %gs begins; and to change that. */
bool threadregs_base(pid_t tid, uint64_t *ret);
bool threadregs_set_base(pid_t tid, uint64_t base);

/* Can a call of this ABI only come from code whose stacks are walked? */
bool threadregs_is_walked(enum abi abi);

/* Is this code in a page where the kernel makes the calls itself, without a filter's saying so? */
bool threadregs_is_emulated(uint64_t pc);

/* The number of the call that the tracee is about to come out of, with x32's bit, negative if it is
 * in none; and its result. */
bool threadregs_call(pid_t tid, int64_t *nr, int *result);

/* Has the call return this from which the tracee is about to come out, or, with `refused`, which it
 * is about to make, and does not then. */
bool threadregs_set_result(pid_t tid, int64_t result, bool refused);

/* Changes the first argument of the call that it is about to make, or back after it. */
bool threadregs_set_argument(pid_t tid, enum abi abi, uint64_t argument);

/*
 * At the stop of a signal that a fault of the tracee's own has caused: sees to it that the next
 * thing that happens is that signal. A fault leaves the pc where it was; a trap leaves it behind
 * the instruction. With SI_KERNEL it is not known what happened (the stack may have had no room for
 * the frame of a signal handler), so another cause is given.
 */
void threadregs_repeat_fault(pid_t tid, const siginfo_t *info, const struct target *memory);

#endif
