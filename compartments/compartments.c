/* compartments.c - declarations of compartments: files, and what is added to them. */
#include "compartments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/component.h"
#include "record/escape.h"
#include "report/glob.h"

/* ---- Globs ---- */

static const char separator[] = "//"; /* of no file's base name, nor of a component */

static bool is_of_component(const char *glob)
{
    return strstr(glob, separator);
}

static bool matches_library(const char *glob, const char *name, const char *soname)
{
    return glob_matches(glob, name) || (*soname && glob_matches(glob, soname));
}

/* "[anon]": though it is a set, too, of names that no library has. */
static bool is_name(const char *glob)
{
    return *glob == '[' && strcspn(glob, "]") == strlen(glob) - 1;
}

/* May one character of each be the same? What is beyond ASCII is not looked into. */
static bool characters_meet(char one, char other)
{
    return one == other || one == '?' || other == '?' || ((one | other) & 0x80);
}

/* `unmet`: by how much of both is left, whether it is known that these do not meet. A set may be
 * anything. */
static bool rests_meet(const char *one, const char *other, bool *unmet, size_t width)
{
    bool *known = &unmet[strlen(one) * width + strlen(other)], met;

    if (*known || (!*one && !*other))
        return !*known;
    if (*one == '[' || *other == '[')
        return true;
    if (*one == '*')
        met = rests_meet(one + 1, other, unmet, width) ||
              (*other && rests_meet(one, other + 1, unmet, width));
    else if (*other == '*')
        met = rests_meet(one, other + 1, unmet, width) ||
              (*one && rests_meet(one + 1, other, unmet, width));
    else
        met = *one && *other && characters_meet(*one, *other) &&
              rests_meet(one + 1, other + 1, unmet, width);
    *known = !met;
    return met;
}

bool compartment_globs_meet(const char *one, const char *other)
{
    enum { LENGTH_MAX = 2000 }; /* beyond which it is not looked into */
    const size_t width = strlen(other) + 1;

    if (is_of_component(one) != is_of_component(other))
        return false;
    if (is_name(one) || is_name(other))
        return glob_matches(one, other) || glob_matches(other, one);
    if (width > LENGTH_MAX || strlen(one) > LENGTH_MAX)
        return true;
    bool *unmet = calloc((strlen(one) + 1) * width, sizeof(*unmet));
    bool met = !unmet || rests_meet(one, other, unmet, width);
    free(unmet);
    return met;
}

/* By the part of a glob that is of a library. */
static bool matches_before(const char *glob, const char *end, const char *name, const char *soname)
{
    char *library = strndup(glob, (size_t)(end - glob));
    bool matches = library && matches_library(library, name, soname);

    free(library);
    return matches;
}

bool compartment_glob_matches(const char *glob, const char *name, const char *soname,
                              const char *component)
{
    const char *end = strstr(glob, separator);

    if (!end)
        return matches_library(glob, name, soname);
    return *component && glob_matches(end + strlen(separator), component) &&
           matches_before(glob, end, name, soname);
}

char *const *compartment_globs(const struct compartment_library *library, char *own[static 2])
{
    own[0] = library->name;
    own[1] = NULL;
    return library->globs ? library->globs : own;
}

static bool matches_by(const char *glob, const struct library_names *names,
                       enum compartment_match by)
{
    if (by == MATCH_FILE)
        return !strcmp(glob, names->name);
    return is_of_component(glob) == (by == MATCH_COMPONENT) &&
           compartment_glob_matches(glob, names->name, names->soname, names->component);
}

const struct compartment_library *compartments_match(const struct compartments *compartments,
                                                     const struct library_names *names,
                                                     enum compartment_match by,
                                                     const struct compartment_library *former)
{
    const struct compartment_library *library = former ? former + 1 : compartments->libraries;
    char *own[2];

    for (; library < compartments->libraries + compartments->library_count; library++)
        for (char *const *glob = compartment_globs(library, own); *glob; glob++)
            if (matches_by(*glob, names, by))
                return library;
    return NULL;
}

bool compartments_split(const struct compartments *compartments, const struct library_names *names)
{
    char *own[2];

    for (size_t i = 0; i < compartments->library_count; i++)
        for (char *const *glob = compartment_globs(&compartments->libraries[i], own); *glob; glob++)
            if (is_of_component(*glob) &&
                matches_before(*glob, strstr(*glob, separator), names->name, names->soname))
                return true;
    return false;
}

/* ---- Names ---- */

int library_names_init(struct library_names *names, const struct module *module,
                       const char *component)
{
    *names = (struct library_names){
        .name = escape(module->name),
        .soname = escape(module->soname),
        .component = escape(component_name(component)),
    };
    if (names->name && names->soname && names->component)
        return 0;
    library_names_deinit(names);
    return -ENOMEM;
}

void library_names_deinit(struct library_names *names)
{
    free(names->name);
    free(names->soname);
    free(names->component);
}

/* ---- Storage ---- */

static void free_globs(char **globs)
{
    for (char **glob = globs; glob && *glob; glob++)
        free(*glob);
    free(globs);
}

void compartments_init(struct compartments *compartments)
{
    *compartments =
        (struct compartments){ .fallback = COMPARTMENT_NONE, .owner = COMPARTMENT_NONE };
}

void compartments_deinit(struct compartments *compartments)
{
    for (size_t i = 0; i < compartments->count; i++)
        free(compartments->all[i].name);
    for (size_t i = 0; i < compartments->library_count; i++) {
        free(compartments->libraries[i].name);
        free_globs(compartments->libraries[i].globs);
    }
    free(compartments->all);
    free(compartments->libraries);
    free(compartments->text);
    compartments_init(compartments);
}

int compartments_add(struct compartments *compartments, const char *name, bool is_default)
{
    char *copy = strdup(name);

    if (!copy || !ARRAY_ROOM(compartments->all, compartments->count, compartments->capacity)) {
        free(copy);
        return -ENOMEM;
    }
    if (is_default)
        compartments->fallback = compartments->count;
    compartments->all[compartments->count++] =
        (struct compartment){ .name = copy, .is_default = is_default };
    return 0;
}

int compartments_add_library(struct compartments *compartments, size_t compartment,
                             const char *glob)
{
    char *copy = strdup(glob);

    if (!copy || !ARRAY_ROOM(compartments->libraries, compartments->library_count,
                             compartments->library_capacity)) {
        free(copy);
        return -ENOMEM;
    }
    compartments->libraries[compartments->library_count++] =
        (struct compartment_library){ .name = copy, .compartment = compartment };
    return 0;
}

size_t compartments_find(const struct compartments *compartments, const char *name)
{
    for (size_t i = 0; i < compartments->count; i++)
        if (!strcmp(compartments->all[i].name, name))
            return i;
    return COMPARTMENT_NONE;
}

/* ---- Values ---- */

static const char *const modes[] = { [RUNTIME_NEUTRAL] = "neutral", [RUNTIME_OWNED] = "owned" };

int runtime_mode_parse(const char *name)
{
    for (int mode = RUNTIME_NEUTRAL; mode <= RUNTIME_OWNED; mode++)
        if (!strcmp(modes[mode], name))
            return mode;
    return -1;
}

/* Of a key that may be missing. */
static int read_owned(struct yamlfile *file, const yaml_node_t *mapping, bool *ret)
{
    const yaml_node_t *node = yamlfile_find(file, mapping, "runtime");
    const char *text;
    int error = node ? yamlfile_text(file, node, "'runtime'", &text) : 0;

    *ret = false;
    if (error || !node)
        return error;
    int mode = runtime_mode_parse(text);
    if (mode < 0)
        return yamlfile_fail(file, node, "'runtime' is neutral or owned, not '%.80s'", text);
    *ret = mode == RUNTIME_OWNED;
    return 0;
}

static int read_default(struct yamlfile *file, const yaml_node_t *mapping, bool *ret)
{
    const yaml_node_t *node = yamlfile_find(file, mapping, "default");
    const char *text;
    int error = node ? yamlfile_text(file, node, "'default'", &text) : 0;

    if (error || !node)
        return error;
    if (strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0)
        return yamlfile_fail(file, node, "'default' is true or false, not '%.80s'", text);
    *ret = !strcasecmp(text, "true");
    return 0;
}

/* "mechanism: intel-pku", or "mechanism: {driver: intel-pku}"; NULL: nothing is said. */
static int read_mechanism(struct yamlfile *file, const yaml_node_t *mapping,
                          const yaml_node_t **place, const char **ret)
{
    const yaml_node_t *node = yamlfile_find(file, mapping, "mechanism");

    *ret = NULL;
    if (node && node->type == YAML_MAPPING_NODE)
        node = yamlfile_find(file, node, "driver");
    *place = node;
    return node && !yamlfile_is_null(node) ? yamlfile_text(file, node, "a mechanism", ret) : 0;
}

/* ---- Globs in files ---- */

static int read_glob(struct yamlfile *file, const yaml_node_t *node, char **ret)
{
    const char *text;
    int error = yamlfile_text(file, node, "the name of a library", &text);

    if (!error && is_of_component(text) && !strcmp(strstr(text, separator), separator))
        error = yamlfile_fail(file, node, "behind // a component is to be named");
    if (error)
        return error;
    *ret = strdup(text);
    return *ret ? 0 : -ENOMEM;
}

/* A text, or a list of them. */
static int read_globs(struct yamlfile *file, yaml_node_t *node, char ***ret)
{
    const bool is_list = node->type == YAML_SEQUENCE_NODE;
    const size_t count = is_list ? yamlfile_count(node) : 1;
    int error = 0;

    if (count > YAMLFILE_ENTRIES_MAX)
        return yamlfile_fail(file, node, "more than %d names", YAMLFILE_ENTRIES_MAX);
    char **globs = calloc(count + 1, sizeof(*globs));
    if (!globs)
        return -ENOMEM;
    for (size_t i = 0; i < count && !error; i++)
        error = read_glob(file, is_list ? yamlfile_entry(file, node, i, NULL) : node, &globs[i]);
    if (error) {
        free_globs(globs);
        return error;
    }
    *ret = globs;
    return 0;
}

/* ---- Libraries ---- */

static const struct compartment_library *find_library(const struct compartments *compartments,
                                                      const char *name)
{
    for (size_t i = 0; i < compartments->library_count; i++)
        if (!strcmp(compartments->libraries[i].name, name))
            return &compartments->libraries[i];
    return NULL;
}

/* One that is named twice is wrong even if it is in the same compartment twice. */
static int add_named(struct yamlfile *file, struct compartments *compartments, size_t compartment,
                     const yaml_node_t *name)
{
    const struct compartment_library *former;
    char *text;
    int error = read_glob(file, name, &text);

    if (error)
        return error;
    former = find_library(compartments, text);
    if (compartments->library_count >= YAMLFILE_ENTRIES_MAX)
        error = yamlfile_fail(file, name, "more than %d libraries", YAMLFILE_ENTRIES_MAX);
    else if (former)
        error = yamlfile_fail(
            file, name, "the library '%.80s' is in compartment '%.80s' already (line %zu)", text,
            compartments->all[former->compartment].name, former->place.line);
    else
        error = compartments_add_library(compartments, compartment, text);
    if (!error)
        compartments->libraries[compartments->library_count - 1].place = yamlfile_place(name);
    free(text);
    return error;
}

static int read_list(struct yamlfile *file, struct compartments *compartments,
                     const yaml_node_t *list, size_t compartment)
{
    int error = yamlfile_check_list(file, list, "'libraries' of a compartment");

    for (size_t i = 0; i < yamlfile_count(list) && !error; i++)
        error = add_named(file, compartments, compartment, yamlfile_entry(file, list, i, NULL));
    return error;
}

/* Where a library of the mapping `libraries` belongs. */
static int read_place(struct yamlfile *file, const struct compartments *compartments,
                      const yaml_node_t *key, const yaml_node_t *value, size_t *ret)
{
    const yaml_node_t *node =
        value->type == YAML_MAPPING_NODE ? yamlfile_find(file, value, "compartment") : NULL;
    const char *text;

    *ret = compartments->fallback;
    if (!node || yamlfile_is_null(node))
        return *ret == COMPARTMENT_NONE
                   ? yamlfile_fail(file, key,
                                   "the library is in no compartment, and none is the default")
                   : 0;
    int error = yamlfile_text(file, node, "a compartment", &text);
    if (error)
        return error;
    *ret = compartments_find(compartments, text);
    return *ret == COMPARTMENT_NONE
               ? yamlfile_fail(file, node, "there is no compartment '%.80s'", text)
               : 0;
}

/* `value` may be a version or nothing: kraft has them. */
static int read_library(struct yamlfile *file, struct compartments *compartments,
                        const yaml_node_t *key, yaml_node_t *value)
{
    size_t compartment;

    if (value->type == YAML_SEQUENCE_NODE)
        return yamlfile_fail(file, value, "a library is to be a mapping (compartment: NAME)");
    int error = value->type == YAML_MAPPING_NODE
                    ? yamlfile_check_mapping(file, value, "a library", NULL)
                    : 0;
    if (!error)
        error = read_place(file, compartments, key, value, &compartment);
    if (!error)
        error = add_named(file, compartments, compartment, key);
    yaml_node_t *sonames =
        value->type == YAML_MAPPING_NODE ? yamlfile_find(file, value, "sonames") : NULL;
    if (error || !sonames)
        return error;
    return read_globs(file, sonames,
                      &compartments->libraries[compartments->library_count - 1].globs);
}

static int read_libraries(struct yamlfile *file, struct compartments *compartments)
{
    yaml_node_t *libraries = yamlfile_find(file, yamlfile_root(file), "libraries"), *key;

    if (!libraries || yamlfile_is_null(libraries))
        return 0;
    int error = yamlfile_check_mapping(file, libraries, "'libraries'", NULL);
    for (size_t i = 0; i < yamlfile_count(libraries) && !error; i++) {
        yaml_node_t *value = yamlfile_entry(file, libraries, i, &key);
        error = read_library(file, compartments, key, value);
    }
    return error;
}

/* ---- Compartments ---- */

/* FlexOS builds an image with one mechanism. */
struct mechanism {
    const char *text; /* of the first compartment that has one; NULL: none had */
    size_t line;
};

static int check_mechanism(struct yamlfile *file, const yaml_node_t *mapping,
                           struct mechanism *former)
{
    const yaml_node_t *place;
    const char *text;
    int error = read_mechanism(file, mapping, &place, &text);

    if (error || !text)
        return error;
    if (former->text && strcmp(former->text, text) != 0)
        return yamlfile_fail(file, place,
                             "the mechanism '%.80s' is mixed with '%.80s' (line %zu): all "
                             "compartments have one",
                             text, former->text, former->line);
    *former = (struct mechanism){ text, place->start_mark.line + 1 };
    return 0;
}

static int check_name(struct yamlfile *file, const struct compartments *compartments,
                      const yaml_node_t *node, const char *name)
{
    size_t former = compartments_find(compartments, name);

    if (former != COMPARTMENT_NONE)
        return yamlfile_fail(file, node, "there is a compartment '%.80s' already (line %zu)", name,
                             compartments->all[former].place.line);
    if (!strcmp(name, "[process]"))
        return yamlfile_fail(file, node, "[process] is what all compartments have together");
    return compartments->count >= YAMLFILE_ENTRIES_MAX
               ? yamlfile_fail(file, node, "more than %d compartments", YAMLFILE_ENTRIES_MAX)
               : 0;
}

static int read_name(struct yamlfile *file, const struct compartments *compartments,
                     const yaml_node_t *mapping, const yaml_node_t **place, const char **ret)
{
    int error = yamlfile_check_mapping(file, mapping, "a compartment", NULL);

    *place = yamlfile_find(file, mapping, "name");
    if (!error && !*place)
        error = yamlfile_fail(file, mapping, "the compartment has no 'name'");
    if (!error)
        error = yamlfile_text(file, *place, "the name of a compartment", ret);
    return error ? error : check_name(file, compartments, *place, *ret);
}

/* There is one of a kind: the default, the owner. */
static int check_only(struct yamlfile *file, const struct compartments *compartments,
                      const yaml_node_t *place, size_t former, const char *what)
{
    if (former == COMPARTMENT_NONE)
        return 0;
    return yamlfile_fail(file, place, "'%.80s' (line %zu) %s already",
                         compartments->all[former].name, compartments->all[former].place.line,
                         what);
}

/* Adds it, with what it says of itself. */
static int add_compartment(struct yamlfile *file, struct compartments *compartments,
                           const yaml_node_t *mapping, const yaml_node_t *place, const char *name)
{
    const size_t number = compartments->count;
    bool is_default = false, owned;
    int error = read_default(file, mapping, &is_default);

    if (!error)
        error = read_owned(file, mapping, &owned);
    if (!error && is_default)
        error = check_only(file, compartments, place, compartments->fallback, "is the default");
    if (!error && owned)
        error = check_only(file, compartments, place, compartments->owner,
                           "owns the runtime libraries");
    if (!error)
        error = compartments_add(compartments, name, is_default);
    if (error)
        return error;
    compartments->all[number].place = yamlfile_place(place);
    compartments->owner = owned ? number : compartments->owner;
    compartments->owned |= owned;
    return 0;
}

static int read_compartment(struct yamlfile *file, struct compartments *compartments,
                            const yaml_node_t *mapping)
{
    const yaml_node_t *place = NULL;
    const char *name;
    int error = read_name(file, compartments, mapping, &place, &name);

    if (!error)
        error = add_compartment(file, compartments, mapping, place, name);
    if (error)
        return error;
    const yaml_node_t *list = yamlfile_find(file, mapping, "libraries");
    return list ? read_list(file, compartments, list, compartments->count - 1) : 0;
}

static int read_compartments(struct yamlfile *file, struct compartments *compartments)
{
    const yaml_node_t *root = yamlfile_root(file),
                      *list = yamlfile_find(file, root, "compartments");
    struct mechanism mechanism = { 0 };

    if (!list)
        return yamlfile_fail(file, root, "there is no key 'compartments'");
    compartments->file = file->name;
    compartments->place = yamlfile_place(list);
    int error = yamlfile_check_list(file, list, "'compartments'");
    if (!error)
        error = read_owned(file, root, &compartments->owned);
    for (size_t i = 0; i < yamlfile_count(list) && !error; i++) {
        const yaml_node_t *mapping = yamlfile_entry(file, list, i, NULL);
        error = read_compartment(file, compartments, mapping);
        if (!error)
            error = check_mechanism(file, mapping, &mechanism);
    }
    return error;
}

int compartments_read(struct compartments *compartments, struct yamlfile *file)
{
    int result = read_compartments(file, compartments);

    if (!result)
        result = read_libraries(file, compartments);
    return result == -ENOMEM ? yamlfile_no_memory(file->name, file->error) : result;
}

int compartments_parse(struct compartments *compartments, const char *name, const char *text,
                       size_t size, char error[static YAMLFILE_ERROR_MAX])
{
    struct yamlfile file;
    int result = yamlfile_parse(&file, name, text, size, false, error);

    compartments_init(compartments);
    if (result)
        return result;
    result = compartments_read(compartments, &file);
    yamlfile_deinit(&file);
    compartments->text = result ? NULL : malloc(size + 1);
    if (result)
        return result;
    if (!compartments->text)
        return yamlfile_no_memory(name, error);
    memcpy(compartments->text, text, size);
    compartments->size = size;
    return 0;
}

/* ---- Sonames ---- */

static int add_sonames(struct yamlfile *file, struct compartments *compartments,
                       const yaml_node_t *key, yaml_node_t *value)
{
    const char *name;
    char **globs;
    int error = yamlfile_text(file, key, "the name of a library", &name);

    if (error)
        return error;
    struct compartment_library *library =
        (struct compartment_library *)find_library(compartments, name);
    if (!library)
        return yamlfile_fail(file, key, "the compartments have no library '%.80s'", name);
    error = read_globs(file, value, &globs);
    if (error)
        return error;
    free_globs(library->globs);
    library->globs = globs;
    return 0;
}

static int read_sonames(struct yamlfile *file, struct compartments *compartments)
{
    yaml_node_t *sonames = yamlfile_find(file, yamlfile_root(file), "sonames"), *key;

    if (!sonames)
        return yamlfile_fail(file, yamlfile_root(file), "there is no key 'sonames'");
    int error = yamlfile_check_mapping(file, sonames, "'sonames'", NULL);
    for (size_t i = 0; i < yamlfile_count(sonames) && !error; i++) {
        yaml_node_t *value = yamlfile_entry(file, sonames, i, &key);
        error = add_sonames(file, compartments, key, value);
    }
    return error;
}

int compartments_add_sonames(struct compartments *compartments, const char *name, const char *text,
                             size_t size, char error[static YAMLFILE_ERROR_MAX])
{
    struct yamlfile file;
    int result = yamlfile_parse(&file, name, text, size, false, error);

    if (result)
        return result;
    result = read_sonames(&file, compartments);
    yamlfile_deinit(&file);
    return result == -ENOMEM ? yamlfile_no_memory(name, error) : result;
}
