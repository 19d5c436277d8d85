/*
 * job-control.c - a process of 8 threads in loops of system calls is stopped by SIGSTOP, SIGTSTP,
 * SIGTTIN and SIGTTOU, continued by SIGCONT, for which it has a handler, and killed while it is
 * stopped: its parent sees each of it, by waitpid and by SIGCHLD, and a process that is stopped
 * does nothing. A sleep goes on after a stop.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8 };

static struct {
    volatile unsigned work[THREADS];
    volatile int continued;
} * shared;

static volatile sig_atomic_t child_code, child_status;

static void on_continue(int number)
{
    (void)number;
    shared->continued++;
}

static void on_child(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    child_status = info->si_status;
    child_code = info->si_code;
}

static void *work(void *argument)
{
    volatile unsigned *done = argument;

    for (;;) {
        getppid();
        ++*done;
    }
    return argument;
}

static void worker(void)
{
    pthread_t thread;

    signal(SIGCONT, on_continue);
    for (int i = 1; i < THREADS; i++)
        if (pthread_create(&thread, NULL, work, (void *)&shared->work[i]))
            _exit(2);
    work((void *)&shared->work[0]);
}

static void pause_for(long milliseconds)
{
    struct timespec rest = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

    while (nanosleep(&rest, &rest))
        ;
}

static void wait_for_progress(void)
{
    unsigned before[THREADS];

    memcpy(before, (void *)shared->work, sizeof(before));
    for (int i = 0; i < THREADS; i++)
        while (shared->work[i] == before[i])
            pause_for(1);
}

/* A system call that began before the stop may end in it; after that, nothing. */
static void show_rest(void)
{
    unsigned before[THREADS];

    pause_for(20);
    memcpy(before, (void *)shared->work, sizeof(before));
    pause_for(50);
    puts(memcmp(before, (void *)shared->work, sizeof(before)) ? "it works on" : "it rests");
}

/*
 * waitpid clears what the kernel takes the signal for SIGCHLD from (do_notify_parent_cldstop,
 * wait_task_stopped), traced or not: so the parent, which may be at waitpid before the notice is
 * made, first only looks.
 */
static void show_wait(pid_t child, int options)
{
    int status = 0, change = options & WCONTINUED ? WCONTINUED : WSTOPPED;
    siginfo_t info;

    if (options)
        waitid(P_PID, (id_t)child, &info, change | WNOWAIT);
    while (child_code == 0) /* SIGCHLD */
        pause_for(1);
    pid_t pid = waitpid(child, &status, options);
    printf("wait %s %#x, SIGCHLD code %d status %d\n", pid == child ? "right" : "wrong", status,
           (int)child_code, (int)child_status);
    child_code = 0;
}

static void stop_and_continue(pid_t child, int number)
{
    int before = shared->continued;

    printf("signal %d\n", number);
    wait_for_progress();
    kill(child, number);
    show_wait(child, WUNTRACED);
    show_rest();
    kill(child, SIGCONT);
    show_wait(child, WCONTINUED);
    wait_for_progress();
    while (shared->continued == before)
        pause_for(1);
    printf("handler of SIGCONT: %d\n", shared->continued - before);
}

static void sleeper(void)
{
    struct timespec half = { 0, 500000000 };

    shared->continued = nanosleep(&half, NULL) ? 1 : 7;
    _exit(shared->continued);
}

int main(void)
{
    static const int numbers[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
    struct sigaction action = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART };

    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGCHLD, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    pid_t child = fork();
    if (child == 0) {
        setpgid(
            0,
            0); /* the parent is of the same session: it may be stopped by the terminal's signals */
        worker();
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        stop_and_continue(child, numbers[i]);
    kill(child, SIGSTOP);
    show_wait(child, WUNTRACED);
    kill(child, SIGKILL);
    show_wait(child, 0);

    child = fork();
    if (child == 0)
        sleeper();
    pause_for(100);
    kill(child, SIGSTOP);
    show_wait(child, WUNTRACED);
    pause_for(10);
    kill(child, SIGCONT);
    show_wait(child, WCONTINUED);
    show_wait(child, 0);
    return 0;
}
