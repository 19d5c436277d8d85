/*
 * reach.h - which functions of the runtime libraries the other images may leave to by a tail call,
 * straight or by way of other functions of the runtime libraries, and which images these are. A
 * call through a pointer that is found inside one of those may have named a function of such an
 * image, which left. Known of all images that an address space has had.
 */
#ifndef SYSTRACE_REACH_H
#define SYSTRACE_REACH_H

#include "symbolizer/image/images.h"

/* How it may be left to: */
enum {
    REACH_BY_JUMP = 1,    /* there is a jump; */
    REACH_BY_ADDRESS = 2, /* its address is known, and there may be a computed jump; */
    REACH_BY_POINTER =
        4, /* by a jump to a function of the library that goes on by a pointer of it */
};

struct reach {
    struct reach_member {
        struct image *image;
        bool runtime, followed;
    } * members; /* sorted by address */
    size_t member_count, member_capacity;
    struct reached {
        const struct image *image; /* NULL: any, */
        uint64_t vaddr;            /* where the function starts, or: */
#define REACH_ANY      UINT64_MAX
#define REACH_POINTERS (UINT64_MAX - 1) /* all that its data point to; they are here, too */
        struct image *by; /* who may leave to it; one of them, if there are `several` */
        bool several;
        unsigned ways; /* REACH_... */
    } * all;           /* sorted by image and vaddr */
    size_t count, capacity;
    bool unfollowed; /* images have come that have not been looked at */
};

void reach_deinit(struct reach *reach);

/* Adds an image, if it is not there. 0 or -ENOMEM. */
int reach_add(struct reach *reach, struct images *images, struct image *image);

/* Looks at what has been added. 1 if functions may be left to that were not before, or by others;
 * 0; -ENOMEM: all must be looked at again. */
int reach_follow(struct reach *reach, struct images *images);

/*
 * May a function of another image than `caller` (NULL: code of none) leave to the one at `vaddr`?
 * Where the caller may have parts, of which each is a library, its own jumps count, too. What a
 * runtime library calls through a pointer is nearly always its own: its streams' functions, which
 * all programs would reach by the pointers of the library; so these do not count then.
 */
bool reach_by_others(const struct reach *reach, struct images *images, const struct image *image,
                     uint64_t vaddr, struct image *caller);

/* Is it a runtime library? */
bool reach_is_runtime(const struct images *images, struct image *image);

/* May the image have parts? */
bool reach_may_have_parts(struct images *images, struct image *image);

#endif
