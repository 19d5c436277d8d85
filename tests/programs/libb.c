/* libb.c - a library that others ask: b_umask calls umask once, b_getsid calls getsid once. */
#include <sys/stat.h>
#include <unistd.h>
#include "libask.h"

int b_umask(void)
{
    return (int)umask(022);
}

int b_getsid(void)
{
    return getsid(0);
}
