/* control.c - opens the FIFOs, reads commands and writes answers, never waiting. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"

void control_init(struct control *control)
{
    *control = (struct control){ .commands = -1, .replies = -1 };
}

static int fail(const char *path, const char *what)
{
    diag("--control: '%s' %s", path, what);
    return -EINVAL;
}

/* Is the path that of this FIFO? */
static bool is_path_of(const char *path, int fd)
{
    struct stat there, ours;

    return !lstat(path, &there) && !fstat(fd, &ours) && there.st_dev == ours.st_dev &&
           there.st_ino == ours.st_ino;
}

/* (What is there is looked at before it is opened, for to open a device may do something; and
 * again then, for it may have changed.) */
static int open_fifo(const char *path, int flags, bool *made, int *ret)
{
    struct stat status;

    *made = !mkfifo(path, S_IRUSR | S_IWUSR);
    if (!*made && errno != EEXIST)
        return fail(path, strerror(errno));
    if (stat(path, &status) || !S_ISFIFO(status.st_mode))
        return fail(path, "is there and is no FIFO: give another path");
    int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) || !S_ISFIFO(status.st_mode)) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return fail(path, fd < 0 ? strerror(error) : "is no FIFO any more");
    }
    *ret = fd;
    return 0;
}

int control_open(struct control *control, const char *path)
{
    control->path = strdup(path);
    if (!control->path || asprintf(&control->reply_path, "%s.reply", path) < 0) {
        control->reply_path = NULL;
        return fail(path, strerror(ENOMEM));
    }
    int error = open_fifo(control->path, O_RDONLY, &control->made, &control->commands);
    if (!error && flock(control->commands, LOCK_EX | LOCK_NB) < 0)
        error = fail(path, "is in use by another systrace-lib: give another path");
    if (!error)
        error = open_fifo(control->reply_path, O_RDWR, &control->reply_made, &control->replies);
    return error;
}

void control_remove(const struct control *control)
{
    if (control->made && is_path_of(control->path, control->commands))
        unlink(control->path);
    if (control->reply_made && is_path_of(control->reply_path, control->replies))
        unlink(control->reply_path);
}

void control_close(struct control *control)
{
    control_remove(control);
    if (control->commands >= 0)
        close(control->commands);
    if (control->replies >= 0)
        close(control->replies);
    free(control->path);
    free(control->reply_path);
    control_init(control);
}

/* Drops answers that nobody has read: who reads next is not whom they are for. */
static void drop_answers(const struct control *control)
{
    enum { TRIES = 256 }; /* a FIFO's largest size; somebody else may write, too */
    char dropped[4096];

    for (int i = 0; i < TRIES && read(control->replies, dropped, sizeof(dropped)) > 0; i++)
        ;
}

bool control_take(struct control *control, unsigned *reads, struct command *ret)
{
    while (!command_lines_take(&control->lines, ret)) {
        size_t room;
        char *to = command_lines_room(&control->lines, &room);
        ssize_t got = *reads ? read(control->commands, to, room) : -1;
        if (got < 0)
            return false;
        if (!got)
            return command_lines_end(&control->lines, ret);
        --*reads;
        drop_answers(control);
        command_lines_add(&control->lines, (size_t)got);
    }
    return true;
}

void control_answer(struct control *control, const char *error)
{
    char text[512];
    int length =
        snprintf(text, sizeof(text), "%s%s\n", error ? "error: " : "ok", error ? error : "");

    /* A FIFO that is full of what nobody reads has no room for more of it. */
    if (write(control->replies, text, (size_t)length) < 0)
        errno = 0;
}
