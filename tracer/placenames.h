/*
 * placenames.h - adds to a run the names and components of the functions at places.
 */
#ifndef SYSTRACE_PLACENAMES_H
#define SYSTRACE_PLACENAMES_H

#include "record/place.h"
#include "record/run.h"
#include "symbolizer/image/images.h"
#include "symbolizer/names/names.h"

struct place_names {
    struct run *run;
    const struct images *images;
    struct names_extent extent;
    /* There is nothing for this image, or not all: as of names.h. */
    void (*fail)(void *context, const struct image *image, enum names_result result, bool debug);
    void *context;
};

/* Names these places, sorted as place_list has them. What has a name already may get it again. 0 or
 * a negative errno. */
int place_names_add(const struct place_names *names, const struct place *places, size_t count);

#endif
