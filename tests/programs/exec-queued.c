/*
 * exec-queued.c - `exec-queued THREADS COUNT`: another process, with so many threads in loops of
 * system calls (getpgrp), keeps a tracer busy. COUNT times then a child executes this program again
 * from a thread that is not the leader, while the leader is in a loop of its own (getsid): the last
 * stop of the leader and the execve, which has the leader's tid, may be waited for together. (The
 * arguments of the execve are of various length, so that it takes various times.) Each of the COUNT
 * + 1 images calls getppid once.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORD = 100000, WORDS = 12 };

static pthread_barrier_t barrier;
static volatile int *spinning; /* shared with the other process */

static void *spin(void *argument)
{
    pthread_barrier_wait(&barrier);
    *spinning = 1;
    for (;;) {
        for (int i = 0; i < 500; i++)
            getpgrp();
        usleep(20000); /* untraced, that is most of the time */
    }
    return argument;
}

static void spin_in_threads(int count)
{
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, count);
    for (int i = 1; i < count; i++)
        if (pthread_create(&thread, NULL, spin, NULL))
            _exit(2);
    spin(NULL);
}

static void *execute(void *arguments)
{
    usleep(1000);
    execv("/proc/self/exe", arguments);
    _exit(2);
}

static void execute_in_thread(char *name, int words)
{
    static char word[WORD];
    char *arguments[WORDS + 2] = { name };
    pthread_t thread;

    memset(word, 'x', WORD - 1);
    for (int i = 0; i < words; i++)
        arguments[i + 1] = word;
    if (pthread_create(&thread, NULL, execute, arguments))
        _exit(2);
    for (;;)
        getsid(0);
}

int main(int argc, char **argv)
{
    int status;

    getppid();
    if (argc != 3)
        return 0;
    spinning =
        mmap(NULL, sizeof(*spinning), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t spinner = fork();
    if (spinner == 0)
        spin_in_threads(atoi(argv[1]));
    while (!*spinning)
        usleep(10000);
    for (int i = 0; i < atoi(argv[2]); i++) {
        pid_t child = fork();

        if (child == 0)
            execute_in_thread(argv[0], WORDS - i % 8);
        if (waitpid(child, &status, 0) != child || status)
            return 1;
    }
    kill(spinner, SIGKILL);
    return waitpid(spinner, &status, 0) != spinner;
}
