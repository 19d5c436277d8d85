/* phaserule.c - parses --phase, and tells which option comes true. */
#include "phaserule.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/escape.h"
#include "report/attribute.h"
#include "report/glob.h"

static const char usage[] = "use NAME@[LIBRARY:]FUNCTION, NAME@MODULE+0xOFFSET or NAME=SYSCALL[:N]";

static bool is_built_in(const char *name)
{
    return !strcmp(name, phase_name(PHASE_LOAD)) || !strcmp(name, phase_name(PHASE_MAIN)) ||
           !strcmp(name, phase_name(PHASE_EXIT));
}

/* Is it printed as it is (record/escape.h)? */
static bool is_text(const char *name)
{
    char *text = escape(name);
    bool ret = text && !strcmp(text, name);

    free(text);
    return ret;
}

bool phase_name_is_valid(const char *name)
{
    return *name && strlen(name) <= PHASE_NAME_MAX && !strpbrk(name, " @=,") && is_text(name) &&
           !is_built_in(name);
}

bool phase_rules_have(const struct phase_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (!strcmp(rules->rules[i].name, name))
            return true;
    return is_built_in(name);
}

/* ---- Parsing ---- */

static int fail(char error[static PHASE_ERROR_MAX], const char *option, const char *what)
{
    snprintf(error, PHASE_ERROR_MAX, "--phase=%.120s: %s", option, what);
    return -EINVAL;
}

/* Is it "MODULE+0xOFFSET"? Then it ends behind the module. */
static bool take_place(char *code, uint64_t *ret)
{
    char *plus = strrchr(code, '+');

    if (!plus || plus == code || strncmp(plus, "+0x", 3) || !isxdigit((unsigned char)plus[3]) ||
        plus[3 + strspn(plus + 3, "0123456789abcdefABCDEF")])
        return false;
    errno = 0;
    *ret = strtoull(plus + 3, NULL, 16);
    if (errno)
        return false;
    *plus = '\0';
    return true;
}

static int parse_code(struct phase_rule *rule, char *code, const char *option,
                      char error[static PHASE_ERROR_MAX])
{
    char *colon = (char *)glob_colon(code);

    if (take_place(code, &rule->place)) {
        rule->cause = PHASE_PLACE;
        rule->library = code;
        return 0;
    }
    if (strstr(code, "+0x")) /* no function is called so */
        return fail(error, option, usage);
    rule->cause = PHASE_FUNCTION;
    rule->function = colon ? colon + 1 : code;
    if (colon) {
        rule->library = code;
        *colon = '\0';
    }
    if (!*rule->function || (colon && colon == code))
        return fail(error, option, usage);
    return 0;
}

/* "" and "0" are no numbers. */
static bool parse_nth(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 10);
    return isdigit((unsigned char)*text) && !*end && !errno && *ret;
}

static int parse_call(struct phase_rule *rule, char *call, const char *option,
                      char error[static PHASE_ERROR_MAX])
{
    char *colon = strchr(call, ':');
    bool exists = false;

    rule->cause = PHASE_CALL;
    rule->nth = 1;
    if (colon && !parse_nth(colon + 1, &rule->nth))
        return fail(error, option, "behind the system call is no number from 1 on");
    if (colon)
        *colon = '\0';
    for (int abi = 0; abi < ABI_COUNT; abi++) {
        rule->numbers[abi] = syscall_number((enum abi)abi, call);
        exists |= rule->numbers[abi] >= 0;
    }
    return exists ? 0 : fail(error, option, "there is no such system call");
}

static int parse(struct phase_rule *rule, const char *option, char error[static PHASE_ERROR_MAX])
{
    char *separator = strpbrk(rule->text, "@=");

    if (!separator)
        return fail(error, option, usage);
    char kind = *separator;
    *separator = '\0';
    rule->name = rule->text;
    if (!phase_name_is_valid(rule->name))
        return fail(error, option, PHASE_NAME_RULE);
    return kind == '@' ? parse_code(rule, separator + 1, option, error)
                       : parse_call(rule, separator + 1, option, error);
}

int phase_rules_add(struct phase_rules *rules, const char *option,
                    char error[static PHASE_ERROR_MAX])
{
    struct phase_rule rule = { .text = strdup(option) };

    if (rules->count == PHASE_RULES_MAX) {
        free(rule.text);
        return fail(error, option, "there are too many of these options");
    }
    struct phase_rule *larger = reallocarray(rules->rules, rules->count + 1, sizeof(*larger));
    if (larger)
        rules->rules = larger;
    int result =
        rule.text && larger ? parse(&rule, option, error) : fail(error, option, strerror(ENOMEM));
    if (result) {
        free(rule.text);
        return result;
    }
    if (rule.cause != PHASE_CALL)
        rules->by_code |= UINT64_C(1) << rules->count;
    larger[rules->count++] = rule;
    return 0;
}

void phase_rules_deinit(struct phase_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        free(rules->rules[i].text);
    free(rules->rules);
    *rules = (struct phase_rules){ 0 };
}

/* ---- Judging ---- */

static bool is_nth_call(const struct phase_rules *rules, struct phase_state *state, size_t number,
                        enum abi abi, uint32_t nr)
{
    const struct phase_rule *rule = &rules->rules[number];

    return rule->cause == PHASE_CALL && rule->numbers[abi] == (int64_t)nr &&
           ++state->seen[number] >= rule->nth;
}

int phase_rules_judge(const struct phase_rules *rules, struct phase_state *state, uint64_t under,
                      enum abi abi, uint32_t nr)
{
    int ret = PHASE_RULE_NONE;

    if (!state->seen && !(state->seen = calloc(rules->count, sizeof(*state->seen))))
        return -ENOMEM;
    for (size_t i = 0; i < rules->count; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        if (state->begun & bit || !(under & bit || is_nth_call(rules, state, i, abi, nr)))
            continue;
        state->begun |= bit;
        ret = (int)i;
    }
    return ret;
}

struct phase_state phase_state_fork(const struct phase_state *parent)
{
    return (struct phase_state){ .phase = parent->phase, .begun = parent->begun };
}

void phase_state_reset(struct phase_state *state)
{
    free(state->seen);
    *state = (struct phase_state){ 0 };
}
