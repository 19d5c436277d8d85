/*
 * recursion.c - `recursion NUMBER`: a recursion of so many levels with one getppid at each, on the
 * way down; and getpgrp once at the innermost. `recursion NUMBER THREADS`: the same in so many
 * threads, all at once. All these calls are the executable's.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) static int descend(int levels)
{
    if (levels == 0)
        return getpgrp() * 0;
    return getppid() * 0 + descend(levels - 1) + 1;
}

static void *descend_in_thread(void *levels)
{
    return (void *)(size_t)(descend(atoi(levels)) == atoi(levels));
}

static int descend_in_threads(char *levels, int count)
{
    pthread_t *threads = calloc(count, sizeof(*threads));
    int right = 0;

    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, descend_in_thread, levels))
            return 0;
    for (int i = 0; i < count; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        right += result != NULL;
    }
    free(threads);
    return right == count;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return descend(atoi(argv[1])) != atoi(argv[1]);
    return argc != 3 || !descend_in_threads(argv[1], atoi(argv[2]));
}
