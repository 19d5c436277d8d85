/* attach.c - seizes thread by thread, until no new one is found. */
#include "attach.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "diag.h"
#include "permission.h"
#include "procfs.h"

struct attachment {
    struct tracees *tracees;
    struct process *process;
    struct address_space *space;
    uintptr_t ptrace_options;
};

/* That a thread was not seized may be in order: it has ended, or it was started by one that had
 * been seized, and so is ours, and will report itself. */
static bool is_in_order(pid_t tid, int error)
{
    char state = procfs_state(tid);

    return error == ESRCH || !state || state == 'Z' || state == 'X' ||
           procfs_status(tid, "TracerPid") == gettid();
}

/* 1: it is a new tracee. 0: it need not be. Negative errno. */
static int seize(const struct attachment *a, pid_t tid)
{
    if (tracees_find(a->tracees, tid))
        return 0;
    if (ptrace(PTRACE_SEIZE, tid, 0, a->ptrace_options) < 0) {
        int error = errno;
        return is_in_order(tid, error) ? 0 : -error;
    }
    struct tracee *tracee = tracees_add(a->tracees, tid);
    if (!tracee)
        return -ENOMEM;
    tracee_adopt(tracee, process_ref(a->process), address_space_ref(a->space));
    return 1;
}

/* One pass over the threads there are; how many were new, or a negative errno. */
static int seize_all(const struct attachment *a)
{
    char path[32];
    int result = 0, count = 0;
    const struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)a->process->pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return -errno;
    while (result >= 0 && (entry = readdir(tasks))) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        result = tid > 0 ? seize(a, tid) : 0;
        count += result > 0;
    }
    closedir(tasks);
    return result < 0 ? result : count;
}

static int attach(const struct attachment *a)
{
    int result, count = 0;

    do {
        result = seize_all(a);
        count += result;
    } while (result > 0);
    return result < 0 ? result : count ? 0 : -ESRCH;
}

int attach_process(struct tracees *tracees, pid_t pid, uintptr_t ptrace_options,
                   struct process **ret)
{
    pid_t leader = (pid_t)procfs_status(pid, "Tgid");
    int result = -ESRCH;

    *ret = NULL;
    if (leader > 0 && tracees_find_process(tracees, leader))
        return 0;
    struct attachment a = { tracees, process_create(leader, -1), address_space_create(),
                            ptrace_options };
    if (a.space) {
        a.space->born = 0;
        a.space->userfaults = true; /* perhaps */
    }
    if (!a.process || !a.space)
        result = -ENOMEM;
    else if (leader > 0)
        result = attach(&a);
    if (!result)
        *ret = a.process;
    process_unref(a.process); /* the tracees have references of their own */
    address_space_unref(a.space);
    if (result == -ENOMEM)
        diag("out of memory");
    else if (result < 0)
        permission_explain_attach(leader > 0 ? leader : pid, -result);
    return result ? EXIT_OURS : 0;
}
