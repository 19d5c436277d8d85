/* taking.c - sets of pairs as text, and as options of the tracer. */
#include "test.h"

#include "probe/taking.h"

static void make_pairs(struct pairs *pairs)
{
    static const struct {
        const char *library;
        enum abi abi;
        uint32_t nr;
    } all[] = { { "liba.so", ABI_X86_64, 1 }, { "libb.so", ABI_X86_64, 1 },
                { "liba.so", ABI_I386, 3 },   { "[unknown]", ABI_X86_64, 1 },
                { "a:b*", ABI_X32, 7 },       { "", ABI_X86_64, 9 } };

    for (size_t i = 0; i < LENGTH(all); i++)
        assert_non_null(pairs_add(pairs, all[i].library, all[i].abi, all[i].nr));
    assert_ptr_equal(pairs_add(pairs, "libb.so", ABI_X86_64, 1), &pairs->all[1]);
    assert_int_equal(pairs->count, LENGTH(all));
}

static void check_options(const char *set, const struct pairs *pairs, const char *wanted)
{
    char *given[] = { (char *)"-x", NULL }, text[512] = "";
    char **options = taking_options(set, pairs, given);

    assert_non_null(options);
    for (char **option = options; *option; option++) {
        strcat(text, *option);
        strcat(text, " ");
    }
    assert_string_equal(text, wanted);
    taking_free(options);
}

static void test_options(void **state)
{
    struct pairs pairs = { 0 };
    (void)state;

    make_pairs(&pairs);
    check_options("", &pairs, "-x ");
    check_options("s", &pairs, "-x --inject=liba.so:1@64:error=ENOSYS ");
    check_options("s.s", &pairs, "-x --inject=liba.so:1@64,3@32:error=ENOSYS ");
    check_options("ssf", &pairs,
                  "-x --inject=liba.so:1@64:error=ENOSYS --inject=libb.so:1@64:error=ENOSYS "
                  "--inject=liba.so:3@32:retval=0 ");
    check_options("...fff", &pairs,
                  "-x --inject=[[]unknown]:1@64:retval=0 --inject=a[:]b[*]:7@x32:retval=0 "
                  "--inject=*:9@64:retval=0 ");
    pairs_deinit(&pairs);
}

static void test_sets(void **state)
{
    struct pairs pairs = { 0 };
    size_t pair = 9;
    enum way way = WAYS;
    (void)state;

    make_pairs(&pairs);
    char *two = taking_with("..s", &pairs, 4, WAY_FAKE),
         *one = taking_with("", &pairs, 1, WAY_FAKE);
    assert_string_equal(two, "..s.f");
    assert_string_equal(one, ".f");
    assert_false(taking_is_single("", &pair, &way));
    assert_false(taking_is_single(two, &pair, &way));
    assert_true(taking_is_single(one, &pair, &way));
    assert_int_equal(pair, 1);
    assert_int_equal(way, WAY_FAKE);
    free(two);
    free(one);
    pairs_deinit(&pairs);
}

/* What runs say of a pair, how many more are wanted of two, and its class if the other way fails.
 */
static void test_answers(void **state)
{
    static const struct {
        uint32_t results[TRIAL_ENDS]; /* works, fails, hangs, unmade */
        enum answer answer;
        uint32_t missing;
        enum pair_class class;
    } cases[] = {
        { { 0, 0, 0, 0 }, ANSWER_NONE, 2, PAIR_UNSTABLE },
        { { 1, 0, 0, 0 }, ANSWER_WORKS, 1, PAIR_STUB },
        { { 2, 0, 0, 0 }, ANSWER_WORKS, 0, PAIR_STUB },
        { { 1, 1, 0, 0 }, ANSWER_UNSTABLE, 0, PAIR_UNSTABLE },
        { { 1, 0, 1, 0 }, ANSWER_UNSTABLE, 0, PAIR_UNSTABLE },
        { { 0, 1, 0, 0 }, ANSWER_FAILS, 1, PAIR_REQUIRED },
        { { 0, 1, 1, 0 }, ANSWER_FAILS, 0, PAIR_REQUIRED },
        { { 0, 0, 2, 0 }, ANSWER_HANGS, 0, PAIR_REQUIRED },
        { { 0, 0, 0, 1 }, ANSWER_UNMADE, 2, PAIR_UNSTABLE },
        { { 0, 0, 0, 4 }, ANSWER_UNMADE, 0, PAIR_UNSTABLE },
        { { 2, 0, 0, 1 }, ANSWER_WORKS, 0, PAIR_STUB },
        { { 1, 0, 0, 2 }, ANSWER_WORKS, 1, PAIR_STUB },
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct pair pair = { .results[WAY_FAKE] = { 0, 1 } };
        memcpy(pair.results[WAY_STUB], cases[i].results, sizeof(cases[i].results));
        assert_int_equal(pair_answer(&pair, WAY_STUB), cases[i].answer);
        assert_int_equal(pair_missing(&pair, WAY_STUB, 2), cases[i].missing);
        assert_int_equal(pair_class(&pair), cases[i].class);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
