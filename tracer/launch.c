/* launch.c - fork, seize, filter, execve; and saying which of them failed. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/block.h"
#include "diag.h"
#include "permission.h"
#include "procfs.h"

enum step { STEP_ENVIRONMENT, STEP_FILTER, STEP_USER, STEP_EXECVE };

/* What the child writes to report_fd. */
struct report {
    enum step step;
    int error;
};

bool launch_has_seccomp(void)
{
    uint32_t action = SECCOMP_RET_TRACE;
    return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

bool launch_is_filtered(void)
{
    return procfs_status(getpid(), "Seccomp") != 0;
}

enum engine launch_engine(const struct options *options)
{
    bool may_choose = !options->engine_is_order || options->engine == ENGINE_AUTO;

    if (options->engine == ENGINE_PTRACE || (may_choose && !launch_has_seccomp()))
        return ENGINE_PTRACE;
    bool may_count = !options_need_stops(options) && !launch_is_filtered();
    return options->engine == ENGINE_AGENT && may_count ? ENGINE_AGENT : ENGINE_SECCOMP;
}

/* Every call of every ABI stops, of 32-bit code too. NO_NEW_PRIVS only where the kernel insists on
 * it: it is inherited, and takes their privileges from set-user-ID programs (which ptrace does too,
 * without CAP_SYS_PTRACE). */
int launch_install_filter(bool window)
{
    enum { PC = offsetof(struct seccomp_data, instruction_pointer) };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PC + sizeof(uint32_t)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WINDOW >> 32, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PC),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)(WINDOW_SIZE - 1)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)WINDOW, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | FILTER_DATA),
    };
    enum { LENGTH = sizeof(code) / sizeof(*code) };
    struct sock_fprog program = { window ? LENGTH : 1, window ? code : &code[LENGTH - 1] };
    unsigned flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;

    for (;;) {
        if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program))
            return 0;
        if (errno == EACCES && !prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) {
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        } else if (errno == EINVAL && flags) {
            flags = 0; /* before Linux 4.17 */
        } else {
            return -errno;
        }
    }
}

static int become(const struct passwd *user)
{
    if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
        setuid(user->pw_uid) < 0)
        return -errno;
    return 0;
}

static int change_environment(const struct options *options)
{
    for (size_t i = 0; i < options->environment_count; i++) {
        const char *word = options->environment[i];
        if (strchr(word, '=') ? putenv((char *)word) : unsetenv(word))
            return -errno;
    }
    return 0;
}

/* The child: waits for the word that it is seized, and becomes the command. */
static _Noreturn void child(const struct options *options, const struct passwd *user, int go_fd,
                            int report_fd)
{
    struct report report = { STEP_ENVIRONMENT, 0 };
    char byte;

    if (read(go_fd, &byte, 1) != 1)
        _exit(EXIT_OURS); /* the parent failed, and has said so */
    report.error = change_environment(options);
    if (!report.error && options->engine != ENGINE_PTRACE) {
        report.step = STEP_FILTER;
        report.error = launch_install_filter(options->engine == ENGINE_AGENT);
    }
    if (!report.error && user) {
        report.step = STEP_USER;
        report.error = become(user);
    }
    if (!report.error) {
        report.step = STEP_EXECVE;
        execvp(options->command[0], options->command);
        report.error = -errno;
    }
    if (write(report_fd, &report, sizeof(report)) < 0)
        _exit(EXIT_OURS);
    _exit(EXIT_CANNOT_EXECUTE);
}

static int find_user(const char *name, const struct passwd **ret)
{
    errno = 0;
    *ret = name ? getpwnam(name) : NULL;
    if (!name || *ret)
        return 0;
#ifdef SYSTRACE_STATIC /* glibc's would load libraries to ask others, if they are of its version \
                        */
    diag("unknown user '%s'; a static build knows only those of /etc/passwd for sure", name);
#else
    diag("unknown user '%s'", name);
#endif
    return EXIT_OURS;
}

int launch_fork(struct launch *launch, const struct options *options)
{
    const struct passwd *user;
    int go[2], report[2];

    if (find_user(options->user, &user))
        return EXIT_OURS;
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) {
        diag("cannot make a pipe: %s", strerror(errno));
        return EXIT_OURS;
    }
    fflush(NULL);
    launch->pid = fork();
    if (launch->pid == 0) {
        close(go[1]);
        child(options, user, go[0], report[1]);
    }
    int error = errno;
    close(go[0]);
    close(report[1]);
    launch->report_fd = report[0];
    launch->go_fd = go[1];
    if (launch->pid < 0) {
        diag("cannot fork: %s", strerror(error));
        return EXIT_OURS;
    }
    return 0;
}

int launch_seize(struct launch *launch, uintptr_t ptrace_options)
{
    struct reason reason;

    if (ptrace(PTRACE_SEIZE, launch->pid, 0, ptrace_options) < 0) {
        permission_describe_child(launch->pid, errno, &reason);
        diag("cannot trace: %s", reason.text);
        launch_abandon(launch);
        return EXIT_OURS;
    }
    permission_try_reading(launch->pid, &reason);
    if (*reason.text)
        diag("warning: stacks cannot be read, so callers are [unknown]: %s", reason.text);
    return 0;
}

void launch_abandon(struct launch *launch)
{
    close(launch->go_fd);
    waitpid(launch->pid, NULL, 0);
}

void launch_go(struct launch *launch)
{
    if (write(launch->go_fd, "", 1) != 1)
        die("cannot start the command: %s", strerror(errno));
    close(launch->go_fd);
}

static int explain_execve(const char *command, int error)
{
    struct stat st;

    if (error == ENOENT && !strchr(command, '/'))
        diag("'%s': command not found in PATH", command);
    else if (error == ENOENT && !stat(command, &st))
        diag("cannot execute '%s': its interpreter (the #! line or the ELF loader) does not exist",
             command);
    else if (!stat(command, &st) && S_ISDIR(st.st_mode))
        diag("cannot execute '%s': it is a directory", command);
    else
        diag("cannot execute '%s': %s", command, strerror(error));
    return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

int launch_failure(struct launch *launch, const struct options *options, int status)
{
    struct report report;

    if (read(launch->report_fd, &report, sizeof(report)) != sizeof(report)) {
        if (WIFSIGNALED(status))
            return 0;
        diag("cannot start the command");
        return EXIT_OURS;
    }
    switch (report.step) {
    case STEP_ENVIRONMENT:
        diag("cannot set the environment: %s", strerror(-report.error));
        return EXIT_OURS;
    case STEP_FILTER:
        diag("cannot install a seccomp filter: %s; try --engine=ptrace", strerror(-report.error));
        return EXIT_OURS;
    case STEP_USER:
        diag("cannot become user '%s': %s", options->user, strerror(-report.error));
        return EXIT_OURS;
    default:
        return explain_execve(options->command[0], -report.error);
    }
}
