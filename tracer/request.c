/* request.c - sends ptrace requests and tells a tracee that is gone from a failure of ours. */
#include "request.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diag.h"
#include "procfs.h"
#include "reason.h"

/*
 * Is the stop over for which we sent a request? A tracee that is stopped all the same, with nothing
 * new to wait for, is in the stop that we know of. (With something new: execve has given its tid to
 * another thread of the process, which has stopped.)
 */
static bool is_gone(pid_t tid)
{
    siginfo_t info = { 0 };

    if (procfs_state(tid) != 't')
        return true;
    return waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) < 0 ||
           info.si_pid;
}

void request_failed(pid_t tid, int error)
{
    if (error != ESRCH || !is_gone(tid))
        die("cannot trace process %d any more: ptrace: %s", (int)tid, strerror(error));
}

bool request_send(int request, pid_t tid, uintptr_t address, uintptr_t data)
{
    if (ptrace(request, tid, address, data) >= 0)
        return true;
    request_failed(tid, errno);
    return false;
}

bool request_syscall_info(pid_t tid, struct __ptrace_syscall_info *ret)
{
    struct reason reason;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(*ret), ret) >= 0)
        return true;
    if (errno == ESRCH) {
        request_failed(tid, ESRCH);
        return false;
    }
    reason_of_syscall_info(errno, &reason);
    die("cannot trace process %d: %s", (int)tid, reason.text);
}

void request_wait_failed(pid_t tid, int error)
{
    if (procfs_status(tid, "TracerPid") == gettid())
        die("cannot wait for process %d: %s", (int)tid, strerror(error));
}

bool request_wait(pid_t tid, int *status)
{
    while (waitpid(tid, status, __WALL) < 0) {
        if (errno == EINTR)
            continue;
        request_wait_failed(tid, errno);
        return false;
    }
    return true;
}
