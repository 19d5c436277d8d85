/*
 * libplugin.c - a library to be loaded at run time, built under several names. Its constructor
 * calls getpgid once, each plugin_ask calls getsid once, its destructor calls getpriority once.
 */
#include <sys/resource.h>
#include <unistd.h>

int plugin_ask(void);

__attribute__((constructor)) static void plugin_init(void)
{
    getpgid(0);
}

__attribute__((destructor)) static void plugin_fini(void)
{
    getpriority(PRIO_PROCESS, 0);
}

int plugin_ask(void)
{
    return getsid(0);
}
