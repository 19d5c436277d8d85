/* libblock.c - a library that blocks in read or sleep, or sends itself a signal, and is interrupted
 * there.
 */
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "libsignal.h"

int block_read(int fd)
{
    char byte;

    return (int)read(fd, &byte, 1);
}

void block_raise(int signal)
{
    raise(signal);
    umask(022);
}

void block_sleep(int seconds)
{
    clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_sec = seconds }, NULL);
}
