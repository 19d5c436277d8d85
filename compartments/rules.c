/* rules.c - reads files of rules, strictly: a misspelt word would be a hole, or a wall. */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/errnoname.h"

/* ---- Values ---- */

static int read_error(const struct yamlfile *file, const yaml_node_t *node,
                      struct rules_action *ret)
{
    const char *text;
    int result = yamlfile_text(file, node, "'errno'", &text);
    int number = result ? 0 : errno_parse(text);

    *ret = (struct rules_action){ RULES_ERRNO, number };
    return result || number
               ? result
               : yamlfile_fail(file, node, "'errno' is no name as EPERM, or number to 4095");
}

/* `log`, `kill` or {errno: NAME}; as it was, if it is not there. */
static int read_action(struct yamlfile *file, const yaml_node_t *mapping, const char *key,
                       struct rules_action *ret)
{
    const yaml_node_t *node = yamlfile_find(file, mapping, key);
    const yaml_node_t *number = node ? yamlfile_find(file, node, "errno") : NULL;

    if (!node)
        return 0;
    if (number && yamlfile_count(node) == 1)
        return read_error(file, number, ret);
    if (yamlfile_is(node, "log"))
        *ret = (struct rules_action){ RULES_LOG, 0 };
    else if (yamlfile_is(node, "kill"))
        *ret = (struct rules_action){ RULES_KILL, 0 };
    else
        return yamlfile_fail(file, node, "'%s' is log, kill or {errno: NAME}", key);
    return 0;
}

static int read_unknown(struct yamlfile *file, bool *deny)
{
    const yaml_node_t *node = yamlfile_find(file, yamlfile_root(file), "unknown-action");

    *deny = node && yamlfile_is(node, "deny");
    return !node || *deny || yamlfile_is(node, "log")
               ? 0
               : yamlfile_fail(file, node, "'unknown-action' is log or deny");
}

static int read_calls(struct yamlfile *file, const yaml_node_t *list, const char *what,
                      struct callset *ret)
{
    int result = yamlfile_check_list(file, list, what);

    for (size_t i = 0; i < yamlfile_count(list) && !result; i++) {
        const yaml_node_t *node = yamlfile_entry(file, list, i, NULL);
        const char *name;
        result = yamlfile_text(file, node, "a system call", &name);
        if (!result && !callset_add_name(ret, name))
            result = yamlfile_fail(file, node, "there is no system call '%.60s'", name);
    }
    return result;
}

/* ---- Compartments ---- */

static int read_phase(struct yamlfile *file, const yaml_node_t *name, const yaml_node_t *calls,
                      struct rules_compartment *ret)
{
    struct rules_phase *phase = &ret->phases[ret->phase_count];
    const char *text;
    int result = yamlfile_text(file, name, "a phase", &text);

    if (result)
        return result;
    phase->name = strdup(text);
    phase->place = yamlfile_place(name);
    ret->phase_count += phase->name != NULL;
    return phase->name ? read_calls(file, calls, "the calls of a phase", &phase->allow) : -ENOMEM;
}

static int read_phases(struct yamlfile *file, const yaml_node_t *node,
                       struct rules_compartment *ret)
{
    yaml_node_t *name;
    int result = yamlfile_check_mapping(file, node, "'phases'", NULL);

    if (result)
        return result;
    ret->phases = calloc(yamlfile_count(node) + 1, sizeof(*ret->phases));
    if (!ret->phases)
        return -ENOMEM;
    for (size_t i = 0; !result && i < yamlfile_count(node); i++) {
        const yaml_node_t *calls = yamlfile_entry(file, node, i, &name);
        result = read_phase(file, name, calls, ret);
    }
    return result;
}

/* What it may do: which one it is is known. */
static int read_compartment(struct yamlfile *file, const yaml_node_t *mapping,
                            struct rules_compartment *ret)
{
    static const char *const keys[] = { "name",   "default", "runtime", "libraries",
                                        "action", "phases",  "allow",   NULL };
    const yaml_node_t *allow = yamlfile_find(file, mapping, "allow"),
                      *phases = yamlfile_find(file, mapping, "phases");
    int result = yamlfile_check_mapping(file, mapping, "a compartment", keys);

    if (!result)
        result = read_action(file, mapping, "action", &ret->action);
    if (!result && phases)
        result = read_phases(file, phases, ret);
    return result || !allow ? result : read_calls(file, allow, "'allow'", &ret->allow);
}

static int read_compartments(struct yamlfile *file, struct rules *rules)
{
    const yaml_node_t *list = yamlfile_find(file, yamlfile_root(file), "compartments");
    int result = compartments_read(&rules->compartments, file);

    if (result)
        return result;
    rules->all = calloc(rules->compartments.count + 1, sizeof(*rules->all));
    if (!rules->all)
        return -ENOMEM;
    for (size_t i = 0; !result && i < rules->compartments.count; i++) {
        rules->all[i].name = rules->compartments.all[i].name;
        rules->all[i].action = rules->action;
        result = read_compartment(file, yamlfile_entry(file, list, i, NULL), &rules->all[i]);
    }
    return result;
}

/* ---- The file ---- */

static struct yamlfile_place place_of(struct yamlfile *file, const char *key)
{
    const yaml_node_t *root = yamlfile_root(file), *node = yamlfile_find(file, root, key);

    return yamlfile_place(node ? node : root);
}

static int read_root(struct yamlfile *file, struct rules *rules)
{
    static const char *const keys[] = { "format", "default-action", "unknown-action",
                                        "compartments", NULL };
    const yaml_node_t *root = yamlfile_root(file), *format = yamlfile_find(file, root, "format");
    int result =
        format && yamlfile_is(format, RULES_FORMAT)
            ? yamlfile_check_mapping(file, root, "the file", keys)
            : yamlfile_fail(file, format ? format : root, "'format' is not %s", RULES_FORMAT);

    rules->action = (struct rules_action){ RULES_ERRNO, EPERM };
    rules->action_place = place_of(file, "default-action");
    rules->unknown_place = place_of(file, "unknown-action");
    if (!result)
        result = read_action(file, root, "default-action", &rules->action);
    if (!result)
        result = read_unknown(file, &rules->deny_unknown);
    return result ? result : read_compartments(file, rules);
}

int rules_parse(struct rules *ret, const char *name, const char *text, size_t size,
                char error[static YAMLFILE_ERROR_MAX])
{
    struct rules rules = { .file = name };
    struct yamlfile file;
    int result = yamlfile_parse(&file, name, text, size, true, error);

    if (result)
        return result;
    compartments_init(&rules.compartments);
    result = read_root(&file, &rules);
    yamlfile_deinit(&file);
    if (!result)
        *ret = rules;
    else
        rules_deinit(&rules);
    return result == -ENOMEM ? yamlfile_no_memory(name, error) : result;
}

int rules_read(struct rules *ret, const char *path, char error[static YAMLFILE_ERROR_MAX])
{
    char *text;
    size_t size;
    int result = yamlfile_load(path, &text, &size, error);

    if (result)
        return result;
    result = rules_parse(ret, path, text, size, error);
    free(text);
    return result;
}

static void compartment_deinit(struct rules_compartment *compartment)
{
    for (size_t i = 0; i < compartment->phase_count; i++)
        free(compartment->phases[i].name);
    free(compartment->phases);
}

void rules_deinit(struct rules *rules)
{
    for (size_t i = 0; rules->all && i < rules->compartments.count; i++)
        compartment_deinit(&rules->all[i]);
    free(rules->all);
    compartments_deinit(&rules->compartments);
    *rules = (struct rules){ 0 };
}

/* ---- Asking ---- */

const struct rules_compartment *rules_naming(const struct rules *rules,
                                             const struct library_names *names)
{
    const struct compartment_library *found = NULL;

    for (int by = 0; by < MATCH_COUNT && !found; by++)
        found = compartments_match(&rules->compartments, names, (enum compartment_match)by, NULL);
    return found ? &rules->all[found->compartment] : NULL;
}

const struct rules_compartment *rules_default(const struct rules *rules)
{
    const size_t number = rules->compartments.fallback;

    return number == COMPARTMENT_NONE ? NULL : &rules->all[number];
}

const struct rules_compartment *rules_runtime(const struct rules *rules)
{
    const size_t number = rules->compartments.owner;

    return number == COMPARTMENT_NONE ? NULL : &rules->all[number];
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

const char *rules_action_name(const struct rules_action *action)
{
    const char *name = action->kind == RULES_ERRNO ? errno_name(action->error) : NULL;

    if (action->kind == RULES_ERRNO)
        return name ? name : "errno";
    return action->kind == RULES_KILL ? "kill" : "log";
}
