/* perfmap.c - follows a perf map as it grows, and keeps the functions that are there now in a tree
 * of disjoint ranges. */
#include "perfmap.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 4096, /* of a longer line nothing is taken */
    FILE_MAX = 256 << 20,  /* of a longer file nothing is taken, */
    ENTRIES_MAX = 1 << 20, /* nor of one with more functions: it bounds memory */
    READ_BYTES = 64 << 10,
};

struct perfmap {
    int fd; /* -1: none */
    off_t position;
    void *tree;                /* of struct perfmap_entry */
    size_t count;              /* of these */
    char line[LINE_MAX_BYTES]; /* the last one of the file as long as it has no end */
    size_t length;
    bool skipping; /* it is too long */
};

struct perfmap *perfmap_create(void)
{
    struct perfmap *map = calloc(1, sizeof(*map));
    if (map)
        map->fd = -1;
    return map;
}

void perfmap_follow(struct perfmap *map, int fd)
{
    if (map->fd >= 0)
        close(map->fd);
    tdestroy(map->tree, free);
    *map = (struct perfmap){ .fd = fd };
}

void perfmap_destroy(struct perfmap *map)
{
    if (!map)
        return;
    perfmap_follow(map, -1);
    free(map);
}

/* Ranges that overlap are the same: in the tree none do. */
static int compare_ranges(const void *a, const void *b)
{
    const struct perfmap_entry *left = a, *right = b;

    if (left->start + left->size <= right->start)
        return -1;
    return right->start + right->size <= left->start;
}

struct perfmap_entry *perfmap_find(const struct perfmap *map, uint64_t address)
{
    const struct perfmap_entry wanted = { .start = address, .size = 1 };
    struct perfmap_entry **found =
        address < UINT64_MAX ? tfind(&wanted, &map->tree, compare_ranges) : NULL;
    return found ? *found : NULL;
}

/* Puts it in the place of all that it overlaps. Without memory nothing is there any more. */
static void put_entry(struct perfmap *map, struct perfmap_entry *entry)
{
    struct perfmap_entry **old;

    while ((old = tfind(entry, &map->tree, compare_ranges))) {
        struct perfmap_entry *gone = *old;
        tdelete(gone, &map->tree, compare_ranges);
        free(gone);
        map->count--;
    }
    if (tsearch(entry, &map->tree, compare_ranges))
        map->count++;
    else
        free(entry);
}

/* A hexadecimal number and the space behind it. */
static bool take_number(const char **at, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(*at, &end, 16);
    bool taken = isxdigit((unsigned char)**at) && !errno && *end == ' ';
    *at = end + 1;
    return taken;
}

/* "3ef414c0 398 RegExp:[{(]"; its end is a NUL. False: no memory, or too many. */
static bool take_line(struct perfmap *map, const char *line)
{
    uint64_t start, size, end;

    if (!take_number(&line, &start) || !take_number(&line, &size) || !size || !*line ||
        __builtin_add_overflow(start, size, &end))
        return true;
    if (map->count == ENTRIES_MAX)
        return false;
    struct perfmap_entry *entry = malloc(sizeof(*entry) + strlen(line) + 1);
    if (!entry)
        return false;
    *entry = (struct perfmap_entry){ .start = start, .size = size };
    strcpy(entry->name, line);
    put_entry(map, entry);
    return true;
}

static bool take_byte(struct perfmap *map, char byte)
{
    bool skipped = map->skipping;

    if (byte != '\n') {
        map->skipping |= map->length + 1 == sizeof(map->line) || !byte;
        if (!map->skipping)
            map->line[map->length++] = byte;
        return true;
    }
    map->line[map->length] = '\0';
    map->length = 0;
    map->skipping = false;
    return skipped || take_line(map, map->line);
}

/* Up to this size of the file, which may grow all the time. */
static bool read_up_to(struct perfmap *map, off_t size)
{
    static char buffer[READ_BYTES];

    while (map->position < size) {
        off_t left = size - map->position;
        ssize_t got =
            pread(map->fd, buffer, left < READ_BYTES ? (size_t)left : READ_BYTES, map->position);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++)
            if (!take_byte(map, buffer[i]))
                return false;
        map->position += got;
    }
    return true;
}

enum perfmap_news perfmap_update(struct perfmap *map)
{
    const off_t position = map->position;
    struct stat file;

    if (map->fd < 0)
        return PERFMAP_NONE;
    if (!fstat(map->fd, &file) && file.st_nlink && file.st_size >= position &&
        file.st_size <= FILE_MAX && read_up_to(map, file.st_size))
        return map->position > position ? PERFMAP_MORE : PERFMAP_SAME;
    perfmap_follow(map, -1);
    return PERFMAP_NONE;
}

uint64_t perfmap_number(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return (uint64_t)1 << 62 | hash >> 2;
}
