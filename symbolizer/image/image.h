/*
 * image.h - one ELF file as the tracer knows it: identity, segments and unwind tables, read once
 * and shared by every address space that maps it. Files are read with pread(2), never mapped: a
 * program may truncate its own files, and that must not be our SIGBUS.
 */
#ifndef SYSTRACE_IMAGE_H
#define SYSTRACE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "symbolizer/image/cfi.h"
#include "symbolizer/image/go/gotable.h"
#include "symbolizer/image/maps.h"
#include "record/module.h"
#include "symbolizer/image/row.h"
#include "symbolizer/image/target.h"

/* One PT_LOAD. */
struct segment {
    uint64_t offset, vaddr, size; /* size in the file */
    bool executable;
};

struct image {
    struct module module; /* what results say of it; `loads` is counted here */
    uint32_t number;      /* of its module in the run, given by images.add_module */

    /* Key: the file as /proc/PID/maps names it. An open `fd` keeps the inode number from being
     * reused. */
    uint64_t device, inode;
    char *maps_path;

    /* Where its bytes are: a file, or (vDSO, deleted, memfd) a copy taken from memory. */
    int fd;
    bool parked;      /* the file was closed again, for too many are open */
    bool copied;      /* fd is of a copy of the file, which may be older than what is mapped */
    struct stat file; /* of fd when it was read: shows a later change */
    uint8_t *bytes;
    size_t size;
    uint64_t base; /* of a copy: where the beginning of the file was */

    struct segment *segments;
    size_t segment_count;
    uint64_t entry;                        /* e_entry, vaddr */
    uint64_t dynamic_offset, dynamic_size; /* of PT_DYNAMIC in the file; 0: none is known */
    uint64_t relro_start,
        relro_end;    /* PT_GNU_RELRO, vaddr: read-only once the loader has relocated it */
    struct cfi cfi;   /* count 0: no unwind tables */
    struct cfi debug; /* of .debug_frame, for code that has none of those */
    struct rows rows;
    bool is_go;         /* a note says that Go's linker made it */
    struct go_table go; /* count 0: no Go code */

    struct links *links; /* links.h; NULL until asked for */
    /* What others have learned of its code, and how that is freed; NULL: nothing. */
    struct learned *learned;
    void (*forget)(struct learned *learned);
};

/* All images of a run. */
struct images {
    struct image **images;
    size_t count, capacity;
    size_t open;   /* how many have an fd */
    uint64_t held; /* bytes of unwind tables and copies that they keep */
    /* Gives a module its number in the run; negative errno on failure. */
    int64_t (*add_module)(void *context, const struct module *module);
    void *context;
};

void images_init(struct images *images, int64_t (*add_module)(void *context, const struct module *),
                 void *context);
void images_deinit(struct images *images);

/*
 * The image of an executable mapping, read now if it is new. 1 and *ret; 0 if the memory is no ELF
 * file; -EINPROGRESS: ask again later; -ENOMEM. Files are only believed if they are the mapped one
 * (device and inode, else build-id); failing that, the image is read from the memory of the
 * process.
 */
int images_load(struct images *images, const struct target *target, const struct mapping *mapping,
                struct image **ret);

/* May anything more be kept of images? It is added to images->held. */
bool images_have_room(const struct images *images);

/* Between file offsets and link-time addresses, by the segments. False: in none of them. */
bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret);
bool image_offset(const struct image *image, uint64_t vaddr, uint64_t *ret);

/* Reads `size` bytes of the file at `offset`; false if they are not all there. */
bool image_bytes(const struct image *image, uint64_t offset, void *buffer, size_t size);

/* The unwind entry that covers `vaddr`, and the tables that have it: 0, -ENOENT or -EINVAL as
 * cfi_find. */
int image_find_fde(const struct image *image, uint64_t vaddr, const struct cfi **tables,
                   struct fde *ret);

/*
 * Does the header say that there are more sections than it has room to say (e_shnum 0)? No linked
 * file has so many, but libelf believes it, and takes 232 bytes for each 64 of a file that may have
 * nothing but holes there.
 */
bool image_has_endless_sections(const struct image *image);

/* A descriptor on the image's bytes, for symbols_open; the caller closes it. Negative errno,
 * -ENOENT: the file is not to be had any more. */
int image_open(const struct image *image);

#endif
