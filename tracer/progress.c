/* progress.c - draws the progress line. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

#include "record/clock.h"

enum { SHARE = 50 };

void progress_begin(struct progress *p, const struct table_options *options)
{
    *p = (struct progress){ .options = options, .start = clock_now() };
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
    uint64_t now = clock_now();
    struct table table;
    size_t libraries = 0, pairs = 0;

    if (now < p->next || table_build(run, p->options, &table) < 0)
        return;
    int counted = count_pairs(&table, &libraries, &pairs);
    table_deinit(&table);
    if (counted < 0)
        return;
    double seconds = (double)(now - p->last) / 1e9;
    double rate = seconds > 0 ? (double)(calls - p->last_calls) / seconds : 0;
    fprintf(stderr, "\r\033[K%llu calls, %.0f/s, %zu libraries, %zu pairs, %.0f s",
            (unsigned long long)calls, rate, libraries, pairs, (double)(now - p->start) / 1e9);
    fflush(stderr);
    p->shown = true;
    p->last = now;
    p->last_calls = calls;
    uint64_t done = clock_now();
    p->next = done + SHARE * (done - now);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
