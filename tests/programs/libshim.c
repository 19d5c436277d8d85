/* libshim.c - for LD_PRELOAD: it takes getppid over, counts the calls and asks libc. */
#include <dlfcn.h>
#include <unistd.h>

static int count;

pid_t getppid(void)
{
    pid_t (*next)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "getppid");
    pid_t parent = next();

    count++;
    return parent;
}
