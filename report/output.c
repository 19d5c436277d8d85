/* output.c - result files: a check in advance, and atomic writing. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "record/escape.h"

/* ---- Errors ---- */

/* "cannot write 'PATH': REASON", and the errno. */
static int fail(struct output_error *error, const char *path, int number)
{
    char *shown = escape(path);
    snprintf(error->text, sizeof(error->text), "cannot write '%.4096s': %s", shown ? shown : path,
             strerror(-number));
    free(shown);
    return number;
}

/* ---- Places ---- */

/*
 * Where to write. /dev/stdout may well be a regular file, behind symlinks through /proc: but it is
 * the file that somebody has open which is meant, so it must not be replaced.
 */
struct destination {
    bool direct;
    char path[PATH_MAX];      /* the file itself, symlinks resolved if it exists */
    char directory[PATH_MAX]; /* unused if direct */
    mode_t mode;              /* of the file it replaces, or 0 */
};

static bool is_system_path(const char *path)
{
    return !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
}

static int find_destination(const char *path, struct destination *ret)
{
    struct stat file;
    char resolved[PATH_MAX], copy[PATH_MAX];

    *ret = (struct destination){ 0 };
    if (!*path)
        return -ENOENT;
    if (strlen(path) >= sizeof(ret->path))
        return -ENAMETOOLONG;
    strcpy(ret->path, path);
    if (!stat(path, &file)) {
        if (S_ISDIR(file.st_mode))
            return -EISDIR;
        ret->direct = !S_ISREG(file.st_mode) || is_system_path(path);
        ret->mode = file.st_mode & 07777;
        if (!ret->direct && realpath(path, resolved))
            strcpy(ret->path, resolved);
    } else if (errno != ENOENT) {
        return -errno;
    } else if (path[strlen(path) - 1] == '/') {
        return -EISDIR;
    }
    strcpy(copy, ret->path);
    strcpy(ret->directory, dirname(copy));
    return 0;
}

static int check_destination(const struct destination *destination)
{
    struct stat directory;

    if (destination->direct)
        return faccessat(AT_FDCWD, destination->path, W_OK, AT_EACCESS) ? -errno : 0;
    if (stat(destination->directory, &directory))
        return -errno;
    if (!S_ISDIR(directory.st_mode))
        return -ENOTDIR;
    return faccessat(AT_FDCWD, destination->directory, W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}

int output_check(const char *path, struct output_error *error)
{
    struct destination destination;
    int number = find_destination(path, &destination);

    if (!number)
        number = check_destination(&destination);
    return number ? fail(error, path, number) : 0;
}

/* ---- Writing ---- */

typedef int print_fn(FILE *file, void *context);

/* Prints to the descriptor, which is closed. What the disk refuses may show only in the last step.
 */
static int print_to(int fd, bool sync, print_fn *print, void *context)
{
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        return -ENOMEM;
    }
    errno = 0;
    int error = print(file, context);
    if (!error && (fflush(file) || ferror(file)))
        error = errno ? -errno : -EIO;
    if (!error && sync && fsync(fd))
        error = -errno;
    if (fclose(file) && !error)
        error = -errno;
    return error;
}

/* Appends: to a regular file that others write to, as /dev/stdout may be. */
static int write_direct(const struct destination *destination, print_fn *print, void *context)
{
    int fd = open(destination->path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? -errno : print_to(fd, false, print, context);
}

enum { NAME_SIZE = PATH_MAX + 64 };

/* Of the file being written; "": none is. In memory that child processes share, for it is the one
 * that is left which cleans up. NULL: there was no memory. */
static char *unfinished;

static void note_unfinished(const char *name)
{
    if (unfinished)
        strcpy(unfinished, name);
}

int output_share(void)
{
    if (unfinished)
        return 0;
    char *memory = mmap(NULL, NAME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    unfinished = memory;
    return 0;
}

void output_clean_up(void)
{
    if (unfinished && *unfinished)
        unlink(unfinished);
    note_unfinished("");
}

static int make_temporary(const struct destination *destination, char name[static NAME_SIZE])
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return -errno;
    snprintf(name, NAME_SIZE, "%s/.systrace-lib-%016" PRIx64 ".tmp", destination->directory,
             random);
    note_unfinished(name);
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return -errno;
    if (destination->mode && fchmod(fd, destination->mode)) {
        int error = -errno;
        close(fd);
        unlink(name);
        return error;
    }
    return fd;
}

static int write_and_rename(const struct destination *destination, print_fn *print, void *context)
{
    char name[NAME_SIZE];
    int fd = make_temporary(destination, name);
    if (fd < 0)
        return fd;

    int error = print_to(fd, true, print, context);
    if (!error && rename(name, destination->path))
        error = -errno;
    if (error)
        unlink(name);
    note_unfinished("");
    return error;
}

int output_write(const char *path, int (*print)(FILE *file, void *context), void *context,
                 struct output_error *error)
{
    struct destination destination;
    int number = find_destination(path, &destination);

    if (!number)
        number = destination.direct ? write_direct(&destination, print, context)
                                    : write_and_rename(&destination, print, context);
    return number ? fail(error, path, number) : 0;
}
