/*
 * undumpable.c - `undumpable [UID] LIBRARY`: a process that its tracer may not read any more, for
 * it makes itself undumpable, or becomes another user, as servers do. Before, it calls getppid
 * once; then getpgid 3 times; then code_ask of LIBRARY, which it loads, calls getpgrp once. Its
 * child, which never could be read, calls getsid 2 times. All but getpgrp are the executable's.
 * Prints whether it is dumpable, and what PR_SET_PTRACER says.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libcode.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    getppid();
    if (argc == 2 ? prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) : setuid((uid_t)atoi(argv[1])))
        return 2;
    for (int i = 0; i < 3; i++)
        getpgid(0);
    void *library = dlopen(argv[argc - 1], RTLD_NOW);
    long (*ask)(long) = library ? (long (*)(long))dlsym(library, "code_ask") : NULL;
    if (!ask)
        return 2;
    ask(SYS_getpgrp);
    const pid_t child = fork();
    if (child == 0) {
        getsid(0);
        getsid(0);
        _exit(0);
    }
    printf("%d %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), prctl(PR_SET_PTRACER, 1, 0, 0, 0));
    return waitpid(child, NULL, 0) != child;
}
