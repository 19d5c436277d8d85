/* child.c - runs other programs as filters from file to file. */
#include "child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- $PATH ---- */

static bool is_program(const char *path)
{
    struct stat file;

    return !stat(path, &file) && S_ISREG(file.st_mode) && !access(path, X_OK);
}

bool child_exists(const char *program)
{
    const char *list = getenv("PATH");
    char path[PATH_MAX];

    for (; list && *list; list += *list == ':') {
        size_t length = strcspn(list, ":");
        if (length &&
            snprintf(path, sizeof(path), "%.*s/%s", (int)length, list, program) <
                (int)sizeof(path) &&
            is_program(path))
            return true;
        list += length;
    }
    return false;
}

/* ---- Running ---- */

/* With the signals as a new program expects them, whatever the tracer does with them. */
static int start(char *const command[], int in, int out, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&actions))
        return -ENOMEM;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!error)
        error = posix_spawnp(ret, command[0], &actions, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int copy(FILE *from, FILE *to)
{
    char buffer[4096];
    bool none = true;
    size_t size;

    rewind(from);
    while ((size = fread(buffer, 1, sizeof(buffer), from))) {
        fwrite(buffer, 1, size, to);
        none = false;
    }
    return ferror(from) || none ? -EIO : 0;
}

FILE *child_file(void)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

    if (!file && fd >= 0)
        close(fd);
    return file;
}

int child_filter(char *const command[], FILE *in, FILE *out)
{
    FILE *printed = child_file(); /* not a pipe: so neither waits for the other */
    pid_t pid;

    if (!printed)
        return -errno;
    rewind(in);
    int error = start(command, fileno(in), fileno(printed), &pid);
    if (!error)
        error = wait_for(pid);
    if (!error)
        error = copy(printed, out);
    fclose(printed);
    return error;
}
