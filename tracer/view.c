/*
 * view.c - reads memory, maps and files of a stopped thread.
 *
 * One rule is above all: never wait for the traced program. It is stopped, or a part of it, and
 * what is waited for may be its to give: a page (userfaultfd(2)) or a file (FUSE).
 *
 * Memory is taken from what was read ahead (readahead.h), else by process_vm_readv(2), which needs
 * no descriptor; from /proc/TID/mem, once a process has made so many calls that opening it pays,
 * and where the other would wait. Where pages of a served file may be, only what is there is read.
 *
 * The map is one text; or a question for the code at one address (PROCMAP_QUERY), which is refused
 * wherever the text would say more.
 *
 * A path in the map is only what the file was called. It is looked for in the root of the process,
 * in ours, and by the links of /proc; and is the mapped file only if its inode and device say so,
 * or its bytes. What a process serves is not even looked for: served.c has it copied.
 */
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agentstate.h"
#include "procfs.h"
#include "readahead.h"
#include "request.h"
#include "served.h"
#include "threadregs.h"
#include "tracee.h"

enum {
    MUCH = 8192, /* bytes */
    READS_BEFORE_OPENING = 64,
    OPEN_MAX_FD = 256, /* higher ones are left for images, and for what must stay open */
    COMPARED_PIECE = 4096,
    COMPARED_MAX = 1 << 18, /* bytes of a mapping that are compared with its file */
};

/* Opens the memory of a process that makes many calls, unless many are open: by that it is read
 * faster, for the kernel has asked then whether we may. */
static void open_busy(const struct tracee *tracee)
{
    struct address_space *space = tracee->space;

    if (++space->reads != READS_BEFORE_OPENING)
        return;
    space->memory_fd = procfs_open(tracee->tid, "mem");
    if (space->memory_fd > OPEN_MAX_FD) {
        close(space->memory_fd);
        space->memory_fd = -1;
    }
}

/*
 * Where a page is missing that another thread would serve, process_vm_readv(2) waits for it, which
 * may be stopped. The file does not: its reads do not let a fault be retried, and so
 * handle_userfault() of the kernel's fs/userfaultfd.c fails them (since there is userfaultfd, in
 * Linux 4.3).
 */
static ssize_t read_without_waiting(const struct tracee *tracee, uint64_t address, void *buffer,
                                    size_t size)
{
    int kept = tracee->space->memory_fd;
    int fd = kept >= 0 ? kept : procfs_open(tracee->tid, "mem");
    if (fd < 0)
        return fd == -ENOENT ? -ESRCH : fd;
    ssize_t got = pread(fd, buffer, size, (off_t)address);
    int error = errno;

    if (kept < 0)
        close(fd);
    return got > 0 ? got : !got ? -ESRCH : error == EIO || error == EINVAL ? -EFAULT : -error;
}

static ssize_t read_now(const struct tracee *tracee, uint64_t address, void *buffer, size_t size)
{
    struct iovec local = { buffer, size };
    struct iovec remote = { (void *)(uintptr_t)address, size };
    ssize_t got = 0;

    if (tracee->space->memory_fd < 0)
        open_busy(tracee);
    /* The file copies page by page by way of a page of the kernel's: 50 us for 400 KiB, without
     * it 20, but may wait. */
    if (size >= MUCH && !tracee->space->userfaults)
        got = process_vm_readv(tracee->tid, &local, 1, &remote, 1, 0);
    if (got <= 0 && tracee->space->memory_fd >= 0)
        got = pread(tracee->space->memory_fd, buffer, size, (off_t)address);
    if (got > 0)
        return got;
    if (got < 0 && errno == EIO && tracee->space->memory_fd >= 0)
        return -EFAULT;
    if (tracee->space->userfaults)
        return read_without_waiting(tracee, address, buffer, size);
    got = process_vm_readv(tracee->tid, &local, 1, &remote, 1, 0);
    if (got < 0 && errno == EPERM && tracee->space->memory_fd >= 0)
        return -EFAULT; /* the open file says so */
    return got < 0 ? -errno : got;
}

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    const struct view *view = context;
    const struct address_space *space = view->tracee->space;
    /* What may wait, or must not be touched, is read by itself. */
    struct readahead *ahead = space->userfaults || space->served_count ? NULL : view->ahead;

    if (space->served_count) {
        size = served_readable(space, view->tracee->tid, address, size);
        if (!size)
            return -EFAULT;
    }
    if (ahead && readahead_take(ahead, view->tracee->tid, address, buffer, size))
        return (ssize_t)size;
    ssize_t got = read_now(view->tracee, address, buffer, size);
    if (got > 0)
        agent_hide(space->agent, address, buffer, (size_t)got);
    if (ahead && got > 0)
        readahead_note(ahead, address, (size_t)got);
    return got;
}

void view_keep_open(const struct tracee *tracee)
{
    if (tracee->space->memory_fd < 0)
        tracee->space->memory_fd = procfs_open(tracee->tid, "mem");
    if (tracee->space->maps_fd < 0)
        tracee->space->maps_fd = procfs_open(tracee->tid, "maps");
}

/* Notes where files are mapped that a process may serve. */
static void note_served(const struct view *view, const char *text)
{
    struct address_space *space = view->tracee->space;
    struct lookup lookup = { view->served, view->tracee->tid, NULL };
    struct mapping m;

    served_forget_ranges(space);
    while (maps_next(&text, &m) > 0)
        if (m.inode && served_device(&lookup, m.device))
            served_note_range(space, m.start, m.end - m.start);
    lookup_deinit(&lookup);
}

static int read_maps(void *context, char **ret)
{
    const struct view *view = context;
    const struct address_space *space = view->tracee->space;

    int fd = procfs_open(view->tracee->tid, "maps");
    if (fd < 0 && space->maps_fd >= 0 && !lseek(space->maps_fd, 0, SEEK_SET))
        fd = fcntl(space->maps_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    int error = procfs_read_all(fd, ret);
    close(fd);
    if (!error) {
        agent_hide_mappings(space->agent, *ret);
        note_served(view, *ret);
    }
    return error;
}

/* PROCMAP_QUERY (Linux 6.11, include/uapi/linux/fs.h), which Debian 12's headers do not have. */
struct map_query {
    uint64_t size, flags, address; /* asked */
    uint64_t start, end, vma_flags, page_size, offset, inode;
    uint32_t device_major, device_minor;
    uint32_t name_size, build_id_size; /* room; length with the terminator */
    uint64_t name, build_id;           /* where to put them; 0: nowhere */
};
#define MAP_QUERY _IOWR('f', 17, struct map_query)
enum {
    QUERY_READABLE = 1 << 0,
    QUERY_WRITABLE = 1 << 1,
    QUERY_EXECUTABLE = 1 << 2,
    QUERY_COVERING_OR_NEXT = 1 << 4,
};

static bool is_served(const struct view *view, const struct mapping *mapping)
{
    struct lookup lookup = { view->served, view->tracee->tid, NULL };
    bool served = mapping->inode && served_device(&lookup, mapping->device);

    lookup_deinit(&lookup);
    return served;
}

/* One question: 1; 0: there is none; -ENOTTY: the kernel cannot say. */
static int ask_map(const struct tracee *tracee, struct map_query *query)
{
    int fd = procfs_open(tracee->tid, "maps");

    if (fd < 0)
        return tracee->space->maps_fd >= 0 ? -ENOTTY : fd;
    int error = ioctl(fd, MAP_QUERY, query) < 0 ? errno : 0;
    close(fd);
    return !error ? 1 : error == ENOENT ? 0 : -ENOTTY;
}

static int find_code(void *context, uint64_t address, struct mapping *ret)
{
    static char name[2 * PATH_MAX];
    const struct view *view = context;
    const struct tracee *tracee = view->tracee;
    struct map_query query;
    uint64_t next = address;
    int found;

    do {
        query = (struct map_query){ .size = sizeof(query),
                                    .flags = QUERY_EXECUTABLE | QUERY_COVERING_OR_NEXT,
                                    .address = next,
                                    .name_size = sizeof(name) - 1,
                                    .name = (uintptr_t)name };
        found = ask_map(tracee, &query);
    } while (found > 0 && agent_maps(tracee->space->agent, query.start, &next));
    if (found <= 0)
        return found;
    *ret = (struct mapping){ .start = query.start,
                             .end = query.end,
                             .offset = query.offset,
                             .device = makedev(query.device_major, query.device_minor),
                             .inode = query.inode,
                             .readable = query.vma_flags & QUERY_READABLE,
                             .writable = query.vma_flags & QUERY_WRITABLE,
                             .executable = true,
                             .path = name,
                             .path_length = query.name_size ? query.name_size - 1 : 0 };
    /* As the text has it, in one place for all: a path that the text would write otherwise is left
     * to it; so is a file that a process serves, of which other mappings matter too. */
    return memchr(name, '\n', ret->path_length) || is_served(view, ret) ? -ENOTTY : 1;
}

/* Does the mapping begin with what the file has there? */
static bool has_same_bytes(void *context, const struct mapping *mapping, int fd)
{
    uint8_t ours[COMPARED_PIECE], theirs[COMPARED_PIECE];
    uint64_t size = mapping->end - mapping->start;

    for (uint64_t at = 0; at < size && at < COMPARED_MAX; at += COMPARED_PIECE) {
        ssize_t got = pread(fd, ours, sizeof(ours), (off_t)(mapping->offset + at));
        if (got < 0 || (!at && !got) ||
            read_memory(context, mapping->start + at, theirs, (size_t)got) != got ||
            memcmp(ours, theirs, (size_t)got))
            return false;
        if (got < COMPARED_PIECE)
            break; /* the last page is mapped beyond the end of the file */
    }
    return true;
}

/*
 * Is the open file the mapped one? The map names the device of the file system, stat(2) another one
 * for each subvolume of btrfs and each layer of an overlay; and inode numbers are unique in one
 * device. So where the devices differ, the bytes must be the same too.
 */
static bool is_mapped(void *context, const struct mapping *mapping, int fd)
{
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == mapping->inode &&
           (st.st_dev == mapping->device || has_same_bytes(context, mapping, fd));
}

/* Opens `path` if it is the mapped file. Looks before it opens, so as not to block on, or wake,
 * whatever has taken the place of the file. */
static int open_same(void *context, const char *path, const struct mapping *mapping)
{
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != mapping->inode)
        return -ENOENT;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (is_mapped(context, mapping, fd))
        return fd;
    close(fd);
    return -ENOENT;
}

/* By its path in the process's own root, or in ours if the process closed that to us; a file that
 * is gone from there by the links that still lead to it (map_files needs CAP_CHECKPOINT_RESTORE).
 */
static int open_kernel_file(void *context, const struct mapping *mapping, const char *path)
{
    const struct view *view = context;
    struct lookup ours = { view->served, getpid(), NULL };
    struct lookup theirs = { view->served, view->tracee->tid, NULL };
    int tid = (int)view->tracee->tid;
    size_t size = strlen(path) + 64;
    char *name = malloc(size);

    if (!name)
        return -ENOMEM;
    snprintf(name, size, "/proc/%d/root%s", tid, path);
    int fd = *path == '/' ? open_same(context, name, mapping) : -ENOENT;
    if (fd < 0 && *path == '/' && !served_path(&ours, path))
        fd = open_same(context, path, mapping);
    snprintf(name, size, "/proc/%d/exe", tid);
    if (fd < 0 && !served_link(&theirs, name))
        fd = open_same(context, name, mapping);
    if (fd < 0) {
        snprintf(name, size, "/proc/%d/map_files/%lx-%lx", tid, (unsigned long)mapping->start,
                 (unsigned long)mapping->end);
        fd = open_same(context, name, mapping);
    }
    lookup_deinit(&theirs);
    lookup_deinit(&ours);
    free(name);
    return fd;
}

static int open_mapped(void *context, const struct mapping *mapping, const char *path)
{
    const struct view *view = context;
    struct lookup lookup = { view->served, view->tracee->tid, NULL };
    bool served = served_mapping(&lookup, mapping, path);
    struct stat st;

    lookup_deinit(&lookup);
    int fd = served ? -EREMOTE : open_kernel_file(context, mapping, path);
    if (fd >= 0) {
        served_note_kernel(view->served, mapping->device);
        if (!fstat(fd, &st))
            served_note_kernel(view->served, st.st_dev);
    }
    return fd;
}

static int open_copy(void *context, const struct mapping *mapping, const char *path)
{
    const struct view *view = context;
    return served_open(view->served, view->tracee->tid, mapping, path);
}

static int read_registers(void *context, struct registerset *ret)
{
    return threadregs_read(((const struct view *)context)->tracee->tid, ret) ? 0 : -ESRCH;
}

struct target view_target(const struct view *view)
{
    return (struct target){ .read = read_memory,
                            .read_maps = read_maps,
                            .find_code = find_code,
                            .open_mapped = open_mapped,
                            .open_copy = open_copy,
                            .read_registers = read_registers,
                            .context = (void *)view };
}
