/*
 * space.h - one address space: which executable memory belongs to which image, and what has been
 * learned of addresses in it. Shared by all tracees that share memory; replaced by execve. A fork's
 * copy shares the knowledge (struct code) until one of the two changes its map.
 */
#ifndef SYSTRACE_SPACE_H
#define SYSTRACE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/slots.h"
#include "symbolizer/processor/callcode.h"
#include "symbolizer/unwind/codepages.h"
#include "symbolizer/unwind/codepath.h"
#include "symbolizer/unwind/former.h"
#include "symbolizer/image/images.h"
#include "symbolizer/unwind/memo.h"
#include "symbolizer/image/target.h"
#include "symbolizer/unwind/trail.h"

/* One executable mapping. */
struct region {
    uint64_t start, end;
    uint64_t offset; /* in the file */
    uint64_t device, inode;
    struct image *image; /* NULL: [anon] */
    uint64_t pending;    /* it has one, which is being fetched */
    uint64_t
        writable; /* its code may change at any time (no bool: regions are compared bytewise) */
};

/* How to step outwards where no unwind entry says it (guess.c): by the code from the start of the
 * function on, and from here to where it returns. */
struct guesses {
    struct guess_entry {
        uint64_t start; /* of the function that may be the one here, vaddr */
        struct codepath path;
    } entries[4];
    size_t entry_count;
    bool entries_known;
    struct codepath exits[8];
    size_t exit_count;
    bool exits_known; /* all of them, */
    uint8_t code[64]; /* for the code that begins so, as far as it can be read */
    size_t code_size;
};

/* What is known of the code at one address; cached, so kept as plain facts. Addresses are the
 * process's. */
struct site {
    uint64_t address;
    struct image *image; /* NULL: [anon] */
    uint64_t offset;     /* file offset; the address itself in [anon] */
    uint64_t bias;       /* address - vaddr; 0 where that is not known */
    uint64_t start, end; /* the function around it: the range of its unwind entry; 0: none */
    enum {
        SITE_COVERED, /* by an unwind entry */
        /* By none, but one ends right here: in glibc's clone, clone3 and vfork it does so before
         * the `syscall` ("because in the child the unwind info will be wrong"), after which control
         * is where that entry's last row says. `start` and `end` are of that entry. */
        SITE_AT_END,
        SITE_ENTRY, /* in the start code, which has none: the outermost frame */
        SITE_NO_CFI,
        SITE_BAD_CFI,
    } cfi;
    struct row row;           /* how to step outwards from here, if COVERED or AT_END */
    const struct cfi *tables; /* of the image, that have the entry */
    bool entry;               /* in the function at e_entry */
    bool signal;              /* in a signal frame's trampoline */
    bool uncalled; /* its return address is no call's, but that of the instruction that runs next */
    bool go;       /* by Go's own table */
    struct guesses *guesses; /* NULL until asked for */
    bool writable;           /* the code may change at any time */

    /* If it is the last byte of a call: what the call names, as far as that is fixed. */
    bool call_known;
    bool is_call;
    bool by_pointer;   /* by a register or a variable: it may have named any function, */
    uint64_t variable; /* this one, which has another value at another time; 0: not known */
    uint64_t stub;     /* the PLT stub that it calls; 0: none */
    uint64_t target;   /* 0: not known */
    uint64_t callee;   /* the target if it is known to be a function; else 0 */
    const struct image *callee_image;
    uint64_t callee_offset;
};

enum { IDLE_MAX = 32 }; /* the last of them */

struct code {
    unsigned references;
    struct region *regions; /* sorted by address, disjoint */
    size_t region_count;
    struct formers formers; /* regions of files that are no more */
    /* Memory of no file that was executable and is not at present: JIT compilers take the right
     * away while they write there, and return to it later. */
    struct idle {
        uint64_t start, end;
    } idle[IDLE_MAX];
    size_t idle_count;
    struct site **sites;
    size_t site_count, site_capacity;
    struct slots site_slots; /* by address */
    /* Where there may be code, by the megabyte, to tell fast where there is none. */
    uint64_t megabytes[64];
    bool megabytes_known;
    uint64_t pages_owner; /* as which it reads its code (codepages.h) */
    struct memo memo;
    struct trails trails;
    bool has_names; /* there are names in their stacks, or would be, of code made at run time, */
    uint64_t names_version; /* which are of this version */
    /* What tails.c has decided; NULL until needed. And how it is freed, and whether it rests on
     * that none of the images was there that are only in `next`. */
    struct tails *tails;
    const struct tails_user {
        void (*destroy)(struct tails *tails);
        bool (*disturbed)(struct images *images, const struct code *code, const struct code *next);
    } * tails_user;
};

struct space {
    bool stale; /* anything in the map may have changed since it was read; else only here: */
    struct range {
        uint64_t start, end; /* empty: nowhere */
    } changed;
    int error; /* of the last attempt to read the map; 0 */
    struct code *code;
};

/* Keeps `code`, and the sites in it, alive beside its address space. */
struct code *code_ref(struct code *code);
void code_unref(struct code *code);

/* A new address space, with a map that must be read. NULL: no memory. */
struct space *space_create(void);
/* The copy that fork makes of it. NULL: no memory. */
struct space *space_fork(const struct space *space);
void space_destroy(struct space *space);

/* Forgets what stacks were walked to, for code that is made at run time has other names now:
 * `version` of them (target.h). */
void space_forget_stacks(struct space *space, uint64_t version);

/* Executable mappings in [start, start + size) may have changed, and the code in them; size 0:
 * mappings anywhere. */
void space_changed(struct space *space, uint64_t start, uint64_t size);

/* Reads the map again, where it has changed. 0; negative errno (kept in space->error: the old map
 * stays).
 */
int space_update(struct space *space, struct images *images, const struct target *target);

/* The executable mapping that holds an address, or NULL. */
const struct region *space_find(const struct space *space, uint64_t address);

/* Is the memory of no file, that was executable and is not at present? */
bool space_is_idle(const struct space *space, uint64_t address);

/* Does it point to executable memory, or right behind it, as a return address does? */
bool space_has_code(const struct space *space, uint64_t word);

/* The first of so many words that may do so, judged by the megabyte; `count`: none. */
size_t space_find_code(const struct space *space, const uint64_t *words, size_t count);

/* Does [start, start + size) overlap an executable mapping? */
bool space_overlaps(const struct space *space, uint64_t start, uint64_t size);

#endif
