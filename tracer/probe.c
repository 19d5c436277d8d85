/* probe.c - starts children, traces them as far as their first system call, and ends them. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "permission.h"

static int wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
        ;
    return status;
}

/* The child: waits for our word, which does not come if it is killed, and makes a call that stops.
 */
static _Noreturn void be_traced(int go_fd)
{
    char byte;

    if (read(go_fd, &byte, 1) != 1)
        _exit(0);
    int error = launch_install_filter(false);
    if (!error)
        syscall(SYS_getppid);
    _exit(-error);
}

/* Stops it and asks, as at each call. */
static void probe_info(pid_t child, struct reason *ret)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_INTERRUPT, child, 0, 0) < 0 || !WIFSTOPPED(wait_for(child)))
        reason_set(ret, "a traced process does not stop; a sandbox has to have ptrace as it is");
    else if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) < 0)
        reason_of_syscall_info(errno, ret);
    ptrace(PTRACE_CONT, child, 0, 0);
}

static void refuse_seccomp(struct reason *ret, const char *what)
{
    reason_set(ret,
               "seccomp: %s; a container needs a seccomp profile that allows it, a kernel "
               "CONFIG_SECCOMP_FILTER; the engine ptrace does without",
               what);
}

static void probe_filter(pid_t child, int go_fd, struct reason *ret)
{
    int status = write(go_fd, "", 1) == 1 ? wait_for(child) : 0;
    int error = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

    if (!WIFSTOPPED(status) || status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
        refuse_seccomp(ret, error ? strerror(error) : "its stops do not come");
}

/* All that is found out of a child that we trace. */
static void probe_tracing(struct probe *p, pid_t child, int go_fd)
{
    permission_try_reading(child, &p->stacks);
    if (ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP) < 0)
        permission_describe_child(child, errno, &p->command);
    else
        probe_info(child, &p->command);
    if (*p->command.text)
        reason_set(&p->seccomp, "nothing can be traced");
    else if (!launch_has_seccomp())
        refuse_seccomp(&p->seccomp, "it cannot stop for a tracer");
    else
        probe_filter(child, go_fd, &p->seccomp);
}

static void probe_child(struct probe *p)
{
    int go[2];
    pid_t child = -1;

    if (pipe2(go, O_CLOEXEC) < 0) {
        reason_set(&p->command, "no pipe: %s", strerror(errno));
        return;
    }
    child = fork();
    if (!child) {
        close(go[1]);
        be_traced(go[0]);
    }
    if (child < 0) {
        reason_set(&p->command, "no child: %s", strerror(errno));
    } else {
        probe_tracing(p, child, go[1]);
        kill(child, SIGKILL);
        wait_for(child);
    }
    close(go[0]);
    close(go[1]);
}

/* Its code and its tables are in memory of a memfd (tracer/agentplace.c). */
static void probe_agent_memory(struct reason *ret)
{
    int fd = memfd_create("agent", MFD_CLOEXEC);
    void *code = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);

    if (code == MAP_FAILED)
        reason_set(ret, "there is no executable memory of a memfd: %s", strerror(errno));
    else
        munmap(code, 1);
    if (fd >= 0)
        close(fd);
}

static void probe_agent(struct probe *p)
{
    if (*p->seccomp.text)
        reason_set(&p->agent, "it needs the engine seccomp");
    else if (launch_is_filtered())
        reason_set(&p->agent, "there may be a seccomp filter already, a container's, that could "
                              "deny calls which do not stop");
    else
        probe_agent_memory(&p->agent);
}

/* We are no descendant of a child of ours, and so to it what any process of the user is. */
static void probe_attach(struct reason *ret)
{
    pid_t self = getpid(), child = fork();

    if (!child)
        _exit(ptrace(PTRACE_SEIZE, self, 0, 0) < 0 ? errno : 0);
    int status = child < 0 ? 0 : wait_for(child);
    if (child < 0)
        reason_set(ret, "no child: %s", strerror(errno));
    else if (!WIFEXITED(status) || WEXITSTATUS(status))
        permission_describe_attaching(WIFEXITED(status) ? WEXITSTATUS(status) : EPERM, ret);
}

static bool has_capability(int number)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

    return !syscall(SYS_capget, &header, data) &&
           data[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number);
}

static void probe_others(struct probe *p)
{
    if (*p->attach.text)
        p->others = p->attach;
    else if (!has_capability(CAP_SYS_PTRACE))
        reason_set(&p->others,
                   geteuid() ? "run systrace-lib as root"
                             : "a container needs the capability for it (--cap-add=SYS_PTRACE)");
}

static void probe_jit(struct reason *ret)
{
    const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

    if (fd < 0)
        reason_of_openat2(errno, ret);
    else
        close(fd);
}

void probe(struct probe *ret)
{
    *ret = (struct probe){ 0 };
    probe_child(ret);
    probe_agent(ret);
    probe_attach(&ret->attach);
    probe_others(ret);
    probe_jit(&ret->jit);
}
