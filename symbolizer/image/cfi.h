/*
 * cfi.h - finds the frame description entry (FDE) that covers an address, in the .eh_frame of one
 * ELF image, by the sorted table of .eh_frame_hdr (LSB Core, "Exception Frames"). It answers which
 * function's unwind information holds a pc, and whether there is any. The bytes are untrusted:
 * every access is bounds-checked, and what libunwind might read otherwise than we do is refused.
 */
#ifndef SYSTRACE_CFI_H
#define SYSTRACE_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of an image's bytes, as it lies in the file and at its link-time address. */
struct section {
    uint8_t *bytes; /* owned */
    size_t size;
    uint64_t vaddr;
};

/* Addresses are link-time addresses (vaddr) throughout. */
struct cfi {
    struct section header; /* .eh_frame_hdr; bytes NULL: the image has none */
    struct section frames; /* .eh_frame */
    size_t table;          /* offset of the search table in the header */
    size_t
        count; /* its entries, sorted by address: { int32 start, int32 fde }, from header.vaddr */
};

/* A piece of a section's bytes. */
struct span {
    const uint8_t *bytes;
    size_t size;
};

/* What an entry says of its code: instructions that cfiprogram.h runs. */
struct cfi_program {
    uint64_t code_align;
    int64_t data_align;
    struct span common, own; /* those of the CIE come first */
};

struct fde {
    uint64_t start, end;  /* the code it covers, usually one function */
    bool signal;          /* a signal frame (augmentation 'S') */
    bool handlers;        /* exceptions may lead to anywhere in it (augmentation 'L') */
    uint64_t table_entry; /* vaddr of its entry in the search table */
    struct cfi_program program;
};

/* The vaddr of .eh_frame that a header names. 0, or -EINVAL for a header that we cannot use. */
int cfi_frames_vaddr(const struct section *header, uint64_t *ret);

/* Takes over both sections (also on failure). 0; -EINVAL: no usable search table,
 * or an empty one. */
int cfi_init(struct cfi *cfi, struct section header, struct section frames);
/* The same for an image without .eh_frame_hdr (a static program's): its search table is made here,
 * from the entries up to the first malformed one. -ENOMEM too. */
int cfi_init_without_header(struct cfi *cfi, struct section frames);
void cfi_deinit(struct cfi *cfi);

/* The entry that covers `vaddr`. 0; -ENOENT: none does, and *ret is the one before it, if any (end
 * 0: none); -EINVAL: malformed. */
int cfi_find(const struct cfi *cfi, uint64_t vaddr, struct fde *ret);

/* The lowest start of an entry above `vaddr`; UINT64_MAX if there is none. */
uint64_t cfi_next_start(const struct cfi *cfi, uint64_t vaddr);

/*
 * The 8 bytes at `vaddr`, as far as either section has them, else zeros; false if it has none. For
 * libunwind, which reads aligned words: at the edges of a section they must not have bytes of
 * whatever the process has put there.
 */
bool cfi_word(const struct cfi *cfi, uint64_t vaddr, uint64_t *ret);

#endif
