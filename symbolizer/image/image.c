/* image.c - the bytes of an image, its addresses, and what is kept with it. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <elf.h>

void image_destroy(struct image *image)
{
    if (!image)
        return;
    rows_deinit(&image->rows);
    if (image->fd >= 0)
        close(image->fd);
    cfi_deinit(&image->cfi);
    go_table_deinit(&image->go);
    cfi_deinit(&image->debug);
    free(image->module.name);
    free(image->module.path);
    free(image->module.soname);
    free(image->module.identity);
    free(image->maps_path);
    free(image->bytes);
    free(image->segments);
    for (int kind = 0; kind < FACTS; kind++) {
        if (image->facts[kind] && image->facts[kind]->deinit)
            image->facts[kind]->deinit(image->facts[kind]);
        free(image->facts[kind]);
    }
    free(image);
}

void *image_fact(struct image *image, enum fact_kind kind, size_t size,
                 void (*deinit)(struct fact *fact))
{
    if (!image->facts[kind])
        image->facts[kind] = calloc(1, size);
    if (image->facts[kind])
        image->facts[kind]->deinit = deinit;
    return image->facts[kind];
}

bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret)
{
    /* The last page of one segment may also be the first of the next: code is in the executable
     * one. */
    for (int executable = 1; executable >= 0; executable--) {
        for (size_t i = 0; i < image->segment_count; i++) {
            const struct segment *s = &image->segments[i];
            if (s->executable == executable && offset >= s->offset &&
                offset - s->offset < s->size) {
                *ret = s->vaddr + (offset - s->offset);
                return true;
            }
        }
    }
    return false;
}

bool image_offset(const struct image *image, uint64_t vaddr, uint64_t *ret)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];
        if (vaddr >= s->vaddr && vaddr - s->vaddr < s->size) {
            *ret = s->offset + (vaddr - s->vaddr);
            return true;
        }
    }
    return false;
}

bool image_go_function(const struct image *image, uint64_t offset, struct go_function *ret,
                       uint64_t *start)
{
    uint64_t vaddr;

    return image->go.count && image_vaddr(image, offset, &vaddr) &&
           go_table_find(&image->go, vaddr, ret) && image_offset(image, ret->start, start);
}

bool image_is_file(const struct image *image, int fd)
{
    const struct stat *then = &image->file;
    struct stat now;

    return !fstat(fd, &now) && now.st_ino == then->st_ino && now.st_dev == then->st_dev &&
           now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

/* Opens a parked file by its path, if it is still there. */
static int reopen(const struct image *image)
{
    struct stat st;

    if (stat(image->module.path, &st) < 0 || !S_ISREG(st.st_mode))
        return -ENOENT;
    int fd = open(image->module.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == EACCES ? -ENOENT : -errno;
    if (image_is_file(image, fd))
        return fd;
    close(fd);
    return -ENOENT;
}

int image_find_fde(const struct image *image, uint64_t vaddr, const struct cfi **tables,
                   struct fde *ret)
{
    struct fde fde;
    int found = cfi_find(&image->cfi, vaddr, ret);

    *tables = &image->cfi;
    if (found == -ENOENT && !cfi_find(&image->debug, vaddr, &fde)) {
        *tables = &image->debug;
        *ret = fde;
        return 0;
    }
    return found;
}

int image_open(const struct image *image)
{
    int fd;

    if (image->fd >= 0)
        return (fd = fcntl(image->fd, F_DUPFD_CLOEXEC, 0)) < 0 ? -errno : fd;
    if (image->parked)
        return reopen(image);
    fd = memfd_create("image", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, image->bytes, image->size) != (ssize_t)image->size) {
        close(fd);
        return -EIO;
    }
    return fd;
}

bool image_bytes(const struct image *image, uint64_t offset, void *buffer, size_t size)
{
    if (offset > image->size || size > image->size - offset)
        return false;
    if (image->bytes) {
        memcpy(buffer, image->bytes + offset, size);
        return true;
    }
    int fd = image->parked ? reopen(image) : image->fd;
    bool all = fd >= 0 && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
    if (image->parked && fd >= 0)
        close(fd);
    return all;
}

void image_window_init(struct image_window *window, const struct image *image)
{
    window->image = image;
    window->size = 0;
}

static bool is_in_window(const struct image_window *window, uint64_t offset, size_t size)
{
    return offset >= window->offset && offset - window->offset <= window->size &&
           size <= window->size - (offset - window->offset);
}

/* Puts it where it has these bytes, if it can have them. */
static void move_window(struct image_window *window, uint64_t offset, size_t size)
{
    const struct image *image = window->image;
    uint64_t start = offset - offset % sizeof(window->bytes);

    window->size = 0;
    if (offset > image->size || size > image->size - offset || size > sizeof(window->bytes))
        return;
    if (size > sizeof(window->bytes) - (offset - start))
        start = offset;
    uint64_t left = image->size - start;
    size_t wanted = left < sizeof(window->bytes) ? left : sizeof(window->bytes);
    if (!image_bytes(image, start, window->bytes, wanted))
        return;
    window->offset = start;
    window->size = wanted;
}

bool image_window_bytes(struct image_window *window, uint64_t offset, void *buffer, size_t size)
{
    if (window->image->bytes)
        return image_bytes(window->image, offset, buffer, size);
    if (!window->size || !is_in_window(window, offset, size))
        move_window(window, offset, size);
    if (!window->size || !is_in_window(window, offset, size)) /* too large, or the file shrank */
        return image_bytes(window->image, offset, buffer, size);
    memcpy(buffer, window->bytes + (offset - window->offset), size);
    return true;
}

uint8_t *image_read_bytes(const struct image *image, uint64_t offset, size_t size)
{
    if (!size || size > IMAGE_MEMORY_MAX || size > image->size)
        return NULL;
    uint8_t *bytes = malloc(size);
    if (bytes && image_bytes(image, offset, bytes, size))
        return bytes;
    free(bytes);
    return NULL;
}

bool image_has_endless_sections(const struct image *image)
{
    union {
        Elf64_Ehdr large;
        Elf32_Ehdr small;
    } header;

    if (!image_bytes(image, 0, &header, sizeof(header)))
        return false;
    return header.large.e_ident[EI_CLASS] == ELFCLASS64
               ? header.large.e_shoff && !header.large.e_shnum
               : header.small.e_shoff && !header.small.e_shnum;
}
