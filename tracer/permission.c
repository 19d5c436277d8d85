/* permission.c - asks /proc who holds a process and what rules there are (ptrace(2), "Ptrace access
 * mode checking"). */
#include "permission.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "diag.h"
#include "procfs.h"

#define CONTAINER                                                                                 \
    "a container needs the permission to use ptrace (--cap-add=SYS_PTRACE, or a seccomp profile " \
    "that allows it)"

enum { PF_KTHREAD = 0x00200000 }; /* include/linux/sched.h; the same since Linux 2.6.27 */

/* Yama's kernel.yama.ptrace_scope, 0 to 3; -1 without Yama. */
static int yama_scope(void)
{
    int scope = -1;
    FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");

    if (!file)
        return -1;
    if (fscanf(file, "%d", &scope) != 1)
        scope = -1;
    fclose(file);
    return scope;
}

/* The name of a process, as ps shows it; the caller frees it. */
static char *process_name(pid_t pid)
{
    char *name;

    if (procfs_read_text(pid, "comm", &name) < 0)
        return strdup("?");
    name[strcspn(name, "\n")] = '\0';
    return name;
}

static char *user_name(uid_t uid)
{
    const struct passwd *user = getpwuid(uid);
    char *number;

    if (user)
        return strdup(user->pw_name);
    return asprintf(&number, "%u", (unsigned)uid) < 0 ? NULL : number;
}

/* Its user; false if there is no such process. */
static bool owner(pid_t pid, uid_t *ret)
{
    long uid = procfs_status(pid, "Uid");
    *ret = (uid_t)uid;
    return uid >= 0;
}

/* The process that traces it, or one that is not positive. */
static pid_t tracer_of(pid_t pid)
{
    pid_t thread = (pid_t)procfs_status(pid, "TracerPid");
    return thread > 0 ? (pid_t)procfs_status(thread, "Tgid") : thread;
}

static bool is_kernel_thread(pid_t pid)
{
    char state;
    unsigned flags;
    return procfs_stat(pid, &state, &flags) && flags & PF_KTHREAD;
}

static bool has_ended(pid_t pid)
{
    char state = procfs_state(pid);
    return state == 'Z' || state == 'X';
}

void permission_describe_child(pid_t pid, int error, struct reason *ret)
{
    pid_t tracer = tracer_of(pid);
    int scope = yama_scope();

    if (tracer > 0)
        reason_set(ret,
                   "process %d (strace, gdb, another tracer?) traces systrace-lib and what it "
                   "starts; run systrace-lib outside of it",
                   (int)tracer);
    else if (scope == 2)
        reason_set(ret, "ptrace is restricted to root; ask for 'sysctl "
                        "kernel.yama.ptrace_scope=1' (now 2)");
    else if (scope > 2)
        reason_set(ret, "ptrace is switched off until the next boot (kernel.yama.ptrace_scope is "
                        "3); ask for a kernel without that setting");
    else
        reason_set(ret, "ptrace: %s; " CONTAINER, strerror(error));
}

static void explain_tracer(pid_t pid, const char *name, pid_t tracer)
{
    char *tracer_name = process_name(tracer);

    diag("cannot attach to process %d (%s): process %d (%s) traces it already; end that first",
         (int)pid, name, (int)tracer, tracer_name);
    free(tracer_name);
}

static void explain_user(pid_t pid, const char *name, uid_t uid)
{
    char *theirs = user_name(uid), *ours = user_name(geteuid());

    diag("cannot attach to process %d (%s): it belongs to user %s and systrace-lib runs as %s; run "
         "it as root%s%s",
         (int)pid, name, theirs, ours, uid ? " or as " : "", uid ? theirs : "");
    free(theirs);
    free(ours);
}

void permission_try_reading(pid_t child, struct reason *ret)
{
    static const char here = 1; /* and there, for it is a copy */
    char byte = 0, path[64];
    const struct iovec local = { &byte, 1 }, remote = { (void *)(uintptr_t)&here, 1 };

    *ret = (struct reason){ "" };
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)child);
    if (access("/proc/self", F_OK) < 0)
        reason_set(ret, "/proc is not there; as root: mount -t proc proc /proc");
    else if (access(path, R_OK) < 0)
        reason_set(ret, "%s: %s; a sandbox has to show /proc as it is", path, strerror(errno));
    else if (process_vm_readv(child, &local, 1, &remote, 1, 0) != 1)
        reason_set(ret,
                   "process_vm_readv: %s; a container needs a seccomp profile that allows it, or "
                   "--cap-add=SYS_PTRACE",
                   strerror(errno));
}

/* Why Yama forbids to attach; scope > 0. */
static const char *scope_reason(int scope)
{
    static const char *const reasons[] = {
        [1] = "only what a tracer started itself may be traced (kernel.yama.ptrace_scope is 1); "
              "run systrace-lib as root, or as root 'sysctl kernel.yama.ptrace_scope=0'",
        [2] = "only root may trace (kernel.yama.ptrace_scope is 2); run systrace-lib as root",
        [3] = "nobody may attach until the next boot (kernel.yama.ptrace_scope is 3); start the "
              "program under a kernel without that setting",
    };

    return reasons[scope > 3 ? 3 : scope];
}

void permission_describe_attaching(int error, struct reason *ret)
{
    pid_t tracer = tracer_of(getpid());
    int scope = yama_scope();

    if (tracer > 0)
        reason_set(ret, "process %d (strace, gdb, another tracer?) traces systrace-lib",
                   (int)tracer);
    else if (scope == 3 || (scope > 0 && geteuid()))
        reason_set(ret, "%s", scope_reason(scope));
    else
        reason_set(ret, "ptrace: %s; " CONTAINER, strerror(error));
}

void permission_explain_attach(pid_t pid, int error)
{
    uid_t uid;
    pid_t tracer = tracer_of(pid);
    int scope = yama_scope();
    char *name = process_name(pid);

    if (!owner(pid, &uid) || (error == ESRCH && !has_ended(pid)))
        diag("cannot attach to process %d: there is no such process", (int)pid);
    else if (pid == getpid())
        diag("cannot attach to process %d: that is systrace-lib itself", (int)pid);
    else if (is_kernel_thread(pid))
        diag(
            "cannot attach to process %d (%s): it is a thread of the kernel, which makes no system "
            "calls",
            (int)pid, name);
    else if (has_ended(pid))
        diag("cannot attach to process %d (%s): it has ended, and waits for its parent to notice",
             (int)pid, name);
    else if (tracer > 0)
        explain_tracer(pid, name, tracer);
    else if (geteuid() && geteuid() != uid)
        explain_user(pid, name, uid);
    else if (scope == 3 || (scope >= 1 && geteuid()))
        diag("cannot attach to process %d (%s): %s", (int)pid, name, scope_reason(scope));
    else if (geteuid())
        diag("cannot attach to process %d (%s): %s; it has more privileges than systrace-lib, or "
             "forbids it (PR_SET_DUMPABLE); run systrace-lib as root",
             (int)pid, name, strerror(error));
    else
        diag("cannot attach to process %d (%s): %s; " CONTAINER, (int)pid, name, strerror(error));
    free(name);
}

/* In another user namespace the file's owner may mean nothing. */
static bool in_our_user_namespace(pid_t tid)
{
    char path[64];
    struct stat ours, theirs;

    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)tid);
    return !stat("/proc/self/ns/user", &ours) && !stat(path, &theirs) &&
           ours.st_ino == theirs.st_ino;
}

void permission_warn_privileges(struct served *served, pid_t tid)
{
    struct lookup lookup = { served, tid, NULL };
    char link[64], path[PATH_MAX];
    struct stat file;

    if (!geteuid() || !in_our_user_namespace(tid))
        return;
    snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
    ssize_t length = readlink(link, path, sizeof(path));
    bool asks = length < 0 || served_link(&lookup, link); /* a process, which may be a tracee */
    lookup_deinit(&lookup);
    if (asks || stat(link, &file) < 0)
        return;
    bool user = file.st_mode & S_ISUID && file.st_uid != geteuid();
    bool group = file.st_mode & S_ISGID && file.st_mode & S_IXGRP && file.st_gid != getegid();
    bool capabilities = getxattr(link, "security.capability", NULL, 0) > 0;
    if (user || group || capabilities)
        diag("warning: '%.*s' %s: it runs without them, for an ordinary user traces it; run "
             "systrace-lib as root, with -u USER",
             (int)length, path,
             user    ? "has the privileges of its owner (set-user-ID)"
             : group ? "has the privileges of its group (set-group-ID)"
                     : "has capabilities");
}
