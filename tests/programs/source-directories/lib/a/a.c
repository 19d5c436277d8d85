/* a.c - three calls of getppid: by itself, in a static function, and in a comparator that qsort
 * calls. */
#include <stdlib.h>
#include <unistd.h>

#include "../../parts.h"

volatile unsigned parts_result;

static __attribute__((noinline)) int ask(int add)
{
    return getppid() + add;
}

static int compare(const void *left, const void *right)
{
    return getppid() > 0 ? *(const int *)left - *(const int *)right : 0;
}

int a_ask(void)
{
    int numbers[] = { 2, 1 };

    qsort(numbers, 2, sizeof(*numbers), compare);
    return getppid() + ask(numbers[0]) + b_ask() + 1;
}
