/*
 * images.h - all images of a run, each read once, and shared by every address space that maps it.
 */
#ifndef SYSTRACE_IMAGES_H
#define SYSTRACE_IMAGES_H

#include "symbolizer/image/image.h"

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

#endif
