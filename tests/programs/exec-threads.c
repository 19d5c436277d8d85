/*
 * exec-threads.c - `exec-threads LEADER FILE`: a thread that is not the leader becomes FILE, while
 * the leader has exited (exited), is blocked in read (blocked), sleeps (sleeping), is in a loop of
 * system calls (spinning), waits for a vfork child (vfork) or is in a loop of vfork calls
 * (vforking); while the process is stopped (stopped); while 8 threads want it (racing); or after
 * execve has failed 4 times for it (failing). 2 more threads are in loops of getsid.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RACERS = 8 };

static pthread_barrier_t barrier;
static const char *file;

static void wait_for_leader_state(char wanted)
{
    char path[64], line[256], state;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
    do {
        FILE *stat = fopen(path, "re");

        if (!stat || !fgets(line, sizeof(line), stat))
            _exit(2);
        fclose(stat);
        state = strstr(line, ") ")[2];
    } while (state != wanted);
}

static void *spin(void *argument)
{
    for (;;)
        getsid(0);
    return argument;
}

static void fail_to_execute(void)
{
    static char *const arguments[] = { "x", NULL };
    char *large = malloc(1 << 18);

    memset(large, 'x', (1 << 18) - 1);
    large[(1 << 18) - 1] = '\0';
    if (execv("/nonexistent", arguments) != -1 || errno != ENOENT || execv("/", arguments) != -1 ||
        errno != EACCES || execv("/dev/null", arguments) != -1 || errno != EACCES ||
        execv(file, (char *[]){ "x", large, NULL }) != -1 || errno != E2BIG)
        _exit(3);
    free(large);
}

static void *execute(void *leader)
{
    if (!strcmp(leader, "exited"))
        wait_for_leader_state('Z');
    else if (!strcmp(leader, "racing"))
        pthread_barrier_wait(&barrier);
    else if (!strcmp(leader, "failing"))
        fail_to_execute();
    else if (!strcmp(leader, "stopped"))
        raise(SIGSTOP); /* to this thread: it does not go on */
    else
        usleep(20000);
    execl(file, file, (char *)NULL);
    _exit(2);
}

/* A function of its own: what a vfork child shares with its parent is then nothing but this. */
__attribute__((noinline)) static void vfork_child(unsigned microseconds)
{
    pid_t child = vfork();

    if (child == 0) {
        usleep(microseconds);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void lead(const char *leader)
{
    int ends[2];
    char byte;

    if (!strcmp(leader, "exited"))
        pthread_exit(NULL);
    if (!strcmp(leader, "blocked") && !pipe(ends) && read(ends[0], &byte, 1) < 0)
        _exit(2);
    if (!strcmp(leader, "spinning"))
        spin(NULL);
    while (!strcmp(leader, "vfork"))
        vfork_child(100000);
    while (!strcmp(leader, "vforking"))
        vfork_child(0);
    for (;;)
        sleep(10);
}

static void run(char *leader)
{
    int executors = strcmp(leader, "racing") ? 1 : RACERS;
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, RACERS);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread, NULL, spin, NULL))
            _exit(2);
    for (int i = 0; i < executors; i++)
        if (pthread_create(&thread, NULL, execute, leader))
            _exit(2);
    lead(leader);
}

int main(int argc, char **argv)
{
    int status;

    if (argc != 3)
        return 2;
    file = argv[2];
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run(argv[1]);
    while (waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status)) {
        printf("stopped by %d\n", WSTOPSIG(status));
        kill(child, SIGCONT);
    }
    fflush(stdout);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}
