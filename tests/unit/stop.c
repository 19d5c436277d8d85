/* stop.c - what wait statuses mean: a table, one row for each shape that ptrace(2) names. */
#include "test.h"

#include <signal.h>
#include <sys/ptrace.h>
#include "tracer/stop.h"

#define EXITED(status)         ((status) << 8)
#define KILLED(signal)         (signal)
#define STOPPED(signal, event) ((event) << 16 | (signal) << 8 | 0x7f)
enum { CORE = 0x80, CONTINUED = 0xffff };

static void test_classify(void **state)
{
    static const struct {
        const char *what;
        int status;
        struct stop stop;
    } cases[] = {
        { "exit 0", EXITED(0), { STOP_EXITED, 0 } },
        { "exit 255", EXITED(255), { STOP_EXITED, 255 } },
        { "killed", KILLED(SIGKILL), { STOP_KILLED, SIGKILL } },
        { "core dumped", KILLED(SIGSEGV) | CORE, { STOP_KILLED, SIGSEGV } },
        { "real-time signal death", KILLED(64), { STOP_KILLED, 64 } },
        { "system call", STOPPED(SIGTRAP | 0x80, 0), { STOP_SYSCALL, 0 } },
        { "seccomp", STOPPED(SIGTRAP, PTRACE_EVENT_SECCOMP), { STOP_SECCOMP, 0 } },
        { "exec", STOPPED(SIGTRAP, PTRACE_EVENT_EXEC), { STOP_EXEC, 0 } },
        { "fork", STOPPED(SIGTRAP, PTRACE_EVENT_FORK), { STOP_CHILD, PTRACE_EVENT_FORK } },
        { "vfork", STOPPED(SIGTRAP, PTRACE_EVENT_VFORK), { STOP_CHILD, PTRACE_EVENT_VFORK } },
        { "clone", STOPPED(SIGTRAP, PTRACE_EVENT_CLONE), { STOP_CHILD, PTRACE_EVENT_CLONE } },
        { "vfork done", STOPPED(SIGTRAP, PTRACE_EVENT_VFORK_DONE), { STOP_VFORK_DONE, 0 } },
        { "exiting", STOPPED(SIGTRAP, PTRACE_EVENT_EXIT), { STOP_EXITING, 0 } },
        { "new tracee", STOPPED(SIGTRAP, PTRACE_EVENT_STOP), { STOP_START, 0 } },
        { "SIGSTOP", STOPPED(SIGSTOP, PTRACE_EVENT_STOP), { STOP_GROUP, SIGSTOP } },
        { "SIGTSTP", STOPPED(SIGTSTP, PTRACE_EVENT_STOP), { STOP_GROUP, SIGTSTP } },
        { "SIGTTIN", STOPPED(SIGTTIN, PTRACE_EVENT_STOP), { STOP_GROUP, SIGTTIN } },
        { "SIGTTOU", STOPPED(SIGTTOU, PTRACE_EVENT_STOP), { STOP_GROUP, SIGTTOU } },
        { "the program's own SIGTRAP", STOPPED(SIGTRAP, 0), { STOP_SIGNAL, SIGTRAP } },
        { "SIGSTOP about to be delivered", STOPPED(SIGSTOP, 0), { STOP_SIGNAL, SIGSTOP } },
        { "SIGUSR1", STOPPED(SIGUSR1, 0), { STOP_SIGNAL, SIGUSR1 } },
        { "SIGRTMAX", STOPPED(64, 0), { STOP_SIGNAL, 64 } },
        { "continued", CONTINUED, { STOP_IGNORED, 0 } },
        { "an event of a later kernel", STOPPED(SIGTRAP, 99), { STOP_IGNORED, 99 } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct stop stop = stop_classify(cases[i].status);
        if (stop.kind != cases[i].stop.kind || stop.value != cases[i].stop.value)
            fail_msg("%s: kind %d, value %d", cases[i].what, (int)stop.kind, stop.value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_classify) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
