/* libatexit.c - a library that registers an atexit(3) handler, which calls getsid once. */
#include <stdlib.h>
#include <unistd.h>

int atexit_register(void);

static void handle(void)
{
    getsid(0);
}

int atexit_register(void)
{
    return atexit(handle);
}
