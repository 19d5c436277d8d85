/* callset.c - which system calls a user means. */
#include "test.h"

#include "report/callset.h"

/* Which of some telling calls a set has: x86-64's read, open and openat, i386's open and
 * socketcall, x32's readv, a number without a name, and one beyond all. */
static const char *show(const struct callset *set)
{
    static char ret[16];
    static const struct {
        char letter;
        enum abi abi;
        uint32_t nr;
    } calls[] = { { 'r', ABI_X86_64, 0 }, { 'o', ABI_X86_64, 2 },   { 'O', ABI_X86_64, 257 },
                  { 'i', ABI_I386, 5 },   { 's', ABI_I386, 102 },   { 'x', ABI_X32, 515 },
                  { 'n', ABI_I386, 900 }, { 'b', ABI_X86_64, 5000 } };
    size_t length = 0;

    for (size_t i = 0; i < LENGTH(calls); i++)
        if (callset_has(set, calls[i].abi, calls[i].nr))
            ret[length++] = calls[i].letter;
    ret[length] = '\0';
    return ret;
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *set; /* or what is wrong */
    } cases[] = {
        { "read", "r" },
        { "open", "oi" },
        { "open@64", "o" },
        { "open@32", "i" },
        { "openat,read", "rO" },
        { "readv@x32", "x" },
        { "readv", "x" },
        { "socketcall", "s" },
        { "?socketcall,?nonsense", "s" },
        { "0", "r" },
        { "5", "i" },
        { "900@32", "n" },
        { "syscall_900", "n" },
        { "all", "roOisxnb" },
        { "!all", "" },
        { "none", "" },
        { "!none", "roOisxnb" },
        { "!read,openat", "oisxnb" },
        { "/^open", "oOi" },
        { "/^open$", "oi" },
        { "%file", "oOi" },
        { "%desc,open@32", "roOisx" },
        { "nonsense", "no system call 'nonsense'" },
        { "socketcall@64", "no system call 'socketcall'" },
        { "1024", "no system call '1024'" },
        { "01", "no system call '01'" },
        { "99999999999999999999", "no system call '9" },
        { "syscall_5000", "no system call" },
        { "", "has no name" },
        { "read,", "has no name" },
        { "!", "has no name" },
        { "open@", "behind '@'" },
        { "%fil", "no class" },
        { "%", "no class" },
        { "/(", "no regular expression" },
        { "/nothing_is_called_so", "no system call matches" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char error[CALLSET_ERROR_MAX] = "";
        struct callset set = { .beyond = true };
        if (callset_parse(&set, cases[i].text, error)) {
            assert_true(set.beyond); /* untouched */
            if (!strstr(error, cases[i].set))
                fail_msg("%s: %s, not %s", cases[i].text, error, cases[i].set);
        } else {
            assert_string_equal(show(&set), cases[i].set);
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    struct callset set = { 0 };

    assert_true(callset_add_name(&set, "openat"));
    assert_true(callset_add_name(&set, "i386:open"));
    assert_true(callset_add_name(&set, "x32:readv"));
    assert_true(callset_add_name(&set, "i386:syscall_900"));
    assert_string_equal(show(&set), "Oixn");
    assert_false(callset_add_name(&set, "nonsense"));
    assert_false(callset_add_name(&set, ""));
    assert_false(callset_add_name(&set, "i386:"));
    assert_false(callset_add_name(&set, "i386:nonsense"));
    assert_false(callset_add_name(&set, "arm:open"));
    assert_false(callset_add_name(&set, "x86_64:socketcall"));
    assert_string_equal(show(&set), "Oixn");
    assert_false(set.beyond);
    assert_true(callset_add_name(&set, "syscall_1024"));
    assert_true(set.beyond);
    assert_true(callset_has(&set, ABI_I386, 9999));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
