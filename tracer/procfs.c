/* procfs.c - opens, reads, parses. */
#include "procfs.h"

#include <errno.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STAT_SIZE = 1024 };

int procfs_open(pid_t tid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int procfs_read_all(int fd, char **ret)
{
    char *text = NULL;
    size_t size = 0, capacity = 0;
    ssize_t got;

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
    if (got < 0) {
        int error = errno;
        free(text);
        return -error;
    }
    text[size] = '\0';
    *ret = text;
    return 0;
}

int procfs_read_text(pid_t tid, const char *name, char **ret)
{
    int fd = procfs_open(tid, name);
    if (fd < 0)
        return fd;
    int error = procfs_read_all(fd, ret);
    close(fd);
    return error;
}

/* Has the file behind this link no name any more? */
static bool is_gone(const char *link)
{
    struct statx file;
    return statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_NLINK, &file) < 0 || !file.stx_nlink;
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
    int fd = procfs_open(tid, name);
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

/* A string in the memory of a process; false if it cannot be read, or is too long. By the file,
 * which waits for no thread that serves pages. */
static bool read_string(pid_t tid, uint64_t address, char *ret, size_t size)
{
    int fd = procfs_open(tid, "mem");
    ssize_t got = fd < 0 ? -1 : pread(fd, ret, size, (off_t)address);

    if (fd >= 0)
        close(fd);
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

bool procfs_executed(pid_t tid, char ret[static PATH_MAX])
{
    enum { WORDS_SIZE = 2 * PATH_MAX };
    char path[PATH_MAX], words[WORDS_SIZE + 1];
    uint64_t address = executed_at(tid);

    if (!address || !read_string(tid, address, path, sizeof(path)))
        return false;
    size_t size = read_start(tid, "cmdline", words, WORDS_SIZE);
    words[size] = '\0';
    const char *name = is_of_script(words, size, path) ? words : path;
    return *name && !is_magic_link(name) && snprintf(ret, PATH_MAX, "%s", name) < PATH_MAX;
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
    text[read_start(tid, "stat", text, STAT_SIZE - 1)] = '\0';
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

enum { STATUS_LINE = 256 };

/* A field of /proc/TID/status, as text. NULL: it is not there, or the thread is gone. */
static const char *read_status(pid_t tid, const char *field, char line[static STATUS_LINE])
{
    char path[64];
    size_t length = strlen(field);
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    *line = '\0';
    while (!found && fgets(line, STATUS_LINE, file))
        found = !strncmp(line, field, length) && line[length] == ':';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return found ? line + length + 1 : NULL;
}

long procfs_status(pid_t tid, const char *field)
{
    char line[STATUS_LINE];
    const char *value = read_status(tid, field, line);
    return value ? strtol(value, NULL, 10) : -1;
}

long procfs_inner_pid(pid_t pid)
{
    char line[STATUS_LINE];
    const char *value = read_status(pid, "NSpid", line);
    const char *last = value ? strrchr(value, '\t') : NULL; /* from the outermost namespace in */
    return last ? strtol(last, NULL, 10) : -1;
}

/* Is the signal in this set? */
static bool has_signal(pid_t tid, const char *field, int signal)
{
    char line[STATUS_LINE];
    const char *value = read_status(tid, field, line);
    return value && strtoull(value, NULL, 16) >> (signal - 1) & 1;
}

bool procfs_catches(pid_t tid, int signal)
{
    return has_signal(tid, "SigCgt", signal);
}

bool procfs_ignores(pid_t tid, int signal)
{
    return has_signal(tid, "SigIgn", signal);
}

bool procfs_blocks(pid_t tid, int signal)
{
    return has_signal(tid, "SigBlk", signal);
}

bool procfs_waits_at(pid_t tid, uint64_t *pc)
{
    char *text; /* "running", or numbers, of which the last is the pc */
    bool waits = !procfs_read_text(tid, "syscall", &text);

    if (!waits)
        return false;
    const char *last = strrchr(text, ' ');
    if (last)
        *pc = strtoull(last, NULL, 16);
    free(text);
    return last != NULL;
}
