/*
 * starts.c - the table of what starts ask for. A new one is a line of it.
 *
 * The lines of the C libraries are what strace shows of an empty main() on Debian 12 (glibc 2.36,
 * musl 1.2.3), and what their sources ask for on other kernels and in other versions.
 */
#include "starts.h"

#define ROW(source, launcher, ...)              \
    {                                           \
        source, launcher, (const char *const[]) \
        {                                       \
            __VA_ARGS__, NULL                   \
        }                                       \
    }

/* clang-format off */
const struct start starts[] = {
    ROW("execve(2): the launcher's last call", false, "execve"),
    ROW("glibc: the loader maps libraries (elf/dl-load.c, elf/rtld.c); fstat since 2.39, readlink and uname before 2.37", false,
        "access", "brk", "close", "fstat", "fstat64", "mmap", "mmap2", "mprotect", "munmap", "newfstatat", "openat", "pread64",
        "read", "readlink", "uname", "writev"),
    ROW("glibc: the first thread (csu/libc-tls.c, nptl); prlimit64 asks for the stack's size, getrandom is malloc's", false,
        "arch_prctl", "futex", "getrandom", "prlimit64", "rseq", "set_robust_list", "set_thread_area", "set_tid_address",
        "ugetrlimit"),
    ROW("glibc before 2.34: libpthread", false, "rt_sigaction", "rt_sigprocmask"),
    ROW("musl: its start and its loader (src/env, ldso/dynlink.c); the first output to a terminal asks for its size", false,
        "arch_prctl", "brk", "close", "fcntl", "fcntl64", "fstat", "fstat64", "ioctl", "mmap", "mmap2", "mprotect", "munmap", "open",
        "poll", "read", "set_thread_area", "set_tid_address", "writev"),
    ROW("static glibc (csu/libc-start.c, elf/dl-support.c)", false,
        "arch_prctl", "brk", "getrandom", "mprotect", "prlimit64", "readlink", "readlinkat", "rseq", "set_robust_list",
        "set_thread_area", "set_tid_address", "uname"),
    ROW("an end: exit(3), and abort(3) when the start fails", false,
        "exit", "exit_group", "getpid", "gettid", "rt_sigprocmask", "tgkill", "write"),
    ROW("the kernel's own: after a signal, and after a stop in a call that sleeps (signal(7))", false,
        "restart_syscall", "rt_sigreturn", "sigreturn"),
    ROW("vdso(7): where the machine's clock cannot be read without the kernel, and no run on another machine shows it", false,
        "clock_getres", "clock_gettime", "clock_gettime64", "getcpu", "gettimeofday", "time"),
    ROW("runc 1.1.5 with noNewPrivileges, traced between its filter and its execve", true,
        "close", "epoll_ctl", "fstatfs", "futex", "getdents64", "getpid", "openat", "prctl", "rt_sigreturn", "write"),
    ROW("Go 1.19, of which runc is: its scheduler, collector and os package at any time (runtime/sys_linux_amd64.s)", true,
        "epoll_pwait", "fcntl", "fstat", "getpid", "gettid", "madvise", "mmap", "munmap", "nanosleep", "newfstatat", "read",
        "rt_sigaction", "rt_sigprocmask", "sched_yield", "sigaltstack", "tgkill"),
};
/* clang-format on */

const size_t starts_count = sizeof(starts) / sizeof(*starts);
