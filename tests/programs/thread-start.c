/*
 * thread-start.c - a thread whose start routine is in a library: libworker0 calls getsid 2 times
 * with nothing of the executable on the stack.
 */
#include <pthread.h>

void *work_start0(void *argument);

int main(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, work_start0, NULL))
        return 1;
    return pthread_join(thread, NULL);
}
