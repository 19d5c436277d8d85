/* library.c - the closed list of runtime libraries: who is on it, who only looks like it. */
#include "test.h"

#include "record/library.h"

/* A module with a name, a soname ("" for none) and a path; pointers are borrowed. */
static struct module make(const char *name, const char *soname, const char *path)
{
    return (struct module){
        .name = (char *)name, .soname = (char *)soname, .path = (char *)path, .identity = ""
    };
}

static const struct library_run alone; /* nothing that others of the run would prove */

static bool is_runtime(const char *name, const char *soname)
{
    const struct runtime_libraries builtin = { 0 };
    struct module module = make(name, soname, "/lib/file");
    return library_is_runtime(&builtin, &alone, &module);
}

static void test_runtime_names(void **state)
{
    static const char *const names[] = {
        "libc.so.6",
        "libc-2.31.so",
        "libc.so",
        "libc.musl-x86_64.so.1",
        "ld-linux-x86-64.so.2",
        "ld-linux.so.2",
        "ld-linux-x32.so.2",
        "ld-2.31.so",
        "ld-musl-x86_64.so.1",
        "ld-musl-i386.so.1",
        "libpthread.so.0",
        "libpthread-2.31.so",
        "libdl.so.2",
        "librt.so.1",
        "libanl.so.1",
        "libresolv.so.2",
        "libutil.so.1",
        "libm.so.6",
        "libm-2.31.so",
        "libmvec.so.1",
        "libnss_files.so.2",
        "libnss_dns.so.2",
        "libnss_compat.so.2",
        "libnss_hesiod.so.2",
        "libnss_db.so.2",
        "libnss_files-2.31.so",
        "libgcc_s.so.1",
        "libgcc_s-12-20220819.so.1",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++) {
        if (!is_runtime(names[i], ""))
            fail_msg("%s is a runtime library", names[i]);
        if (!is_runtime(names[i], names[i]))
            fail_msg("%s is a runtime library, and calls itself one", names[i]);
        if (is_runtime("other.so", names[i]))
            fail_msg("%s is what another file calls itself", names[i]);
    }
}

static void test_other_names(void **state)
{
    static const char *const names[] = {
        "",
        "libstdc++.so.6.0.30",
        "libc++.so.1",
        "libc++abi.so.1",
        "libcrypt.so.1",
        "libcap.so.2",
        "libcom_err.so.2",
        "libnss_systemd.so.2",
        "libnss_mymachines.so.2",
        "libmd.so.0",
        "libjemalloc.so.2",
        "libmimalloc.so",
        "libasan.so.8",
        "libthread_db.so.1",
        "mylibc.so.6",
        "libc.so.6.bak",
        "libc.so.6-shim",
        "libc.so.x",
        "libc",
        "libc.a",
        "libc6.so",
        "libm2.so",
        "libm-next.so",
        "libm-2.so", /* a version has a dot */
        "libm-9.9.so",
        "libm-2.31.so.3",
        "libutil.so",
        "librt.so.42",
        "ld.so.1",
        "libc.so.7",
        "ldd",
        "ld",
        "nginx",
        "[anon]",
        "[start]",
        "[unknown]",
        "[vdso]", /* a file, not the vDSO */
        "so",
        ".so",
        ".so.6",
        "6",
        "...",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++)
        if (is_runtime(names[i], ""))
            fail_msg("'%s' is no runtime library", names[i]);
}

static void test_soname_goes_before_name(void **state)
{
    (void)state;
    assert_false(is_runtime("libc.so.6", "libshim.so.1"));
    assert_false(is_runtime("backup-of-the-c-library", "libc.so.6"));
    assert_false(is_runtime("libm.so.6", "libc.so.6"));
    assert_true(is_runtime("libc-2.31.so", "libc.so.6"));
    assert_true(is_runtime("ld-musl-x86_64.so.1", "libc.musl-x86_64.so.1"));
}

/* Names, and what the file shows to be. */
static void test_claims(void **state)
{
    static const struct {
        const char *name, *soname;
        enum runtime_set set;
        bool runtime, claims;
    } rows[] = {
        { "libm.so.6", "libm.so.6", SET_GLIBC, true, false },
        { "libm.so.6", "libm.so.6", SET_UNKNOWN, true, false },
        { "libm.so.6", "libm.so.6", SET_NONE, false, true },
        { "libm.so.6", "libm.so.6", SET_GCC, false, true },
        { "libhide.so", "libm.so.6", SET_GLIBC, false, true },
        { "libhide.so", "libm.so.6", SET_NONE, false, true },
        { "libm.so.6", "libhide.so.1", SET_UNKNOWN, false, false },
        { "libhide.so", "", SET_UNKNOWN, false, false },
        { "libgcc_s.so.1", "libgcc_s.so.1", SET_GCC, true, false },
        { "libgcc_s.so.1", "libgcc_s.so.1", SET_GLIBC, false, true },
        { "libc.so", "", SET_MUSL, true, false },
        { "libc.so", "", SET_NONE, false, true },
        { "ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2", SET_NONE, false, true },
    };
    const struct runtime_libraries builtin = { 0 }, none = { .no_builtin = true };
    const struct runtime_libraries listed = { false, (const char *[]){ "lib*", "ld-*" }, 2 };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct module module = make(rows[i].name, rows[i].soname, "/opt/x");
        module.set = rows[i].set;
        if (library_is_runtime(&builtin, &alone, &module) != rows[i].runtime ||
            library_only_claims(&builtin, &module) != rows[i].claims)
            fail_msg("%s, called %s by itself: wrong", rows[i].name, rows[i].soname);
        assert_false(library_only_claims(&none, &module));
        assert_false(library_only_claims(&listed, &module));
        assert_true(rows[i].runtime || !library_is_loader(&module));
        assert_true(rows[i].runtime || !library_is_libc(&module));
    }
}

static void test_sets(void **state)
{
    enum runtime_set set;
    (void)state;
    for (int i = SET_UNKNOWN; i < RUNTIME_SETS; i++) {
        assert_true(library_find_set(library_set_name((enum runtime_set)i), &set));
        assert_int_equal(set, i);
    }
    assert_false(library_find_set("bsd", &set));
}

static void test_gconv_modules_by_path(void **state)
{
    const struct runtime_libraries builtin = { 0 };
    const struct module modules[] = {
        make("libc.so.6", "libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
        make("liba.so", "", "/opt/app/liba.so"),
        make("UTF-16.so", "", "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so"),
        make("libJIS.so", "libJIS.so", "/usr/lib/x86_64-linux-gnu/gconv/libJIS.so"),
        make("UTF-16.so", "", "/opt/app/UTF-16.so"),
        make("UTF-16.so", "", "/opt/app/gconv/UTF-16.so"),
        make("UTF-16.so", "", "gconv/UTF-16.so"),
    };
    const struct library_run run = { modules, LENGTH(modules) };
    (void)state;
    for (size_t i = 0; i < LENGTH(modules); i++)
        assert_int_equal(library_is_runtime(&builtin, &run, &modules[i]), i != 1 && i < 4);
    assert_false(library_is_runtime(&builtin, &alone, &modules[2]));
}

static void test_user_globs(void **state)
{
    const char *globs[] = { "libapr*", "[vdso]" };
    const struct runtime_libraries more = { false, globs, 2 }, only = { true, globs, 2 };
    struct module apr = make("libapr-1.so.0.7.2", "libapr-1.so.0", "/lib/x"),
                  renamed = make("x.so", "libapr-1.so.0", "/lib/x"),
                  libc = make("libc.so.6", "libc.so.6", "/lib/x"),
                  vdso = make("[vdso]", "linux-vdso.so.1", "[vdso]"), v = make("v", "", "/bin/v");
    (void)state;
    assert_true(library_is_runtime(&more, &alone, &apr));
    assert_true(library_is_runtime(&more, &alone, &renamed));
    assert_true(library_is_runtime(&more, &alone, &libc));
    assert_false(library_is_runtime(&only, &alone, &libc));
    assert_true(library_is_runtime(&only, &alone, &apr));
    assert_true(library_is_runtime(&only, &alone, &vdso));
    assert_true(library_is_runtime(&only, &alone, &v)); /* as a pattern it is a set of letters */
}

static void test_cleared_list(void **state)
{
    const struct runtime_libraries none = { .no_builtin = true };
    struct module libc = make("libc.so.6", "libc.so.6", "/lib/libc.so.6");
    struct module vdso = make("[vdso]", "linux-vdso.so.1", "[vdso]");
    (void)state;
    assert_false(library_is_runtime(&none, &alone, &libc));
    assert_false(library_is_runtime(&none, &alone, &vdso));
}

static void test_roles(void **state)
{
    static const struct {
        const char *name, *soname;
        bool loader, libc;
    } rows[] = {
        { "ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2", true, false },
        { "ld-2.31.so", "ld-linux-x86-64.so.2", true, false },
        { "libc.so.6", "libc.so.6", false, true },
        { "libc-2.31.so", "", false, true },
        { "libc.so", "", true, true },                                  /* musl, Debian */
        { "ld-musl-x86_64.so.1", "libc.musl-x86_64.so.1", true, true }, /* musl, Alpine */
        { "ld-musl-x86_64.so.1", "", true, true },
        { "libm.so.6", "libm.so.6", false, false },
        { "libfoo.so", "", false, false },
        { "[start]", "", false, false },
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct module module = make(rows[i].name, rows[i].soname, "");
        if (library_is_loader(&module) != rows[i].loader)
            fail_msg("%s: loader is wrong", rows[i].name);
        if (library_is_libc(&module) != rows[i].libc)
            fail_msg("%s: libc is wrong", rows[i].name);
    }
}

static void test_exit_handlers(void **state)
{
    struct module libc = make("libc.so.6", "libc.so.6", ""), app = make("app", "", "");
    (void)state;
    assert_true(library_is_exit_handler(&libc, "", "exit"));
    assert_true(library_is_exit_handler(&libc, "", "quick_exit"));
    assert_true(library_is_exit_handler(&libc, "", "__run_exit_handlers"));
    assert_true(library_is_exit_handler(&app, "", "__run_exit_handlers")); /* static */
    assert_false(library_is_exit_handler(&app, "", "exit"));
    assert_true(library_is_exit_handler(&app, "libc", "exit"));
    assert_false(library_is_exit_handler(&app, "[unknown]", "exit"));
    assert_false(library_is_exit_handler(&libc, "", "_exit"));
    assert_false(library_is_exit_handler(&libc, "", "on_exit"));
    assert_false(library_is_exit_handler(&libc, "", "__cxa_finalize"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runtime_names),
        cmocka_unit_test(test_other_names),
        cmocka_unit_test(test_soname_goes_before_name),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_gconv_modules_by_path),
        cmocka_unit_test(test_user_globs),
        cmocka_unit_test(test_cleared_list),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_exit_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
