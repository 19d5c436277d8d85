/* staticlibc.c - the C library's functions among those of small programs, in the order in which
 * they are linked. */
#include "test.h"

#include "symbolizer/names/staticlibc.h"

enum { MAX = 32 };

/* One symbol: '=' before its name puts it at the address of the one before. */
struct expected {
    const char *name, *file;
    enum origin origin;
};

#define P ORIGIN_PROGRAM
#define L ORIGIN_LIBC
#define U ORIGIN_UNKNOWN

static int tell(const struct expected *expected, struct linked_function *functions)
{
    size_t count = 0;

    for (uint64_t address = 0; expected[count].name; count++) {
        bool alias = *expected[count].name == '=';
        address += alias ? 0 : 16;
        functions[count] = (struct linked_function){ address, expected[count].name + alias,
                                                     expected[count].file, U };
    }
    return staticlibc_tell(functions, count);
}

static void check(const struct expected *expected)
{
    struct linked_function functions[MAX];
    size_t count = 0;

    assert_int_equal(tell(expected, functions), 1);
    while (expected[count].name)
        count++;
    for (uint64_t i = 0, address = 0; i < count; i++) {
        address += *expected[i].name == '=' ? 0 : 16;
        if (staticlibc_find(functions, count, address) != expected[i].origin)
            fail_msg("%s: %d", expected[i].name, staticlibc_find(functions, count, address));
    }
    assert_int_equal(staticlibc_find(functions, count, 8), U);
}

static void test_glibc(void **state)
{
    static const struct expected program[] = {
        { "_nl_load_domain.cold", "loadmsgcat.o", L },
        { "abort", NULL, L }, /* between two of it */
        { "_IO_new_fclose.cold", "iofclose.o", L },
        { "main", NULL, P },
        { "_start", NULL, P },
        { "_dl_relocate_static_pie", NULL, P }, /* nothing to do: of the start code */
        { "helper", "app.c", P },
        { "work", NULL, P },
        { "call_fini", "libc-start.o", L }, /* its member is there */
        { "__libc_start_call_main", "libc-start.o", L },
        { "__libc_start_main", NULL, L },
        { "=__libc_start_main_impl", NULL, L },
        { "__libc_setup_tls", NULL, L },
        { "_nl_load_domain", NULL, L },
        { "_IO_new_fclose", NULL, L },
        { "nice", NULL, L }, /* between two of it */
        { "__libc_read", NULL, L },
        { "=read", NULL, L },
        { NULL, NULL, U },
    };

    (void)state;
    check(program);
}

/* The program's own functions with names of the library's. */
static void test_same_names(void **state)
{
    static const struct expected program[] = {
        { "_start", NULL, P },
        { "main", NULL, P },
        { "malloc", NULL, P }, /* no other function of malloc.o is there */
        { "free", NULL, P },
        { "calloc", NULL, P },
        { "=__libc_calloc", NULL, P }, /* as allocators do */
        { "tc_realloc", NULL, P },
        { "=realloc", NULL, P },
        { "=__libc_realloc", NULL, P },
        { "read", NULL, P },            /* between two of the program's */
        { "__read_chk_more", NULL, P }, /* reserved, but not the library's */
        { "insert", "tsearch.c", P },   /* a source as the library has one */
        { "compare", "msort.o", P },    /* an archive's member likewise */
        { "_ZN3app4openEv", NULL, P },
        { "write", NULL, U }, /* the last of the program's or the first of the other? */
        { "__libc_start_main", NULL, L },
        { "__libc_setup_tls", NULL, L },
        { "__libc_read", NULL, L }, /* what is left of read.o */
        { "=__read", NULL, L },
        { "__libc_write", NULL, L },
        { "nice", NULL, U },
        { NULL, NULL, U },
    };

    (void)state;
    check(program);
}

/* Another version of the library, a program linked behind it, functions made one. */
static void test_doubt(void **state)
{
    static const struct expected program[] = {
        { "_start", NULL, P },
        { "main", NULL, P },
        { "__libc_start_main", NULL, L },
        { "__libc_setup_tls", NULL, L },
        { "__libc_newfunction", NULL, L }, /* reserved, between two of it */
        { "_IO_puts", NULL, L },
        { "newfunction", NULL, U },
        { "helper", "new.o", U },
        { "_IO_fopen", NULL, L },
        { "behind", NULL, U },
        { "_IO_fclose", NULL, L },
        { "behind_cxx", NULL, P },
        { "_Z6behindv", NULL, P },
        { "_IO_printf", NULL, L },
        { "__getpid", NULL, U },
        { "=my_getpid", NULL, U },
        { "__getuid", NULL, L },
        { NULL, NULL, U },
    };

    (void)state;
    check(program);
}

static void test_musl(void **state)
{
    static const struct expected program[] = {
        { "exit", NULL, L }, /* of exit.lo, which is there: */
        { "main", NULL, P },
        { "_start_c", NULL, P },
        { "work", NULL, P },
        { "__init_libc", NULL, L },
        { "__libc_start_main", NULL, L },
        { "__libc_exit_fini", NULL, L },
        { "=libc_exit_fini", "exit.lo", L },
        { "fopen", NULL, L },
        { "=fopen64", NULL, L },
        { "__stdio_write", NULL, L },
        { NULL, NULL, U },
    };

    (void)state;
    check(program);
}

/* A linker that leaves static functions behind whatever file was the last to have a name. */
static void test_no_files(void **state)
{
    static const struct expected program[] = {
        { "_start", NULL, P },
        { "main", NULL, P },
        { "helper", "app.c", P },
        { "work", NULL, P },
        { "last", "app.c", U },
        { "call_fini", "app.c", U },
        { "__libc_start_call_main", "app.c", L },
        { "__libc_start_main", NULL, L },
        { "read_int", "app.c", L },
        { "__libc_setup_tls", NULL, L },
        { "_RNvCs1_1a1b", "app.c", P },
        { "_nl_load_domain", NULL, L },
        { NULL, NULL, U },
    };

    (void)state;
    check(program);
}

static void test_none(void **state)
{
    static const struct expected without[] = { { "_start", NULL, P },
                                               { "read", NULL, P },
                                               { NULL, NULL, U } };
    static const struct expected other[] = { { "__libc_start_main", NULL, P },
                                             { "read", NULL, P },
                                             { NULL, NULL, U } };
    struct linked_function functions[MAX];

    (void)state;
    assert_int_equal(tell(without, functions), 0);
    assert_int_equal(tell(other, functions), 0);
    assert_int_equal(staticlibc_tell(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glibc),    cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_doubt),    cmocka_unit_test(test_musl),
        cmocka_unit_test(test_no_files), cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
