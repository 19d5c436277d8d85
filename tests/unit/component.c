/* component.c - packages by the names of their functions. */
#include "test.h"

#include "symbolizer/component.h"
#include "symbolizer/library.h"

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
        "go:runtime", "go:runtime/cgo",   "go:runtime/internal/syscall",
        "go:syscall", "go:internal/poll", "go:golang.org/x/sys/unix"
    };
    static const char *const others[] = { "",
                                          "go:main",
                                          "go:os",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
