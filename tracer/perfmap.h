/*
 * perfmap.h - what a program says of the code that it makes at run time: /tmp/perf-PID.map, as perf
 * reads it. Lines "START SIZE NAME", the numbers hexadecimal; written by node --perf-basic-prof,
 * and by agents for java. The file only grows: where code has taken the place of other code a later
 * line says so. It is the program's word, and untrusted.
 */
#ifndef SYSTRACE_PERFMAP_H
#define SYSTRACE_PERFMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perfmap;

/* A function that is there now. */
struct perfmap_entry {
    uint64_t start, size; /* size is not 0, start + size no overflow */
    bool seen;            /* the user's own */
    char name[];          /* raw bytes, not empty */
};

/* An empty one. NULL: no memory. */
struct perfmap *perfmap_create(void);
void perfmap_destroy(struct perfmap *map);

/* Reads from this file, which is the map's from here, in place of the one before, and of all that
 * it said. */
void perfmap_follow(struct perfmap *map, int fd);

/* Takes what the file has by now: whole lines, of those that are none nothing. */
enum perfmap_news {
    PERFMAP_NONE, /* there is no file, or no more (it was removed or cut, or is too large), and all
                   * that it said is forgotten */
    PERFMAP_SAME,
    PERFMAP_MORE,
};
enum perfmap_news perfmap_update(struct perfmap *map);

/* The function that holds an address, or NULL. Code of which a part has gone has gone. Valid until
 * the next update. */
struct perfmap_entry *perfmap_find(const struct perfmap *map, uint64_t address);

/* The number that stands for a name as the offset of a frame in [anon]: no address is so, for it is
 * from 2^62 to 2^63-1. */
uint64_t perfmap_number(const char *name);

#endif
