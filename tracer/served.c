/*
 * served.c - asks the mount table, and the page table; and reads files in a child of a child.
 *
 * What is served is known by the device of a file: the mount table (mounts.h) says of which kind
 * its file system is, without a question to the server, as statfs(2) would be. That of which
 * nothing is known is taken for served. Devices that the kernel serves are kept.
 *
 * A file is copied to memory by a reader, which waits for the server, it may be for ever: a request
 * that has reached it is waited out even by who is killed (fs/fuse/dev.c, request_wait_answer()).
 * So nobody waits for the reader but a watcher, its parent and our child, which does not touch the
 * file, and ends when the copy has not grown for a while. Its end is one more thing that the loop
 * waits for; until then the tracee that needs the file stays in its stop, and the others go on.
 *
 * Memory that may be a mapping of such a file is noted per address space. To touch a page that is
 * not there is a request to the server, so the page table (pagemap) is asked first.
 */
#include "served.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record/array.h"
#include "mounts.h"
#include "procfs.h"

enum {
    PATIENCE_SECONDS = 2, /* for a server that does not answer */
    COPY_MAX = 256 << 20, /* bytes of a file */
    COPY_PIECE = 1 << 17,
    PAGE = 4096,
    PIECE_PAGES = 512, /* of the page table, read at once */
};

struct fetch {
    pid_t pid; /* of the child that is at it; 0: none any more */
    uint64_t device, inode;
    char *path;
    int fd;     /* a memfd with the copy; -1: it could not be made, */
    bool hangs; /* for the server did not answer */
};

enum { NO_COPY = 1, NO_ANSWER = 2 }; /* the child's exit status */

/* ---- What is served ---- */

int served_init(struct served *served)
{
    static const unsigned kinds[] = { 0, MFD_HUGETLB };

    *served = (struct served){ 0 };
    /* Memory files are on devices without a mount. */
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct stat memory;
        int fd = memfd_create("device", MFD_CLOEXEC | kinds[i]);
        if (fd >= 0 && !fstat(fd, &memory))
            served_note_kernel(served, memory.st_dev);
        if (fd >= 0)
            close(fd);
    }
    return served->kernel_count ? 0 : -ENOMEM;
}

void served_deinit(struct served *served)
{
    for (size_t i = 0; i < served->count; i++) {
        struct fetch *fetch = &served->fetches[i];
        if (fetch->pid) {
            kill(fetch->pid, SIGKILL);
            waitpid(fetch->pid, NULL, 0); /* it never waits long for anything itself */
        }
        if (fetch->fd >= 0)
            close(fetch->fd);
        free(fetch->path);
    }
    free(served->fetches);
    free(served->kernels);
}

void lookup_deinit(struct lookup *lookup)
{
    if (lookup->theirs) {
        mounts_deinit(lookup->theirs);
        free(lookup->theirs);
    }
    lookup->theirs = NULL;
}

static bool is_kernel(const struct served *served, uint64_t device)
{
    for (size_t i = 0; i < served->kernel_count; i++)
        if (served->kernels[i] == device)
            return true;
    return false;
}

void served_note_kernel(struct served *served, uint64_t device)
{
    if (is_kernel(served, device))
        return;
    uint64_t *kernels = array_with_room(served->kernels, served->kernel_count,
                                        &served->kernel_capacity, sizeof(*kernels));
    if (!kernels)
        return; /* then it is asked again */
    served->kernels = kernels;
    kernels[served->kernel_count++] = device;
}

/* NULL: it cannot be read. */
static const struct mounts *read_mounts(struct lookup *lookup)
{
    char *text;

    if (lookup->theirs)
        return lookup->theirs;
    struct mounts *mounts = malloc(sizeof(*mounts));
    if (mounts && !procfs_read_text(lookup->tid, "mountinfo", &text) && !mounts_init(mounts, text))
        return lookup->theirs = mounts;
    free(mounts);
    return NULL;
}

bool served_device(struct lookup *lookup, uint64_t device)
{
    if (is_kernel(lookup->served, device))
        return false;
    const struct mounts *mounts = read_mounts(lookup);
    enum mounts_answer answer = mounts ? mounts_find(mounts, device) : MOUNTS_UNKNOWN;
    if (answer == MOUNTS_UNKNOWN) { /* not in the root of the thread; but perhaps in ours */
        struct lookup ours = { lookup->served, getpid(), NULL };
        if (lookup->tid != ours.tid && (mounts = read_mounts(&ours)))
            answer = mounts_find(mounts, device);
        lookup_deinit(&ours);
    }
    if (answer == MOUNTS_KERNEL && major(device)) /* that of a disk is its own for good */
        served_note_kernel(lookup->served, device);
    return answer != MOUNTS_KERNEL;
}

bool served_path(struct lookup *lookup, const char *path)
{
    const struct mounts *mounts = read_mounts(lookup);
    return !mounts || mounts_lead_to_served(mounts, path);
}

bool served_mapping(struct lookup *lookup, const struct mapping *mapping, const char *path)
{
    return served_device(lookup, mapping->device) || (*path == '/' && served_path(lookup, path));
}

/* (What is asked for here, the kernel knows without the server. A subvolume of btrfs has a device
 * of its own, but the file system's mount.) */
bool served_link(struct lookup *lookup, const char *link)
{
    struct statx file;
    enum mounts_answer answer = MOUNTS_UNKNOWN;

    if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_MNT_ID, &file) < 0)
        return true;
    uint64_t device = makedev(file.stx_dev_major, file.stx_dev_minor);
    if (is_kernel(lookup->served, device))
        return false;
    const struct mounts *mounts = read_mounts(lookup);
    if (mounts && file.stx_mask & STATX_MNT_ID)
        answer = mounts_find_id(mounts, file.stx_mnt_id);
    return answer == MOUNTS_UNKNOWN ? served_device(lookup, device) : answer == MOUNTS_SERVED;
}

/* ---- Files ---- */

/* Copies the file, if it is the mapped one, and ELF. */
static bool copy_same(const char *path, const struct mapping *mapping, int to)
{
    static char piece[COPY_PIECE];
    struct stat st;
    ssize_t got = 1;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != mapping->inode ||
        st.st_dev != mapping->device || st.st_size > COPY_MAX)
        return false;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (from < 0)
        return false;
    off_t size = 0;
    if (pread(from, piece, SELFMAG, 0) != SELFMAG || memcmp(piece, ELFMAG, SELFMAG))
        return false;
    while (size < COPY_MAX && (got = read(from, piece, sizeof(piece))) > 0 &&
           write(to, piece, (size_t)got) == got)
        size += got;
    return !got && size == st.st_size;
}

/* The one that reads the file, and may have to wait for the server for ever. */
static void read_for_us(pid_t parent, pid_t tid, const struct mapping *mapping, const char *path,
                        int to)
{
    static char name[PATH_MAX + 64];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NO_COPY);
    snprintf(name, sizeof(name), "/proc/%d/root%s", (int)tid, path);
    bool copied = *path == '/' && copy_same(name, mapping, to);
    if (!copied && *path == '/')
        copied = copy_same(path, mapping, to);
    snprintf(name, sizeof(name), "/proc/%d/exe", (int)tid);
    copied = copied || copy_same(name, mapping, to);
    snprintf(name, sizeof(name), "/proc/%d/map_files/%lx-%lx", (int)tid,
             (unsigned long)mapping->start, (unsigned long)mapping->end);
    _exit(copied || copy_same(name, mapping, to) ? 0 : NO_COPY);
}

/* Closes what others may wait for the end of, for one that hangs may live on. */
static void close_all_but(int fd)
{
    if (fd > 0)
        syscall(SYS_close_range, 0, fd - 1, 0);
    syscall(SYS_close_range, fd + 1, UINT_MAX, 0);
}

/* The one that waits for that one, as long as it comes on. */
static void watch(pid_t reader, int copy)
{
    const struct timespec patience = { PATIENCE_SECONDS, 0 };
    struct stat before = { 0 }, now;
    sigset_t child;
    int status;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        pid_t ended = waitpid(reader, &status, WNOHANG);
        if (ended)
            _exit(ended == reader && !status ? 0 : NO_COPY);
        if (sigtimedwait(&child, NULL, &patience) >= 0)
            continue;
        if (fstat(copy, &now) || now.st_size == before.st_size)
            _exit(NO_ANSWER);
        before = now;
    }
}

/* The child; never returns. */
static void fetch_file(pid_t parent, pid_t tid, const struct mapping *mapping, const char *path,
                       int to)
{
    sigset_t all;
    pid_t self = getpid();

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NO_COPY);
    signal(SIGCHLD, SIG_DFL);
    close_all_but(to);
    pid_t reader = fork();
    if (!reader)
        read_for_us(self, tid, mapping, path, to);
    if (reader < 0)
        _exit(NO_COPY);
    watch(reader, to);
}

static struct fetch *find_fetch(const struct served *served, const struct mapping *mapping,
                                const char *path)
{
    for (size_t i = 0; i < served->count; i++) {
        struct fetch *fetch = &served->fetches[i];
        if (fetch->inode == mapping->inode && fetch->device == mapping->device &&
            !strcmp(fetch->path, path))
            return fetch;
    }
    return NULL;
}

/* Has its server left us waiting before? */
static bool is_given_up(const struct served *served, uint64_t device)
{
    for (size_t i = 0; i < served->count; i++) {
        const struct fetch *fetch = &served->fetches[i];
        if (fetch->device == device && fetch->hangs)
            return true;
    }
    return false;
}

static struct fetch *add_fetch(struct served *served, const struct mapping *mapping,
                               const char *path)
{
    struct fetch *fetches =
        array_with_room(served->fetches, served->count, &served->capacity, sizeof(*fetches));
    if (!fetches)
        return NULL;
    served->fetches = fetches;
    struct fetch *fetch = &fetches[served->count];
    *fetch = (struct fetch){
        .device = mapping->device, .inode = mapping->inode, .path = strdup(path), .fd = -1
    };
    if (!fetch->path)
        return NULL;
    served->count++;
    return fetch;
}

int served_open(struct served *served, pid_t tid, const struct mapping *mapping, const char *path)
{
    struct fetch *fetch = find_fetch(served, mapping, path);
    pid_t self = getpid();

    if (fetch && fetch->pid)
        return -EINPROGRESS;
    if (fetch) {
        int fd = fetch->fd < 0 ? -1 : fcntl(fetch->fd, F_DUPFD_CLOEXEC, 0);
        return fd < 0 ? -ENOENT : fd;
    }
    bool hopeless = is_given_up(served, mapping->device);
    fetch = add_fetch(served, mapping, path);
    if (!fetch || hopeless || (fetch->fd = memfd_create("copy", MFD_CLOEXEC)) < 0)
        return -ENOENT;
    fetch->pid = fork();
    if (!fetch->pid)
        fetch_file(self, tid, mapping, path, fetch->fd);
    if (fetch->pid > 0)
        return -EINPROGRESS;
    close(fetch->fd);
    fetch->fd = -1;
    fetch->pid = 0;
    return -ENOENT;
}

bool served_ended(struct served *served, pid_t pid, int status)
{
    for (size_t i = 0; i < served->count; i++) {
        struct fetch *fetch = &served->fetches[i];
        if (fetch->pid != pid)
            continue;
        fetch->pid = 0;
        fetch->hangs = WIFEXITED(status) && WEXITSTATUS(status) == NO_ANSWER;
        if (!WIFEXITED(status) || WEXITSTATUS(status)) {
            close(fetch->fd);
            fetch->fd = -1;
        }
        return true;
    }
    return false;
}

/* ---- Memory ---- */

void served_forget_ranges(struct address_space *space)
{
    free(space->served);
    space->served = NULL;
    space->served_count = 0;
}

void served_note_range(struct address_space *space, uint64_t start, uint64_t size)
{
    struct range *last = space->served_count ? &space->served[space->served_count - 1] : NULL;
    uint64_t end = start + size < start ? UINT64_MAX : start + size;

    if (!space->served)
        space->served = calloc(SERVED_MAX, sizeof(*space->served));
    if (last && (space->served_count == SERVED_MAX || last->end == start)) {
        last->start = start < last->start ? start : last->start;
        last->end = end > last->end ? end : last->end;
    } else if (space->served) {
        space->served[space->served_count++] = (struct range){ start, end };
    }
}

bool served_overlaps(const struct address_space *space, uint64_t start, uint64_t size)
{
    uint64_t end = start + size < start ? UINT64_MAX : start + size;

    for (size_t i = 0; i < space->served_count; i++)
        if (space->served[i].start < end && space->served[i].end > start)
            return true;
    return false;
}

/* How many pages from this one on are in memory, or were swapped out; up to `count`. */
static size_t present_pages(int pagemap, uint64_t page, size_t count)
{
    static const uint64_t there = UINT64_C(3) << 62;
    uint64_t entries[PIECE_PAGES];
    size_t found = 0;

    while (found < count) {
        size_t wanted = count - found < PIECE_PAGES ? count - found : PIECE_PAGES;
        ssize_t got = pread(pagemap, entries, wanted * sizeof(*entries),
                            (off_t)((page + found) * sizeof(*entries)));
        for (ssize_t i = 0; i < got / (ssize_t)sizeof(*entries); i++, found++)
            if (!(entries[i] & there))
                return found;
        if (got < (ssize_t)(wanted * sizeof(*entries)))
            break;
    }
    return found;
}

size_t served_readable(const struct address_space *space, pid_t tid, uint64_t address, size_t size)
{
    uint64_t first = address / PAGE, count = (address % PAGE + size + PAGE - 1) / PAGE;

    if (!served_overlaps(space, address, size))
        return size;
    int pagemap = procfs_open(tid, "pagemap");
    if (pagemap < 0)
        return 0;
    uint64_t there = present_pages(pagemap, first, count) * PAGE;
    close(pagemap);
    if (!there)
        return 0;
    there -= address % PAGE;
    return there < size ? (size_t)there : size;
}
