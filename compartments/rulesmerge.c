/* rulesmerge.c - the union of files of rules, in an order of its own; and what they contradict each
 * other in. */
#include "rulesmerge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is made, and of what. */
struct merge {
    struct rules rules;
    const struct rules *files;
    size_t count;
    char *error;
};

static bool same_action(const struct rules_action *one, const struct rules_action *other)
{
    return one->kind == other->kind && one->error == other->error;
}

/* ---- What all say, or none ---- */

static const char *owner_of(const struct rules *rules)
{
    const struct rules_compartment *owner = rules_runtime(rules);

    return owner ? owner->name : "";
}

static int check_file(struct merge *merge, const struct rules *file)
{
    const struct rules *first = &merge->files[0];
    const size_t owner = file->compartments.owner;

    if (!same_action(&file->action, &first->action))
        return yamlfile_fail_at(
            file->file, &file->action_place, merge->error, "'default-action' is %s, and %s in %s",
            rules_action_name(&file->action), rules_action_name(&first->action), first->file);
    if (file->deny_unknown != first->deny_unknown)
        return yamlfile_fail_at(file->file, &file->unknown_place, merge->error,
                                "'unknown-action' is not as in %s", first->file);
    if (strcmp(owner_of(file), owner_of(first)) != 0)
        return yamlfile_fail_at(file->file,
                                owner == COMPARTMENT_NONE ? &file->compartments.place
                                                          : &file->compartments.all[owner].place,
                                merge->error, "'runtime' is not as in %s", first->file);
    return 0;
}

/* ---- Compartments ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds each name once, in order. */
static int add_names(struct merge *merge, const char **names, size_t count)
{
    int result = 0;

    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count && !result; i++)
        if (!i || strcmp(names[i - 1], names[i]) != 0)
            result = compartments_add(&merge->rules.compartments, names[i], false);
    merge->rules.all = calloc(count + 1, sizeof(*merge->rules.all));
    if (!merge->rules.all)
        return -ENOMEM;
    for (size_t i = 0; i < merge->rules.compartments.count; i++)
        merge->rules.all[i].name = merge->rules.compartments.all[i].name;
    return result;
}

static int list_compartments(struct merge *merge)
{
    size_t count = 0, named = 0;

    for (size_t i = 0; i < merge->count; i++)
        count += merge->files[i].compartments.count;
    const char **names = calloc(count + 1, sizeof(*names));
    if (!names)
        return -ENOMEM;
    for (size_t i = 0; i < merge->count; i++)
        for (size_t j = 0; j < merge->files[i].compartments.count; j++)
            names[named++] = merge->files[i].all[j].name;
    int result = add_names(merge, names, count);
    free(names);
    return result;
}

static void add_calls(struct callset *to, const struct callset *from)
{
    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (size_t i = 0; i < CALLSET_NUMBERS / 64; i++)
            to->bits[abi][i] |= from->bits[abi][i];
    to->beyond |= from->beyond;
}

/* In their order; one that is new has no calls yet. NULL: no memory. */
static struct rules_phase *find_phase(struct rules_compartment *compartment, const char *name)
{
    size_t at = 0;

    while (at < compartment->phase_count && strcmp(compartment->phases[at].name, name) < 0)
        at++;
    if (at < compartment->phase_count && !strcmp(compartment->phases[at].name, name))
        return &compartment->phases[at];
    struct rules_phase *phases =
        reallocarray(compartment->phases, compartment->phase_count + 1, sizeof(*phases));
    char *copy = phases ? strdup(name) : NULL;
    compartment->phases = phases ? phases : compartment->phases;
    if (!copy)
        return NULL;
    memmove(&phases[at + 1], &phases[at], (compartment->phase_count++ - at) * sizeof(*phases));
    phases[at] = (struct rules_phase){ .name = copy };
    return &phases[at];
}

static int add_default(struct merge *merge, const struct rules *file, size_t number, size_t into)
{
    struct compartments *compartments = &merge->rules.compartments;

    if (!file->compartments.all[number].is_default)
        return 0;
    if (compartments->fallback != COMPARTMENT_NONE && compartments->fallback != into)
        return yamlfile_fail_at(file->file, &file->compartments.all[number].place, merge->error,
                                "'%.80s' is the default, and '%.80s' in another file",
                                file->all[number].name,
                                compartments->all[compartments->fallback].name);
    compartments->fallback = into;
    compartments->all[into].is_default = true;
    return 0;
}

/* The place of what is made is nowhere as long as no file had it. */
static int add_compartment(struct merge *merge, const struct rules *file, size_t number)
{
    const struct rules_compartment *from = &file->all[number];
    const size_t into = compartments_find(&merge->rules.compartments, from->name);
    struct rules_compartment *to = &merge->rules.all[into];
    struct yamlfile_place *place = &merge->rules.compartments.all[into].place;

    if (place->line && !same_action(&to->action, &from->action))
        return yamlfile_fail_at(file->file, &file->compartments.all[number].place, merge->error,
                                "'action' of '%.80s' is %s, and %s in another file", from->name,
                                rules_action_name(&from->action), rules_action_name(&to->action));
    *place = file->compartments.all[number].place;
    to->action = from->action;
    if (file->compartments.owner == number)
        merge->rules.compartments.owner = into;
    add_calls(&to->allow, &from->allow);
    for (size_t i = 0; i < from->phase_count; i++) {
        struct rules_phase *phase = find_phase(to, from->phases[i].name);
        if (!phase)
            return -ENOMEM;
        add_calls(&phase->allow, &from->phases[i].allow);
    }
    return add_default(merge, file, number, into);
}

/* ---- Libraries ---- */

static int add_library(struct merge *merge, const struct rules *file,
                       const struct compartment_library *library)
{
    struct compartments *compartments = &merge->rules.compartments;
    const size_t into = compartments_find(compartments, file->all[library->compartment].name);

    for (size_t i = 0; i < compartments->library_count; i++) {
        const struct compartment_library *other = &compartments->libraries[i];
        if (other->compartment == into && !strcmp(other->name, library->name))
            return 0;
        if (other->compartment != into && compartment_globs_meet(other->name, library->name))
            return yamlfile_fail_at(file->file, &library->place, merge->error,
                                    "'%.80s' of '%.80s' may be of '%.80s' too, by '%.80s'",
                                    library->name, compartments->all[into].name,
                                    compartments->all[other->compartment].name, other->name);
    }
    return compartments_add_library(compartments, into, library->name);
}

static int compare_libraries(const void *a, const void *b)
{
    const struct compartment_library *one = a, *other = b;

    if (one->compartment != other->compartment)
        return one->compartment < other->compartment ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* ---- Files ---- */

static int add_file(struct merge *merge, const struct rules *file)
{
    int result = check_file(merge, file);

    for (size_t i = 0; i < file->compartments.count && !result; i++)
        result = add_compartment(merge, file, i);
    for (size_t i = 0; i < file->compartments.library_count && !result; i++)
        result = add_library(merge, file, &file->compartments.libraries[i]);
    return result;
}

int rules_merge(struct rules *ret, const struct rules *files, size_t count,
                char error[static YAMLFILE_ERROR_MAX])
{
    struct merge merge = { .files = files, .count = count, .error = error };

    compartments_init(&merge.rules.compartments);
    merge.rules.file = files[0].file;
    merge.rules.action = files[0].action;
    merge.rules.deny_unknown = files[0].deny_unknown;
    int result = list_compartments(&merge);
    for (size_t i = 0; i < count && !result; i++)
        result = add_file(&merge, &files[i]);
    if (result) {
        rules_deinit(&merge.rules);
        return result == -ENOMEM ? yamlfile_no_memory(files[0].file, error) : result;
    }
    if (merge.rules.compartments.library_count)
        qsort(merge.rules.compartments.libraries, merge.rules.compartments.library_count,
              sizeof(struct compartment_library), compare_libraries);
    *ret = merge.rules;
    return 0;
}
