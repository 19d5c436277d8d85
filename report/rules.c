/* rules.c - reads files of rules, strictly: a misspelt word would be a hole, or a wall. */
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "report/errnoname.h"
#include "report/glob.h"

/* ---- Values ---- */

static int need(const struct yaml_node *node, enum yaml_kind kind, const char *what, char *error)
{
    static const char *const kinds[] = { "text", "list", "map" };

    return node->kind == kind ? 0 : yaml_refuse(node, error, "%s is no %s", what, kinds[kind]);
}

/* A map that has no other keys than these, which end with NULL. */
static int need_map(const struct yaml_node *node, const char *what, const char *const *keys,
                    char *error)
{
    int result = need(node, YAML_MAP, what, error);

    for (size_t i = 0; !result && i < node->count; i += 2) {
        const char *const *key = keys;
        while (*key && strcmp(*key, node->inner[i].text))
            key++;
        if (!*key)
            result =
                yaml_refuse(&node->inner[i], error, "%s has no '%.60s'", what, node->inner[i].text);
    }
    return result;
}

/* One of two words, which may be not there: the first then. */
static int read_choice(const struct yaml_node *map, const char *key, const char *without,
                       const char *with, bool *ret, char *error)
{
    const struct yaml_node *node = yaml_find(map, key);

    *ret = false;
    if (!node)
        return 0;
    bool text = node->kind == YAML_SCALAR;
    *ret = text && !strcmp(node->text, with);
    return *ret || (text && !strcmp(node->text, without))
               ? 0
               : yaml_refuse(node, error, "'%s' is %s or %s", key, without, with);
}

static int copy_text(const struct yaml_node *node, const char *what, char **ret, char *error)
{
    int result = need(node, YAML_SCALAR, what, error);

    if (result)
        return result;
    if (!*node->text)
        return yaml_refuse(node, error, "%s is empty", what);
    *ret = strdup(node->text);
    return *ret ? 0 : -ENOMEM;
}

static int read_error(const struct yaml_node *node, struct rules_action *ret, char *error)
{
    int number = node->kind == YAML_SCALAR ? errno_parse(node->text) : 0;

    *ret = (struct rules_action){ RULES_ERRNO, number };
    return number ? 0 : yaml_refuse(node, error, "'errno' is no name as EPERM, or number to 4095");
}

/* `log`, `kill` or {errno: NAME}; as it was, if it is not there. */
static int read_action(const struct yaml_node *map, const char *key, struct rules_action *ret,
                       char *error)
{
    const struct yaml_node *node = yaml_find(map, key);
    const struct yaml_node *number = node ? yaml_find(node, "errno") : NULL;

    if (!node)
        return 0;
    if (number && node->count == 2)
        return read_error(number, ret, error);
    if (node->kind == YAML_SCALAR && !strcmp(node->text, "log"))
        *ret = (struct rules_action){ RULES_LOG, 0 };
    else if (node->kind == YAML_SCALAR && !strcmp(node->text, "kill"))
        *ret = (struct rules_action){ RULES_KILL, 0 };
    else
        return yaml_refuse(node, error, "'%s' is log, kill or {errno: NAME}", key);
    return 0;
}

static int read_calls(const struct yaml_node *node, const char *what, struct callset *ret,
                      char *error)
{
    int result = need(node, YAML_LIST, what, error);

    for (size_t i = 0; !result && i < node->count; i++) {
        const struct yaml_node *name = &node->inner[i];
        result = need(name, YAML_SCALAR, "a system call", error);
        if (!result && !callset_add_name(ret, name->text))
            result = yaml_refuse(name, error, "there is no system call '%.60s'", name->text);
    }
    return result;
}

/* ---- Compartments ---- */

static int read_libraries(const struct yaml_node *node, struct rules_compartment *ret, char *error)
{
    int result = node ? need(node, YAML_LIST, "'libraries'", error) : 0;

    if (result || !node)
        return result;
    ret->libraries = calloc(node->count + 1, sizeof(*ret->libraries));
    if (!ret->libraries)
        return -ENOMEM;
    for (size_t i = 0; !result && i < node->count; i++) {
        result =
            copy_text(&node->inner[i], "a library", &ret->libraries[ret->library_count], error);
        ret->library_count += !result;
        if (!result && strstr(node->inner[i].text, "//"))
            result = yaml_refuse(&node->inner[i], error,
                                 "'%.60s': components are told apart only after a run",
                                 node->inner[i].text);
    }
    return result;
}

static int read_phases(const struct yaml_node *node, struct rules_compartment *ret, char *error)
{
    int result = node ? need(node, YAML_MAP, "'phases'", error) : 0;

    if (result || !node)
        return result;
    ret->phases = calloc(node->count / 2 + 1, sizeof(*ret->phases));
    if (!ret->phases)
        return -ENOMEM;
    for (size_t i = 0; !result && i < node->count; i += 2) {
        struct rules_phase *phase = &ret->phases[ret->phase_count];
        result = copy_text(&node->inner[i], "a phase", &phase->name, error);
        ret->phase_count += !result;
        if (!result)
            result = read_calls(&node->inner[i + 1], "the calls of a phase", &phase->allow, error);
    }
    return result;
}

/* There can be one of a kind. */
static int check_only(const struct rules *rules, const struct yaml_node *node, char *error)
{
    const struct rules_compartment *last = &rules->compartments[rules->count - 1];

    for (const struct rules_compartment *c = rules->compartments; c < last; c++) {
        if (!strcmp(c->name, last->name))
            return yaml_refuse(node, error, "there is a compartment '%.60s' already", c->name);
        if (c->is_default && last->is_default)
            return yaml_refuse(node, error, "'%.60s' is the default one already", c->name);
        if (c->owned && last->owned)
            return yaml_refuse(node, error, "'%.60s' owns the runtime libraries already", c->name);
    }
    return 0;
}

static int read_compartment(const struct yaml_node *node, struct rules *rules, char *error)
{
    static const char *const keys[] = { "name",   "default", "runtime", "libraries",
                                        "action", "phases",  "allow",   NULL };
    struct rules_compartment *ret = &rules->compartments[rules->count];
    const struct yaml_node *name = yaml_find(node, "name"), *allow = yaml_find(node, "allow");
    int result = need_map(node, "a compartment", keys, error);

    if (!result && !name)
        result = yaml_refuse(node, error, "a compartment has no 'name'");
    if (!result)
        result = copy_text(name, "'name'", &ret->name, error);
    if (result)
        return result;
    rules->count++;
    ret->action = rules->action;
    if (!result)
        result = read_choice(node, "default", "false", "true", &ret->is_default, error);
    if (!result)
        result = read_choice(node, "runtime", "neutral", "owned", &ret->owned, error);
    if (!result)
        result = read_action(node, "action", &ret->action, error);
    if (!result)
        result = read_libraries(yaml_find(node, "libraries"), ret, error);
    if (!result)
        result = read_phases(yaml_find(node, "phases"), ret, error);
    if (!result && allow)
        result = read_calls(allow, "'allow'", &ret->allow, error);
    rules->runtime_owned |= ret->owned;
    return result ? result : check_only(rules, node, error);
}

static int read_compartments(const struct yaml_node *node, struct rules *rules, char *error)
{
    int result = need(node, YAML_LIST, "'compartments'", error);

    if (result)
        return result;
    if (node->count > RULES_COMPARTMENTS_MAX)
        return yaml_refuse(node, error, "there are more than %d compartments",
                           RULES_COMPARTMENTS_MAX);
    rules->compartments = calloc(node->count + 1, sizeof(*rules->compartments));
    if (!rules->compartments)
        return -ENOMEM;
    for (size_t i = 0; !result && i < node->count; i++)
        result = read_compartment(&node->inner[i], rules, error);
    return result;
}

/* ---- The file ---- */

static int read_root(const struct yaml_node *root, struct rules *rules, char *error)
{
    static const char *const keys[] = { "format", "default-action", "unknown-action",
                                        "compartments", NULL };
    const struct yaml_node *format = yaml_find(root, "format");
    const struct yaml_node *compartments = yaml_find(root, "compartments");
    int result = need(root, YAML_MAP, "the file", error);

    if (!result &&
        (!format || format->kind != YAML_SCALAR || strcmp(format->text, RULES_FORMAT) != 0))
        result = yaml_refuse(format ? format : root, error, "'format' is not %s", RULES_FORMAT);
    if (!result)
        result = need_map(root, "the file", keys, error);
    if (!result && !compartments)
        result = yaml_refuse(root, error, "there are no 'compartments'");
    rules->action = (struct rules_action){ RULES_ERRNO, EPERM };
    if (!result)
        result = read_action(root, "default-action", &rules->action, error);
    if (!result)
        result = read_choice(root, "unknown-action", "log", "deny", &rules->deny_unknown, error);
    return result ? result : read_compartments(compartments, rules, error);
}

int rules_parse(struct rules *ret, const char *text, size_t size,
                char error[static RULES_ERROR_MAX])
{
    struct rules rules = { 0 };
    struct yaml_node root;
    int result = yaml_parse(&root, text, size, error);

    if (result)
        return result;
    result = read_root(&root, &rules, error);
    yaml_deinit(&root);
    if (result == -ENOMEM)
        snprintf(error, RULES_ERROR_MAX, "out of memory");
    if (result)
        rules_deinit(&rules);
    else
        *ret = rules;
    return result;
}

static int fail(const char *what, int number, char error[static RULES_ERROR_MAX])
{
    snprintf(error, RULES_ERROR_MAX, "%s", what);
    return -number;
}

/* A regular file, or a pipe that ends: not more than may be parsed, and a byte. */
static int load(int fd, char **ret, size_t *size, char error[static RULES_ERROR_MAX])
{
    enum { AT_ONCE = 1 << 16 };
    char *text = NULL;
    ssize_t got = 1;

    for (*size = 0; got && *size <= YAML_SIZE_MAX; *size += (size_t)got) {
        char *larger = realloc(text, *size + AT_ONCE);
        text = larger ? larger : text;
        got = larger ? read(fd, text + *size, AT_ONCE) : -1;
        if (got < 0) {
            free(text);
            return fail(larger ? strerror(errno) : "out of memory", larger ? errno : ENOMEM, error);
        }
    }
    *ret = text;
    return 0;
}

int rules_read(struct rules *ret, const char *path, char error[static RULES_ERROR_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;
    size_t size;

    if (fd < 0)
        return fail(strerror(errno), errno, error);
    int result = load(fd, &text, &size, error);
    close(fd);
    if (result)
        return result;
    result = rules_parse(ret, text, size, error);
    free(text);
    return result;
}

static void compartment_deinit(struct rules_compartment *compartment)
{
    for (size_t i = 0; i < compartment->library_count; i++)
        free(compartment->libraries[i]);
    for (size_t i = 0; i < compartment->phase_count; i++)
        free(compartment->phases[i].name);
    free(compartment->libraries);
    free(compartment->phases);
    free(compartment->name);
}

void rules_deinit(struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        compartment_deinit(&rules->compartments[i]);
    free(rules->compartments);
    *rules = (struct rules){ 0 };
}

/* ---- Asking ---- */

const struct rules_compartment *rules_naming(const struct rules *rules, const char *library)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rules_compartment *compartment = &rules->compartments[i];
        for (size_t k = 0; k < compartment->library_count; k++)
            if (glob_matches(compartment->libraries[k], library))
                return compartment;
    }
    return NULL;
}

const struct rules_compartment *rules_default(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->compartments[i].is_default)
            return &rules->compartments[i];
    return NULL;
}

const struct rules_compartment *rules_runtime(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->compartments[i].owned)
            return &rules->compartments[i];
    return NULL;
}

bool rules_allow(const struct rules_compartment *compartment, const char *phase, enum abi abi,
                 uint32_t nr)
{
    if (callset_has(&compartment->allow, abi, nr))
        return true;
    for (size_t i = 0; i < compartment->phase_count; i++)
        if (!strcmp(compartment->phases[i].name, phase))
            return callset_has(&compartment->phases[i].allow, abi, nr);
    return false;
}
