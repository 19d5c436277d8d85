/*
 * launch.h - starts the command under trace. The child waits until it is seized, installs the
 * filter and executes the command; it inherits just what it would have had without us.
 */
#ifndef SYSTRACE_LAUNCH_H
#define SYSTRACE_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "options.h"

/* The filter's SECCOMP_RET_DATA: tells our stops from a RET_TRACE of the program's own. */
enum { FILTER_DATA = 0x5359 };

struct launch {
    pid_t pid;
    int go_fd;     /* its word to go on */
    int report_fd; /* the child's word on a failure before or in its execve */
};

/* Can this kernel, and what surrounds us, do the seccomp engine? */
bool launch_has_seccomp(void);

/* Are we under a seccomp filter already, a container's, or is that not known? It may deny calls
 * before ours sees them. */
bool launch_is_filtered(void);

/* The engine to run with, which is not ENGINE_AUTO: that of the options; but where it is a wish,
 * one that can be had here. Not the agent, if something else that is wanted needs stops, or
 * a filter may deny calls. */
enum engine launch_engine(const struct options *options);

/* Has all calls of the calling thread stop, and of what it starts, but with `window` those that are
 * made from there (agent/block.h): without a tracer they fail then. 0 or a negative errno. */
int launch_install_filter(bool window);

/* Makes the child, which waits for launch_go; the engine is that which runs. 0, or the exit status
 * to end with, after a message. */
int launch_fork(struct launch *launch, const struct options *options);

/* Seizes the child with the given PTRACE_O_ options, for the calling thread, which is its tracer
 * from now on. 0, or the exit status to end with, after a message; the child is gone then. */
int launch_seize(struct launch *launch, uintptr_t ptrace_options);

/* Lets the child end before it has become anything. */
void launch_abandon(struct launch *launch);

/* Lets the child become the command. */
void launch_go(struct launch *launch);

/* After the child has ended without an execve, with this wait status: the exit status to end with,
 * after a message. 0: it was not ours to explain (it was killed). */
int launch_failure(struct launch *launch, const struct options *options, int status);

#endif
