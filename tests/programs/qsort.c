/*
 * qsort.c - a callback through libc: sorting 2 numbers takes 1 comparison, and the executable's
 * comparator calls getppid. libc is between main and the comparator, which is its own caller.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
    getppid();
    return *(const int *)a - *(const int *)b;
}

int main(void)
{
    int numbers[] = { 2, 1 };

    qsort(numbers, 2, sizeof(numbers[0]), compare);
    printf("%d %d\n", numbers[0], numbers[1]);
    return 0;
}
