/* rules.c - fuzzes report/rules.c and report/yamltree.c: any bytes as a file of rules. */
#include "fuzz.h"

#include "report/rules.h"

static void check_compartment(const struct rules *rules, const struct rules_compartment *c)
{
    CHECK(*c->name && (c->action.kind == RULES_ERRNO) == (c->action.error > 0));
    CHECK(!c->is_default || rules_default(rules) == c);
    CHECK(!c->owned || (rules->runtime_owned && rules_runtime(rules) == c));
    for (size_t i = 0; i < c->library_count; i++)
        CHECK(*c->libraries[i] && rules_naming(rules, c->libraries[i]) <= c);
    for (size_t i = 0; i < c->phase_count; i++)
        for (uint32_t nr = 0; nr < CALLSET_NUMBERS; nr++)
            CHECK(!callset_has(&c->allow, ABI_I386, nr) ||
                  rules_allow(c, c->phases[i].name, ABI_I386, nr));
}

/* It is refused with one line, or each compartment is whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[RULES_ERROR_MAX] = "";
    struct rules rules;
    int result = rules_parse(&rules, (const char *)data, size, error);

    CHECK(result ? *error && !strchr(error, '\n') : !*error);
    if (result)
        return 0;
    for (size_t i = 0; i < rules.count; i++)
        check_compartment(&rules, &rules.compartments[i]);
    rules_deinit(&rules);
    return 0;
}
