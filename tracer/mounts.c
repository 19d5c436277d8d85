/* mounts.c - takes the lines of mountinfo apart, and knows the file systems of the kernel. */
#include "mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { NBD_MAJOR = 43 }; /* a block device that a process serves */

/* File systems that need no process: of disks, of memory, the kernel's own. Not those of the
 * network (9p, cifs, nfs), whose server may be one. */
static const char *const kernel_types[] = {
    "autofs", /* what is mounted there already */
    "bcachefs",   "bdev",     "binfmt_misc", "bpf",    "btrfs",    "cgroup",   "cgroup2",
    "configfs",   "cramfs",   "debugfs",     "devpts", "devtmpfs", "efivarfs", "erofs",
    "exfat",      "ext2",     "ext3",        "ext4",   "f2fs",     "hfs",      "hfsplus",
    "hugetlbfs",  "iso9660",  "jfs",         "minix",  "mqueue",   "msdos",    "nilfs2",
    "ntfs3",      "proc",     "pstore",      "ramfs",  "reiserfs", "romfs",    "rootfs",
    "securityfs", "squashfs", "sysfs",       "tmpfs",  "tracefs",  "udf",      "vfat",
    "xfs",        "zfs",
};

static bool is_kernel_type(const char *type)
{
    for (size_t i = 0; i < sizeof(kernel_types) / sizeof(*kernel_types); i++)
        if (!strcmp(type, kernel_types[i]))
            return true;
    return false;
}

/* Turns "\040" and its like back to bytes. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from;) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
            from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
            *to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue": the third field
 * is the device, the fifth the mount point; type and options come behind the dash. */
static bool parse_line(char *line, struct mount *ret)
{
    enum { ID, DEVICE = 2, POINT = 4, FIELDS };
    char *fields[FIELDS], *rest = line, *dash = strstr(line, " - ");
    unsigned major, minor;

    if (!dash)
        return false;
    *dash = '\0';
    for (int i = 0; i < FIELDS; i++)
        if (!(fields[i] = strsep(&rest, " ")))
            return false;
    rest = dash + 3;
    const char *type = strsep(&rest, " "), *source = strsep(&rest, " ");
    if (!source || sscanf(fields[DEVICE], "%u:%u", &major, &minor) != 2)
        return false;
    unescape(fields[POINT]);
    bool overlay = !strcmp(type, "overlay");
    *ret = (struct mount){ .id = strtoull(fields[ID], NULL, 10),
                           .device = makedev(major, minor),
                           .point = fields[POINT],
                           .options = rest ? rest : "",
                           .overlay = overlay,
                           .served = (!overlay && !is_kernel_type(type)) || major == NBD_MAJOR };
    return true;
}

/* Is the path this directory, or below it? */
static bool is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    if (length && directory[length - 1] == '/')
        length--;
    return !strncmp(path, directory, length) && (path[length] == '/' || !path[length]);
}

bool mounts_lead_to_served(const struct mounts *mounts, const char *path)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->all[i].served && is_below(path, mounts->all[i].point))
            return true;
    return false;
}

static bool has_served(const struct mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->all[i].served)
            return true;
    return false;
}

/* Is a layer of the overlay ("lowerdir=/a:/b,upperdir=/c") on a file system that is served? Where
 * one that is not absolute lies is not known. */
static bool has_served_layer(const struct mounts *mounts, const struct mount *overlay)
{
    for (const char *at = overlay->options; (at = strstr(at, "dir"));) {
        at += strcspn(at, "=,");
        while (*at == '=' || *at == ':') {
            size_t length = strcspn(++at, ":,");
            char *path = strndup(at, length);
            bool served =
                !path || (*path == '/' ? mounts_lead_to_served(mounts, path) : has_served(mounts));
            free(path);
            if (served)
                return true;
            at += length;
        }
    }
    return false;
}

/* Overlays of overlays take as many rounds as there are storeys. */
static void find_served_overlays(struct mounts *mounts)
{
    bool found;

    do {
        found = false;
        for (size_t i = 0; i < mounts->count; i++) {
            struct mount *mount = &mounts->all[i];
            if (mount->overlay && !mount->served && has_served_layer(mounts, mount))
                found = mount->served = true;
        }
    } while (found);
}

int mounts_init(struct mounts *mounts, char *text)
{
    size_t lines = 1;
    char *line;

    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    *mounts = (struct mounts){ .all = calloc(lines, sizeof(*mounts->all)), .text = text };
    if (!mounts->all) {
        mounts_deinit(mounts);
        return -ENOMEM;
    }
    while ((line = strsep(&text, "\n")))
        mounts->count += parse_line(line, &mounts->all[mounts->count]);
    if (has_served(mounts))
        find_served_overlays(mounts);
    return 0;
}

void mounts_deinit(struct mounts *mounts)
{
    free(mounts->all);
    free(mounts->text);
    *mounts = (struct mounts){ 0 };
}

enum mounts_answer mounts_find(const struct mounts *mounts, uint64_t device)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->all[i].device == device)
            return mounts->all[i].served ? MOUNTS_SERVED : MOUNTS_KERNEL;
    return MOUNTS_UNKNOWN;
}

enum mounts_answer mounts_find_id(const struct mounts *mounts, uint64_t id)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->all[i].id == id)
            return mounts->all[i].served ? MOUNTS_SERVED : MOUNTS_KERNEL;
    return MOUNTS_UNKNOWN;
}
