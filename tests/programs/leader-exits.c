/*
 * leader-exits.c - the first thread ends before the others: main ends its thread (exit) once the
 * other runs, which sees the leader as a zombie, calls getsid 2 times through libworker0's start
 * routine and loads a library that it asks 1 getpgid of.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void *work_start0(void *argument);

/* Waits until the leader has ended: its state in /proc is Z. */
static void wait_for_leader(void)
{
    char path[64], line[256];

    snprintf(path, sizeof(path), "/proc/%d/stat", getpid());
    do {
        FILE *file = fopen(path, "re");

        if (file == NULL || fgets(line, sizeof(line), file) == NULL)
            _exit(2);
        fclose(file);
    } while (strstr(line, ") Z ") == NULL);
}

static void *start(void *file)
{
    wait_for_leader();
    work_start0(NULL);
    if (dlopen(file, RTLD_NOW) == NULL)
        _exit(1);
    _exit(0);
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc != 2 || pthread_create(&thread, NULL, start, argv[1]))
        return 2;
    pthread_exit(NULL);
}
