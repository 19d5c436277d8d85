/* procfs.c - reads memory, maps and files of a stopped thread. */
#include "procfs.h"

#include <errno.h>
#include <elf.h>
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

#include "request.h"
#include "tracee.h"

enum {
    STAT_SIZE = 1024,
    MUCH = 8192, /* bytes */
    READS_BEFORE_OPENING = 64,
    OPEN_MAX_FD = 256, /* higher ones are left for images, and for what must stay open */
};

static int open_file(pid_t tid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Opens the memory of a process that makes many calls, unless many are open: by that it is read
 * faster, for the kernel has asked then whether we may. */
static void open_busy(const struct tracee *tracee)
{
    struct space *space = tracee->space;

    if (++space->reads != READS_BEFORE_OPENING)
        return;
    space->memory_fd = open_file(tracee->tid, "mem");
    if (space->memory_fd > OPEN_MAX_FD) {
        close(space->memory_fd);
        space->memory_fd = -1;
    }
}

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    const struct tracee *tracee = context;
    struct iovec local = { buffer, size };
    struct iovec remote = { (void *)(uintptr_t)address, size };
    ssize_t got = 0;

    if (tracee->space->memory_fd < 0)
        open_busy(tracee);
    /* The file copies page by page by way of a page of the kernel's: 50 us for 400 KiB, without
     * it 20. */
    if (size >= MUCH)
        got = process_vm_readv(tracee->tid, &local, 1, &remote, 1, 0);
    if (got <= 0 && tracee->space->memory_fd >= 0)
        got = pread(tracee->space->memory_fd, buffer, size, (off_t)address);
    if (got > 0)
        return got;
    got = process_vm_readv(tracee->tid, &local, 1, &remote, 1, 0);
    if (got < 0 && errno == EPERM && tracee->space->memory_fd >= 0)
        return -EFAULT; /* the open file says so */
    return got < 0 ? -errno : got;
}

void procfs_keep_open(const struct tracee *tracee)
{
    if (tracee->space->memory_fd < 0)
        tracee->space->memory_fd = open_file(tracee->tid, "mem");
    if (tracee->space->maps_fd < 0)
        tracee->space->maps_fd = open_file(tracee->tid, "maps");
}

static int read_maps(void *context, char **ret)
{
    const struct tracee *tracee = context;
    char *text = NULL;
    size_t size = 0, capacity = 0;
    ssize_t got;

    int fd = open_file(tracee->tid, "maps");
    if (fd < 0 && tracee->space->maps_fd >= 0 && !lseek(tracee->space->maps_fd, 0, SEEK_SET))
        fd = fcntl(tracee->space->maps_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    do {
        if (capacity - size < 4096) {
            capacity = capacity ? 2 * capacity : 16384;
            char *larger = realloc(text, capacity + 1);
            if (!larger) {
                errno = ENOMEM;
                got = -1;
                break;
            }
            text = larger;
        }
        got = read(fd, text + size, capacity - size);
        size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    int error = errno;
    close(fd);
    if (got < 0) {
        free(text);
        return -error;
    }
    text[size] = '\0';
    *ret = text;
    return 0;
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

static int find_code(void *context, uint64_t address, struct mapping *ret)
{
    static char name[2 * PATH_MAX];
    const struct tracee *tracee = context;
    struct map_query query = { .size = sizeof(query),
                               .flags = QUERY_EXECUTABLE | QUERY_COVERING_OR_NEXT,
                               .address = address,
                               .name_size = sizeof(name) - 1,
                               .name = (uintptr_t)name };

    int fd = open_file(tracee->tid, "maps");
    if (fd < 0)
        return tracee->space->maps_fd >= 0 ? -ENOTTY : fd;
    int error = ioctl(fd, MAP_QUERY, &query) < 0 ? errno : 0;
    close(fd);
    if (error)
        return error == ENOENT ? 0 : -ENOTTY;
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
     * to it. */
    return memchr(name, '\n', ret->path_length) ? -ENOTTY : 1;
}

/* Opens `path` if it is the mapped file. Looks before it opens, so as not to block on, or wake,
 * whatever has taken the place of the file. */
static int open_same(const char *path, const struct mapping *mapping)
{
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != mapping->inode ||
        st.st_dev != mapping->device)
        return -ENOENT;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || st.st_ino != mapping->inode || st.st_dev != mapping->device) {
        close(fd);
        return -ENOENT;
    }
    return fd;
}

/* By its path in the process's own root, or in ours if the process closed that to us; a file that
 * is gone from there by the links that still lead to it (map_files needs CAP_CHECKPOINT_RESTORE).
 */
static int open_mapped(void *context, const struct mapping *mapping, const char *path)
{
    int tid = (int)((const struct tracee *)context)->tid;
    size_t size = strlen(path) + 64;
    char *name = malloc(size);

    if (!name)
        return -ENOMEM;
    snprintf(name, size, "/proc/%d/root%s", tid, path);
    int fd = *path == '/' ? open_same(name, mapping) : -ENOENT;
    if (fd < 0 && *path == '/')
        fd = open_same(path, mapping);
    if (fd < 0) {
        snprintf(name, size, "/proc/%d/exe", tid);
        fd = open_same(name, mapping);
    }
    if (fd < 0) {
        snprintf(name, size, "/proc/%d/map_files/%lx-%lx", tid, (unsigned long)mapping->start,
                 (unsigned long)mapping->end);
        fd = open_same(name, mapping);
    }
    free(name);
    return fd;
}

static int read_registers(void *context, struct user_regs_struct *ret)
{
    const struct tracee *tracee = context;
    return request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)ret) ? 0 : -ESRCH;
}

struct target procfs_target(const struct tracee *tracee)
{
    return (struct target){ read_memory, read_maps,      find_code,
                            open_mapped, read_registers, (void *)tracee };
}

/* Has the file behind this link no name any more? */
static bool is_gone(const char *link)
{
    struct stat st;
    return stat(link, &st) < 0 || !st.st_nlink;
}

char *procfs_program(pid_t tid)
{
    static const char deleted[] = " (deleted)";
    char link[64], path[PATH_MAX];

    snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
    ssize_t length = readlink(link, path, sizeof(path));
    if (length < 0)
        return NULL;
    size_t suffix = sizeof(deleted) - 1, size = (size_t)length;
    if (size > suffix && !memcmp(path + size - suffix, deleted, suffix) && is_gone(link))
        size -= suffix;
    return strndup(path, size);
}

/* Reads a file of /proc/TID from its beginning; how many bytes, 0 if it cannot. */
static size_t read_start(pid_t tid, const char *name, void *buffer, size_t size)
{
    int fd = open_file(tid, name);
    ssize_t got = fd < 0 ? 0 : read(fd, buffer, size);

    if (fd >= 0)
        close(fd);
    return got > 0 ? (size_t)got : 0;
}

/* Where the path is that the process was executed by; 0: not known. (Of a 32-bit process the
 * entries are of 32 bits: its first types, small as they are, look like great ones then.) */
static uint64_t executed_at(pid_t tid)
{
    enum { ENTRIES_MAX = 64, TYPES_MAX = 128 };
    union {
        uint64_t wide[2 * ENTRIES_MAX];
        uint32_t narrow[4 * ENTRIES_MAX];
    } auxv = { .wide = { 0 } };

    read_start(tid, "auxv", &auxv, sizeof(auxv));
    bool wide = auxv.wide[0] < TYPES_MAX;
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        uint64_t type = wide ? auxv.wide[2 * i] : auxv.narrow[2 * i];
        if (type == AT_EXECFN)
            return wide ? auxv.wide[2 * i + 1] : auxv.narrow[2 * i + 1];
        if (type == AT_NULL)
            break;
    }
    return 0;
}

/* A string in the memory of a process; false if it cannot be read, or is too long. */
static bool read_string(pid_t tid, uint64_t address, char *ret, size_t size)
{
    struct iovec local = { ret, size };
    struct iovec remote = { (void *)(uintptr_t)address, size };
    ssize_t got = process_vm_readv(tid, &local, 1, &remote, 1, 0);

    return got > 0 && memchr(ret, '\0', (size_t)got);
}

/*
 * Is this a script's command line? The kernel puts in front of its path that of its interpreter,
 * and perhaps an argument for that; and if the interpreter is a script, too, the same again, up to
 * four times (fs/exec.c, exec_binprm()).
 */
static bool is_of_script(const char *words, size_t size, const char *script)
{
    enum { WORDS_MAX = 2 * 5 };
    const char *end = words + size;

    for (int i = 0; i <= WORDS_MAX && words < end; i++) {
        if (i && !strcmp(words, script))
            return true;
        words += strlen(words) + 1;
    }
    return false;
}

/* Does it lead to a file by its number or place, not by name? */
static bool is_magic_link(const char *path)
{
    return !strncmp(path, "/proc/", 6) || !strncmp(path, "/dev/fd/", 8);
}

char *procfs_executed(pid_t tid)
{
    enum { WORDS_SIZE = 2 * PATH_MAX };
    char path[PATH_MAX], words[WORDS_SIZE + 1];
    uint64_t address = executed_at(tid);

    if (!address || !read_string(tid, address, path, sizeof(path)))
        return NULL;
    size_t size = read_start(tid, "cmdline", words, WORDS_SIZE);
    words[size] = '\0';
    const char *name = is_of_script(words, size, path) ? words : path;
    return *name && !is_magic_link(name) ? strdup(name) : NULL;
}

/* Files of procfs are regular, of size 0 and on a device without a driver. The file system is not
 * asked (not even by statfs): its server may be a tracee, and stopped. */
bool procfs_leads_here(pid_t tid, uint64_t fd)
{
    char link[64];
    struct statx file;

    snprintf(link, sizeof(link), "/proc/%d/fd/%u", (int)tid, (unsigned)fd);
    return statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE, &file) < 0 ||
           (S_ISREG(file.stx_mode) && !file.stx_size && !file.stx_dev_major);
}

/* The fields of /proc/TID/stat behind the name, which may hold anything. NULL: it is gone. */
static const char *read_stat(pid_t tid, char text[static STAT_SIZE])
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    text[fread(text, 1, STAT_SIZE - 1, file)] = '\0';
    fclose(file);
    const char *name_end = strrchr(text, ')');
    return name_end ? name_end + 1 : NULL;
}

bool procfs_stat(pid_t tid, char *state, unsigned *flags)
{
    char text[STAT_SIZE];
    const char *fields = read_stat(tid, text);
    return fields && sscanf(fields, " %c %*d %*d %*d %*d %*d %u", state, flags) == 2;
}

int64_t procfs_start(pid_t pid)
{
    char text[STAT_SIZE];
    const char *fields = read_stat(pid, text);
    unsigned long long ticks;

    /* The 22nd field, of which the first two are gone. */
    if (!fields ||
        sscanf(fields,
               " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
               "%*s %llu",
               &ticks) != 1)
        return -1;
    return (int64_t)(ticks * (1000000000 / (unsigned long long)sysconf(_SC_CLK_TCK)));
}

char procfs_state(pid_t tid)
{
    char state;
    unsigned flags;
    return procfs_stat(tid, &state, &flags) ? state : '\0';
}

/* A field's number: the first of several, or the last. */
static long read_status(pid_t tid, const char *field, bool last)
{
    char path[64], line[256];
    size_t length = strlen(field);
    long value = -1;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    while (value < 0 && fgets(line, sizeof(line), file)) {
        if (strncmp(line, field, length) || line[length] != ':')
            continue;
        line[strcspn(line, "\n")] = '\0';
        const char *tab = last ? strrchr(line, '\t') : NULL;
        value = strtol(tab ? tab : line + length + 1, NULL, 10);
    }
    fclose(file);
    return value;
}

long procfs_status(pid_t tid, const char *field)
{
    return read_status(tid, field, false);
}

long procfs_inner_pid(pid_t pid)
{
    return read_status(pid, "NSpid", true);
}
