/*
 * mounts.h - the text of /proc/PID/mountinfo (proc(5)) as values: on which file systems a look at a
 * file may have to wait for a process, which may be one that waits for us. Pure: no I/O.
 */
#ifndef SYSTRACE_MOUNTS_H
#define SYSTRACE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mounts {
    struct mount {
        uint64_t id;       /* as statx(2) has it */
        uint64_t device;   /* as /proc/PID/maps and makedev(3) have it */
        const char *point; /* where it is mounted, raw bytes */
        const char *options;
        bool overlay; /* of other file systems, which the options name */
        bool served;  /* by a process, or who knows by whom */
    } * all;
    size_t count;
    char *text;
};

/* Takes over the text, and changes it. What does not look like a mount is left out. 0 or -ENOMEM
 * (the text is freed all the same). */
int mounts_init(struct mounts *mounts, char *text);
void mounts_deinit(struct mounts *mounts);

enum mounts_answer { MOUNTS_UNKNOWN, MOUNTS_KERNEL, MOUNTS_SERVED };

/* Who serves the files of this device? */
enum mounts_answer mounts_find(const struct mounts *mounts, uint64_t device);

/* Who serves those of this mount? */
enum mounts_answer mounts_find_id(const struct mounts *mounts, uint64_t id);

/* May the way to this absolute path lead through a file system that a process serves? */
bool mounts_lead_to_served(const struct mounts *mounts, const char *path);

#endif
