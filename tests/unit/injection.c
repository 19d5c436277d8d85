/* injection.c - what --inject may say, and whose turn it is. */
#include "test.h"

#include <errno.h>
#include <sys/syscall.h>

#include "tracer/injection.h"

static void show(const struct injection *i, char *ret, size_t size)
{
    snprintf(ret, size, "%s %d %lld %d %llu %llu %llu", i->library, i->refuse, (long long)i->result,
             i->signal, (unsigned long long)i->first,
             (unsigned long long)(i->last == UINT64_MAX ? 0 : i->last),
             (unsigned long long)i->step);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *option, *injection; /* or what is wrong; a last of 0: none */
    } cases[] = {
        { "libc:read:error=EPERM", "libc 1 -1 0 1 0 1" },
        { "lib*:read:error=4095", "lib* 1 -4095 0 1 0 1" },
        { "[anon]:read,write:retval=0", "[anon] 1 0 0 1 0 1" },
        { "l:read:retval=0x10", "l 1 16 0 1 0 1" },
        { "l:read:signal=USR1", "l 0 0 10 1 0 1" },
        { "l:read:signal=SIGUSR1:error=EIO", "l 1 -5 10 1 0 1" },
        { "l:read:signal=64", "l 0 0 64 1 0 1" },
        { "l:read:error=EIO:when=3", "l 1 -5 0 3 3 1" },
        { "l:read:when=3+:error=EIO", "l 1 -5 0 3 0 1" },
        { "l:read:error=EIO:when=3+2", "l 1 -5 0 3 0 2" },
        { "l:read:error=EIO:when=3..7", "l 1 -5 0 3 7 1" },
        { "l:read:error=EIO:when=3..7+2", "l 1 -5 0 3 7 2" },
        { "", "use LIBRARY:SET" },
        { "l:read", "use LIBRARY:SET" },
        { ":read:error=EIO", "use LIBRARY:SET" },
        { "l:read:when=1", "use LIBRARY:SET" },
        { "l:read:fail", "use LIBRARY:SET" },
        { "l:read:", "use LIBRARY:SET" },
        { "l::error=EIO", "use LIBRARY:SET" },
        { "l:reed:error=EIO", "no system call 'reed'" },
        { "l:read:error=EEIO", "is no errno" },
        { "l:read:error=0", "is no errno" },
        { "l:read:error=4096", "is no errno" },
        { "l:read:error=-1", "is no errno" },
        { "l:read:retval=-1", "is no number" },
        { "l:read:retval=", "is no number" },
        { "l:read:retval=9223372036854775808", "is no number" },
        { "l:read:error=EIO:retval=0", "two results" },
        { "l:read:retval=0:error=EIO", "two results" },
        { "l:read:signal=65", "is no signal" },
        { "l:read:signal=0", "is no signal" },
        { "l:read:signal=NONE", "is no signal" },
        { "l:read:error=EIO:when=0", "is not FIRST" },
        { "l:read:error=EIO:when=3..2", "is not FIRST" },
        { "l:read:error=EIO:when=3+0", "is not FIRST" },
        { "l:read:error=EIO:when=+1", "is not FIRST" },
        { "l:read:error=EIO:when=1x", "is not FIRST" },
        { "l:read:error=EIO:when=99999999999999999999", "is not FIRST" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct injections injections = { 0 };
        char text[INJECTION_ERROR_MAX];
        if (!injections_add(&injections, cases[i].option, text))
            show(&injections.all[0], text, sizeof(text));
        else if (strstr(text, cases[i].injection))
            snprintf(text, sizeof(text), "%s", cases[i].injection);
        assert_string_equal(text, cases[i].injection);
        injections_deinit(&injections);
    }
}

static void test_too_many(void **state)
{
    (void)state;
    struct injections injections = { 0 };
    char error[INJECTION_ERROR_MAX];

    for (int i = 0; i < INJECTIONS_MAX; i++)
        assert_int_equal(injections_add(&injections, "l:read:error=EIO", error), 0);
    assert_int_equal(injections_add(&injections, "l:read:error=EIO", error), -EINVAL);
    assert_non_null(strstr(error, "too many"));
    injections_deinit(&injections);
}

/* Of ten reads and, among them, ten writes, which are refused: "1" if the first option did, "." if
 * none. */
static void try(const char *const *options, uint64_t about, char ret[static 21])
{
    struct injections injections = { 0 };
    const struct injection_set set = { { about } };
    struct injection_state state = { 0 };
    char error[INJECTION_ERROR_MAX];

    for (size_t i = 0; options[i]; i++)
        assert_int_equal(injections_add(&injections, options[i], error), 0);
    for (int i = 0; i < 20; i++) {
        const struct injection *injection =
            injections_judge(&injections, &set, &state, ABI_X86_64, i % 2 ? SYS_write : SYS_read);
        ret[i] = injection ? (char)('1' + (injection - injections.all)) : '.';
    }
    ret[20] = '\0';
    injection_state_deinit(&state);
    injections_deinit(&injections);
}

static void test_judge(void **state)
{
    (void)state;
    static const struct {
        const char *options[3];
        uint64_t about;
        const char *turns;
    } cases[] = {
        { { "l:read:error=EIO" }, 1, "1.1.1.1.1.1.1.1.1.1." },
        { { "l:read:error=EIO" }, 0, "...................." },
        { { "l:read@32:error=EIO" }, 1, "...................." },
        /* Each call is counted by itself. */
        { { "l:read,write:error=EIO:when=2" }, 1, "..11................" },
        { { "l:read:error=EIO:when=3+" }, 1, "....1.1.1.1.1.1.1.1." },
        { { "l:read:error=EIO:when=3+3" }, 1, "....1.....1.....1..." },
        { { "l:read:error=EIO:when=2..4" }, 1, "..1.1.1............." },
        { { "l:read:error=EIO:when=2..7+2" }, 1, "..1...1...1........." },
        /* The first that it is the turn of; the others count as well. */
        { { "l:read:error=EIO:when=2", "l:all:error=EIO:when=2..3" }, 3, "..1222.............." },
        { { "l:read:error=EIO", "l:all:error=EPERM" }, 2, "22222222222222222222" },
    };
    char turns[21];

    for (size_t i = 0; i < LENGTH(cases); i++) {
        try(cases[i].options, cases[i].about, turns);
        assert_string_equal(turns, cases[i].turns);
    }
}

/* The last of as many as there may be is about the one library that no other is about. */
static void test_about(void **state)
{
    (void)state;
    struct injections injections = { 0 };
    struct injection_state counts = { 0 };
    char error[INJECTION_ERROR_MAX];

    for (int i = 0; i < INJECTIONS_MAX - 1; i++)
        assert_int_equal(injections_add(&injections, "a*:read:error=EIO", error), 0);
    assert_int_equal(injections_add(&injections, "b[:]*:read:error=EIO", error), 0);
    struct injection_set set = injections_about(&injections, "b:c");
    assert_ptr_equal(injections_judge(&injections, &set, &counts, ABI_X86_64, SYS_read),
                     &injections.all[INJECTIONS_MAX - 1]);
    set = injections_about(&injections, "abc");
    assert_ptr_equal(injections_judge(&injections, &set, &counts, ABI_X86_64, SYS_read),
                     &injections.all[0]);
    set = injections_about(&injections, "c");
    assert_null(injections_judge(&injections, &set, &counts, ABI_X86_64, SYS_read));
    injections_deinit(&injections);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
