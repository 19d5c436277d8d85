/*
 * libctor.c - a library whose constructor calls getpgid once (phase load: the loader runs it) and
 * whose destructor calls getsid once (phase exit).
 */
#include <sys/stat.h>
#include <unistd.h>

int ctor_ask(void);

__attribute__((constructor)) static void ctor_init(void)
{
    getpgid(0);
}

__attribute__((destructor)) static void ctor_fini(void)
{
    getsid(0);
}

int ctor_ask(void)
{
    return (int)umask(022);
}
