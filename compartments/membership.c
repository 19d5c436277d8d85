/* membership.c - libraries and calls in compartments. */
#include "membership.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/component.h"
#include "record/escape.h"
#include "report/glob.h"

static const struct module *module_of(const struct callers *callers, uint32_t library)
{
    return &callers->run->modules[callers->libraries[library].module];
}

static int names_init(struct library_names *names, const struct callers *callers, uint32_t library)
{
    return library_names_init(names, module_of(callers, library),
                              callers->libraries[library].component);
}

char *membership_library_name(const struct callers *callers, uint32_t library)
{
    struct library_names names;
    char *text = NULL;

    if (names_init(&names, callers, library))
        return NULL;
    if (asprintf(&text, "%s%s%s", names.name, *names.component ? "//" : "", names.component) < 0)
        text = NULL;
    library_names_deinit(&names);
    return text;
}

/* ---- Libraries ---- */

/* Where it was declared, for a message. */
static const char *line_of(const struct compartment_library *library, char buffer[static 32])
{
    snprintf(buffer, 32, " (line %zu)", library->place.line);
    return library->place.line ? buffer : "";
}

static int fail_twice(const struct compartments *compartments, const struct library_names *names,
                      const struct compartment_library *one,
                      const struct compartment_library *other, char *error)
{
    char line[32];

    return yamlfile_fail_at(compartments->file, &other->place, error,
                            "%.80s%s%.80s is in two compartments: '%.60s' by '%.60s'%s and "
                            "'%.60s' by '%.60s'",
                            names->name, *names->component ? "//" : "", names->component,
                            compartments->all[one->compartment].name, one->name, line_of(one, line),
                            compartments->all[other->compartment].name, other->name);
}

/* In this way. 0, and the index or COMPARTMENT_NONE. */
static int find_by(const struct compartments *compartments, const struct library_names *names,
                   enum compartment_match by, size_t *ret, char *error)
{
    const struct compartment_library *found = compartments_match(compartments, names, by, NULL);

    for (const struct compartment_library *next = found; next;
         next = compartments_match(compartments, names, by, next))
        if (next->compartment != found->compartment)
            return fail_twice(compartments, names, found, next, error);
    *ret = found ? found->compartment : COMPARTMENT_NONE;
    return 0;
}

static int find_named(const struct compartments *compartments, const struct library_names *names,
                      size_t *ret, char *error)
{
    int result = 0;

    *ret = COMPARTMENT_NONE;
    for (int by = 0; by < MATCH_COUNT && !result && *ret == COMPARTMENT_NONE; by++)
        result = find_by(compartments, names, (enum compartment_match)by, ret, error);
    return result;
}

/* A compartment, or MEMBER_LOADER. */
static int find(const struct compartments *compartments, const struct callers *callers,
                uint32_t library, const struct library_names *names, uint32_t *ret, char *error)
{
    const char *component = callers->libraries[library].component;
    size_t found;

    if (!strcmp(component, COMPONENT_UNKNOWN) && compartments_split(compartments, names)) {
        *ret = MEMBER_UNKNOWN;
        return 0;
    }
    int result = find_named(compartments, names, &found, error);

    if (!result && found == COMPARTMENT_NONE && callers_is_runtime(callers, library)) {
        found = compartments->owner;
        if (found == COMPARTMENT_NONE && library_is_loader(module_of(callers, library))) {
            *ret = MEMBER_LOADER;
            return 0;
        }
    }
    if (!result && found == COMPARTMENT_NONE)
        found = compartments->fallback;
    if (!result && found == COMPARTMENT_NONE)
        return yamlfile_fail_at(compartments->file, &compartments->place, error,
                                "%.80s is in no compartment, and none is the default ('default: "
                                "true')",
                                names->name);
    *ret = (uint32_t)found;
    return result;
}

/* Those that ask for something; or, where runtime libraries have an owner, make a call for others.
 * The others are in no rules. */
static bool *find_active(const struct callers *callers, bool owned)
{
    const struct run *run = callers->run;
    bool *active = calloc(callers->library_count + 1, sizeof(*active));

    for (size_t i = 0; active && i < run->count_count; i++) {
        const struct caller *caller = callers_known(callers, run->counts[i].stack);
        active[caller->library] = true;
        active[caller->issuer] |= owned;
    }
    for (uint32_t i = 0; active && i < callers->library_count; i++)
        active[i] &= callers->libraries[i].module != MODULE_START &&
                     callers->libraries[i].module != MODULE_UNKNOWN;
    return active;
}

static int find_all(struct membership *membership, const bool *active, char *error)
{
    const struct callers *callers = membership->callers;
    struct library_names names;
    int result = 0;

    for (uint32_t i = 0; i < callers->library_count && !result; i++) {
        membership->of_library[i] = MEMBER_UNKNOWN;
        if (!active[i])
            continue;
        result = names_init(&names, callers, i);
        if (result)
            break;
        result =
            find(membership->compartments, callers, i, &names, &membership->of_library[i], error);
        library_names_deinit(&names);
    }
    return result;
}

int membership_init(struct membership *membership, const struct compartments *compartments,
                    const struct callers *callers, char error[static YAMLFILE_ERROR_MAX])
{
    bool *active = find_active(callers, compartments->owned);
    int result = -ENOMEM;

    *membership = (struct membership){
        .compartments = compartments,
        .callers = callers,
        .of_library = calloc(callers->library_count + 1, sizeof(*membership->of_library)),
    };
    if (active && membership->of_library)
        result = find_all(membership, active, error);
    free(active);
    if (result == -ENOMEM)
        snprintf(error, YAMLFILE_ERROR_MAX, "%s", strerror(ENOMEM));
    if (result)
        membership_deinit(membership);
    return result;
}

void membership_deinit(struct membership *membership)
{
    free(membership->of_library);
    *membership = (struct membership){ 0 };
}

/* ---- Calls ---- */

static bool is_of_start(const struct run *run, uint32_t stack)
{
    const struct stack *s = &run->stacks.stacks[stack];

    return s->depth == 1 && s->frame.module == MODULE_START;
}

uint32_t membership_of_stack(const struct membership *membership, uint32_t stack)
{
    const struct callers *callers = membership->callers;
    const struct caller *caller = callers_known(callers, stack);

    if (is_of_start(callers->run, stack))
        return MEMBER_START;
    if (membership->compartments->owner != COMPARTMENT_NONE &&
        callers_is_runtime(callers, caller->issuer))
        return membership->of_library[caller->issuer];
    return membership->of_library[caller->library];
}

/* ---- Declarations without a file ---- */

static int declare(struct compartments *compartments, const char *name, bool is_default,
                   char *error)
{
    if (compartments_find(compartments, name) == COMPARTMENT_NONE)
        return compartments_add(compartments, name, is_default);
    snprintf(error, YAMLFILE_ERROR_MAX, "two compartments are called '%.80s'", name);
    return -EINVAL;
}

static int declare_groups(struct compartments *compartments, const struct library_groups *groups,
                          char *error)
{
    int result = 0;

    for (size_t i = 0; i < groups->count && !result; i++) {
        result = declare(compartments, groups->groups[i].name, false, error);
        for (char **glob = groups->groups[i].globs; *glob && !result; glob++)
            result = compartments_add_library(compartments, i, *glob);
    }
    return result;
}

/* What matches this name alone, also if the file has wildcards in it. NULL: no memory. */
static char *make_glob(const char *label)
{
    bool wild = strpbrk(label, "*?") || (*label != '[' && strchr(label, '['));

    return wild ? glob_quote(label) : strdup(label);
}

static int declare_label(struct compartments *compartments, const char *label, char *error)
{
    char *glob = make_glob(label);
    int result = glob ? declare(compartments, label, false, error) : -ENOMEM;

    if (!result)
        result = compartments_add_library(compartments, compartments->count - 1, glob);
    free(glob);
    return result;
}

/* Unless one of the groups has it. Files of one name are one. */
static int declare_library(struct compartments *compartments, const struct callers *callers,
                           uint32_t library, char *error)
{
    struct library_names names;
    size_t compartment;
    char *label = membership_library_name(callers, library);
    int result = label ? names_init(&names, callers, library) : -ENOMEM;

    if (!result) {
        result = find_named(compartments, &names, &compartment, error);
        library_names_deinit(&names);
    }
    if (!result && compartment == COMPARTMENT_NONE)
        result = declare_label(compartments, label, error);
    free(label);
    return result;
}

static int declare_each(struct compartments *compartments, const struct callers *callers,
                        char *error)
{
    bool *active = find_active(callers, compartments->owned);
    int result = active ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < callers->library_count && !result; i++)
        if (active[i])
            result = declare_library(compartments, callers, i, error);
    free(active);
    return result;
}

int membership_declare(struct compartments *compartments, const struct callers *callers,
                       const struct library_groups *groups, bool together,
                       char error[static YAMLFILE_ERROR_MAX])
{
    int result = declare_groups(compartments, groups, error);

    if (!result)
        result = together ? declare(compartments, "others", true, error)
                          : declare_each(compartments, callers, error);
    if (result == -ENOMEM)
        snprintf(error, YAMLFILE_ERROR_MAX, "%s", strerror(ENOMEM));
    return result;
}

/* ---- The owner of runtime libraries ---- */

static int find_libc(const struct compartments *compartments, const struct callers *callers,
                     size_t *ret, char *error)
{
    struct library_names names;
    int result = 0;

    *ret = COMPARTMENT_NONE;
    for (uint32_t i = 0; i < callers->library_count && !result && *ret == COMPARTMENT_NONE; i++) {
        if (!callers_is_runtime(callers, i) || !library_is_libc(module_of(callers, i)))
            continue;
        result = names_init(&names, callers, i);
        if (result)
            break;
        result = find_named(compartments, &names, ret, error);
        library_names_deinit(&names);
    }
    return result;
}

/* One of that name that does not own them would be taken for it. */
static int declare_owner(struct compartments *compartments, char *error)
{
    static const char name[] = "runtime";
    const size_t former = compartments_find(compartments, name);

    if (former != COMPARTMENT_NONE)
        return yamlfile_fail_at(compartments->file, &compartments->all[former].place, error,
                                "'%s' is the compartment that is to own the runtime libraries: "
                                "give this one another name, or say 'runtime: owned' of one",
                                name);
    compartments->owner = compartments->count;
    return compartments_add(compartments, name, false);
}

int membership_choose_owner(struct compartments *compartments, const struct callers *callers,
                            char error[static YAMLFILE_ERROR_MAX])
{
    int result = find_libc(compartments, callers, &compartments->owner, error);

    if (!result && compartments->owner == COMPARTMENT_NONE)
        result = declare_owner(compartments, error);
    if (result == -ENOMEM)
        snprintf(error, YAMLFILE_ERROR_MAX, "%s", strerror(ENOMEM));
    return result;
}

/* ---- What is of no use ---- */

static void note_matches(const struct compartments *compartments, const struct library_names *names,
                         enum compartment_match by, bool *used)
{
    const struct compartment_library *library = NULL;

    while ((library = compartments_match(compartments, names, by, library)))
        used[library - compartments->libraries] = true;
}

/* Is it said of the library that it has no file? */
static bool has_no_file(const struct compartment_library *library)
{
    return library->globs && !*library->globs;
}

static int note_used(const struct membership *membership, bool *used)
{
    struct library_names names;

    for (uint32_t i = 0; i < membership->callers->library_count; i++) {
        if (names_init(&names, membership->callers, i))
            return -ENOMEM;
        for (int by = 0; by < MATCH_COUNT; by++)
            note_matches(membership->compartments, &names, (enum compartment_match)by, used);
        library_names_deinit(&names);
    }
    return 0;
}

int membership_check(const struct membership *membership, void (*say)(const char *line))
{
    const struct compartments *compartments = membership->compartments;
    bool *used = calloc(compartments->library_count + 1, sizeof(*used));
    char *line = NULL;
    size_t size, unused = 0;
    FILE *file = used ? open_memstream(&line, &size) : NULL;
    int result = file ? note_used(membership, used) : -ENOMEM;

    for (size_t i = 0; i < compartments->library_count && !result; i++)
        if (!used[i] && !has_no_file(&compartments->libraries[i]))
            fprintf(file, "%s%s", unused++ ? ", " : "no library of the runs is ",
                    compartments->libraries[i].name);
    if (file && fclose(file))
        result = -ENOMEM;
    if (!result && unused)
        say(line);
    free(line);
    free(used);
    return result;
}
