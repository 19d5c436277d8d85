/* syscalls.c - names of system calls, from libseccomp's tables. */
#include "syscalls.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X32_BIT = 1 << 30 };

/* libseccomp's numbers for requests of socketcall(2) and ipc(2): -101 and -201 less what they are
 * there (seccomp-syscalls.h). */
enum { MULTIPLEXED_FIRST = -100, MULTIPLEXED_LAST = -299 };

static const struct {
    const char *name, *constant;
    uint32_t arch;    /* libseccomp's */
    uint32_t nr_base; /* what libseccomp has added to our number, and the kernel */
} abis[ABI_COUNT] = {
    [ABI_X86_64] = { "x86_64", "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, 0 },
    [ABI_I386] = { "i386", "SCMP_ARCH_X86", SCMP_ARCH_X86, 0 },
    [ABI_X32] = { "x32", "SCMP_ARCH_X32", SCMP_ARCH_X32, X32_BIT },
};

const char *abi_name(enum abi abi)
{
    return abis[abi].name;
}

int abi_parse(const char *name)
{
    for (int abi = 0; abi < ABI_COUNT; abi++)
        if (!strcmp(abis[abi].name, name))
            return abi;
    return -1;
}

uint32_t abi_architecture(enum abi abi)
{
    return abis[abi].arch;
}

const char *abi_constant(enum abi abi)
{
    return abis[abi].constant;
}

enum abi abi_read(uint32_t architecture, uint64_t came, uint32_t *nr)
{
    enum abi abi = architecture == SCMP_ARCH_X86                    ? ABI_I386
                   : came & X32_BIT && came < 2 * (uint64_t)X32_BIT ? ABI_X32
                                                                    : ABI_X86_64;

    *nr = (uint32_t)came - abis[abi].nr_base;
    return abi;
}

/* libseccomp's negative numbers stand for calls that the ABI lacks, and would find those names. */
static char *resolve(enum abi abi, uint32_t nr)
{
    if (nr > INT_MAX - abis[abi].nr_base)
        return NULL;
    return seccomp_syscall_resolve_num_arch(abis[abi].arch, (int)(nr + abis[abi].nr_base));
}

const char *syscall_name(enum abi abi, uint32_t nr, char buffer[static SYSCALL_NAME_MAX])
{
    errno = 0;
    char *name = resolve(abi, nr);

    if (!name && errno == ENOMEM)
        return NULL;
    if (name)
        snprintf(buffer, SYSCALL_NAME_MAX, "%s", name);
    else
        snprintf(buffer, SYSCALL_NAME_MAX, "syscall_%u", nr);
    free(name);
    return buffer;
}

bool syscall_is_named(const char *text)
{
    return strncmp(text, "syscall_", strlen("syscall_"));
}

bool syscall_exists(enum abi abi, const char *name)
{
    int nr = seccomp_syscall_resolve_name_arch(abis[abi].arch, name);

    return nr >= 0 || (abi == ABI_I386 && nr < MULTIPLEXED_FIRST && nr >= MULTIPLEXED_LAST);
}

static bool is_name_of(enum abi abi, uint32_t nr, const char *name)
{
    char buffer[SYSCALL_NAME_MAX];

    return syscall_name(abi, nr, buffer) && !strcmp(buffer, name);
}

/* Calls that i386 has with a number of their own and as requests, too, for which libseccomp tells
 * the request only (Linux, arch/x86/entry/syscalls/syscall_32.tbl). */
static const struct {
    const char *name;
    int64_t nr;
} also_requests[] = {
    { "recvmmsg", 337 },   { "sendmmsg", 345 },   { "socket", 359 },      { "socketpair", 360 },
    { "bind", 361 },       { "connect", 362 },    { "listen", 363 },      { "accept4", 364 },
    { "getsockopt", 365 }, { "setsockopt", 366 }, { "getsockname", 367 }, { "getpeername", 368 },
    { "sendto", 369 },     { "sendmsg", 370 },    { "recvfrom", 371 },    { "recvmsg", 372 },
    { "shutdown", 373 },   { "semget", 393 },     { "semctl", 394 },      { "shmget", 395 },
    { "shmctl", 396 },     { "shmat", 397 },      { "shmdt", 398 },       { "msgget", 399 },
    { "msgsnd", 400 },     { "msgrcv", 401 },     { "msgctl", 402 },
};

static int64_t number_of_request(const char *name)
{
    for (size_t i = 0; i < sizeof(also_requests) / sizeof(*also_requests); i++)
        if (!strcmp(also_requests[i].name, name))
            return also_requests[i].nr;
    return -1;
}

int64_t syscall_number(enum abi abi, const char *name)
{
    int nr = seccomp_syscall_resolve_name_arch(abis[abi].arch, name);
    uint32_t number;

    if (nr >= 0)
        return nr - (int64_t)abis[abi].nr_base;
    if (sscanf(name, "syscall_%" SCNu32, &number) == 1 && is_name_of(abi, number, name))
        return number;
    return abi == ABI_I386 ? number_of_request(name) : -1;
}
