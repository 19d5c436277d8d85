/*
 * filter.c - `filter KIND`: seccomp filters of the program's own that do what denied.c's does not;
 * all deny getpgid alone. thread: kills the thread that asks, the process lives on and calls
 * getppid once. trap: says RET_TRAP, twice; the handler prints what it is told, calls getppid and
 * says what the result is to be. process: kills the process. trace: says RET_TRACE, twice, which
 * without a tracer is ENOSYS. log: says RET_LOG, so that it is not denied after all, once. tsync:
 * one thread installs it for another, which sleeps in read, then calls getppid once and is denied
 * twice. notify: a supervisor in another process answers three calls of its child: with a value,
 * with an error, and with leave to go on. strict: no filter but SECCOMP_MODE_STRICT, in which write
 * goes on; strict-killed: and which kills a call of getpgid. strict-after-failure: the same as
 * strict, after three attempts to install a filter that fail. in-vain: such attempts one after the
 * other, while two threads make 1000 getppid each. mode: prints the seccomp mode (PR_GET_SECCOMP)
 * of a thread, by the call of either ABI, at first; of its child; after attempts that fail; after
 * one that another thread's filter makes fail; when it has a filter; and of its child then. All
 * calls are the executable's.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { ANSWER = 4242 };

/* The result of seccomp(2). */
static int install(unsigned action, unsigned flags)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int is_error(int number)
{
    return getpgid(0) == -1 && errno == number;
}

static void *ask(void *argument)
{
    getpgid(0);
    return argument; /* never */
}

static int kill_thread(void)
{
    pthread_t thread;

    if (install(SECCOMP_RET_KILL_THREAD, 0) || pthread_create(&thread, NULL, ask, NULL))
        return 2;
    pthread_join(thread, NULL);
    getppid();
    return 0;
}

static void answer_trap(int signal, siginfo_t *info, void *context)
{
    ucontext_t *const c = context;

    (void)signal;
    printf("%d %x %d\n", info->si_syscall, info->si_arch, info->si_errno);
    getppid();
    c->uc_mcontext.gregs[REG_RAX] = ANSWER;
}

static int trap(void)
{
    const struct sigaction action = { .sa_sigaction = answer_trap, .sa_flags = SA_SIGINFO };

    sigaction(SIGSYS, &action, NULL);
    if (install(SECCOMP_RET_TRAP | 7, 0))
        return 2;
    return getpgid(0) != ANSWER || getpgid(0) != ANSWER;
}

static int kill_process(void)
{
    if (install(SECCOMP_RET_KILL_PROCESS, 0))
        return 2;
    getpgid(0);
    return 1;
}

static int trace(void)
{
    if (install(SECCOMP_RET_TRACE | 7, 0))
        return 2;
    return !is_error(ENOSYS) || !is_error(ENOSYS);
}

static int allow_and_log(void)
{
    if (install(SECCOMP_RET_LOG, 0))
        return 2;
    return getpgid(0) != getpgrp();
}

static void *be_denied(void *argument)
{
    const int *const fds = argument;
    char byte;

    if (write(fds[1], "r", 1) != 1 || read(fds[2], &byte, 1) != 1)
        return NULL;
    getppid();
    return is_error(EPERM) && is_error(EPERM) ? argument : NULL;
}

static int synchronize(void)
{
    int fds[4];
    pthread_t thread;
    void *result;
    char byte;

    if (pipe(fds) || pipe(fds + 2) ||
        pthread_create(&thread, NULL, be_denied, (int[]){ fds[0], fds[1], fds[2] }) ||
        read(fds[0], &byte, 1) != 1 ||
        install(SECCOMP_RET_ERRNO | EPERM, SECCOMP_FILTER_FLAG_TSYNC) || write(fds[3], "g", 1) != 1)
        return 2;
    pthread_join(thread, &result);
    return !result;
}

static int answer(int listener, __s64 value, __s32 error, __u32 flags)
{
    struct seccomp_notif question = { 0 };
    struct seccomp_notif_resp response = { .val = value, .error = error, .flags = flags };

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) || question.data.nr != SYS_getpgid)
        return -1;
    response.id = question.id;
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static int notify(void)
{
    const int listener = install(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    int status;

    if (listener < 0)
        return 2;
    const pid_t child = fork();
    if (child == 0)
        _exit(getpgid(0) != ANSWER || !is_error(EXDEV) || getpgid(0) != getpgrp());
    if (answer(listener, ANSWER, 0, 0) || answer(listener, 0, -EXDEV, 0) ||
        answer(listener, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE))
        kill(child, SIGKILL);
    return waitpid(child, &status, 0) != child || status;
}

static int enter_strict_mode(void)
{
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) || write(1, "strict\n", 7) != 7)
        return 2;
    syscall(SYS_exit, 3);
    return 1;
}

static int break_strict_mode(void)
{
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) || write(1, "strict\n", 7) != 7)
        return 2;
    getpgid(0);
    return 1;
}

/* The first is the manual page's own, to see whether the kernel has filters. */
static int fail_to_install(void)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EFAULT &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL) == -1 &&
           errno == EFAULT && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, ~0U, NULL) == -1 &&
           errno == EINVAL;
}

static int enter_after_failure(void)
{
    if (!fail_to_install())
        return 2;
    return enter_strict_mode();
}

static void *ask_often(void *argument)
{
    for (int i = 0; i < 1000; i++)
        getppid();
    return argument;
}

static int install_in_vain(void)
{
    pthread_t threads[2];
    int failed = 0;

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, ask_often, NULL);
    for (int i = 0; i < 50; i++)
        failed += fail_to_install();
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return failed != 50;
}

static void print_mode(const char *when)
{
    int mode = 172; /* i386's prctl */

    __asm__ volatile("int $0x80"
                     : "+a"(mode)
                     : "b"(PR_GET_SECCOMP), "c"(0), "d"(0), "S"(0), "D"(0)
                     : "memory");
    printf("%s: %d %d\n", when, prctl(PR_GET_SECCOMP), mode);
    fflush(stdout);
}

static void print_mode_of_child(const char *when)
{
    const pid_t child = fork();

    if (child == 0) {
        print_mode(when);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void *hinder(void *argument)
{
    const int *const fds = argument;
    char byte;

    if (install(SECCOMP_RET_ERRNO | EPERM, 0) || write(fds[1], "r", 1) != 1 ||
        read(fds[2], &byte, 1) != 1)
        return NULL;
    print_mode("hindering");
    return argument;
}

static int print_modes(void)
{
    int fds[4];
    pthread_t thread;
    char byte;

    print_mode("first");
    print_mode_of_child("child");
    if (!fail_to_install())
        return 2;
    print_mode("failed");
    if (pipe(fds) || pipe(fds + 2) || pthread_create(&thread, NULL, hinder, fds) ||
        read(fds[0], &byte, 1) != 1 ||
        install(SECCOMP_RET_ERRNO | EPERM, SECCOMP_FILTER_FLAG_TSYNC) <= 0)
        return 2;
    print_mode("hindered");
    if (write(fds[3], "g", 1) != 1 || pthread_join(thread, NULL) ||
        install(SECCOMP_RET_ERRNO | EPERM, 0))
        return 2;
    print_mode("filtered");
    print_mode_of_child("child");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } kinds[] = {
        { "thread", kill_thread },
        { "trap", trap },
        { "process", kill_process },
        { "trace", trace },
        { "log", allow_and_log },
        { "tsync", synchronize },
        { "notify", notify },
        { "strict", enter_strict_mode },
        { "strict-killed", break_strict_mode },
        { "strict-after-failure", enter_after_failure },
        { "in-vain", install_in_vain },
        { "mode", print_modes },
    };

    for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            return kinds[i].run();
    fprintf(stderr, "usage: filter KIND\n");
    return 2;
}
