/*
 * atexit.c - the atexit handler of libatexit calls getsid once, that of the executable getpgrp
 * once, both in phase exit, each with its own library as the caller.
 */
#include <stdlib.h>
#include <unistd.h>

int atexit_register(void);

static void handle(void)
{
    getpgrp();
}

int main(void)
{
    return atexit_register() || atexit(handle);
}
