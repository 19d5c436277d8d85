/* floor.c - the least that a tracer of ours could do at a call: one stop, the registers, and one
 * read of the stack.
 *
 *   floor FILE COMMAND [ARG...]
 *
 * Traces COMMAND and all that it starts, and writes to FILE how many calls it saw. It is no tracer
 * to use, but what the cost of a real one is compared with: it neither keeps nor looks at what it
 * reads. */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_READ = 1536 };

static void install_filter(void)
{
    struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE) };
    struct sock_fprog program = { 1, code };

    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program)))
        err(125, "seccomp");
}

/* Starts the command; it is seized before it installs its filter. */
static pid_t start(char **command)
{
    int go[2];
    char byte = 0;

    if (pipe(go))
        err(125, "pipe");
    pid_t pid = fork();
    if (pid < 0)
        err(125, "fork");
    if (!pid) {
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(125);
        close(go[0]);
        install_filter();
        execvp(command[0], command);
        err(127, "%s", command[0]);
    }
    close(go[0]);
    if (ptrace(PTRACE_SEIZE, pid, 0,
               PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
                   PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE))
        err(125, "PTRACE_SEIZE");
    if (write(go[1], &byte, 1) != 1)
        err(125, "write");
    close(go[1]);
    return pid;
}

static void read_call(pid_t tid)
{
    struct user_regs_struct registers;
    char stack[STACK_READ];

    if (ptrace(PTRACE_GETREGS, tid, 0, &registers))
        return; /* killed meanwhile */
    struct iovec local = { stack, sizeof(stack) };
    struct iovec remote = { (void *)registers.rsp, sizeof(stack) };
    (void)!process_vm_readv(tid, &local, 1, &remote, 1, 0);
}

static bool is_group_stop(int status)
{
    int signal = WSTOPSIG(status);
    return status >> 16 == PTRACE_EVENT_STOP && signal != SIGTRAP;
}

/* Resumes all until none is left. Returns the calls from the first execve on; *ret is the command's
 * wait status. */
static unsigned long trace(pid_t command, int *ret)
{
    unsigned long calls = 0;
    bool started = false;
    int status;
    pid_t tid;

    while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (tid < 0)
            continue;
        if (!WIFSTOPPED(status)) {
            if (tid == command)
                *ret = status;
            continue;
        }
        int event = status >> 16;
        if (event == PTRACE_EVENT_SECCOMP) {
            calls++;
            read_call(tid);
        } else if (event == PTRACE_EVENT_EXEC && !started) {
            started = true;
            calls = 1; /* those that failed, in other directories of PATH, were ours */
        }
        if (is_group_stop(status))
            ptrace(PTRACE_LISTEN, tid, 0, 0);
        else
            ptrace(PTRACE_CONT, tid, 0, event ? 0 : WSTOPSIG(status));
    }
    return calls;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (argc < 3)
        errx(125, "usage: floor FILE COMMAND [ARG...]");
    FILE *file = fopen(argv[1], "we");
    if (!file)
        err(125, "%s", argv[1]);
    unsigned long calls = trace(start(argv + 2), &status);
    if (fprintf(file, "%lu\n", calls) < 0 || fclose(file))
        err(125, "%s", argv[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
