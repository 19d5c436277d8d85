/*
 * ctor-dtor.c - libctor calls getpgid before main (load), umask once for main (main) and getsid
 * after it (exit); the executable's own constructor calls getppid once (main: its start code runs
 * it) and its destructor getpgrp once (exit).
 */
#include <unistd.h>

int ctor_ask(void);

__attribute__((constructor)) static void init(void)
{
    getppid();
}

__attribute__((destructor)) static void fini(void)
{
    getpgrp();
}

int main(void)
{
    ctor_ask();
    return 0;
}
