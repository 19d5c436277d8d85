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

/* Facts about the code of an image, kept with it, so that what was found for one process serves the
 * next: who learns them begins a struct with this. */
struct fact {
    void (*deinit)(struct fact *fact); /* NULL: it owns nothing */
};

enum fact_kind {
    FACT_LINKS,
    FACT_JUMPS,
    FACT_FUNCTIONS,
    FACT_PATHS,
    FACT_EXITS,
    FACT_RUNTIME,
    FACTS
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

    struct fact *facts[FACTS]; /* that others have learned of its code; NULL: nothing yet */
};

/* Between file offsets and link-time addresses, by the segments. False: in none of them. */
bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret);
bool image_offset(const struct image *image, uint64_t vaddr, uint64_t *ret);

/* Reads `size` bytes of the file at `offset`; false if they are not all there. */
bool image_bytes(const struct image *image, uint64_t offset, void *buffer, size_t size);

/* A piece of an image's file, for who reads many small things that lie near each other: one call of
 * the kernel has all of them. Only for as long as one such look takes, for files change. */
struct image_window {
    const struct image *image;
    uint64_t offset; /* of the bytes that are here */
    size_t size;
    uint8_t bytes[4096];
};

void image_window_init(struct image_window *window, const struct image *image);

/* image_bytes() through a window. */
bool image_window_bytes(struct image_window *window, uint64_t offset, void *buffer, size_t size);

enum { IMAGE_MEMORY_MAX = 256 << 20 }; /* largest image copied from memory, and largest table */

/* The same, to be freed; NULL if they are not there or too many. */
uint8_t *image_read_bytes(const struct image *image, uint64_t offset, size_t size);

/* The unwind entry that covers `vaddr`, and the tables that have it: 0, -ENOENT or -EINVAL as
 * cfi_find. */
int image_find_fde(const struct image *image, uint64_t vaddr, const struct cfi **tables,
                   struct fde *ret);

/* The function of Go's own table that holds a file offset, and the offset of its first byte. */
bool image_go_function(const struct image *image, uint64_t offset, struct go_function *ret,
                       uint64_t *start);

/*
 * Does the header say that there are more sections than it has room to say (e_shnum 0)? No linked
 * file has so many, but libelf believes it, and takes 232 bytes for each 64 of a file that may have
 * nothing but holes there.
 */
bool image_has_endless_sections(const struct image *image);

/* The facts of a kind, for which there are so many bytes: all 0 behind their beginning, if they are
 * new. NULL: no memory. Freed with the image. */
void *image_fact(struct image *image, enum fact_kind kind, size_t size,
                 void (*deinit)(struct fact *fact));

/* Is this the file of the image, and as it was when that was read? */
bool image_is_file(const struct image *image, int fd);

/* A descriptor on the image's bytes, for symbols_open; the caller closes it. Negative errno,
 * -ENOENT: the file is not to be had any more. */
int image_open(const struct image *image);

/* Frees it with all that it has; NULL is none. */
void image_destroy(struct image *image);

#endif
