/* stop.c - classifies wait statuses (ptrace(2), "Stopped states"). */
#include "stop.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

bool stop_is_by(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static struct stop classify_event(int event, int signal)
{
    switch (event) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        return (struct stop){ STOP_CHILD, event };
    case PTRACE_EVENT_EXEC:
        return (struct stop){ STOP_EXEC, 0 };
    case PTRACE_EVENT_VFORK_DONE:
        return (struct stop){ STOP_VFORK_DONE, 0 };
    case PTRACE_EVENT_EXIT:
        return (struct stop){ STOP_EXITING, 0 };
    case PTRACE_EVENT_SECCOMP:
        return (struct stop){ STOP_SECCOMP, 0 };
    case PTRACE_EVENT_STOP:
        if (stop_is_by(signal))
            return (struct stop){ STOP_GROUP, signal };
        return (struct stop){ STOP_START, 0 };
    default:
        return (struct stop){ STOP_IGNORED, event };
    }
}

struct stop stop_classify(int status)
{
    if (WIFEXITED(status))
        return (struct stop){ STOP_EXITED, WEXITSTATUS(status) };
    if (WIFSIGNALED(status))
        return (struct stop){ STOP_KILLED, WTERMSIG(status) };
    if (!WIFSTOPPED(status))
        return (struct stop){ STOP_IGNORED, 0 };
    int signal = WSTOPSIG(status), event = status >> 16;
    if (event)
        return classify_event(event, signal);
    if (signal == (SIGTRAP | 0x80))
        return (struct stop){ STOP_SYSCALL, 0 };
    return (struct stop){ STOP_SIGNAL, signal };
}
