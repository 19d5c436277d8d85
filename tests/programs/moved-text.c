/*
 * moved-text.c - puts pages of libmoved's code into memory that is no file, at the same place, as
 * programs do to have their text on huge pages; and calls it there. It asks for
 *
 *   getppid   of the first page where it was, 2 times; when a copy was put over it by mremap, 3
 * times; and by a forked child, 4 times;
 *   getpgrp   of the second page, overwritten in place by a copy of itself, 5 times;
 *   getuid    of it in a memory file, 6 times;
 *   getgid    of it with a byte behind the function changed: that is [anon], once;
 *   geteuid   of the first page, after that, which is the library's still;
 *   getegid   of it in memory that could be written any time: [anon].
 *
 * With an argument it moves the first page, says `ready`, and asks for getppid as often as it reads
 * a line.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libmoved.h"

enum { SIZE = 4096, WRITABLE = PROT_READ | PROT_WRITE, EXECUTABLE = PROT_READ | PROT_EXEC };

static void ask(long (*function)(long), long nr, int times)
{
    while (times--)
        function(nr);
}

static char *copy_of(const void *page)
{
    char *copy = mmap(NULL, SIZE, WRITABLE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return copy == MAP_FAILED ? NULL : memcpy(copy, page, SIZE);
}

/* Of the page at the same place, from memory elsewhere. */
static int move_over(void *page)
{
    char *copy = copy_of(page);

    return copy && !mprotect(copy, SIZE, EXECUTABLE) &&
           mremap(copy, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page;
}

/* By new memory at the place of the old, which is filled there, and changed at `changed`; it ends
 * with this protection. */
static int replace(char *page, int changed, int protection)
{
    char *copy = copy_of(page);

    if (!copy || mmap(page, SIZE, WRITABLE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page)
        return 0;
    memcpy(page, copy, SIZE);
    page[SIZE - 1] = (char)(page[SIZE - 1] ^ changed);
    return !mprotect(page, SIZE, protection);
}

static int replace_by_file(char *page)
{
    int fd = memfd_create("huge", 0);

    return fd >= 0 && write(fd, page, SIZE) == SIZE &&
           mmap(page, SIZE, EXECUTABLE, MAP_SHARED | MAP_FIXED, fd, 0) == page;
}

static int ask_in_child(void)
{
    int status = 0;
    pid_t pid = fork();

    if (!pid) {
        ask(moved_one, SYS_getppid, 4);
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid && !status;
}

static int ask_by_line(void)
{
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ask(moved_one, SYS_getppid, 1);
    return 0;
}

int main(int argc, char **argv)
{
    char *one = (char *)moved_one, *two = (char *)moved_two;

    (void)argv;
    ask(moved_one, SYS_getppid, 2);
    if (!move_over(one))
        return 1;
    if (argc > 1)
        return ask_by_line();
    ask(moved_one, SYS_getppid, 3);
    if (!ask_in_child() || !replace(two, 0, EXECUTABLE))
        return 2;
    ask(moved_two, SYS_getpgrp, 5);
    if (!replace_by_file(two))
        return 3;
    ask(moved_two, SYS_getuid, 6);
    if (!replace(two, 1, EXECUTABLE))
        return 4;
    ask(moved_two, SYS_getgid, 1);
    ask(moved_one, SYS_geteuid, 1);
    if (!replace(one, 0, EXECUTABLE | PROT_WRITE))
        return 5;
    ask(moved_one, SYS_getegid, 1);
    return 0;
}
