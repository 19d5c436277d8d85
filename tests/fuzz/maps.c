/* maps.c - fuzzes symbolizer/image/maps.c: any text as /proc/PID/maps. */
#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

#include "symbolizer/image/maps.h"

/* The path as it was before the kernel wrote it, which is never longer. */
static void check_path(const struct mapping *m)
{
    char *path = mapping_path(m);

    CHECK(path && strlen(path) <= m->path_length);
    if (!memmem(m->path, m->path_length, "\\012", 4))
        CHECK(strlen(path) == m->path_length && !memcmp(path, m->path, m->path_length));
    free(path);
}

/* Written as the kernel would, it is read as the same. */
static void check_again(const struct mapping *m)
{
    struct mapping again;
    char *line;

    CHECK(asprintf(&line, "%" PRIx64 "-%" PRIx64 " %c-%cp %08" PRIx64 " %x:%x %" PRIu64 " %.*s\n",
                   m->start, m->end, m->readable ? 'r' : '-', m->executable ? 'x' : '-', m->offset,
                   major(m->device), minor(m->device), m->inode, (int)m->path_length, m->path) > 0);
    const char *text = line;
    CHECK(maps_next(&text, &again) == 1 && !*text);
    CHECK(again.start == m->start && again.end == m->end && again.offset == m->offset);
    CHECK(again.device == m->device && again.inode == m->inode);
    CHECK(again.readable == m->readable && again.executable == m->executable);
    CHECK(again.path_length == m->path_length && !memcmp(again.path, m->path, m->path_length));
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mapping m;
    char *copy = strndup((const char *)data, size);
    const char *text = copy, *end = copy + strlen(copy);

    for (;;) {
        const char *line = text;
        int result = maps_next(&text, &m);
        if (result <= 0) {
            CHECK(result == -EINVAL || (!result && !*text));
            CHECK(text == line);
            break;
        }
        CHECK(text > line && text <= end);
        CHECK(m.start < m.end);
        CHECK(m.path > line && m.path + m.path_length <= text);
        CHECK(!memchr(m.path, '\n', m.path_length));
        check_path(&m);
        check_again(&m);
    }
    free(copy);
    return 0;
}
