/* waits.c - the list. */
#include "waits.h"

#include <stdlib.h>
#include <string.h>

#include "record/syscalls.h"

/* In order. Each waits if there is nothing yet, whatever else decides that (O_NONBLOCK, a timeout):
 * a loop comes back to it all the same. */
static const char *const names[] = {
    "_newselect",
    "accept",
    "accept4",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "futex",
    "futex_time64",
    "futex_waitv",
    "io_getevents",
    "io_pgetevents",
    "io_pgetevents_time64",
    "io_uring_enter",
    "mq_timedreceive",
    "mq_timedreceive_time64",
    "msgrcv",
    "nanosleep",
    "pause",
    "poll",
    "ppoll",
    "ppoll_time64",
    "pselect6",
    "pselect6_time64",
    "read",
    "readv",
    "recv",
    "recvfrom",
    "recvmmsg",
    "recvmmsg_time64",
    "recvmsg",
    "restart_syscall",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "rt_sigtimedwait_time64",
    "select",
    "semop",
    "semtimedop",
    "semtimedop_time64",
    "sigsuspend",
    "wait4",
    "waitid",
    "waitpid",
};

static int compare(const void *name, const void *element)
{
    return strcmp(name, *(const char *const *)element);
}

bool waits_has(const struct count *count)
{
    char name[SYSCALL_NAME_MAX];

    return syscall_name((enum abi)count->abi, count->nr, name) &&
           bsearch(name, names, sizeof(names) / sizeof(*names), sizeof(*names), compare);
}
