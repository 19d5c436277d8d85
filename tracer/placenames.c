/* placenames.c - names places by Go's own tables, and all others by symbols and debug information.
 */
#include "placenames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/bisect.h"
#include "record/component.h"
#include "symbolizer/image/go/goinline.h"

/* What reading the symbols of one module may take, in time and memory. */
enum { NAMES_MILLISECONDS = 20000 };
static const uint64_t names_bytes = (uint64_t)4 << 30;

/* Where the functions inlined at a place are recorded. */
struct inlined_at {
    struct run *run;
    uint32_t module;
    uint64_t offset;
};

static int add_inlined(void *context, uint32_t position, const char *name)
{
    const struct inlined_at *at = context;
    char *component = name ? component_of_go(name) : strdup("");
    int result = component ? run_add_inlined(at->run, at->module, at->offset, position,
                                             name ? name : "[unknown]", component)
                           : -ENOMEM;
    free(component);
    return result;
}

/* The names that Go's own table has for a place. 0: none; 1: it is done; negative errno. */
static int name_go_place(struct run *run, const struct image *image, uint64_t place)
{
    struct inlined_at at = { run, image->number, place };
    uint64_t vaddr, offset;
    struct go_function function;

    if (!image_vaddr(image, place, &vaddr) || !go_table_find(&image->go, vaddr, &function) ||
        !function.stack_program || !image_offset(image, function.start, &offset))
        return 0;
    char *component = component_of_go(function.name);
    int result = component
                     ? run_add_symbol(run, image->number, offset, function.end - function.start,
                                      function.name, component, SOURCE_GO)
                     : -ENOMEM;
    free(component);
    if (!result)
        result = go_inlined(image, &function, vaddr, add_inlined, &at);
    return result < 0 ? result : 1;
}

/* The same for these offsets, ascending, of one module. Leaves only those that it has no name for.
 * 0 or a negative errno. */
static int name_go_places(struct run *run, const struct image *image, uint64_t *offsets,
                          size_t *count)
{
    size_t left = 0;

    for (size_t i = 0; i < *count; i++) {
        int result = image->go.count ? name_go_place(run, image, offsets[i]) : 0;
        if (result < 0)
            return result;
        if (!result)
            offsets[left++] = offsets[i];
    }
    *count = left;
    return 0;
}

/* The places of one module as a job, but for those that Go's table names. 0 or a negative errno. */
static int make_job(struct run *run, const struct image *image, const struct place *places,
                    uint64_t *offsets, size_t count, struct names_job *ret)
{
    size_t first = BISECT(i, count, places[i].module < image->number), end;

    for (end = first; end < count && places[end].module == image->number;)
        end++;
    *ret = (struct names_job){ image, offsets + first, end - first };
    return name_go_places(run, image, offsets + first, &ret->count);
}

/* Whose names are being looked up. */
struct naming {
    struct run *run;
    const struct place_names *names;
    const struct names_job *jobs;
};

static int add_name(void *context, size_t job, const struct symbol_name *name)
{
    const struct naming *naming = context;
    return run_add_symbol(naming->run, naming->jobs[job].image->number, name->offset, name->size,
                          name->name, name->component, name->source);
}

static int add_levels(void *context, size_t job, uint64_t offset, const struct level *levels,
                      size_t count)
{
    const struct naming *naming = context;
    uint32_t module = naming->jobs[job].image->number;
    int error = 0;

    for (uint32_t i = 0; i < count && !error; i++) {
        if (i + 1 < count)
            error = run_add_inlined(naming->run, module, offset, i, levels[i].name,
                                    levels[i].component);
        if (!error && levels[i].line)
            error = run_add_line(naming->run, module, offset, i, levels[i].file, levels[i].line);
    }
    return error;
}

static void note_failure(void *context, size_t job, enum names_result result, bool debug)
{
    const struct naming *naming = context;

    naming->names->fail(naming->names->context, naming->jobs[job].image, result, debug);
}

static int name_places(const struct place_names *names, const struct place *places,
                       uint64_t *offsets, size_t count, struct names_job *jobs)
{
    const struct images *images = names->images;
    const struct names_limits limits = { NAMES_MILLISECONDS, names_bytes };
    struct naming naming = { names->run, names, jobs };
    size_t wanted = 0;

    for (size_t i = 0; i < count; i++)
        offsets[i] = places[i].offset;
    for (size_t i = 0; i < images->count; i++) {
        int error = make_job(names->run, images->images[i], places, offsets, count, &jobs[wanted]);
        if (error)
            return error;
        wanted += jobs[wanted].count > 0;
    }
    return names_find(jobs, wanted, names->extent, &limits,
                      &(struct names_user){ add_name, add_levels, note_failure, &naming });
}

int place_names_add(const struct place_names *names, const struct place *places, size_t count)
{
    uint64_t *offsets = calloc(count + 1, sizeof(*offsets));
    struct names_job *jobs = calloc(names->images->count + 1, sizeof(*jobs));
    int result = -ENOMEM;

    if (offsets && jobs)
        result = name_places(names, places, offsets, count, jobs);
    free(offsets);
    free(jobs);
    return result;
}
