/*
 * traceme.c - a program that traces: its child asks to be traced, it seizes another child, and says
 * what the kernel says. Under a tracer both are refused.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
    fflush(stdout);
}

int main(void)
{
    say("allow any tracer", prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0));
    pid_t child = fork();
    if (child == 0) {
        say("be traced", ptrace(PTRACE_TRACEME, 0, 0, 0));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0)
        pause();
    say("seize", ptrace(PTRACE_SEIZE, child, 0, 0));
    kill(child, SIGKILL);
    return waitpid(child, NULL, 0) != child;
}
