/* asleep.h - waiting for another process to block in a call. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The letter of /proc/PID/stat. */
static inline char state_of(pid_t pid)
{
    char path[32], text[256] = "";

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        _exit(1);
    close(fd);
    const char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

/* Returns when it sleeps: blocked in a call, not stopped by its tracer. */
static inline void await_sleep(pid_t pid)
{
    while (state_of(pid) != 'S')
        sched_yield();
}

#endif
