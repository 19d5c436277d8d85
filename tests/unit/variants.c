/* variants.c - the table of variants, and that of starts: that their names are real, and that calls
 * whose names differ only in what marks a newer form are together. */
#include "test.h"

#include "record/syscalls.h"
#include "report/starts.h"
#include "report/variants.h"

/* Alike by name, but other requests. */
static const char *const others[][2] = {
    { "dup", "dup2" },                                   /* the caller chooses the number */
    { "dup", "dup3" },         { "fchmod", "fchmodat" }, /* of a descriptor; of a name */
    { "fchmod", "fchmodat2" }, { "fchown", "fchownat" },
    { "readv", "preadv" }, /* at the file's position; at one that is given */
    { "writev", "pwritev" },
};

static bool exists(const char *name)
{
    for (int abi = 0; abi < ABI_COUNT; abi++)
        if (syscall_exists((enum abi)abi, name))
            return true;
    return false;
}

static bool is_in(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (!strcmp(*names, name))
            return true;
    return false;
}

static bool together(const char *one, const char *other)
{
    for (size_t i = 0; i < variants_count; i++)
        if (is_in(variants[i].names, one) && is_in(variants[i].names, other))
            return true;
    for (size_t i = 0; i < LENGTH(others); i++)
        if (!strcmp(others[i][0], one) && !strcmp(others[i][1], other))
            return true;
    return false;
}

static void test_names_are_real(void **state)
{
    (void)state;
    for (size_t i = 0; i < variants_count; i++) {
        assert_true(*variants[i].source && variants[i].names[0] && variants[i].names[1]);
        for (const char *const *name = variants[i].names; *name; name++)
            if (!exists(*name))
                fail_msg("there is no call %s", *name);
    }
    for (size_t i = 0; i < starts_count; i++)
        for (const char *const *name = starts[i].names; *name; name++)
            if (!exists(*name))
                fail_msg("there is no call %s", *name);
}

/* Of all calls that libseccomp knows. */
static void test_complete(void **state)
{
    static const char *const marks[] = { "64", "32", "_time64", "at",       "1",  "2",
                                         "3",  "4",  "6",       "6_time64", "at2" };
    static const char *const prefixes[] = { "old", "oldold", "rt_", "_", "p", "v", "_new" };
    char name[SYSCALL_NAME_MAX], other[2 * SYSCALL_NAME_MAX];
    (void)state;
    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (uint32_t nr = 0; nr < 1024; nr++) {
            if (!exists(syscall_name((enum abi)abi, nr, name)))
                continue;
            for (size_t i = 0; i < LENGTH(marks); i++) {
                snprintf(other, sizeof(other), "%s%s", name, marks[i]);
                if (exists(other) && !together(name, other))
                    fail_msg("%s and %s are not in one line", name, other);
            }
            for (size_t i = 0; i < LENGTH(prefixes); i++) {
                snprintf(other, sizeof(other), "%s%s", prefixes[i], name);
                if (exists(other) && !together(name, other))
                    fail_msg("%s and %s are not in one line", name, other);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_real),
        cmocka_unit_test(test_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
