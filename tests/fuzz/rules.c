/* rules.c - fuzzes compartments/rules.c: any bytes as a file of rules. */
#include "fuzz.h"

#include "compartments/rulesetformats.h"
#include "compartments/rulesmerge.h"

static void check_compartment(const struct rules *rules, size_t number)
{
    const struct rules_compartment *c = &rules->all[number];

    CHECK(*c->name && (c->action.kind == RULES_ERRNO) == (c->action.error > 0));
    CHECK(!rules->compartments.all[number].is_default || rules_default(rules) == c);
    for (size_t i = 0; i < c->phase_count; i++)
        for (uint32_t nr = 0; nr < CALLSET_NUMBERS; nr++)
            CHECK(!callset_has(&c->allow, ABI_I386, nr) ||
                  rules_allow(c, c->phases[i].name, ABI_I386, nr));
}

/* Each library is found, if not in its own compartment then in one before. */
static void check_libraries(const struct rules *rules)
{
    for (size_t i = 0; i < rules->compartments.library_count; i++) {
        const struct compartment_library *library = &rules->compartments.libraries[i];
        struct library_names names = { library->name, (char *)"", (char *)"" };
        CHECK(*library->name);
        if (!strpbrk(library->name, "/*?[\\"))
            CHECK(rules_naming(rules, &names) <= &rules->all[library->compartment]);
    }
}

static char *print(const struct rules *rules, size_t *size)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, size);

    rulesetyaml_print_rules(file, rules);
    fclose(file);
    return text;
}

/* Merged with itself it is a file of rules again, which is the same when it is merged; unless its
 * globs contradict each other. */
static void check_merged(const struct rules *rules)
{
    const struct rules twice[] = { *rules, *rules };
    char error[YAMLFILE_ERROR_MAX] = "";
    struct rules merged, again;
    size_t size, other;

    if (rules_merge(&merged, twice, 2, error)) {
        CHECK(*error && !strchr(error, '\n'));
        return;
    }
    char *text = print(&merged, &size);
    if (size <= YAMLFILE_SIZE_MAX) {
        CHECK(!rules_parse(&again, "m", text, size, error));
        char *same = print(&again, &other);
        CHECK(size == other && !memcmp(text, same, size));
        free(same);
        rules_deinit(&again);
    }
    free(text);
    rules_deinit(&merged);
}

/* It is refused with one line, or each compartment is whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[YAMLFILE_ERROR_MAX] = "";
    struct rules rules;
    int result = rules_parse(&rules, "f", (const char *)data, size, error);

    CHECK(result ? *error && !strchr(error, '\n') : !*error);
    if (result)
        return 0;
    for (size_t i = 0; i < rules.compartments.count; i++)
        check_compartment(&rules, i);
    check_libraries(&rules);
    check_merged(&rules);
    rules_deinit(&rules);
    return 0;
}
