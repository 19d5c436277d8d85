/*
 * vsyscall.c - the legacy vsyscall page, called by address: 3 gettimeofday and 1 time, which the
 * kernel emulates and are no calls; between them 2 getppid. Prints how many came back right.
 */
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define GETTIMEOFDAY 0xffffffffff600000
#define TIME         0xffffffffff600400

int main(void)
{
    int (*const get)(struct timeval *, void *) = (int (*)(struct timeval *, void *))GETTIMEOFDAY;
    time_t (*const seconds)(time_t *) = (time_t(*)(time_t *))TIME;
    struct timeval now = { 0 };
    int right = 0;

    for (int i = 0; i < 3; i++)
        right += !get(&now, NULL) && now.tv_sec > 1000000000;
    getppid();
    right += seconds(NULL) >= now.tv_sec - 1; /* it is of the last tick */
    getppid();
    printf("%d\n", right);
    return 0;
}
