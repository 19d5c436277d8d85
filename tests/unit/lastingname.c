/* lastingname.c - which libraries of two runs are the same one. */
#include "sample.h"

#include "report/lastingname.h"

static void check(const char *name, const char *path, const char *soname, const char *wanted)
{
    struct run run;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run_program(&run, "python3", "/usr/bin/python3.11"), 0);
    assert_int_equal(run_program(&run, "ls", "/bin/busybox"), 1);
    assert_int_equal(run_program(&run, "cat", "/bin/busybox"), 2);
    assert_int_equal(run_program(&run, "", "/bin/nameless"), 3);
    uint32_t number = sample_module(&run, name, path, soname, "gnu:1");
    char **names = lasting_names(&run);
    assert_string_equal(names[MODULE_UNKNOWN], "[unknown]");
    assert_string_equal(names[number], wanted);
    lasting_names_free(names, &run);
    run_deinit(&run);
}

static void test_names(void **state)
{
    (void)state;
    check("libzip.so.4.0.1", "/lib/libzip.so.4.0.1", "libzip.so.4", "libzip.so.4");
    check("libzip-5.so", "/lib/libzip-5.so", "libzip.so", "libzip.so");
    check("libevil.so", "/tmp/libevil.so", "libzip.so.4", "libevil.so"); /* says so itself */
    check("libfoo.so.1.2.3", "/lib/libfoo.so.1.2.3", "", "libfoo.so.1");
    check("libfoo.so.12", "/lib/libfoo.so.12", "", "libfoo.so.12");
    check("libfoo.so", "/lib/libfoo.so", "", "libfoo.so");
    check("libfoo.so.x.1", "/lib/libfoo.so.x.1", "", "libfoo.so.x.1");
    check("libfoo.so.1-old", "/lib/libfoo.so.1-old", "", "libfoo.so.1-old");
    check("libfoo.so.", "/lib/libfoo.so.", "", "libfoo.so.");
    check("", "", "", "");
    check("python3.11", "/usr/bin/python3.11", "", "python3");
    check("python3.11", "/opt/python3.11", "", "python3.11"); /* not executed */
    check("busybox", "/bin/busybox", "", "busybox");
    check("nameless", "/bin/nameless", "", "nameless");
    check("[vdso]", "[vdso]", "linux-vdso.so.1", "[vdso]");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
