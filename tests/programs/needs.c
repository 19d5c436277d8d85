/* needs.c - ends with 0 if the calls that it makes did what it needs, by its first argument:
 *
 *   none:        getppid is right, getpgid does not fail, and getpriority does not say what no
 *                process can have (the kernel's 0 is a nice value of 20). What becomes of
 *                sched_yield is all the same.
 *   substitutes: one of getpid and getppid is right. (The one need not be there if the other is.)
 *   three:       one of these and gettid is.
 *   flaky FILE:  getpgid does not fail, or FILE has an odd number of bytes; each time one is added.
 *   waits:       it waits as long as getppid is 0, and does not if that fails.
 *   leaves:      as none; it leaves a process that does not end by itself.
 *   sometimes FILE: FILE is there; if not, it makes it, and asks for getpgid.
 *
 * None depends on where the session's leader is: to a process in a PID namespace that the leader is
 * not in, getsid(0) is 0.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* All are asked, whatever the first says. */
static int substitutes(bool three)
{
    bool process = getpid() > 0, parent = getppid() > 0, thread = three && gettid() > 0;

    return !(process || parent || thread);
}

static int flaky(const char *path)
{
    struct stat file;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    return write(fd, "x", 1) != 1 || fstat(fd, &file) || (getpgid(0) < 0 && file.st_size % 2 == 0);
}

static int sometimes(const char *path)
{
    if (!access(path, F_OK))
        return 0;
    return open(path, O_WRONLY | O_CREAT, 0600) < 0 || getpgid(0) < 0;
}

/* (Whoever fakes pause makes no loop of it.) */
static int leave(void)
{
    pid_t pid = fork();

    if (pid)
        return pid < 0;
    setsid();
    pause();
    _exit(0);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (!strcmp(what, "substitutes"))
        return substitutes(false);
    if (!strcmp(what, "three"))
        return substitutes(true);
    if (!strcmp(what, "flaky") && argc == 3)
        return flaky(argv[2]);
    if (!strcmp(what, "sometimes") && argc == 3)
        return sometimes(argv[2]);
    if (!strcmp(what, "waits")) {
        while (getppid() == 0)
            usleep(1000);
        return 0;
    }
    if (!strcmp(what, "leaves") && leave())
        return 1;
    sched_yield();
    return !(getppid() > 0 && getpgid(0) >= 0 && getpriority(PRIO_PROCESS, 0) != 20);
}
