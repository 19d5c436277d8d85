/*
 * affinity.c - a program that watches its CPU affinity while it stops at every turn: its own by
 * system call and in /proc, a child's right after fork, a busy thread's from another. Nobody but
 * itself may be seen to change it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static cpu_set_t initial;
static char initial_line[256];
static atomic_bool done;
static atomic_int wrong;

static void complain(const char *who, const char *where)
{
    if (!wrong++)
        printf("%s: %s tells of a change\n", who, where);
}

static void check_call(pid_t tid, const char *who)
{
    cpu_set_t now;

    if (sched_getaffinity(tid, sizeof(now), &now) < 0 || !CPU_EQUAL(&now, &initial))
        complain(who, "sched_getaffinity");
}

static void read_line(pid_t tid, char line[static 256])
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
    FILE *file = fopen(path, "r");
    while (fgets(line, 256, file) && strncmp(line, "Cpus_allowed_list", 17))
        ;
    fclose(file);
}

static void check_proc(pid_t tid, const char *who)
{
    char line[256];

    read_line(tid, line);
    if (strcmp(line, initial_line))
        complain(who, "/proc");
}

static void *watch(void *main_tid)
{
    while (!done) {
        check_call(*(pid_t *)main_tid, "another thread");
        check_proc(*(pid_t *)main_tid, "another thread");
    }
    return NULL;
}

static void check_child(void)
{
    pid_t child = fork();
    int status;

    if (!child) {
        int before = wrong;
        check_call(0, "child");
        fflush(stdout);
        _exit(wrong != before);
    }
    waitpid(child, &status, 0);
    wrong += status != 0;
}

static void be_busy(int turns)
{
    for (int i = 0; i < turns; i++) {
        for (int hot = 0; hot < 20; hot++)
            getppid();
        check_call(0, "main");
        for (int hot = 0; hot < 20; hot++)
            getppid();
        check_proc(getpid(), "main");
        if (i % 10 == 0)
            check_child();
    }
}

int main(void)
{
    pthread_t watcher;
    pid_t tid = getpid();

    sched_getaffinity(0, sizeof(initial), &initial);
    read_line(tid, initial_line);
    be_busy(200);
    pthread_create(&watcher, NULL, watch, &tid);
    be_busy(100);
    done = true;
    pthread_join(watcher, NULL);

    /* What it sets itself stays. */
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &initial)) {
            CPU_ZERO(&initial);
            CPU_SET(cpu, &initial);
        }
    }
    sched_setaffinity(0, sizeof(initial), &initial);
    read_line(tid, initial_line);
    be_busy(50);
    puts(wrong ? "affinity: changed" : "affinity: unchanged");
    return wrong != 0;
}
