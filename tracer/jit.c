/* jit.c - finds the perf map of a process, in its own /tmp, and looks frames up in it. */
#include "jit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "addressspace.h"
#include "record/clock.h"
#include "diag.h"
#include "perfmap.h"
#include "procfs.h"
#include "reason.h"
#include "served.h"
#include "tracee.h"
#include "view.h"

enum {
    RETRY_NANOSECONDS = 100000000, /* how long to wait before looking for a file again */
    SLACK_NANOSECONDS = 20000000,  /* file times and start times are of clocks that tick */
};

/* Is it the process's own, or root's, and of this process? One before it may have had its number,
 * and it may have executed another program. */
static bool is_trusted(const struct stat *file, const struct tracee *tracee)
{
    pid_t pid = tracee->process->pid;
    int64_t start = procfs_start(pid), written = clock_nanoseconds(file->st_mtim);
    int64_t since = start + clock_read(CLOCK_REALTIME) - clock_read(CLOCK_BOOTTIME);

    if (start < 0 || !S_ISREG(file->st_mode) ||
        (file->st_uid && (long)file->st_uid != procfs_status(pid, "Uid")))
        return false;
    if (since < tracee->space->born)
        since = tracee->space->born;
    return written >= since - SLACK_NANOSECONDS;
}

/* That openat2 failed is said, once, where there is a map. */
static void warn(struct jit *jit, int error, int root, const char *path)
{
    struct reason reason;
    bool missing = error == ENOSYS || error == EPERM;

    if (!missing || jit->warned || faccessat(root, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    reason_of_openat2(error, &reason);
    diag("warning: functions that were compiled at run time have no names: %s", reason.text);
    jit->warned = true;
}

/* Looks at the file before it is opened, as it may be a pipe to somebody. A descriptor, or -1. */
static int open_trusted(struct jit *jit, int root, const char *path, const struct tracee *tracee)
{
    const struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                                  .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how)), fd = -1;
    struct stat file;
    char link[64];

    if (found < 0) {
        warn(jit, errno, root, path);
        return -1;
    }
    if (!fstat(found, &file) && is_trusted(&file, tracee)) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
        fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    close(found);
    return fd;
}

/* By the number that the process has for itself, in the file system that it sees. */
static int open_map(const struct view *view)
{
    const struct tracee *tracee = view->tracee;
    struct lookup lookup = { view->served, tracee->tid, NULL };
    char path[64];
    long pid = procfs_inner_pid(tracee->process->pid);

    snprintf(path, sizeof(path), "/tmp/perf-%ld.map", pid);
    bool may_wait = served_path(&lookup, path);
    lookup_deinit(&lookup);
    snprintf(path, sizeof(path), "/proc/%d/root", (int)tracee->tid);
    int root = pid > 0 && !may_wait ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (root < 0)
        return -1;
    snprintf(path, sizeof(path), "tmp/perf-%ld.map", pid);
    int fd = open_trusted(view->jit, root, path, tracee);
    close(root);
    return fd;
}

/* Looks for a file now and then, as long as there is none. */
static enum perfmap_news update_map(const struct view *view)
{
    struct address_space *as = view->tracee->space;
    enum perfmap_news news = as->perfmap ? perfmap_update(as->perfmap) : PERFMAP_NONE;
    uint64_t time = news == PERFMAP_NONE ? clock_now() : 0;

    if (news != PERFMAP_NONE || (as->perfmap && time < as->perfmap_retry))
        return news;
    as->perfmap_retry = time + RETRY_NANOSECONDS;
    if (!as->perfmap)
        as->perfmap = perfmap_create();
    if (!as->perfmap)
        return PERFMAP_NONE;
    perfmap_follow(as->perfmap, open_map(view));
    as->names_version = 0;
    return perfmap_update(as->perfmap);
}

static uint64_t names_version(void *context)
{
    const struct view *view = context;
    struct address_space *as = view->tracee->space;
    enum perfmap_news news = update_map(view);

    if (news == PERFMAP_NONE)
        as->names_version = 0;
    else if (news == PERFMAP_MORE)
        as->names_version = ++view->jit->versions;
    return as->names_version;
}

static bool name_code(void *context, uint64_t address, uint64_t *ret)
{
    const struct view *view = context;
    const struct address_space *as = view->tracee->space;
    struct perfmap_entry *entry = as->names_version ? perfmap_find(as->perfmap, address) : NULL;

    if (!entry)
        return false;
    *ret = perfmap_number(entry->name);
    if (!entry->seen &&
        run_add_symbol(view->jit->run, MODULE_ANON, *ret, 1, entry->name, "", SOURCE_PERF_MAP) < 0)
        return false;
    entry->seen = true;
    return true;
}

void jit_name_code(struct target *target)
{
    target->names_version = names_version;
    target->name_code = name_code;
}
