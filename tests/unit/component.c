/* component.c - packages and crates by the names of their functions. */
#include "test.h"

#include "record/component.h"
#include "record/library.h"

static void test_go(void **state)
{
    static const struct {
        const char *function, *component;
    } rows[] = {
        { "main.main", "go:main" },
        { "main.main.func1", "go:main" },
        { "net/http.(*conn).serve", "go:net/http" },
        { "net/http.HandlerFunc.ServeHTTP", "go:net/http" },
        { "net/http.glob..func5", "go:net/http" },
        { "runtime.goexit", "go:runtime" },
        { "runtime/internal/syscall.Syscall6", "go:runtime/internal/syscall" },
        { "gopkg.in/yaml%2ev3.Unmarshal", "go:gopkg.in/yaml.v3" },
        { "example.org/%22odd%22.F", "go:example.org/\"odd\"" },
        { "example.org/100%.F", "go:example.org/100%" },
        { "a/b.F[c/d.T]", "go:a/b" },
        { "a/b.(*T[go.shape.struct { c/d.e int }]).M", "go:a/b" },
        { "a/b.T[...].M-fm", "go:a/b" },
        { "vendor/golang.org/x/sys/cpu.init.0", "go:vendor/golang.org/x/sys/cpu" },
        { "go/ast.Walk", "go:go/ast" },
        { "type/x.F", "go:type/x" },
        /* of no package */
        { "gosave_systemstack_switch", "go:runtime" },
        { "type..eq.internal/cpu.option", "go:runtime" },
        { "type:.eq.[2]a/b.T", "go:runtime" },
        { "go.(*struct { sync.Mutex; a/b.T }).Lock", "go:runtime" },
        { "go:(*struct { sync.Mutex }).Lock", "go:runtime" },
        { "go.buildid", "go:runtime" },
        { "a/b", "go:runtime" },
        { "/", "go:runtime" },
        { ".", "go:runtime" },
        { "(.", "go:runtime" },
        { "", "go:runtime" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *component = component_of_go(rows[i].function);
        assert_non_null(component);
        if (strcmp(component, rows[i].component))
            fail_msg("%s: %s, not %s", rows[i].function, component, rows[i].component);
        assert_true(component_is_valid(component));
        free(component);
    }
}

static void test_rust(void **state)
{
    static const struct {
        const char *symbol, *component;
    } rows[] = {
        { "_ZN4main4main17h8da7fa642d137fc6E", "rust:main" },
        { "_ZN5asker7generic17hb4f70d06f5f898d8E", "rust:asker" },
        { "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
          "rust:core" },
        { "_ZN3std2io5Write9write_all17h0123456789abcdefE.llvm.12", "rust:std" },
        { "_ZN5a_b_c1f17h0123456789abcdefE", "rust:a_b_c" },
        /* methods of traits: of the crate that must know both */
        { "_ZN47_$LT$asker..A$u20$as$u20$core..fmt..Display$GT$3fmt17he9430a4e31f0e9a6E",
          "rust:asker" },
        { "_ZN50_$LT$alloc..string..String$u20$as$u20$asker..T$GT$1u17hfde1eb5709957919E",
          "rust:asker" },
        { "_ZN67_$LT$alloc..boxed..Box$LT$T$C$A$GT$$u20$as$u20$core..fmt..Debug$GT$"
          "3fmt17h1212b3a27b6bfab8E",
          "rust:alloc" },
        { "_ZN40_$LT$a..A$u20$as$u20$b..T$GT$1u17hfde1eb5709957919E", "" }, /* wrong length */
        { "_ZN29_$LT$a..A$u20$as$u20$b..T$GT$1u17hfde1eb5709957919E", "" }, /* a or b? */
        { "_ZN29_$LT$a..A$u20$as$u20$a..T$GT$1u17hfde1eb5709957919E", "rust:a" },
        { "_ZN30_$LT$$RF$T$u20$as$u20$b..T$GT$1u17hfde1eb5709957919E", "rust:b" },
        { "_ZN33_$LT$$RF$a..T$u20$as$u20$core..T$GT$1u17hfde1eb5709957919E",
          "" }, /* wrong length */
        { "_ZN36_$LT$$RF$a..T$u20$as$u20$core..T$GT$1u17hfde1eb5709957919E", "rust:a" },
        { "_ZN39_$LT$std..A$u20$as$u20$hashbrown..T$GT$1u17hfde1eb5709957919E", "" },
        { "_ZN15_$LT$$u5b$T$u5d$$GT$1u17hfde1eb5709957919E", "" },
        /* C++'s */
        { "_ZN3std6vectorE", "" },
        { "_ZN5asker3askEv", "" },
        { "_ZN17h8da7fa642d137fc6E", "" },
        { "_ZN4main17h8da7fa642d137fg6E", "" },
        /* v0 */
        { "_RNvCs32gj3y4fnmh_4main4main", "rust:main" },
        { "_RINvCsaH8feeRRYkV_5asker7genericNCNvCs32gj3y4fnmh_4main4main0EBy_", "rust:asker" },
        { "_RNvXCsaH8feeRRYkV_5askerNtB2_1ANtNtCsgEmfK2I1SDS_4core3fmt7Display3fmt", "rust:asker" },
        { "_RNvXs_CsaH8feeRRYkV_5askerNtNtCslNYArtu3iFV_5alloc6string6StringNtB4_1T1u",
          "rust:asker" },
        { "_RNvMsn_NtCslNYArtu3iFV_5alloc4syncINtB5_3ArcE9drop_slow", "rust:alloc" },
        { "_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0Cs32gj3y4fnmh_4main", "rust:std" },
        { "_RNvC3_9ab1f", "rust:9ab" },
        { "_RNvYNtNtCsjrHSEGnQ3l9_3std3sysNtNtBa_2io5Write9write_all", "" },
        { "_RNvC9main", "" },
        { "_RNvCs12", "" },
        { "_R", "" },
        { "_RN", "" },
        /* without mangling */
        { "__rust_alloc", "rust:std" },
        { "__rdl_alloc", "rust:std" },
        { "rust_works", "" },
        { "main", "" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *component = component_of_symbol(rows[i].symbol);
        assert_non_null(component);
        if (strcmp(component, rows[i].component))
            fail_msg("%s: '%s', not '%s'", rows[i].symbol, component, rows[i].component);
        assert_true(component_is_valid(component));
        free(component);
    }
}

static void test_valid(void **state)
{
    (void)state;
    assert_true(component_is_valid(""));
    assert_true(component_is_valid("go:a"));
    assert_false(component_is_valid("go:"));
    assert_false(component_is_valid("go"));
    assert_false(component_is_valid(":a"));
    assert_false(component_is_valid("pascal:a"));
    assert_string_equal(component_name("go:a:b"), "a:b");
    assert_string_equal(component_name(""), "");
}

static void test_runtime(void **state)
{
    static const char *const runtime[] = {
        "go:runtime", "go:runtime/cgo",   "go:runtime/internal/syscall", "go:syscall", "rust:core",
        "rust:std",   "go:internal/poll", "go:golang.org/x/sys/unix"
    };
    static const char *const others[] = { "",
                                          "go:main",
                                          "go:os",
                                          "go:std",
                                          "rust:runtime",
                                          "go:runtimes",
                                          "go:syscall/js",
                                          "go:a/internal/b",
                                          "go:example.org/runtime",
                                          "go:golang.org/x/net" };
    const char *globs[] = { "os*" };
    const struct runtime_libraries builtin = { 0 }, none = { .no_builtin = true },
                                   more = { .globs = globs, .glob_count = 1 };

    (void)state;
    for (size_t i = 0; i < LENGTH(runtime); i++) {
        assert_true(library_component_is_runtime(&builtin, runtime[i]));
        assert_false(library_component_is_runtime(&none, runtime[i]));
        assert_true(library_component_is_runtime(&more, runtime[i]));
    }
    for (size_t i = 0; i < LENGTH(others); i++)
        assert_false(library_component_is_runtime(&builtin, others[i]));
    assert_true(library_component_is_runtime(&more, "go:os"));
    assert_true(library_component_is_runtime(&more, "go:os/exec"));
    assert_false(library_component_is_runtime(&more, "go:main"));
}

static void test_others(void **state)
{
    static const char *const valid[] = { "", "libc", "[unknown]", "c:lib/z", "go:a", "rust:a" };
    static const char *const invalid[] = { "c:", "go:", "libc:", "a", "unknown" };

    (void)state;
    for (size_t i = 0; i < LENGTH(valid); i++)
        assert_true(component_is_valid(valid[i]));
    for (size_t i = 0; i < LENGTH(invalid); i++)
        assert_false(component_is_valid(invalid[i]));
    char *own = component_of_directory(""), *other = component_of_directory("/lib");
    assert_string_equal(own, "");
    assert_string_equal(other, "c:/lib");
    assert_string_equal(component_name(other), "/lib");
    assert_true(component_is_sure(other));
    assert_true(component_is_runtime("libc"));
    assert_false(component_is_runtime("c:libc"));
    assert_false(component_is_runtime("[unknown]"));
    assert_true(component_is_all_named("go:a"));
    assert_false(component_is_all_named("libc"));
    free(own);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go),      cmocka_unit_test(test_rust),   cmocka_unit_test(test_valid),
        cmocka_unit_test(test_runtime), cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
