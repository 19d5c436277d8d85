/* images.c - finds the image of a mapping among those that are known, or reads it: from its file,
 * or from the memory of the process. */
#include "images.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libelf.h>

#include "record/array.h"
#include "record/library.h"
#include "symbolizer/image/elffile.h"
#include "symbolizer/image/versions.h"

enum {
    HELD_MAX =
        1 << 30, /* bytes of tables and copies in all images; later ones are known by name only, or
                    have no tables. (A file with holes can be large and cost nothing.) */
    PAGE = 4096,
};

void images_init(struct images *images, int64_t (*add_module)(void *, const struct module *),
                 void *context)
{
    *images = (struct images){ .add_module = add_module, .context = context };
    elf_version(EV_CURRENT);
}

void images_deinit(struct images *images)
{
    for (size_t i = 0; i < images->count; i++)
        image_destroy(images->images[i]);
    free(images->images);
}

static struct image *image_create(const struct mapping *mapping)
{
    struct image *image = calloc(1, sizeof(*image));

    if (!image)
        return NULL;
    image->fd = -1;
    image->device = mapping->device;
    image->inode = mapping->inode;
    image->maps_path = mapping_path(mapping);
    if (!image->maps_path) {
        image_destroy(image);
        return NULL;
    }
    return image;
}

/* Opens the mapped file. 0; -ENOENT if it is not to be had; -EINPROGRESS. */
static int open_file(struct image *image, const struct target *target,
                     const struct mapping *mapping)
{
    int fd = target->open_mapped(target->context, mapping, image->maps_path);

    image->copied = fd == -EREMOTE && target->open_copy;
    if (image->copied)
        fd = target->open_copy(target->context, mapping, image->maps_path);
    if (fd < 0)
        return fd == -EINPROGRESS ? fd : -ENOENT;
    if (fstat(fd, &image->file) < 0) {
        close(fd);
        return -ENOENT;
    }
    image->fd = fd;
    image->size = (size_t)image->file.st_size;
    return 0;
}

static bool same_file(const struct mapping *a, const struct mapping *b)
{
    return a->device == b->device && a->inode == b->inode && a->path_length == b->path_length &&
           !memcmp(a->path, b->path, a->path_length);
}

/* Is the beginning of the file mapped, and that of an ELF file? 0, -ENOEXEC, or another negative
 * errno if it cannot be read: the map of a process that was killed is empty. (A JIT compiler's
 * memory file may be large.) */
static int check_magic(const char *maps, const struct target *target, const struct mapping *wanted)
{
    char magic[SELFMAG];
    struct mapping m;
    bool mapped = false;

    while (maps_next(&maps, &m) > 0) {
        mapped |= same_file(&m, wanted);
        if (!same_file(&m, wanted) || m.offset)
            continue;
        ssize_t got = target->read(target->context, m.start, magic, SELFMAG);
        if (got == SELFMAG)
            return memcmp(magic, ELFMAG, SELFMAG) ? -ENOEXEC : 0;
        if (got < 0)
            return (int)got;
    }
    return mapped ? -ENOEXEC : -ESRCH;
}

/* Is the mapping of this file, not too far from its beginning? */
static bool is_part(const struct mapping *m, const struct mapping *wanted, uint64_t *end)
{
    *end = m->offset + (m->end - m->start);
    return same_file(m, wanted) && *end >= m->offset && *end <= IMAGE_MEMORY_MAX && m->readable;
}

/* Copies what can be read of a mapping. 0; negative errno. */
static int copy_mapping(struct image *image, const struct target *target, const struct mapping *m)
{
    uint64_t address = m->start;

    while (address < m->end) {
        ssize_t got =
            target->read(target->context, address, image->bytes + m->offset + (address - m->start),
                         m->end - address);
        if (got < 0 && got != -EFAULT)
            return (int)got;
        address = got > 0 ? address + (uint64_t)got : (address & ~(uint64_t)(PAGE - 1)) + PAGE;
    }
    return 0;
}

/* Copies what is mapped of an ELF file into a buffer that looks like the file; where nothing is
 * mapped it has zeros, and takes no memory. 0; -ENOEXEC: it is none; or another negative errno. */
static int copy_memory(struct image *image, const struct target *target,
                       const struct mapping *wanted)
{
    struct mapping m;
    const char *text;
    char *maps;
    uint64_t end;
    int result = target->read_maps(target->context, &maps);

    if (result < 0)
        return result;
    result = check_magic(maps, target, wanted);
    for (text = maps; !result && maps_next(&text, &m) > 0;)
        if (is_part(&m, wanted, &end) && end > image->size)
            image->size = end;
    if (!result && image->size && !(image->bytes = calloc(1, image->size)))
        result = -ENOMEM;
    for (text = maps; !result && maps_next(&text, &m) > 0;) {
        if (!is_part(&m, wanted, &end))
            continue;
        if (!m.offset)
            image->base = m.start;
        result = copy_mapping(image, target, &m);
    }
    free(maps);
    return result;
}

/* Names the module: its path without the kernel's " (deleted)", which is no part of it: unless the
 * file is there, with links, and so called by its user. */
static int name_module(struct image *image)
{
    static const char deleted[] = " (deleted)";
    struct module *module = &image->module;
    size_t length = strlen(image->maps_path), suffix = sizeof(deleted) - 1;

    bool gone = image->fd < 0 || !image->file.st_nlink;
    if (gone && length > suffix && !strcmp(image->maps_path + length - suffix, deleted))
        length -= suffix;
    module->path = strndup(image->maps_path, length);
    if (!module->path)
        return -ENOMEM;
    const char *slash = strrchr(module->path, '/');
    module->name = strdup(slash && slash[1] ? slash + 1 : module->path);
    if (!module->soname)
        module->soname = strdup("");
    if (!module->identity)
        module->identity = strdup("");
    module->size = image->size;
    return module->name && module->soname && module->identity ? 0 : -ENOMEM;
}

/* Fills the image from the mapped file, or failing that from memory; if neither can be read, only
 * its name is known. If the images are `full`, it must take little memory. 0, -ENOEXEC, -ENOMEM,
 * -EINPROGRESS. */
static int image_find(struct image *image, const struct target *target,
                      const struct mapping *mapping, bool full)
{
    int result = mapping->inode ? open_file(image, target, mapping) : -ENOENT;
    if (result != -ENOENT)
        return result ? result : elf_file_read(image, !full);
    result = full ? -EFBIG : copy_memory(image, target, mapping);
    if (result == -ENOMEM || result == -ENOEXEC)
        return result;
    if (result < 0) {
        free(image->bytes);
        image->bytes = NULL;
        image->size = 0;
        return 0;
    }
    return image->bytes ? elf_file_read(image, true) : -ENOEXEC;
}

/* The same of a parked image: the mapped file is opened to see that. */
static bool is_parked_file(const struct image *image, const struct target *target,
                           const struct mapping *mapping)
{
    int fd = target->open_mapped(target->context, mapping, image->maps_path);
    bool same = fd >= 0 && image_is_file(image, fd);

    if (fd >= 0)
        close(fd);
    return same;
}

/* Each open file keeps its inode number from being reused, but there must be some left for all
 * else. */
static void park(struct images *images, struct image *image)
{
    struct rlimit limit;

    if (image->fd < 0 || image->copied)
        return;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && images->open >= limit.rlim_cur / 2) {
        close(image->fd);
        image->fd = -1;
        image->parked = true;
    } else {
        images->open++;
    }
}

/* Is the mapping a copy of what the image has? 32-bit programs have another [vdso] than 64-bit
 * ones, and where no open file keeps an inode number from being reused, another file may have it by
 * now. */
static bool has_same_bytes(const struct image *image, const struct target *target,
                           const struct mapping *mapping)
{
    uint8_t piece[4096];
    uint64_t size = mapping->end - mapping->start;

    if (mapping->offset > image->size || size > image->size - mapping->offset)
        return false;
    for (uint64_t at = 0; at < size; at += sizeof(piece)) {
        size_t want = size - at < sizeof(piece) ? size - at : sizeof(piece);
        if (target->read(target->context, mapping->start + at, piece, want) != (ssize_t)want ||
            memcmp(piece, image->bytes + mapping->offset + at, want))
            return false;
    }
    return true;
}

static struct image *images_find(const struct images *images, const struct target *target,
                                 const struct mapping *mapping)
{
    for (size_t i = 0; i < images->count; i++) {
        struct image *image = images->images[i];
        if (image->inode == mapping->inode && image->device == mapping->device &&
            strlen(image->maps_path) == mapping->path_length &&
            !memcmp(image->maps_path, mapping->path, mapping->path_length) &&
            (image->fd >= 0  ? image_is_file(image, image->fd)
             : image->parked ? is_parked_file(image, target, mapping)
             : image->bytes  ? has_same_bytes(image, target, mapping)
                             : true))
            return image;
    }
    return NULL;
}

static int images_append(struct images *images, struct image *image)
{
    if (!ARRAY_ROOM(images->images, images->count, images->capacity))
        return -ENOMEM;
    images->images[images->count++] = image;
    images->held += image->cfi.header.size + image->cfi.frames.size + image->go.size;
    images->held += image->debug.header.size + image->debug.frames.size;
    images->held += image->bytes || image->copied ? image->size : 0;
    return 0;
}

bool images_have_room(const struct images *images)
{
    return images->held < HELD_MAX;
}

int images_load(struct images *images, const struct target *target, const struct mapping *mapping,
                struct image **ret)
{
    bool vdso = mapping->path_length == 6 && !memcmp(mapping->path, "[vdso]", 6);
    int result;

    if (!mapping->inode && !vdso)
        return 0;
    struct image *image = images_find(images, target, mapping);
    if (!image) {
        image = image_create(mapping);
        if (!image)
            return -ENOMEM;
        result = image_find(image, target, mapping, !images_have_room(images));
        if (!result)
            result = name_module(image);
        if (!result && library_has_runtime_name(&image->module))
            image->module.set = versions_find_set(image);
        if (!result) {
            int64_t number = images->add_module(images->context, &image->module);
            image->number = (uint32_t)number;
            result = number < 0 ? (int)number : images_append(images, image);
        }
        if (result < 0) {
            image_destroy(image);
            return result == -ENOEXEC ? 0 : result;
        }
        park(images, image);
    }
    image->module.loads++;
    *ret = image;
    return 1;
}
