/*
 * hot-signals.c - signals that come while threads make the calls of hot.h, and calls that wait.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include "hot.h"

enum { THREADS = 4, TICKS = 400, TICK_MICROSECONDS = 50 };

static int ticks;

static bool is_ticking(void)
{
    return __atomic_load_n(&ticks, __ATOMIC_RELAXED) < TICKS;
}

static void note_tick(void)
{
    if (__atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED) == TICKS)
        hot_tick(0);
}

/* The threads, none of which is the one that waits for them, have the ticks. */
static void run_ticked(void *(*work)(void *), int microseconds)
{
    pthread_t threads[THREADS];

    hot_start_all(threads, THREADS, work);
    hot_mask(SIG_BLOCK, SIGALRM);
    hot_tick(microseconds);
    hot_join_all(threads, THREADS);
}

/* ---- Handlers that return ---- */

static int astray;

/* It sees only addresses of the program and its libraries. */
static void on_tick(int number, siginfo_t *info, void *context)
{
    const ucontext_t *c = context;
    Dl_info at;

    (void)number;
    (void)info;
    if (!dladdr((void *)c->uc_mcontext.gregs[REG_RIP], &at))
        __atomic_fetch_add(&astray, 1, __ATOMIC_RELAXED);
    hot_ask(HOT_GETUID, 1);
    hot_ask(HOT_GETSID, 1);
    note_tick();
}

static void *ask_while_ticking(void *unused)
{
    while (is_ticking()) {
        hot_ask(HOT_GETPPID, 10);
        hot_ask(HOT_GETPGID, 3);
        hot_ask(HOT_READ, 2);
    }
    hot_ask(HOT_GETPPID, 200);
    return unused;
}

static void ticking(const char *argument)
{
    const struct sigaction action = { .sa_sigaction = on_tick,
                                      .sa_flags = SA_RESTART | SA_SIGINFO };

    (void)argument;
    sigaction(SIGALRM, &action, NULL);
    run_ticked(ask_while_ticking, TICK_MICROSECONDS);
    printf("%d handlers saw an address of nobody\n", astray);
}

/* ---- Handlers that leave ---- */

static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t may_leave;

static void on_tick_leave(int number)
{
    (void)number;
    note_tick();
    hot_ask(HOT_GETUID, 1);
    if (!may_leave)
        return;
    may_leave = 0; /* siglongjmp lets the next signal in before it leaves this stack */
    siglongjmp(back, 1);
}

static void *be_left(void *unused)
{
    sigsetjmp(back, 1);
    may_leave = 1;
    while (is_ticking()) {
        getppid();
        hot_getsid();
        hot_getpgid(SYS_getpgid);
    }
    may_leave = 0;
    hot_ask(HOT_GETPPID, 200);
    return unused;
}

static void leaving(const char *argument)
{
    (void)argument;
    hot_handle(SIGALRM, on_tick_leave, 0);
    run_ticked(be_left, TICK_MICROSECONDS);
}

/* ---- Stacks of their own, nested ---- */

enum { OWN_STACK = 64 * 1024, NESTED = 3 };

static __thread char *own_stack;
static __thread volatile sig_atomic_t nested;
static int elsewhere;

static void look_where(void)
{
    char here;

    if ((uintptr_t)&here - (uintptr_t)own_stack >= OWN_STACK)
        __atomic_fetch_add(&elsewhere, 1, __ATOMIC_RELAXED);
}

static void nest(int number)
{
    look_where();
    hot_ask(HOT_GETPPID, 2);
    hot_ask(HOT_GETSID, 1);
    if (++nested < NESTED)
        raise(number);
    nested--;
}

static void on_tick_nest(int number)
{
    (void)number;
    look_where();
    note_tick();
    raise(SIGUSR1);
}

static void *ask_by_own_stack(void *unused)
{
    own_stack = malloc(OWN_STACK);
    sigaltstack(&(stack_t){ .ss_sp = own_stack, .ss_size = OWN_STACK }, NULL);
    hot_mask(SIG_UNBLOCK, SIGALRM);
    ask_while_ticking(NULL);
    hot_mask(SIG_BLOCK, SIGALRM);
    sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
    free(own_stack);
    return unused;
}

static void own_stacks(const char *argument)
{
    (void)argument;
    hot_handle(SIGALRM, on_tick_nest, SA_ONSTACK);
    hot_handle(SIGUSR1, nest, SA_ONSTACK | SA_NODEFER);
    hot_mask(SIG_BLOCK, SIGALRM); /* until they have one */
    run_ticked(ask_by_own_stack, 1000);
    printf("%d handlers elsewhere\n", elsewhere);
}

/* ---- Calls that wait ---- */

enum { INTERRUPTIONS = 12 };

static int pipe_ends[2], word, handled[THREADS], interrupted[THREADS], wrong;
static __thread int own_number;
static int *waiting_for; /* by which the sender knows that a signal has come where it was to */

static void on_interruption(int number)
{
    (void)number;
    hot_ask(HOT_GETUID, 1);
    __atomic_fetch_add(&handled[own_number], 1, __ATOMIC_RELAXED);
}

/* Waits in one of four ways; returns the error. */
static int wait_by(int way)
{
    const struct timespec minute = { .tv_sec = 60 };
    char byte;

    switch (way) {
    case 0:
        hot_count(HOT_READ, 1);
        return read(pipe_ends[0], &byte, 1) < 0 ? errno : 0;
    case 1:
        hot_count(HOT_SLEEP, 1);
        return clock_nanosleep(CLOCK_MONOTONIC, 0, &minute, NULL);
    case 2:
        hot_count(HOT_PPOLL, 1);
        return ppoll(NULL, 0, &minute, NULL) < 0 ? errno : 0;
    default:
        return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL) < 0 ? errno : 0;
    }
}

static void *be_interrupted(void *number)
{
    own_number = (int)(long)number;
    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < INTERRUPTIONS; i++) {
        hot_ask(HOT_GETPPID, 20);
        wrong += wait_by(own_number) != EINTR;
        __atomic_fetch_add(&interrupted[own_number], 1, __ATOMIC_RELEASE);
    }
    hot_ask(HOT_GETPPID, 20);
    return NULL;
}

/* A signal that comes before the thread waits is one in vain. */
static void interrupt(const pthread_t *threads)
{
    bool more = true;

    while (more) {
        more = false;
        for (int i = 0; i < THREADS; i++) {
            if (__atomic_load_n(&waiting_for[i], __ATOMIC_ACQUIRE) >= INTERRUPTIONS)
                continue;
            pthread_kill(threads[i], SIGUSR1);
            more = true;
        }
        hot_count(HOT_SLEEP, 1);
        usleep(300);
    }
}

static void run_interrupted(void *(*work)(void *), int flags, int *until)
{
    pthread_t threads[THREADS], hammers[HOT_HAMMERS];

    if (pipe(pipe_ends))
        err(1, "pipe");
    hot_handle(SIGUSR1, on_interruption, flags);
    pthread_barrier_init(&hot_barrier, NULL, THREADS + 1);
    waiting_for = until;
    hot_start_all(hammers, HOT_HAMMERS, hot_hammer);
    hot_start_all(threads, THREADS, work);
    pthread_barrier_wait(&hot_barrier);
    interrupt(threads);
    __atomic_store_n(&word, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, THREADS, NULL);
    if (write(pipe_ends[1], "x", 1) != 1)
        err(1, "write");
    hot_join_all(threads, THREADS);
    __atomic_store_n(&hot_stop, 1, __ATOMIC_RELAXED);
    hot_join_all(hammers, HOT_HAMMERS);
}

/* A thread that is done may be gone. */
static void blocked(const char *argument)
{
    (void)argument;
    run_interrupted(be_interrupted, 0, interrupted);
    printf("%d calls ended otherwise\n", wrong);
}

/* With SA_RESTART two of the four ways, by two threads each, begin anew until there is what they
 * wait for. */
static void *begin_anew(void *number)
{
    own_number = (int)(long)number;
    hot_ask(HOT_GETPPID, 20);
    pthread_barrier_wait(&hot_barrier);
    int error = wait_by(own_number % 2 ? 3 : 0);
    if (error && !(own_number % 2 && error == EAGAIN))
        __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    if (!(own_number % 2) && write(pipe_ends[1], "x", 1) != 1)
        err(1, "write");
    hot_ask(HOT_GETPPID, 20);
    return NULL;
}

static void restarted(const char *argument)
{
    (void)argument;
    run_interrupted(begin_anew, SA_RESTART, handled);
    printf("%d calls ended otherwise\n", wrong);
}

/* ---- Calls that only a signal can interrupt, while there is none ---- */

enum { EVENTS = 25 };

static int event, answers;
static int events[THREADS];

static void *await_events(void *number)
{
    const int own = events[(long)number], poll_fd = epoll_create1(0);
    struct epoll_event what = { .events = EPOLLIN };
    uint64_t count;

    epoll_ctl(poll_fd, EPOLL_CTL_ADD, own, &what);
    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < EVENTS; i++) {
        while (epoll_wait(poll_fd, &what, 1, -1) < 0)
            __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        hot_count(HOT_READ, 1);
        if (read(own, &count, sizeof(count)) != sizeof(count))
            errx(1, "no event");
        hot_ask(HOT_GETEUID, 2);
        __atomic_fetch_add(&answers, 1, __ATOMIC_RELEASE);
    }
    close(poll_fd);
    return NULL;
}

static void *await_signals(void *unused)
{
    const struct timespec minute = { .tv_sec = 60 };
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < EVENTS; i++) {
        while (sigtimedwait(&one, NULL, &minute) < 0)
            __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        hot_ask(HOT_GETEUID, 2);
        __atomic_fetch_add(&answers, 1, __ATOMIC_RELEASE);
    }
    return unused;
}

/* Two wait for events, two for signals; who sends them makes other calls hot, one after the other.
 */
static void events_only(const char *argument)
{
    const uint64_t one = 1;
    pthread_t threads[THREADS], hammers[HOT_HAMMERS];

    (void)argument;
    hot_mask(SIG_BLOCK, SIGUSR2);
    pthread_barrier_init(&hot_barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        events[i] = eventfd(0, 0);
        threads[i] = hot_start(i % 2 ? await_signals : await_events, (void *)(long)i);
    }
    hot_start_all(hammers, HOT_HAMMERS, hot_hammer);
    pthread_barrier_wait(&hot_barrier);
    for (event = 0; event < EVENTS; event++) {
        hot_ask((enum hot_call)(event / 3 % HOT_OFTEN), 60);
        for (int i = 0; i < THREADS; i++)
            if (i % 2 ? pthread_kill(threads[i], SIGUSR2) : write(events[i], &one, 8) != 8)
                errx(1, "no event");
        while (__atomic_load_n(&answers, __ATOMIC_ACQUIRE) < (event + 1) * THREADS)
            hot_ask(HOT_GETPGRP, 1);
    }
    hot_join_all(threads, THREADS);
    __atomic_store_n(&hot_stop, 1, __ATOMIC_RELAXED);
    hot_join_all(hammers, HOT_HAMMERS);
    printf("%d interrupted\n", wrong);
}

/* ---- Stops ---- */

static void be_stopped(int until)
{
    pthread_t hammers[THREADS];
    char byte;

    hot_start_all(hammers, THREADS, hot_hammer);
    while (read(until, &byte, 1) < 0)
        ;
    __atomic_store_n(&hot_stop, 1, __ATOMIC_RELAXED);
    hot_join_all(hammers, THREADS);
    _exit(3);
}

static void stops(const char *argument)
{
    enum { STOPS = 20 };
    int ends[2], status, seen = 0;

    (void)argument;
    if (pipe(ends))
        err(1, "pipe");
    const pid_t child = fork();
    if (!child) {
        close(ends[1]);
        be_stopped(ends[0]);
    }
    for (int i = 0; i < STOPS; i++) {
        hot_ask(HOT_GETPPID, 50);
        kill(child, SIGSTOP);
        seen += waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) &&
                WSTOPSIG(status) == SIGSTOP;
        kill(child, SIGCONT);
        seen += waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status);
    }
    close(ends[1]);
    hot_await(child, 3);
    printf("%d stops and continuations\n", seen);
}

/* ---- SIGTRAP, which is the program's own ---- */

static int traps, masks;

static void on_trap(int number)
{
    (void)number;
    hot_ask(HOT_GETUID, 1);
    __atomic_fetch_add(&traps, 1, __ATOMIC_RELAXED);
}

/* All sites become hot in the midst of it. */
static void *ask_and_look(void *unused)
{
    sigset_t mask;

    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < 10; i++)
        hot_ask_all(4);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    __atomic_fetch_add(&masks, sigismember(&mask, SIGTRAP), __ATOMIC_RELAXED);
    return unused;
}

/* What the kernel says of SIGTRAP, of this thread and this process. */
static void print_state(void)
{
    static const char *const kinds[] = { "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt" };
    char text[4096] = "";
    const int file = open("/proc/self/status", O_RDONLY);

    if (pread(file, text, sizeof(text) - 1, 0) <= 0)
        err(1, "/proc/self/status");
    close(file);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const char *at = strstr(text, kinds[i]);
        printf("%s: %llu\n", kinds[i], at ? strtoull(at + 7, NULL, 16) >> (SIGTRAP - 1) & 1 : 2);
    }
}

/* `argument`: what becomes of them: handled, ignored, blocked, or default. */
static void sigtrap(const char *argument)
{
    struct sigaction action;
    const bool handles = !strcmp(argument, "handled"), ignores = !strcmp(argument, "ignored"),
               blocks = !strcmp(argument, "blocked");

    if (handles || ignores)
        hot_handle(SIGTRAP, handles ? on_trap : SIG_IGN, 0);
    if (blocks)
        hot_mask(SIG_BLOCK, SIGTRAP);
    hot_run(8, ask_and_look);
    for (int i = 0; i < 5 && (handles || ignores || blocks); i++) {
        raise(SIGTRAP);
        hot_ask(HOT_GETPPID, 20);
        if (handles)
            __asm__ volatile("int3");
    }
    hot_run(8, ask_and_look);
    sigaction(SIGTRAP, NULL, &action);
    printf("%d traps, %d blocked them, %s\n", traps, masks,
           action.sa_handler == on_trap   ? "handled"
           : action.sa_handler == SIG_IGN ? "ignored"
           : action.sa_handler == SIG_DFL ? "default"
                                          : "otherwise");
    print_state();
}

/* ---- Signals by which the C library has all threads do what one is told ---- */

static void *set_user_often(void *unused)
{
    for (int i = 0; i < 12; i++) {
        hot_ask((enum hot_call)(i % HOT_OFTEN), 30);
        if (setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1))
            err(1, "setresuid");
    }
    return unused;
}

static void users(const char *argument)
{
    (void)argument;
    hot_run_hammered(2, set_user_often);
}

/* ---- Faults ---- */

static int faults;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    hot_ask(HOT_GETUID, 1);
    __atomic_fetch_add(&faults, info->si_addr == (void *)8, __ATOMIC_RELAXED);
    siglongjmp(back, 1);
}

static void *fault_often(void *unused)
{
    volatile int *volatile fault_at = (volatile int *)8;

    for (volatile int i = 0; i < 50; i++) {
        hot_ask(HOT_GETPPID, 10);
        hot_ask(HOT_GETSID, 5);
        if (!sigsetjmp(back, 1))
            *fault_at = 1;
    }
    return unused;
}

static void faulting(const char *argument)
{
    const struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

    (void)argument;
    sigaction(SIGSEGV, &action, NULL);
    hot_run(THREADS, fault_often);
    printf("%d faults\n", faults);
}

int main(int argc, char **argv)
{
    static const struct hot_kind kinds[] = {
        { "ticking", ticking, true },       { "leaving", leaving, false },
        { "own-stacks", own_stacks, true }, { "blocked", blocked, true },
        { "restarted", restarted, false },  { "events", events_only, true },
        { "stops", stops, true },           { "sigtrap", sigtrap, true },
        { "users", users, true },           { "faulting", faulting, true },
    };

    return hot_main(argc, argv, kinds, sizeof(kinds) / sizeof(*kinds));
}
