/* sysclass.c - looks a system call up among strace's classes. */
#include "sysclass.h"

#include <stdlib.h>
#include <string.h>
#include "record/syscalls.h"

static int compare(const void *key, const void *element)
{
    return strcmp(key, ((const struct sysclass *)element)->syscall);
}

const char *sysclass_of(const char *syscall)
{
    const struct sysclass *found =
        bsearch(syscall, sysclasses, sysclass_count, sizeof(*sysclasses), compare);
    return found ? found->classes : syscall_is_named(syscall) ? "none" : "unknown";
}
