/*
 * capability.c - the table of capabilities. A new one is a line of it, and its calls above.
 *
 * What is listed here asks for something new: what a descriptor that is open already can do (read,
 * write, and so on) is no capability. Calls of all ABIs are listed by name.
 */
#include "capability.h"

#include <string.h>
#include "record/syscalls.h"

#define CALLS(name, ...) static const char *const name[] = { __VA_ARGS__, NULL }

/* clang-format off */
CALLS(run_program, "execve", "execveat");
/* Those that send may name an address; socketcall (i386) stands for all of them. */
CALLS(connect_out, "connect", "sendto", "sendmsg", "sendmmsg", "socketcall");
CALLS(listen_for, "bind", "listen", "accept", "accept4", "socketcall");
CALLS(read_files, "open", "openat", "openat2", "open_by_handle_at", "uselib");
CALLS(write_files, "open", "openat", "openat2", "open_by_handle_at", "creat", "truncate", "truncate64");
CALLS(change_names, "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat",
      "mkdir", "mkdirat", "rmdir", "mknod", "mknodat");
CALLS(change_modes, "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "chown32", "fchown32",
      "lchown32", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
      "removexattrat", "file_setattr", "utime", "utimes", "utimensat", "utimensat_time64", "futimesat");
/* By their arguments: PROT_EXEC, SHM_EXEC (by ipc, too: i386), or the personality READ_IMPLIES_EXEC. */
CALLS(map_code, "mmap", "mmap2", "mprotect", "pkey_mprotect", "shmat", "ipc", "remap_file_pages", "uselib", "personality");
CALLS(new_process, "fork", "vfork", "clone", "clone3");
CALLS(identity, "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups",
      "setuid32", "setgid32", "setreuid32", "setregid32", "setresuid32", "setresgid32", "setfsuid32", "setfsgid32",
      "setgroups32", "capset");
CALLS(signal_others, "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal");
CALLS(trace_others, "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "process_madvise", "process_mrelease",
      "move_pages", "migrate_pages", "kcmp");
CALLS(limit_others, "prlimit64", "setpriority", "ioprio_set", "sched_setscheduler", "sched_setparam", "sched_setattr",
      "sched_setaffinity");
CALLS(sockets, "socket", "socketcall");
CALLS(watch_files, "fanotify_init", "fanotify_mark", "inotify_init", "inotify_init1", "inotify_add_watch");
CALLS(rare_parts, "userfaultfd", "modify_ldt", "vm86", "vm86old", "lookup_dcookie", "get_mempolicy", "mbind", "set_mempolicy",
      "name_to_handle_at", "open_by_handle_at");
CALLS(kernel_code, "init_module", "finit_module", "delete_module", "create_module", "kexec_load", "kexec_file_load", "bpf",
      "perf_event_open");
/* clone and clone3 make namespaces too, by flags; they are not listed, for each thread is made by them. */
CALLS(namespaces, "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr",
      "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr");
CALLS(devices, "ioctl", "iopl", "ioperm", "pciconfig_read", "pciconfig_write", "pciconfig_iobase");
CALLS(set_time, "settimeofday", "clock_settime", "clock_settime64", "stime", "adjtimex", "clock_adjtime", "clock_adjtime64");
CALLS(whole_system, "reboot", "sethostname", "setdomainname", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "syslog",
      "vhangup", "nfsservctl");
CALLS(io_uring, "io_uring_setup", "io_uring_enter", "io_uring_register");
CALLS(keys, "add_key", "request_key", "keyctl");
CALLS(filter_calls, "seccomp", "prctl", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
      "lsm_set_self_attr");

const struct capability capabilities[] = {
    { "run-program", "run another program", "execve(2)", run_program },
    { "connect", "reach other hosts and processes by sockets", "connect(2), send(2)", connect_out },
    { "sockets", "make sockets, perhaps raw ones or to the kernel", "socket(2), packet(7), netlink(7)", sockets },
    { "listen", "be reached by sockets", "bind(2), listen(2), accept(2)", listen_for },
    { "read-files", "open files, perhaps to read", "open(2): O_RDONLY", read_files },
    { "write-files", "open files, perhaps to write or make them", "open(2): O_WRONLY, O_RDWR; truncate(2)", write_files },
    { "change-names", "make, rename and remove files and directories", "path_resolution(7), rename(2), unlink(2), mkdir(2)",
      change_names },
    { "change-modes", "change owners, modes and attributes of files", "chown(2), chmod(2), xattr(7)", change_modes },
    { "map-code", "map memory, perhaps to execute", "mmap(2), mprotect(2): PROT_EXEC", map_code },
    { "new-process", "make processes and threads", "clone(2)", new_process },
    { "identity", "change user, group or privileges", "credentials(7), capabilities(7)", identity },
    { "signal-others", "send signals", "kill(2), tgkill(2), pidfd_send_signal(2)", signal_others },
    { "trace-others", "read, change or steal from other processes", "ptrace(2): access mode checking", trace_others },
    { "limit-others", "change limits and priorities, perhaps of other processes", "prlimit(2), setpriority(2), sched(7)",
      limit_others },
    { "watch-files", "be told what others do with files", "fanotify(7), inotify(7)", watch_files },
    { "rare-parts", "use parts of the kernel that containers deny by default", "Docker: Seccomp security profiles", rare_parts },
    { "kernel-code", "load code into the kernel, or watch it", "init_module(2), kexec_load(2), bpf(2), perf_event_open(2)",
      kernel_code },
    { "namespaces", "change namespaces, mounts or the root", "namespaces(7), mount(2), chroot(2)", namespaces },
    { "devices", "control devices", "ioctl(2), iopl(2)", devices },
    { "set-time", "set the clock", "capabilities(7): CAP_SYS_TIME", set_time },
    { "whole-system", "change what all of the machine has", "capabilities(7): CAP_SYS_BOOT, CAP_SYS_ADMIN", whole_system },
    { "io-uring", "ask for input and output, files and sockets too, that no system call shows", "io_uring(7)", io_uring },
    { "keys", "use the kernel's keys", "keyrings(7)", keys },
    { "filter", "restrict itself, or set its attributes", "seccomp(2), landlock(7), prctl(2)", filter_calls },
};
/* clang-format on */

const size_t capability_count = sizeof(capabilities) / sizeof(*capabilities);

bool capability_has(const struct capability *capability, const char *syscall)
{
    for (const char *const *call = capability->syscalls; *call; call++)
        if (!strcmp(*call, syscall))
            return true;
    return false;
}

const char *capability_of(const char *syscall, char buffer[static CAPABILITIES_MAX])
{
    char *end = buffer;

    for (size_t i = 0; i < capability_count; i++) {
        if (!capability_has(&capabilities[i], syscall))
            continue;
        if (end > buffer)
            *end++ = '+';
        end = stpcpy(end, capabilities[i].name);
    }
    if (end > buffer)
        return buffer;
    return syscall_is_named(syscall) ? "none" : "unknown"; /* a newer one */
}
