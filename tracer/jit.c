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
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "procfs.h"
#include "reason.h"

enum {
    RETRY_NANOSECONDS = 100000000, /* how long to wait before looking for a file again */
    SLACK_NANOSECONDS = 20000000,  /* file times and start times are of clocks that tick */
};

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t now(clockid_t clock)
{
    struct timespec time = { 0 };
    clock_gettime(clock, &time);
    return nanoseconds(time);
}

/* Is it the process's own, or root's, and of this process? One before it may have had its number,
 * and it may have executed another program. */
static bool is_trusted(const struct stat *file, const struct tracee *tracee)
{
    pid_t pid = tracee->process->pid;
    int64_t start = procfs_start(pid), written = nanoseconds(file->st_mtim);
    int64_t since = start + now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME);

    if (start < 0 || !S_ISREG(file->st_mode) ||
        (file->st_uid && (long)file->st_uid != procfs_status(pid, "Uid")))
        return false;
    if (since < tracee->space->born)
        since = tracee->space->born;
    return written >= since - SLACK_NANOSECONDS;
}

/* That openat2 failed is said, once, where there is a map. */
static void warn(struct trace *trace, int error, int root, const char *path)
{
    struct reason reason;
    bool missing = error == ENOSYS || error == EPERM;

    if (!missing || trace->warned_of_jit || faccessat(root, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    reason_of_openat2(error, &reason);
    diag("warning: functions that were compiled at run time have no names: %s", reason.text);
    trace->warned_of_jit = true;
}

/* Looks at the file before it is opened, as it may be a pipe to somebody. A descriptor, or -1. */
static int open_trusted(struct trace *trace, int root, const char *path,
                        const struct tracee *tracee)
{
    const struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                                  .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how)), fd = -1;
    struct stat file;
    char link[64];

    if (found < 0) {
        warn(trace, errno, root, path);
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
static int open_map(struct trace *trace, const struct tracee *tracee)
{
    struct lookup lookup = { &trace->served, tracee->tid, NULL };
    char path[64];
    long pid = procfs_inner_pid(tracee->process->pid);

    snprintf(path, sizeof(path), "/tmp/perf-%ld.map", pid);
    bool served = served_path(&lookup, path);
    lookup_deinit(&lookup);
    snprintf(path, sizeof(path), "/proc/%d/root", (int)tracee->tid);
    int root = pid > 0 && !served ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (root < 0)
        return -1;
    snprintf(path, sizeof(path), "tmp/perf-%ld.map", pid);
    int fd = open_trusted(trace, root, path, tracee);
    close(root);
    return fd;
}

/* The map as it is now; NULL: there is none. */
static struct perfmap *current_map(struct trace *trace, const struct tracee *tracee)
{
    struct space *space = tracee->space;
    uint64_t time;

    if (space->perfmap && perfmap_update(space->perfmap))
        return space->perfmap;
    time = trace_now();
    if (space->perfmap && time < space->perfmap_retry)
        return NULL;
    space->perfmap_retry = time + RETRY_NANOSECONDS;
    if (!space->perfmap)
        space->perfmap = perfmap_create();
    if (!space->perfmap)
        return NULL;
    perfmap_follow(space->perfmap, open_map(trace, tracee));
    return perfmap_update(space->perfmap) ? space->perfmap : NULL;
}

static void name_frame(struct trace *trace, const struct perfmap *map, struct frame *frame)
{
    struct perfmap_entry *entry = perfmap_find(map, frame->offset);

    if (!entry)
        return;
    uint64_t number = perfmap_number(entry->name);
    if (!entry->seen &&
        run_add_symbol(trace->run, MODULE_ANON, number, 1, entry->name, "", SOURCE_PERF_MAP) < 0)
        return;
    entry->seen = true;
    frame->offset = number;
}

static int64_t name_frames(struct trace *trace, const struct perfmap *map, uint32_t stack)
{
    struct stacks *stacks = &trace->run->stacks;
    uint32_t depth = stacks->stacks[stack].depth;
    struct frame *frames = calloc(depth, sizeof(*frames));

    if (!frames)
        return -ENOMEM;
    stacks_frames(stacks, stack, frames);
    for (uint32_t i = 0; i < depth; i++) {
        if (frames[i].module == MODULE_ANON)
            name_frame(trace, map, &frames[i]);
    }
    int64_t number = stacks_intern(stacks, frames, depth, stacks->stacks[stack].end);
    free(frames);
    return number;
}

int64_t jit_name_stack(struct trace *trace, const struct tracee *tracee, uint32_t stack)
{
    bool anonymous = trace->run->stacks.stacks[stack].anonymous;
    const struct perfmap *map = anonymous ? current_map(trace, tracee) : NULL;

    return map ? name_frames(trace, map, stack) : stack;
}
