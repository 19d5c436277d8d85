/* maps.c - parses /proc/PID/maps, a line at a time. */
#include "maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* A number in base 10 or 16 followed by `end`; moves past both. */
static bool parse_number(const char **text, int base, char end, uint64_t *ret)
{
    const char *s = *text;
    uint64_t value = 0;
    int digits = 0;

    for (;; s++, digits++) {
        int digit = *s >= '0' && *s <= '9'                 ? *s - '0'
                    : base == 16 && *s >= 'a' && *s <= 'f' ? *s - 'a' + 10
                                                           : -1;
        if (digit < 0)
            break;
        if (value > (UINT64_MAX - (uint64_t)digit) / (uint64_t)base)
            return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    if (!digits || *s != end)
        return false;
    *ret = value;
    *text = s + 1;
    return true;
}

int maps_next(const char **text, struct mapping *ret)
{
    struct mapping m = { 0 };
    const char *s = *text;
    uint64_t major, minor;

    if (!*s)
        return 0;
    if (!parse_number(&s, 16, '-', &m.start) || !parse_number(&s, 16, ' ', &m.end) ||
        m.start >= m.end)
        return -EINVAL;
    if (strnlen(s, 5) < 5 || s[4] != ' ')
        return -EINVAL;
    m.readable = s[0] == 'r';
    m.writable = s[1] == 'w';
    m.executable = s[2] == 'x';
    s += 5;
    if (!parse_number(&s, 16, ' ', &m.offset) || !parse_number(&s, 16, ':', &major) ||
        !parse_number(&s, 16, ' ', &minor))
        return -EINVAL;
    /* The kernel ends a line without a path in "inode \n" or, on some versions, in "inode\n". */
    const char *inode = s;
    if (!parse_number(&s, 10, ' ', &m.inode) &&
        (s = inode, !parse_number(&s, 10, '\n', &m.inode) || !s--))
        return -EINVAL;
    m.device = makedev(major, minor);
    s += strspn(s, " ");
    m.path = s;
    m.path_length = strcspn(s, "\n");
    s += m.path_length;
    *text = s + (*s == '\n');
    *ret = m;
    return 1;
}

char *mapping_path(const struct mapping *mapping)
{
    char *path = malloc(mapping->path_length + 1);
    size_t out = 0;

    if (!path)
        return NULL;
    for (size_t in = 0; in < mapping->path_length;) {
        if (mapping->path_length - in >= 4 && !memcmp(mapping->path + in, "\\012", 4)) {
            path[out++] = '\n';
            in += 4;
        } else {
            path[out++] = mapping->path[in++];
        }
    }
    path[out] = '\0';
    return path;
}
