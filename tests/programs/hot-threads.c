/*
 * hot-threads.c - threads and processes that come and go while others make the calls of hot.h.
 * There is a build with musl, too, and a static one.
 */
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/syscall.h>
#include "hot.h"

extern char **environ;

/* ---- Many threads ---- */

/* From the start, so that the sites become hot while all of them are there. */
static void *ask_at_once(void *unused)
{
    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < 8; i++)
        hot_ask_all(3);
    return unused;
}

static void hammer(const char *argument)
{
    (void)argument;
    hot_run(64, ask_at_once);
}

/* All alive at the same time. */
static void *ask_and_wait(void *unused)
{
    hot_ask(HOT_GETPPID, 4);
    pthread_barrier_wait(&hot_barrier);
    hot_ask(HOT_GETSID, 4);
    return unused;
}

static void crowd(const char *argument)
{
    hot_run(argument ? atoi(argument) : 1000, ask_and_wait);
}

/* They end while another site becomes hot. */
static void *ask_a_little(void *which)
{
    const long number = (long)which;

    hot_ask((enum hot_call)(number / 30 % HOT_OFTEN), 8);
    return which;
}

static void *start_often(void *unused)
{
    enum { ALIVE = 4, THREADS = 270 };
    pthread_t threads[ALIVE];

    for (long i = 0; i < THREADS; i++) {
        if (i >= ALIVE)
            pthread_join(threads[i % ALIVE], NULL);
        threads[i % ALIVE] = hot_start(ask_a_little, (void *)i);
    }
    hot_join_all(threads, ALIVE);
    return unused;
}

static void churn(const char *argument)
{
    (void)argument;
    hot_run_hammered(1, start_often);
}

/* The thread by which a process is known is gone. */
static void *outlive(void *leader)
{
    pthread_join(*(pthread_t *)leader, NULL);
    hot_run(4, ask_at_once);
    hot_run_hammered(1, start_often);
    hot_tell();
    printf("done\n");
    exit(0);
}

static void leader_ends(const char *argument)
{
    static pthread_t leader;

    (void)argument;
    leader = pthread_self();
    hot_ask_all(30);
    hot_start(outlive, &leader);
    syscall(SYS_exit, 0); /* not by pthread_exit(3), which loads a library */
}

/* ---- Cancellation ---- */

enum { CANCELLED = 10 };

static int cleaned;

static void clean(void *unused)
{
    (void)unused;
    hot_ask(HOT_GETUID, 2);
    __atomic_fetch_add(&cleaned, 1, __ATOMIC_RELAXED);
}

static void *block_in_read(void *end)
{
    char byte;

    pthread_cleanup_push(clean, NULL);
    hot_ask(HOT_GETPPID, 20);
    while (read((int)(long)end, &byte, 1) == 1)
        hot_ask(HOT_GETPPID, 20);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *test_often(void *unused)
{
    pthread_cleanup_push(clean, NULL);
    for (;;) {
        hot_ask(HOT_GETPPID, 10);
        hot_ask(HOT_READ, 10);
        pthread_testcancel();
    }
    pthread_cleanup_pop(0);
    return unused;
}

static void *be_cancelled_anywhere(void *unused)
{
    int former;

    pthread_cleanup_push(clean, NULL);
    getppid();
    getpgrp();
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &former);
    for (;;) {
        getppid();
        hot_getsid();
        getpgrp();
    }
    pthread_cleanup_pop(0);
    return unused;
}

/* The threads of a row are cancelled in the order in which they were started, each at some time. */
static int cancel_some(void *(*work)(void *), long argument)
{
    pthread_t threads[CANCELLED];
    int ended = 0;
    void *result;

    for (int i = 0; i < CANCELLED; i++)
        threads[i] = hot_start(work, (void *)argument);
    for (int i = 0; i < CANCELLED; i++) {
        usleep((unsigned)(i * 300));
        pthread_cancel(threads[i]);
        pthread_join(threads[i], &result);
        ended += result == PTHREAD_CANCELED;
    }
    return ended;
}

static void cancel(const char *argument)
{
    int ends[2];

    (void)argument;
    if (pipe(ends) || write(ends[1], "0123456789", 10) != 10)
        err(1, "pipe");
    printf("%d in read\n", cancel_some(block_in_read, ends[0]));
    printf("%d where they ask\n", cancel_some(test_often, 0));
    printf("%d anywhere\n", cancel_some(be_cancelled_anywhere, 0));
    printf("%d cleaned up\n", cleaned);
}

/* ---- Children ---- */

static void *ask_often(void *unused)
{
    hot_ask_all(40);
    return unused;
}

/* Of the hot sites, and enough to be worth an agent itself; the first has threads of its own. */
static void *fork_some(void *unused)
{
    for (int i = 0; i < 4; i++) {
        hot_ask(HOT_GETPPID, 20);
        const pid_t child = fork();
        if (!child) {
            hot_ask(HOT_GETPPID, 50);
            hot_ask(HOT_GETSID, 50);
            hot_ask(HOT_GETUID, 400);
            if (!i)
                hot_run(2, ask_often);
            _exit(i);
        }
        hot_ask(HOT_GETSID, 20);
        hot_await(child, i);
    }
    return unused;
}

static void forks(const char *argument)
{
    (void)argument;
    hot_run_hammered(3, fork_some);
}

static void *fork_often(void *unused)
{
    for (int i = 0; i < 20; i++) {
        const pid_t child = fork();
        if (!child) {
            hot_ask(HOT_GETPPID, 5);
            hot_ask(HOT_GETSID, 5);
            _exit(i);
        }
        hot_await(child, i);
    }
    return unused;
}

static void fork_storm(const char *argument)
{
    (void)argument;
    hot_run_hammered(4, fork_often);
}

/* A function of its own: what such a child shares with its parent is then nothing but this. */
static __attribute__((noinline)) pid_t vfork_asking(int times)
{
    const pid_t child = vfork();

    if (!child) {
        hot_ask(HOT_GETPPID, times);
        hot_ask(HOT_GETSID, times / 10);
        _exit(7);
    }
    return child;
}

static __attribute__((noinline)) pid_t vfork_executing(void)
{
    const pid_t child = vfork();

    if (!child) {
        execl("/bin/false", "false", (char *)NULL);
        _exit(7);
    }
    return child;
}

static void *vfork_some(void *unused)
{
    for (int i = 0; i < 3; i++) {
        hot_ask(HOT_GETPPID, 20);
        hot_await(vfork_asking(1000), 7);
        hot_ask(HOT_GETPPID, 20);
        hot_await(vfork_executing(), 1);
    }
    return unused;
}

static void vforks(const char *argument)
{
    (void)argument;
    hot_run_hammered(2, vfork_some);
}

static void *spawn_some(void *unused)
{
    static char name[] = "false", *words[] = { name, NULL };

    for (int i = 0; i < 3; i++) {
        pid_t child;
        hot_ask(HOT_GETPPID, 20);
        if (posix_spawn(&child, "/bin/false", NULL, NULL, words, environ))
            errx(1, "posix_spawn");
        hot_ask(HOT_GETSID, 20);
        hot_await(child, 1);
        if (WEXITSTATUS(system("exit 3")) != 3)
            errx(1, "system");
    }
    return unused;
}

static void spawns(const char *argument)
{
    (void)argument;
    hot_run_hammered(2, spawn_some);
}

/* By a thread that does not lead, while others hammer; so many times. */
static void *execute(void *left)
{
    char text[24], name[] = "hot-threads", kind[] = "execs", *words[] = { name, kind, text, NULL };

    hot_ask(HOT_GETPPID, 400);
    snprintf(text, sizeof(text), "%ld", (long)left - 1);
    if (execv("/nonexistent", words) != -1 || errno != ENOENT)
        errx(1, "execv");
    hot_ask(HOT_GETPPID, 400);
    execv("/proc/self/exe", words);
    err(1, "execv");
}

static void execs(const char *argument)
{
    const long left = argument ? atoi(argument) : 4;

    if (left) {
        for (int i = 0; i < HOT_HAMMERS; i++)
            hot_start(hot_hammer, NULL);
        pthread_join(hot_start(execute, (void *)left), NULL);
    }
    hot_run(4, ask_at_once);
}

/* ---- Children by the call alone ---- */

enum { SMALL = 1024, SMALL_ASKS = 400 };

static int running; /* the kernel clears it when the thread is gone */

struct small_stack {
    char bytes[SMALL] __attribute__((aligned(16)));
};

int ask_on_small_stack(void *argument);
int ask_on_small_stack(void *argument)
{
    (void)argument;
    hot_ask(HOT_GETPPID, SMALL_ASKS);
    hot_ask(HOT_GETSID, SMALL_ASKS / 10);
    return 7;
}

/* clone3 with these arguments; the child asks and ends. */
long clone3_asking(const uint64_t *arguments, size_t size);
__asm__(".text\n"
        ".type clone3_asking, @function\n"
        "clone3_asking:\n"
        ".cfi_startproc\n"
        "    mov $435, %eax\n"
        "    syscall\n"
        "    test %rax, %rax\n"
        "    jz clone3_child\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size clone3_asking, . - clone3_asking\n"
        ".type clone3_child, @function\n"
        "clone3_child:\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n"
        "    call ask_on_small_stack\n"
        "    mov %eax, %edi\n"
        "    mov $60, %eax\n"
        "    syscall\n"
        "    hlt\n"
        ".cfi_endproc\n"
        ".size clone3_child, . - clone3_child\n");

static void ask_in_child(bool clone3, int flags, struct small_stack *stack)
{
    const uint64_t arguments[8] = { [0] = (uint64_t)flags,
                                    [2] = (uintptr_t)&running,
                                    [4] = flags & CLONE_THREAD ? 0 : SIGCHLD,
                                    [5] = (uintptr_t)stack,
                                    [6] = SMALL };
    long tid;

    running = 1;
    if (clone3)
        tid = clone3_asking(arguments, sizeof(arguments));
    else
        tid = clone(ask_on_small_stack, stack + 1, flags | (int)arguments[4], NULL, NULL, NULL,
                    &running);
    if (tid < 0)
        errx(1, "a clone");
    hot_ask(HOT_GETPPID, 100);
    if (!(flags & CLONE_THREAD))
        hot_await((pid_t)tid, 7);
    while (flags & CLONE_THREAD && __atomic_load_n(&running, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void *clone_some(void *unused)
{
    static const int flags[] = {
        CLONE_VM,
        CLONE_VM | CLONE_VFORK,
        CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND,
        CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID,
        0,
    };
    static struct small_stack stack;

    hot_ask_all(1); /* which binds them: the loader needs a larger stack */
    for (size_t i = 0; i < 2 * sizeof(flags) / sizeof(*flags); i++)
        ask_in_child(i % 2, flags[i / 2], &stack);
    return unused;
}

static void clones(const char *argument)
{
    (void)argument;
    hot_run_hammered(1, clone_some);
}

/* ---- For ever ---- */

static void *hammer_on(void *unused)
{
    hot_ask_all(50);
    pthread_barrier_wait(&hot_barrier);
    for (;;)
        hot_ask_all(10);
    return unused;
}

/* Four threads, and two each in a child and its child, until somebody kills them. All their pids,
 * when all are hot, are in the file `ready`. */
static void endless(const char *argument)
{
    enum { PROCESSES = 3 };
    pthread_barrierattr_t shared;
    pthread_barrier_t *all =
        mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t *pids = mmap(NULL, PROCESSES * sizeof(*pids), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int number = 0;

    (void)argument;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(all, &shared, PROCESSES);
    while (number < PROCESSES - 1 && !fork())
        number++;
    pids[number] = getpid();
    const int threads = number ? 2 : 4;
    pthread_barrier_init(&hot_barrier, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++)
        hot_start(hammer_on, NULL);
    pthread_barrier_wait(&hot_barrier);
    pthread_barrier_wait(all);
    if (!number) {
        FILE *file = fopen("starting", "w");
        for (int i = 0; file && i < PROCESSES; i++)
            fprintf(file, "%d\n", (int)pids[i]);
        if (!file || fclose(file) || rename("starting", "ready"))
            err(1, "ready");
    }
    for (;;)
        hot_ask_all(10);
}

int main(int argc, char **argv)
{
    static const struct hot_kind kinds[] = {
        { "hammer", hammer, true },         { "crowd", crowd, true },
        { "churn", churn, true },           { "cancel", cancel, false },
        { "forks", forks, true },           { "vforks", vforks, true },
        { "fork-storm", fork_storm, true }, { "spawns", spawns, true },
        { "execs", execs, false },          { "clones", clones, true },
        { "endless", endless, false },      { "leader-ends", leader_ends, true },
    };

    return hot_main(argc, argv, kinds, sizeof(kinds) / sizeof(*kinds));
}
