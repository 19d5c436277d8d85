/*
 * many-mappings.c - `many-mappings LIBRARY`: makes 60,000 mappings of data by 30,000 calls of
 * mprotect, and then loads LIBRARY, whose code_ask calls getppid 3 times, and unloads it, 5 times.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "libcode.h"

enum { MAPPINGS = 60000, PAGE = 4096 };

int main(int argc, char **argv)
{
    char *pages = mmap(NULL, (size_t)MAPPINGS * PAGE, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (argc != 2 || pages == MAP_FAILED)
        return 2;
    for (size_t i = 0; i < MAPPINGS; i += 2)
        if (mprotect(pages + i * PAGE, PAGE, PROT_NONE))
            return 2;
    for (int i = 0; i < 5; i++) {
        void *library = dlopen(argv[1], RTLD_NOW);
        long (*ask)(long) = library ? (long (*)(long))dlsym(library, "code_ask") : NULL;
        for (int k = 0; ask && k < 3; k++)
            ask(SYS_getppid);
        if (!ask || dlclose(library))
            return 1;
    }
    return 0;
}
