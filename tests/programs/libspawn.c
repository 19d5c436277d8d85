/*
 * libspawn.c - a library that starts processes: spawn_file by posix_spawn, with setpgid in the
 * child; spawn_shell by system(3). The child's calls before its execve, and the execve, are this
 * library's.
 */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

int spawn_file(char *file);
int spawn_shell(const char *command);

int spawn_file(char *file)
{
    int status = -1;
    pid_t child;
    posix_spawnattr_t attributes;

    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (posix_spawn(&child, file, NULL, &attributes, (char *[]){ file, NULL },
                    (char *[]){ NULL }) == 0)
        waitpid(child, &status, 0);
    posix_spawnattr_destroy(&attributes);
    return status;
}

int spawn_shell(const char *command)
{
    return system(command);
}
