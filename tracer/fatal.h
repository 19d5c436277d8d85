/*
 * fatal.h - faults of the first process of a pid namespace. The kernel protects that one from
 * signals without a handler, but not from its own faults: those end it as they end any process.
 * Unless it is traced (kernel/signal.c, force_sig_info_to_task: "Don't clear SIGNAL_UNKILLABLE for
 * traced tasks, users won't expect debugging to leave init killable"): then the signal that a
 * tracer passes on is dropped. The fault comes again, and so for ever; or, if the signal is a
 * trap's (a breakpoint, SECCOMP_RET_TRAP), the program goes on behind it.
 *
 *     int main(void) { *(volatile int *)0 = 0; }    unshare -pf strace ./a.out
 *
 * So we let go of the thread just before its fault, which then ends it as it would without us.
 */
#ifndef SYSTRACE_FATAL_H
#define SYSTRACE_FATAL_H

#include "tracer.h"

/* At a stop by this signal: true if it is such a fault. The tracee is none any more then, and
 * freed. */
bool fatal_let_go(struct tracer *tracer, struct tracee *tracee, int signal);

#endif
