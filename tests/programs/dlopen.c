/*
 * dlopen.c - `dlopen COUNT FILE...` loads each plugin in turn, asks it as often as its place in the
 * list and unloads it: the n-th plugin calls getsid n times, getpgid once as it comes and
 * getpriority once as it goes, all in phase main. The executable calls openat once for each, by
 * dlopen. With COUNT 1 each is unloaded before the next is loaded, so that the next may get its
 * addresses; with COUNT 0 all stay until exit, and their destructors run in phase exit.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    for (int n = 1; n < argc - 1; n++) {
        void *plugin = dlopen(argv[n + 1], RTLD_NOW);
        int (*ask)(void) = plugin ? (int (*)(void))dlsym(plugin, "plugin_ask") : NULL;

        if (ask == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        for (int i = 0; i < n; i++)
            ask();
        if (atoi(argv[1]))
            dlclose(plugin);
    }
    return 0;
}
