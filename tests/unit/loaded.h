/* loaded.h - ELF files as images. */
#ifndef SYSTRACE_TESTS_UNIT_LOADED_H
#define SYSTRACE_TESTS_UNIT_LOADED_H

#include "test.h"

#include <errno.h>
#include <fcntl.h>

#include "symbolizer/image/images.h"

static inline int open_path(void *context, const struct mapping *mapping, const char *path)
{
    (void)context, (void)mapping;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* All have the same. */
static inline int64_t number_module(void *context, const struct module *module)
{
    (void)context, (void)module;
    return MODULE_FIRST;
}

static inline struct image *load_file(struct images *images, const char *path)
{
    static const struct target target = { .open_mapped = open_path };
    struct mapping mapping = { .inode = images->count + 1,
                               .path = path,
                               .path_length = strlen(path) };
    struct image *ret;

    assert_int_equal(images_load(images, &target, &mapping, &ret), 1);
    return ret;
}

#endif
