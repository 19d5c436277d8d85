/*
 * exec-thread.c - `exec-thread FILE`: a thread that is not the leader becomes FILE while the leader
 * sleeps in pthread_join and another thread in pause. The one execve is this executable's.
 */
#include <pthread.h>
#include <unistd.h>

static void *sleeper(void *argument)
{
    pause();
    return argument;
}

static void *executor(void *file)
{
    execl(file, file, (char *)NULL);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[2];

    if (argc != 2 || pthread_create(&threads[0], NULL, sleeper, NULL) ||
        pthread_create(&threads[1], NULL, executor, argv[1]))
        return 2;
    pthread_join(threads[1], NULL);
    return 127;
}
