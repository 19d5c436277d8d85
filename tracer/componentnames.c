/* componentnames.c - finds the places on new stacks that need a name, and has them named. */
#include "componentnames.h"

#include <stdlib.h>

#include "diag.h"
#include "placenames.h"
#include "record/array.h"
#include "record/library.h"

void component_names_init(struct component_names *names, const struct options *options,
                          struct run *run, const struct images *images)
{
    *names = (struct component_names){
        .run = run,
        .images = images,
        .options = options,
        .rules = options->policy ? &options->rules : NULL,
    };
}

void component_names_deinit(struct component_names *names)
{
    free(names->modules);
    free(names->places);
    slots_deinit(&names->by_place);
}

/* ---- Modules ---- */

static struct split_module judge_module(const struct component_names *names, size_t number)
{
    struct library_names texts;

    if (library_names_init(&texts, &names->run->modules[number], ""))
        die("out of memory");
    bool split = compartments_split(&names->rules->compartments, &texts);
    library_names_deinit(&texts);
    return (struct split_module){ .split = split, .by_rules = split };
}

static void list_modules(struct component_names *names)
{
    const size_t count = names->run->module_count;

    if (names->module_count == count)
        return;
    struct split_module *modules = reallocarray(names->modules, count, sizeof(*modules));
    if (!modules)
        die("out of memory");
    names->modules = modules;
    for (; names->module_count < count; names->module_count++)
        modules[names->module_count] = judge_module(names, names->module_count);
}

bool component_names_has(const struct component_names *names, uint32_t module)
{
    return module < names->module_count && names->modules[module].by_rules;
}

/* Where runtime libraries have an owner, what makes a call itself may have one of them in it. */
static bool split_issuer(struct component_names *names, uint32_t stack)
{
    const struct run *run = names->run;
    const struct frame *frame = &run->stacks.stacks[stack].frame;
    const struct library_run modules = { run->modules, run->module_count };

    if (stack < STACK_ENDS || frame->module < MODULE_FIRST || names->modules[frame->module].split ||
        !rules_runtime(names->rules) ||
        library_is_runtime(&names->options->outputs.table_options.runtime, &modules,
                           &run->modules[frame->module]))
        return false;
    names->modules[frame->module].split = true;
    names->stacks = 0;
    return true;
}

/* ---- Places ---- */

/* Is it to be named? */
static bool is_new(const struct component_names *names, const struct place *place)
{
    const uint64_t key = slots_mix(slots_mix(0, place->module), place->offset);

    return names->modules[place->module].split && !names->modules[place->module].unreadable &&
           SLOTS_FIND(i, &names->by_place, key, !place_compare(&names->places[i], place)) ==
               SLOTS_NONE;
}

/* By the symbol of a function that another place is in, beside which there is nothing to be known:
 * what was inlined where, Go's tables say, and debug information if that is asked for. */
static bool is_named(const struct component_names *names, const struct place *place)
{
    const struct symbol *symbol =
        names->options->inlines ? NULL : run_find_symbol(names->run, place->module, place->offset);

    return symbol && symbol->source != SOURCE_GO;
}

static void add_place(struct component_names *names, const struct frame *frame)
{
    const struct place place = { frame->module, frame->offset };
    const uint64_t key = slots_mix(slots_mix(0, place.module), place.offset);

    if (!is_new(names, &place) || is_named(names, &place))
        return;
    if (!ARRAY_ROOM(names->places, names->place_count, names->place_capacity) ||
        slots_add(&names->by_place, key, (uint32_t)names->place_count))
        die("out of memory");
    names->places[names->place_count++] = place;
}

static void note_failure(void *context, const struct image *image, enum names_result result,
                         bool debug)
{
    struct component_names *names = context;

    (void)debug;
    names->modules[image->number].unreadable |= result != NAMES_ELSEWHERE;
}

static void name_places(struct component_names *names, size_t first)
{
    const struct place_names user = {
        .run = names->run,
        .images = names->images,
        .extent = { names->options->inlines, false },
        .fail = note_failure,
        .context = names,
    };
    const size_t count = names->place_count - first;
    struct place *places = calloc(count + 1, sizeof(*places));

    if (!places)
        die("out of memory");
    memcpy(places, names->places + first, count * sizeof(*places));
    qsort(places, count, sizeof(*places), place_compare);
    if (place_names_add(&user, places, count))
        die("out of memory");
    free(places);
}

bool component_names_add(struct component_names *names, uint32_t stack)
{
    const size_t known = names->place_count;

    if (!names->rules)
        return false;
    list_modules(names);
    bool split = split_issuer(names, stack);
    for (; names->stacks <= stack; names->stacks++)
        if (names->stacks >= STACK_ENDS)
            add_place(names, &names->run->stacks.stacks[names->stacks].frame);
    if (names->place_count > known)
        name_places(names, known);
    return split;
}
