/* phaserule.c - what --phase may say, and with which call of a process a phase begins. */
#include "test.h"

#include <sys/syscall.h>

#include "tracer/phaserule.h"

static void show(const struct phase_rule *rule, char *ret, size_t size)
{
    static const char *const causes[] = { "function", "place", "call" };
    const char *library = rule->library ? rule->library : "-";

    if (rule->cause == PHASE_FUNCTION)
        snprintf(ret, size, "%s %s %s %s", rule->name, causes[0], library, rule->function);
    else if (rule->cause == PHASE_PLACE)
        snprintf(ret, size, "%s %s %s %llx", rule->name, causes[1], library,
                 (unsigned long long)rule->place);
    else
        snprintf(ret, size, "%s %s %lld %lld %llu", rule->name, causes[2],
                 (long long)rule->numbers[ABI_X86_64], (long long)rule->numbers[ABI_I386],
                 (unsigned long long)rule->nth);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *option, *rule; /* or what is wrong */
    } cases[] = {
        { "serving@aeMain", "serving function - aeMain" },
        { "serving@redis-server:aeMain", "serving function redis-server aeMain" },
        { "serving@libfoo*:ns::run(int)", "serving function libfoo* ns::run(int)" },
        { "serving@ns::run", "serving function - ns::run" },
        { "s\xc3\xa9rv@f", "s\xc3\xa9rv function - f" },
        { "serving@app+0x1aF", "serving place app 1af" },
        { "serving@libstdc++.so.6+0x10", "serving place libstdc++.so.6 10" },
        { "serving@operator+", "serving function - operator+" },
        { "serving@app+0x", "use NAME@" },
        { "serving@+0x10", "use NAME@" },
        { "serving@app+0x-1", "use NAME@" },
        { "serving@app+0x1g", "use NAME@" },
        { "serving@app+0xfffffffffffffffff", "use NAME@" },
        { "serving=accept4", "serving call 288 364 1" },
        { "serving=time:12", "serving call 201 13 12" },
        { "serving=_llseek", "serving call -1 140 1" },
        { "serving=syscall_1000", "serving call 1000 1000 1" },
        { "serving", "use NAME@" },
        { "", "use NAME@" },
        { "serving@", "use NAME@" },
        { "serving@lib:", "use NAME@" },
        { "serving@:f", "use NAME@" },
        { "@f", "needs a name" },
        { "load@f", "needs a name" },
        { "main=read", "needs a name" },
        { "exit=read", "needs a name" },
        { "two words@f", "needs a name" },
        { "a,b@f", "needs a name" },
        { "a\nb@f", "needs a name" },
        { "a\\b@f", "needs a name" },
        { "a\xff@f", "needs a name" },
        { "a\xc2\x85@f", "needs a name" },
        { "serving=", "no such system call" },
        { "serving=nothing", "no such system call" },
        { "serving=syscall_1", "no such system call" },
        { "serving=syscall_01000", "no such system call" },
        { "serving=read:", "no number" },
        { "serving=read:0", "no number" },
        { "serving=read:-1", "no number" },
        { "serving=read:1x", "no number" },
        { "serving=read:18446744073709551616", "no number" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct phase_rules rules = { 0 };
        char text[PHASE_ERROR_MAX] = "";
        int result = phase_rules_add(&rules, cases[i].option, text);
        if (!result)
            show(&rules.rules[0], text, sizeof(text));
        if (!strstr(text, cases[i].rule) || !result != (rules.count == 1))
            fail_msg("%s: %s", cases[i].option, text);
        phase_rules_deinit(&rules);
    }
}

static void test_name_length(void **state)
{
    (void)state;
    char name[PHASE_NAME_MAX + 2];

    memset(name, 'x', sizeof(name));
    name[PHASE_NAME_MAX + 1] = '\0';
    assert_false(phase_name_is_valid(name));
    name[PHASE_NAME_MAX] = '\0';
    assert_true(phase_name_is_valid(name));
}

static struct phase_rules make(const char *const *options)
{
    struct phase_rules rules = { 0 };
    char error[PHASE_ERROR_MAX];

    for (; *options; options++)
        assert_int_equal(phase_rules_add(&rules, *options, error), 0);
    return rules;
}

enum { NONE = PHASE_RULE_NONE, A = 0, B = 1, C = 2 };

/* What begins with each of these calls. */
static void test_judge(void **state)
{
    (void)state;
    static const char *const options[] = { "a@f", "b=read:2", "c@g", NULL };
    static const struct {
        uint64_t under;
        uint32_t nr;
        int begins;
    } calls[] = {
        { 0, SYS_read, NONE },
        { 0, SYS_write, NONE },
        { 1 << A, SYS_write, A },
        { 1 << A, SYS_write, NONE },
        { 0, SYS_read, B },
        { 0, SYS_read, NONE },
        { 1 << A | 1 << C, SYS_read, C },
        { 1 << C, SYS_read, NONE },
    };
    struct phase_rules rules = make(options);
    struct phase_state process = { 0 };

    assert_int_equal(rules.by_code, 1 << A | 1 << C);
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (phase_rules_judge(&rules, &process, calls[i].under, ABI_X86_64, calls[i].nr) !=
            calls[i].begins)
            fail_msg("call %zu", i);
    assert_false(phase_rules_wait(&rules, &process));
    phase_state_reset(&process);
    assert_true(phase_rules_wait(&rules, &process));
    phase_rules_deinit(&rules);
}

/* Of several with one call the last has it. */
static void test_at_once(void **state)
{
    (void)state;
    static const char *const options[] = { "a@f", "b=read", NULL };
    struct phase_rules rules = make(options);
    struct phase_state process = { 0 };

    assert_int_equal(phase_rules_judge(&rules, &process, 1 << A, ABI_X86_64, SYS_read), B);
    assert_false(phase_rules_wait(&rules, &process));
    phase_state_reset(&process);
    phase_rules_deinit(&rules);
}

/* A number is one of an ABI. */
static void test_abis(void **state)
{
    (void)state;
    static const char *const options[] = { "a=read", NULL };
    enum { I386_READ = 3 };
    struct phase_rules rules = make(options);
    struct phase_state process = { 0 };

    assert_int_equal(phase_rules_judge(&rules, &process, 0, ABI_I386, SYS_read), NONE);
    assert_int_equal(phase_rules_judge(&rules, &process, 0, ABI_I386, I386_READ), A);
    phase_state_reset(&process);
    assert_int_equal(phase_rules_judge(&rules, &process, 0, ABI_X32, SYS_read), A);
    phase_state_reset(&process);
    phase_rules_deinit(&rules);
}

static void test_fork(void **state)
{
    (void)state;
    static const char *const options[] = { "a@f", "b=read:2", NULL };
    struct phase_rules rules = make(options);
    struct phase_state parent = { 0 };

    assert_int_equal(phase_rules_judge(&rules, &parent, 1 << A, ABI_X86_64, SYS_read), A);
    parent.phase = 7;
    struct phase_state child = phase_state_fork(&parent);
    assert_int_equal(child.phase, 7);
    assert_int_equal(phase_rules_judge(&rules, &child, 1 << A, ABI_X86_64, SYS_read), NONE);
    assert_int_equal(phase_rules_judge(&rules, &child, 0, ABI_X86_64, SYS_read), B);
    assert_int_equal(phase_rules_judge(&rules, &parent, 0, ABI_X86_64, SYS_read), B);
    phase_state_reset(&child);
    phase_state_reset(&parent);
    phase_rules_deinit(&rules);
}

static void test_most(void **state)
{
    (void)state;
    struct phase_rules rules = { 0 };
    struct phase_state process = { 0 };
    char error[PHASE_ERROR_MAX], option[32];

    assert_false(phase_rules_wait(&rules, &process));
    for (int i = 0; i < PHASE_RULES_MAX; i++) {
        snprintf(option, sizeof(option), "p%d@f", i);
        assert_int_equal(phase_rules_add(&rules, option, error), 0);
    }
    assert_int_not_equal(phase_rules_add(&rules, "more@f", error), 0);
    assert_non_null(strstr(error, "too many"));
    assert_true(phase_rules_wait(&rules, &process));
    assert_int_equal(phase_rules_judge(&rules, &process, UINT64_MAX, ABI_X86_64, SYS_read),
                     PHASE_RULES_MAX - 1);
    assert_false(phase_rules_wait(&rules, &process));
    phase_state_reset(&process);
    phase_rules_deinit(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_name_length),
        cmocka_unit_test(test_judge), cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_abis),  cmocka_unit_test(test_fork),
        cmocka_unit_test(test_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
