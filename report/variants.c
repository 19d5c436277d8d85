/*
 * variants.c - the table of variants. A new one is a line of it.
 *
 * The lines were made from syscalls(2), the man pages named in each, and the calls that glibc and
 * musl make for one function of theirs. A call may be in several lines; they are not joined: that
 * semop and socket both may be a request of another call does not make them one.
 */
#include "variants.h"

#define ROW(source, ...)              \
    {                                 \
        source, (const char *const[]) \
        {                             \
            __VA_ARGS__, NULL         \
        }                             \
    }

/* clang-format off */
const struct variants variants[] = {
    /* Files by name: the old call, that with a directory (at), and that with flags. */
    ROW("open(2), openat2(2)", "open", "openat", "openat2", "creat"),
    ROW("stat(2), statx(2); glibc: fstat is newfstatat with AT_EMPTY_PATH from 2.33 to 2.38", "stat", "lstat", "fstat", "newfstatat",
        "statx", "stat64", "lstat64", "fstat64", "fstatat64", "oldstat", "oldlstat", "oldfstat"),
    ROW("statfs(2)", "statfs", "statfs64"),
    ROW("statfs(2)", "fstatfs", "fstatfs64"),
    ROW("access(2)", "access", "faccessat", "faccessat2"),
    ROW("rename(2)", "rename", "renameat", "renameat2"),
    ROW("link(2)", "link", "linkat"),
    ROW("symlink(2)", "symlink", "symlinkat"),
    ROW("unlink(2), rmdir(2): unlinkat does both", "unlink", "rmdir", "unlinkat"),
    ROW("mkdir(2)", "mkdir", "mkdirat"),
    ROW("mknod(2)", "mknod", "mknodat"),
    ROW("readlink(2)", "readlink", "readlinkat"),
    ROW("chmod(2); fchmodat2 since Linux 6.6", "chmod", "fchmodat", "fchmodat2"),
    ROW("chown(2)", "chown", "lchown", "fchownat", "chown32", "lchown32"),
    ROW("chown(2)", "fchown", "fchown32"),
    ROW("utime(2), futimesat(2), utimensat(2)", "utime", "utimes", "futimesat", "utimensat", "utimensat_time64"),
    ROW("truncate(2)", "truncate", "truncate64"),
    ROW("truncate(2)", "ftruncate", "ftruncate64"),
    ROW("execveat(2); glibc: fexecve", "execve", "execveat"),
    ROW("umount(2)", "umount", "umount2"),

    /* Descriptors. */
    ROW("read(2), readv(2); musl: stdio", "read", "readv"),
    ROW("write(2), writev(2); musl: stdio", "write", "writev"),
    ROW("readv(2)", "preadv", "preadv2"),
    ROW("readv(2)", "pwritev", "pwritev2"),
    ROW("lseek(2), llseek(2)", "lseek", "_llseek"),
    ROW("dup(2)", "dup2", "dup3"),
    ROW("fcntl(2)", "fcntl", "fcntl64"),
    ROW("getdents(2), readdir(2)", "getdents", "getdents64", "readdir"),
    ROW("sendfile(2)", "sendfile", "sendfile64"),
    ROW("posix_fadvise(2)", "fadvise64", "fadvise64_64"),
    ROW("pipe(2)", "pipe", "pipe2"),
    ROW("eventfd(2)", "eventfd", "eventfd2"),
    ROW("signalfd(2)", "signalfd", "signalfd4"),
    ROW("inotify_init(2)", "inotify_init", "inotify_init1"),
    ROW("epoll_create(2)", "epoll_create", "epoll_create1"),
    ROW("epoll_wait(2)", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    ROW("select(2)", "select", "_newselect", "pselect6", "pselect6_time64"),
    ROW("poll(2)", "poll", "ppoll", "ppoll_time64"),
    ROW("io_getevents(2)", "io_getevents", "io_pgetevents", "io_pgetevents_time64"),

    /* Sockets and System V IPC: on i386 also as requests of one call. */
    ROW("accept(2), socketcall(2)", "accept", "accept4", "socketcall"),
    ROW("socketcall(2)", "socket", "socketcall"),
    ROW("socketcall(2)", "socketpair", "socketcall"),
    ROW("socketcall(2)", "bind", "socketcall"),
    ROW("socketcall(2)", "connect", "socketcall"),
    ROW("socketcall(2)", "listen", "socketcall"),
    ROW("socketcall(2)", "getsockname", "socketcall"),
    ROW("socketcall(2)", "getpeername", "socketcall"),
    ROW("socketcall(2)", "getsockopt", "socketcall"),
    ROW("socketcall(2)", "setsockopt", "socketcall"),
    ROW("socketcall(2)", "shutdown", "socketcall"),
    ROW("recv(2), socketcall(2)", "recv", "recvfrom", "socketcall"),
    ROW("send(2), socketcall(2)", "send", "sendto", "socketcall"),
    ROW("socketcall(2)", "recvmsg", "socketcall"),
    ROW("socketcall(2)", "sendmsg", "socketcall"),
    ROW("recvmmsg(2), socketcall(2)", "recvmmsg", "recvmmsg_time64", "socketcall"),
    ROW("socketcall(2)", "sendmmsg", "socketcall"),
    ROW("semop(2), ipc(2)", "semop", "semtimedop", "semtimedop_time64", "ipc"),
    ROW("ipc(2)", "semget", "ipc"),
    ROW("ipc(2)", "semctl", "ipc"),
    ROW("ipc(2)", "msgget", "ipc"),
    ROW("ipc(2)", "msgctl", "ipc"),
    ROW("ipc(2)", "msgsnd", "ipc"),
    ROW("ipc(2)", "msgrcv", "ipc"),
    ROW("ipc(2)", "shmget", "ipc"),
    ROW("ipc(2)", "shmctl", "ipc"),
    ROW("ipc(2)", "shmat", "ipc"),
    ROW("ipc(2)", "shmdt", "ipc"),

    /* Processes. */
    ROW("fork(2), vfork(2), clone(2); glibc: clone3 since 2.34", "fork", "vfork", "clone", "clone3"),
    ROW("exit(2), exit_group(2)", "exit", "exit_group"),
    ROW("wait4(2), waitid(2)", "wait4", "waitpid", "waitid"),
    ROW("tkill(2); musl: raise", "tkill", "tgkill"),
    ROW("getrlimit(2)", "getrlimit", "ugetrlimit", "setrlimit", "prlimit64"),
    ROW("getpgrp(2); musl: getpgrp", "getpgrp", "getpgid"),
    ROW("nice(2); glibc: nice", "nice", "setpriority"),
    ROW("uname(2)", "uname", "olduname", "oldolduname"),
    ROW("arch_prctl(2), set_thread_area(2): the base of thread-local storage", "arch_prctl", "set_thread_area"),

    /* Signals. */
    ROW("sigaction(2)", "signal", "sigaction", "rt_sigaction"),
    ROW("sigprocmask(2)", "sgetmask", "ssetmask", "sigprocmask", "rt_sigprocmask"),
    ROW("sigpending(2)", "sigpending", "rt_sigpending"),
    ROW("sigsuspend(2)", "sigsuspend", "rt_sigsuspend"),
    ROW("sigreturn(2)", "sigreturn", "rt_sigreturn"),
    ROW("sigwaitinfo(2)", "rt_sigtimedwait", "rt_sigtimedwait_time64"),

    /* Memory. A malloc that is denied brk by an error crashes: glibc takes -EPERM for an address. */
    ROW("malloc(3): which of them it needs depends on the sizes, and on what was freed before", "brk", "mmap", "mmap2", "mremap",
        "munmap", "madvise"),
    ROW("mlock(2)", "mlock", "mlock2"),
    ROW("pkeys(7): mprotect is pkey_mprotect with the key -1", "mprotect", "pkey_mprotect"),

    /* Time. */
    ROW("time(2), gettimeofday(2), clock_gettime(2); musl: all by the last", "time", "gettimeofday", "clock_gettime", "clock_gettime64"),
    ROW("stime(2), settimeofday(2), clock_settime(2)", "stime", "settimeofday", "clock_settime", "clock_settime64"),
    ROW("adjtimex(2)", "adjtimex", "clock_adjtime", "clock_adjtime64"),
    ROW("clock_getres(2)", "clock_getres", "clock_getres_time64"),
    ROW("nanosleep(2), clock_nanosleep(2)", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64"),
    ROW("alarm(2); musl: alarm", "alarm", "setitimer"),
    ROW("timer_settime(2)", "timer_gettime", "timer_gettime64"),
    ROW("timer_settime(2)", "timer_settime", "timer_settime64"),
    ROW("timerfd_create(2)", "timerfd_gettime", "timerfd_gettime64"),
    ROW("timerfd_create(2)", "timerfd_settime", "timerfd_settime64"),
    ROW("futex(2)", "futex", "futex_time64"),
    ROW("mq_receive(3)", "mq_timedreceive", "mq_timedreceive_time64"),
    ROW("mq_send(3)", "mq_timedsend", "mq_timedsend_time64"),
    ROW("sched_rr_get_interval(2)", "sched_rr_get_interval", "sched_rr_get_interval_time64"),

    /* Identities: i386's first calls had 16 bits (getuid(2)). */
    ROW("getuid(2)", "getuid", "getuid32"),
    ROW("getuid(2)", "geteuid", "geteuid32"),
    ROW("getgid(2)", "getgid", "getgid32"),
    ROW("getgid(2)", "getegid", "getegid32"),
    ROW("getresuid(2)", "getresuid", "getresuid32"),
    ROW("getresuid(2)", "getresgid", "getresgid32"),
    ROW("getgroups(2)", "getgroups", "getgroups32"),
    ROW("getgroups(2)", "setgroups", "setgroups32"),
    ROW("setuid(2)", "setuid", "setuid32"),
    ROW("setgid(2)", "setgid", "setgid32"),
    ROW("setreuid(2)", "setreuid", "setreuid32"),
    ROW("setreuid(2)", "setregid", "setregid32"),
    ROW("setresuid(2)", "setresuid", "setresuid32"),
    ROW("setresuid(2)", "setresgid", "setresgid32"),
    ROW("setfsuid(2)", "setfsuid", "setfsuid32"),
    ROW("setfsgid(2)", "setfsgid", "setfsgid32"),
};
/* clang-format on */

const size_t variants_count = sizeof(variants) / sizeof(*variants);
