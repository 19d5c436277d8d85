/* progress.c - draws the progress line. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHARE = 50, NANOSECONDS = 1000000000 };

static int64_t elapsed(const struct timespec *from, const struct timespec *to)
{
    return (int64_t)(to->tv_sec - from->tv_sec) * NANOSECONDS + (to->tv_nsec - from->tv_nsec);
}

static struct timespec later(struct timespec time, int64_t nanoseconds)
{
    nanoseconds += time.tv_nsec;
    time.tv_sec += nanoseconds / NANOSECONDS;
    time.tv_nsec = nanoseconds % NANOSECONDS;
    return time;
}

void progress_begin(struct progress *p, const struct table_options *options)
{
    *p = (struct progress){ .options = options };
    clock_gettime(CLOCK_MONOTONIC, &p->start);
    p->last = p->next = p->start;
}

/* Distinct callers, and distinct (caller, system call): a table row has a phase and a program as
 * well. */
static int count_pairs(const struct table *table, size_t *libraries, size_t *pairs)
{
    size_t slots = 16;

    while (slots < 2 * table->count)
        slots *= 2;
    uint64_t *seen = calloc(slots, sizeof(*seen));
    bool *called = calloc(table->callers.library_count, sizeof(*called));
    for (size_t i = 0; seen && called && i < table->count; i++) {
        const struct table_row *row = &table->rows[i];
        uint64_t key = ((uint64_t)row->library << 34 | (uint64_t)row->abi << 32 | row->nr) + 1;
        size_t slot = (key * 0x9e3779b97f4a7c15u >> 32) & (slots - 1);

        if (!row->calls)
            continue;
        while (seen[slot] && seen[slot] != key)
            slot = (slot + 1) & (slots - 1);
        *pairs += !seen[slot];
        seen[slot] = key;
        *libraries += !called[row->library];
        called[row->library] = true;
    }
    int result = seen && called ? 0 : -1;
    free(seen);
    free(called);
    return result;
}

void progress_show(struct progress *p, struct run *run, uint64_t calls)
{
    struct timespec now, done;
    struct table table;
    size_t libraries = 0, pairs = 0;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (elapsed(&p->next, &now) < 0 || table_build(run, p->options, &table) < 0)
        return;
    int counted = count_pairs(&table, &libraries, &pairs);
    table_deinit(&table);
    if (counted < 0)
        return;
    double seconds = (double)elapsed(&p->last, &now) / NANOSECONDS;
    double rate = seconds > 0 ? (double)(calls - p->last_calls) / seconds : 0;
    fprintf(stderr, "\r\033[K%llu calls, %.0f/s, %zu libraries, %zu pairs, %.0f s",
            (unsigned long long)calls, rate, libraries, pairs,
            (double)elapsed(&p->start, &now) / NANOSECONDS);
    fflush(stderr);
    p->shown = true;
    p->last = now;
    p->last_calls = calls;
    clock_gettime(CLOCK_MONOTONIC, &done);
    p->next = later(done, SHARE * elapsed(&now, &done));
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
