/* meaning.c - gives meaning to numbers by name, for each ABI. */
#include "meaning.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

enum { IPCOP_SHMAT = 21 };
enum { I386_EXIT = 1, I386_READ = 3, I386_WRITE = 4, I386_SIGRETURN = 119 };

enum { NAMES_MAX = 16 };

static const struct {
    enum meaning meaning;
    const char *names[NAMES_MAX + 1];
} named[] = {
    { CALL_MMAP, { "mmap", "mmap2" } },
    { CALL_MPROTECT, { "mprotect", "pkey_mprotect" } },
    { CALL_MUNMAP, { "munmap", "remap_file_pages" } },
    { CALL_MREMAP, { "mremap" } },
    { CALL_SHMAT, { "shmat" } },
    { CALL_IPC, { "ipc" } },
    { CALL_CLONE, { "clone" } },
    { CALL_CLONE3, { "clone3" } },
    { CALL_VFORK, { "vfork" } },
    { CALL_USERFAULTFD, { "userfaultfd" } },
    { CALL_IOCTL, { "ioctl" } },
    { CALL_SECCOMP, { "seccomp" } },
    { CALL_PRCTL, { "prctl" } },
    { CALL_SET_ID,
      { "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid",
        "setregid32", "setresuid", "setresuid32", "setresgid", "setresgid32", "setfsuid",
        "setfsuid32", "setfsgid", "setfsgid32" } },
    { CALL_FORK, { "fork" } },
    { CALL_READ, { "read", "pread64", "readv", "preadv", "preadv2" } },
    { CALL_AFFINITY,
      { "splice", "sendfile", "sendfile64", "copy_file_range", "io_uring_enter",
        "sched_setaffinity", "sched_getaffinity" } },
    { CALL_EXIT, { "exit" } },
    { CALL_EXIT_GROUP, { "exit_group" } },
    { CALL_QUEUE_SIGNAL, { "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal" } },
    { CALL_EXECVE, { "execve", "execveat" } },
};

/* Besides those that signal(7) lists: what a socket with a timeout makes fail likewise. */
static const char *const unrestarted[] = {
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "semop",
    "semtimedop",
    "rt_sigtimedwait",
    "io_getevents",
    "io_pgetevents",
    "io_uring_enter",
    "read",
    "readv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "accept",
    "accept4",
    "write",
    "writev",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recv",
    "send",
    "rt_sigtimedwait_time64",
    "semtimedop_time64",
    "recvmmsg_time64",
    "io_pgetevents_time64",
};

/* The number of a call, if there is one below MEANINGS_MAX; else -1. */
static int resolve(enum abi abi, const char *name)
{
    int64_t nr = syscall_number(abi, name);
    return nr < MEANINGS_MAX ? (int)nr : -1;
}

void meanings_init(struct meanings *meanings)
{
    int nr;

    memset(meanings, 0, sizeof(*meanings));
    for (int abi = 0; abi < ABI_COUNT; abi++) {
        for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
            for (const char *const *name = named[i].names; *name; name++)
                if ((nr = resolve((enum abi)abi, *name)) >= 0)
                    meanings->meaning[abi][nr] = (uint8_t)named[i].meaning;
        }
        for (size_t i = 0; i < sizeof(unrestarted) / sizeof(*unrestarted); i++) {
            if ((nr = resolve((enum abi)abi, unrestarted[i])) >= 0)
                meanings->unrestarted[abi][nr] = true;
        }
    }
    /* i386's `mmap` is the old one, with its arguments in memory; x86-64's mmap is i386's mmap2. */
    if ((nr = resolve(ABI_I386, "mmap")) >= 0)
        meanings->meaning[ABI_I386][nr] = CALL_OLD_MMAP;
}

enum meaning meanings_find(const struct meanings *meanings, enum abi abi, uint32_t nr)
{
    return nr < MEANINGS_MAX ? meanings->meaning[abi][nr] : CALL_OTHER;
}

struct syscall meanings_read(const struct meanings *meanings, uint32_t architecture, uint64_t nr,
                             const uint64_t args[static 6])
{
    struct syscall ret;

    ret.abi = abi_read(architecture, nr, &ret.nr);
    ret.meaning = meanings_find(meanings, ret.abi, ret.nr);
    memcpy(ret.args, args, sizeof(ret.args));
    return ret;
}

bool meanings_unrestarted(const struct meanings *meanings, enum abi abi, uint32_t nr)
{
    return nr < MEANINGS_MAX && meanings->unrestarted[abi][nr];
}

static struct map_change mmap_change(const uint64_t args[static 6])
{
    uint64_t start = args[3] & MAP_FIXED ? args[0] : 0;
    uint64_t size = args[3] & MAP_FIXED ? args[1] : 0;

    if (args[2] & PROT_EXEC)
        return (struct map_change){ CHANGES_RANGE, start, size, args[1] };
    return (struct map_change){ size ? CHANGES_CODE : CHANGES_NOTHING, start, size, 0 };
}

struct map_change meaning_map_change(enum meaning meaning, const uint64_t args[static 6])
{
    bool changes = false;

    switch (meaning) {
    case CALL_MMAP:
        return mmap_change(args);
    case CALL_MPROTECT:
        return (struct map_change){ args[2] & PROT_EXEC ? CHANGES_RANGE : CHANGES_NOTHING, args[0],
                                    args[1], 0 };
    case CALL_MUNMAP:
        return (struct map_change){ args[1] ? CHANGES_CODE : CHANGES_NOTHING, args[0], args[1], 0 };
    case CALL_MREMAP:
        /* Onto a given place it moves over whatever is there, be it data. */
        return (struct map_change){ args[3] & MREMAP_FIXED ? CHANGES_RANGE : CHANGES_CODE, args[0],
                                    args[1], args[2] };
    case CALL_OLD_MMAP:
        changes = true;
        break;
    case CALL_SHMAT:
        changes = args[2] & (SHM_EXEC | SHM_REMAP);
        break;
    case CALL_IPC:
        changes = (args[0] & 0xffff) == IPCOP_SHMAT;
        break;
    default:
        break;
    }
    return (struct map_change){ changes ? CHANGES_ANYTHING : CHANGES_NOTHING, 0, 0, 0 };
}

bool meaning_makes_userfaultfd(enum meaning meaning, const uint64_t args[static 6])
{
    return meaning == CALL_USERFAULTFD ||
           (meaning == CALL_IOCTL && (uint32_t)args[1] == IOCTL_NEW_USERFAULTFD);
}

bool meaning_closes_memory(enum meaning meaning, const uint64_t args[static 6])
{
    return meaning == CALL_SET_ID ||
           (meaning == CALL_PRCTL && args[0] == PR_SET_DUMPABLE && args[1] != 1);
}

bool meaning_enters_strict_mode(enum meaning meaning, const uint64_t args[static 6])
{
    if (meaning == CALL_PRCTL)
        return args[0] == PR_SET_SECCOMP && args[1] == SECCOMP_MODE_STRICT;
    return meaning == CALL_SECCOMP && args[0] == SECCOMP_SET_MODE_STRICT && !args[1] && !args[2];
}

/* As the kernel's mode1_syscalls: read, write, exit and the return from a signal handler. */
bool meaning_is_strict(enum abi abi, uint32_t nr)
{
    switch (abi) {
    case ABI_X86_64:
        return nr == SYS_read || nr == SYS_write || nr == SYS_exit || nr == SYS_rt_sigreturn;
    case ABI_I386:
        return nr == I386_READ || nr == I386_WRITE || nr == I386_EXIT || nr == I386_SIGRETURN;
    default:
        return false;
    }
}

bool meaning_installs_filter(enum meaning meaning, const uint64_t args[static 6], uint64_t *flags)
{
    *flags = meaning == CALL_SECCOMP && args[0] == SECCOMP_SET_MODE_FILTER ? args[1] : 0;
    if (meaning == CALL_PRCTL)
        return args[0] == PR_SET_SECCOMP;
    return meaning == CALL_SECCOMP &&
           (args[0] == SECCOMP_SET_MODE_FILTER || args[0] == SECCOMP_SET_MODE_STRICT);
}

/* A positive result is the listener that was asked for; else the thread that has filters which
 * another has not, and so kept TSYNC from doing anything. */
bool meaning_installed_filter(uint64_t flags, int64_t result)
{
    return !result || (result > 0 && flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

bool meaning_asks_mode(enum meaning meaning, const uint64_t args[static 6])
{
    return meaning == CALL_PRCTL && args[0] == PR_GET_SECCOMP;
}
