/*
 * queue.h - stops that were waited for and not yet handled, oldest first.
 */
#ifndef SYSTRACE_QUEUE_H
#define SYSTRACE_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct waited {
    pid_t tid;
    int status;    /* as from waitpid(2) */
    uint64_t time; /* nanoseconds; 0 unless returns are observed */
};

struct queue {
    struct waited *stops;
    size_t head, count, capacity;
};

/* Adds one. No memory for that ends the program: a tracee would stay stopped. */
void queue_put(struct queue *queue, struct waited waited);

/* The oldest, which is taken out; NULL: it is empty. Valid until the next queue_put. */
struct waited *queue_take(struct queue *queue);

/* The newest of that tid, or NULL. Slow. */
struct waited *queue_find(const struct queue *queue, pid_t tid);

void queue_deinit(struct queue *queue);

#endif
