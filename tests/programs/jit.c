/*
 * jit.c - code made at run time that calls getppid, with a perf map (/tmp/perf-PID.map) of the kind
 * that the argument says:
 *   named     `first`, then at the same place `second`; at another place, of which the map says
 *             nothing, 1 call; and in a child, which has no map, 1 at the place of `second`
 *   old       as if it had been written before the process began
 *   pipe, link, foreign   no regular file; another's (root can make that)
 * in which no name is to be believed. The number of calls of the others is 2.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* mov $110,%eax; syscall; ret */
static const unsigned char getppid_code[] = { 0xb8, 0x6e, 0, 0, 0, 0x0f, 0x05, 0xc3 };

enum { FAR = 256 };

static char path[64], target[80];

static void call(unsigned char *at)
{
    int (*code)(void) = (int (*)(void))at;
    code();
}

static void say(const unsigned char *at, const char *name)
{
    FILE *file = fopen(path, "a");

    if (file)
        fprintf(file, "%lx %zx %s\n", (unsigned long)at, sizeof(getppid_code), name);
    if (!file || fclose(file))
        _exit(3);
}

static void make_named(unsigned char *page)
{
    say(page, "first");
    call(page);
    say(page, "second");
    call(page);
    call(page + FAR);
    pid_t child = fork();
    if (!child) {
        call(page);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    static const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
    const char *kind = argc > 1 ? argv[1] : "named";
    unsigned char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return 2;
    memcpy(page, getppid_code, sizeof(getppid_code));
    memcpy(page + FAR, getppid_code, sizeof(getppid_code));
    snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
    snprintf(target, sizeof(target), "%s.target", path);
    unlink(path);
    if (!strcmp(kind, "named")) {
        make_named(page);
        return unlink(path);
    }
    if (!strcmp(kind, "pipe")) {
        if (mkfifo(path, 0600))
            return 4;
    } else {
        say(page, "wrong");
    }
    if (!strcmp(kind, "old") && utimensat(AT_FDCWD, path, long_ago, 0))
        return 5;
    if (!strcmp(kind, "foreign") && chown(path, 65534, 65534))
        return 6;
    if (!strcmp(kind, "link") && (rename(path, target) || symlink(target, path)))
        return 7;
    call(page);
    call(page + FAR);
    unlink(target);
    return unlink(path);
}
