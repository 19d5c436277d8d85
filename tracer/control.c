/* control.c - opens the FIFOs, reads commands and writes answers, never waiting. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"

enum { DELAY_MAX = 500 }; /* milliseconds */

void control_init(struct control *control)
{
    *control = (struct control){ .commands = -1, .replies = -1, .reader = -1 };
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

/* The FIFO of answers, to write; -ENXIO: nobody has it open to read. */
static int open_replies(const struct control *control, int flags)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", control->replies);
    int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int check_replies(const struct control *control)
{
    int fd = open_replies(control, O_RDWR);

    if (fd < 0)
        return fail(control->reply_path, strerror(-fd));
    close(fd);
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
        error = open_fifo(control->reply_path, O_PATH, &control->reply_made, &control->replies);
    return error ? error : check_replies(control);
}

void control_remove(const struct control *control)
{
    if (control->made && is_path_of(control->path, control->commands))
        unlink(control->path);
    if (control->reply_made && is_path_of(control->reply_path, control->replies))
        unlink(control->reply_path);
}

/* Who has come has nothing more to wait for. */
static void dismiss(struct control *control)
{
    if (control->reader >= 0)
        close(control->reader);
    control->reader = -1;
}

void control_close(struct control *control)
{
    control_deliver(control);
    control_remove(control);
    /* Who is in the midst of opening it waits for somebody who writes. */
    if (control->reader < 0 && control->replies >= 0)
        control->reader = open_replies(control, O_WRONLY);
    dismiss(control);
    if (control->commands >= 0)
        close(control->commands);
    if (control->replies >= 0)
        close(control->replies);
    free(control->path);
    free(control->reply_path);
    control_init(control);
}

bool control_take(struct control *control, unsigned *reads, struct command *ret)
{
    while (!command_lines_take(&control->lines, ret)) {
        size_t room;
        char *to = command_lines_room(&control->lines, &room);
        ssize_t got = *reads ? read(control->commands, to, room) : -1;
        if (got < 0 || (!got && !command_lines_end(&control->lines, ret)))
            return false;
        if (!got)
            break;
        --*reads;
        command_lines_add(&control->lines, (size_t)got);
    }
    control->length = 0;
    return true;
}

void control_answer(struct control *control, const char *error)
{
    control->delay = 1;
    control->length = snprintf(control->answer, sizeof(control->answer), "%s%s\n",
                               error ? "error: " : "ok", error ? error : "");
}

bool control_deliver(struct control *control)
{
    int more = 0;

    if (!control->length)
        return true;
    control->delay = control->delay < DELAY_MAX ? 2 * control->delay : DELAY_MAX;
    if (control->reader < 0)
        control->reader = open_replies(control, O_WRONLY);
    /* Is who has come the one whom it is for? Not if another command has come with him: then he
     * waits for the answer to that. */
    if (control->reader < 0 || ioctl(control->commands, FIONREAD, &more) || more)
        return false;
    /* It has room, unless somebody else writes to it, too, and then nobody can be helped. */
    bool gone = write(control->reader, control->answer, (size_t)control->length) < 0 &&
                errno == EPIPE; /* who had come is not there any more */
    if (!gone)
        control->length = 0;
    dismiss(control);
    return !gone;
}
