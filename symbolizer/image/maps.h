/*
 * maps.h - the text of /proc/PID/maps as values. Pure: no I/O, tests feed strings.
 */
#ifndef SYSTRACE_MAPS_H
#define SYSTRACE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
/*
 * One line:
 *
 *   7f4aac839000-7f4aac85f000 r-xp 00001000 fe:00 332383      /usr/lib/x86_64-linux-gnu/libc.so.6
 *   start        end          perms offset  device inode      path
 */
/* clang-format on */
struct mapping {
    uint64_t start, end;
    uint64_t offset; /* in the file, bytes */
    uint64_t device; /* makedev(3) of "fe:00" */
    uint64_t inode;  /* 0: no file */
    bool readable, writable, executable;
    const char *path; /* into the text, not terminated; the kernel writes a newline as "\012" */
    size_t path_length;
};

/* Parses the line at *text and moves *text to the next. 1: parsed; 0: end of the text; -EINVAL. */
int maps_next(const char **text, struct mapping *ret);

/* A copy of the path with "\012" turned back to newlines; the caller frees it. NULL: no memory. */
char *mapping_path(const struct mapping *mapping);

#endif
