/* queue.c - an array that starts anew whenever it is empty. */
#include "queue.h"

#include <stdlib.h>

#include "record/array.h"
#include "diag.h"

void queue_put(struct queue *queue, struct waited waited)
{
    if (queue->head == queue->count)
        queue->head = queue->count = 0;
    struct waited *stops =
        array_with_room(queue->stops, queue->count, &queue->capacity, sizeof(*stops));
    if (!stops)
        die("out of memory");
    queue->stops = stops;
    stops[queue->count++] = waited;
}

struct waited *queue_take(struct queue *queue)
{
    return queue->head < queue->count ? &queue->stops[queue->head++] : NULL;
}

struct waited *queue_find(const struct queue *queue, pid_t tid)
{
    for (size_t i = queue->count; i > queue->head; i--) {
        if (queue->stops[i - 1].tid == tid)
            return &queue->stops[i - 1];
    }
    return NULL;
}

void queue_deinit(struct queue *queue)
{
    free(queue->stops);
}
