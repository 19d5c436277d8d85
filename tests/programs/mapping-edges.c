/*
 * mapping-edges.c - `mapping-edges LIBEDGE1 LIBEDGE2`: code in the first and last bytes of
 * mappings. Pages of the two libraries are mapped side by side: the last bytes of libedge1 call
 * libc's getpgrp, which returns to libedge2; they execute the instruction (getppid), which returns
 * there, too; they call _exit (exit_group), which would return to where nothing is mapped, in a
 * child; and the first bytes of libedge2 execute the instruction (getuid) behind a page of
 * libedge1. Each happens once.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

struct library {
    int fd;
    void *handle;
};

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static struct library open_library(const char *path)
{
    const struct library library = { open(path, O_RDONLY), dlopen(path, RTLD_NOW) };

    if (library.fd < 0 || !library.handle)
        fail(path);
    return library;
}

/* Maps the page of this name, alone. The file's offsets are its addresses. */
static char *map(const struct library *library, const char *name, char *address)
{
    Dl_info info;

    if (!dladdr(dlsym(library->handle, name), &info))
        fail(name);
    const off_t offset = (char *)info.dli_saddr - (char *)info.dli_fbase;
    if (mmap(address, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, library->fd, offset) !=
        address)
        fail("mmap");
    return address;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const struct library one = open_library(argv[1]), two = open_library(argv[2]);
    char *first = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (first == MAP_FAILED)
        fail("mmap");
    char *const second = first + PAGE;
    void (*const code)(uintptr_t) = (void (*)(uintptr_t))(void *)first;

    map(&one, "edge_call", first);
    map(&two, "edge_return", second);
    code((uintptr_t)getpgrp);

    map(&one, "edge_syscall", first);
    code(0);

    map(&one, "edge_number", first);
    map(&two, "edge_enter", second);
    code(0);

    map(&one, "edge_call", first);
    munmap(second, 3 * PAGE);
    const pid_t child = fork();
    if (child == 0)
        code((uintptr_t)_exit);
    return waitpid(child, NULL, 0) != child;
}
