/*
 * remap.c - `remap LIBCODE1 LIBCODE2`: code of the two libraries at addresses that change hands,
 * and under names that come and go. Each calls once, and asks for
 *
 *   getppid   of libcode1, libcode2 and libcode1 again, each mapped over the one before;
 *   getpgrp   of libcode1, then of libcode2, mapped where the first was unmapped;
 *   getuid    of libcode1, moved by mremap to where libcode2 was;
 *   getgid    of [anon] in memory made executable by mprotect;
 *   geteuid   of libcode1, copied to a memfd;
 *   getegid   of libcode1, copied to a file that is deleted, then mapped;
 *   getpid    of libcode1, copied to a file in whose place libcode2 is put, then called, and then
 * of that libcode2: two modules of one path; gettid    of libcode1 in a System V shared memory
 * segment.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "libcode.h"

enum { SIZE = 4096, EXECUTABLE = PROT_READ | PROT_EXEC };

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* A library as a file, and as bytes, and where in it code_ask is. */
struct code {
    int fd;
    char *bytes;
    size_t size, offset;
};

static struct code open_code(const char *path)
{
    struct code code = { .fd = open(path, O_RDONLY) };
    void *library = dlopen(path, RTLD_NOW);
    struct stat st;
    Dl_info info;

    if (code.fd < 0 || fstat(code.fd, &st) || !library ||
        !dladdr(dlsym(library, "code_ask"), &info))
        fail(path);
    code.size = (size_t)st.st_size;
    code.offset = (size_t)((char *)info.dli_saddr - (char *)info.dli_fbase);
    code.bytes = mmap(NULL, code.size, PROT_READ, MAP_PRIVATE, code.fd, 0);
    if (code.bytes == MAP_FAILED || code.offset >= SIZE)
        fail(path);
    return code;
}

/* Its first page at an address, or anywhere. */
static char *map(int fd, char *address)
{
    char *page = mmap(address, SIZE, EXECUTABLE, MAP_PRIVATE | (address ? MAP_FIXED : 0), fd, 0);

    if (page == MAP_FAILED)
        fail("mmap");
    return page;
}

static void ask(const struct code *code, char *page, long nr)
{
    ((long (*)(long))(void *)(page + code->offset))(nr);
}

/* A new file with the bytes of a library. */
static int copy(const struct code *code, const char *path)
{
    const int fd = path ? open(path, O_RDWR | O_CREAT | O_EXCL, 0700) : memfd_create("code", 0);

    if (fd < 0 || write(fd, code->bytes, code->size) != (ssize_t)code->size)
        fail("copy");
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const struct code one = open_code(argv[1]), two = open_code(argv[2]);

    char *page = map(one.fd, NULL);
    ask(&one, page, SYS_getppid);
    ask(&two, map(two.fd, page), SYS_getppid);
    ask(&one, map(one.fd, page), SYS_getppid);

    ask(&one, page, SYS_getpgrp);
    munmap(page, SIZE);
    if (mmap(page, SIZE, EXECUTABLE, MAP_PRIVATE | MAP_FIXED_NOREPLACE, two.fd, 0) != page)
        fail("mmap");
    ask(&two, page, SYS_getpgrp);

    char *other = map(one.fd, NULL);
    if (mremap(other, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, page) != page)
        fail("mremap");
    ask(&one, page, SYS_getuid);

    char *anonymous = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (anonymous == MAP_FAILED)
        fail("mmap");
    memcpy(anonymous, one.bytes, SIZE);
    mprotect(anonymous, SIZE, EXECUTABLE);
    ask(&one, anonymous, SYS_getgid);

    ask(&one, map(copy(&one, NULL), NULL), SYS_geteuid);

    const int deleted = copy(&one, "deleted.so");
    unlink("deleted.so");
    ask(&one, map(deleted, NULL), SYS_getegid);

    char *old = map(copy(&one, "replaced.so"), NULL);
    copy(&two, "new.so");
    if (rename("new.so", "replaced.so"))
        fail("rename");
    ask(&one, old, SYS_getpid);
    ask(&two, map(open("replaced.so", O_RDONLY), NULL), SYS_getpid);

    const int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
    char *shared = shmat(id, NULL, 0);
    if (shared == (void *)-1)
        fail("shmat");
    memcpy(shared, one.bytes, SIZE);
    char *executable = shmat(id, NULL, SHM_RDONLY | SHM_EXEC);
    shmctl(id, IPC_RMID, NULL);
    if (executable == (void *)-1)
        fail("shmat");
    ask(&one, executable, SYS_gettid);
    return 0;
}
