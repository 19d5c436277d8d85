/* srcline.c - inlined functions and source lines, in all forms that compilers give debug
 * information.
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include "symbolizer/names/srcline.h"

/* The compiler that builds this, and others that there may be. */
static const char *const compilers[] = { FIXTURE_COMPILER, "gcc", "clang" };

static int setup(void **state)
{
    (void)state;
    make_directory();
    return 0;
}

static bool has_command(const char *name)
{
    char *line;
    assert_true(asprintf(&line, "command -v %s >/dev/null", name) > 0);
    bool found = !system(line);
    free(line);
    return found;
}

/* What srcline_read() says of the one place that is asked for, as text: "inner@made-up.c:102 ...".
 */
struct answer {
    uint64_t asked;
    int calls;
    char text[1024];
};

static int take_place(void *context, uint64_t offset, const struct level *levels, size_t count)
{
    struct answer *answer = context;
    size_t length = 0;

    assert_int_equal(offset, answer->asked);
    assert_int_equal(answer->calls++, 0);
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(levels[i].file, '/');
        assert_string_equal(levels[i].component, "");
        assert_int_equal(!*levels[i].name, i + 1 == count);
        assert_int_equal(!*levels[i].file, !levels[i].line);
        length += (size_t)snprintf(answer->text + length, sizeof(answer->text) - length,
                                   "%s%s@%s:%u", i ? " " : "", levels[i].name,
                                   slash ? slash + 1 : levels[i].file, levels[i].line);
        assert_true(length < sizeof(answer->text));
    }
    return 0;
}

static int read_places(const char *file, const uint64_t *offsets, size_t count, bool lines,
                       srcline_fn *add, void *context)
{
    char *path = path_of(file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    int result = srcline_read(path, fd, offsets, count, lines, add, context);
    assert_int_not_equal(fcntl(fd, F_GETFD), -1); /* still the caller's */
    close(fd);
    free(path);
    return result;
}

static void check_place(const char *file, uint64_t offset, bool lines, const char *expected)
{
    struct answer answer = { .asked = offset };

    assert_int_equal(read_places(file, &offset, 1, lines, take_place, &answer), 0);
    if (strcmp(answer.text, expected))
        fail_msg("%s at %#lx: '%s', not '%s'", file, offset, answer.text, expected);
}

/* There is nothing, for all but ranges and lines is in a .dwo file that is not there. */
static void check_elsewhere(const char *file, const char *text)
{
    struct answer answer = { .asked = offset_of(file, text) };

    assert_int_equal(read_places(file, &answer.asked, 1, true, take_place, &answer),
                     SRCLINE_ELSEWHERE);
    assert_string_equal(answer.text, "");
}

/* Keeps the whole path of the file that the innermost level is in. */
static int take_path(void *context, uint64_t offset, const struct level *levels, size_t count)
{
    char **path = context;

    (void)offset;
    assert_true(count);
    assert_null(*path);
    *path = strdup(levels[0].file);
    return 0;
}

static void check_path(const char *file, const char *expected)
{
    const uint64_t offset = offset_of(file, "<inner>");
    char *path = NULL, *whole = path_of(expected);

    assert_int_equal(read_places(file, &offset, 1, true, take_path, &path), 0);
    assert_non_null(path);
    assert_string_equal(path, whole);
    free(path);
    free(whole);
}

/* In C the functions have plain names, in C++ those with types. */
static void check_file(const char *file, bool cplusplus)
{
    const char *inner = cplusplus ? "space::inner(int)" : "inner";
    const char *middle = cplusplus ? "space::middle(int)" : "middle";
    uint64_t outer = offset_of(file, "<outer>");
    char expected[256];

    check_place(file, outer, true, "@other.c:303");
    check_place(file, outer + 6, true, "@other.c:303");
    check_place(file, outer, false, "");
    snprintf(expected, sizeof(expected), "%s@made-up.c:202 @other.c:306", middle);
    check_place(file, offset_of(file, "<middle>"), true, expected);
    snprintf(expected, sizeof(expected), "%s@:0 @:0", middle);
    check_place(file, offset_of(file, "<middle>"), false, expected);
    snprintf(expected, sizeof(expected), "%s@made-up.c:102 %s@made-up.c:203 @other.c:306", inner,
             middle);
    check_place(file, offset_of(file, "<inner>"), true, expected);
    check_place(file, 0, true, ""); /* the ELF header is no code */
    check_place(file, UINT64_MAX, true, "");
}

static void check_nothing(const char *file)
{
    check_place(file, offset_of(file, "<outer>"), true, "");
    check_place(file, offset_of(file, "<inner>"), true, "");
}

__attribute__((format(printf, 3, 4))) static void compile(const char *file, const char *compiler,
                                                          const char *options, ...)
{
    char *words;
    va_list arguments;

    va_start(arguments, options);
    assert_true(vasprintf(&words, options, arguments) > 0);
    va_end(arguments);
    shell("%s -shared -nostdlib -fPIC -Wl,--build-id -o %s %s %s", compiler, file, words,
          FIXTURE_SOURCE);
    free(words);
}

/* One and two units; the versions of DWARF; with and without optimizing. */
static void test_forms(void **state)
{
    static const char *const forms[] = {
        "-gdwarf-5 -O2", "-gdwarf-4 -O2",  "-gdwarf-3 -O2",
        "-g -O0",        "-g -O2 -gz",     "-g1 -O2",
        "-g -O2 -flto",  "-g -O2 -no-pie", "-g -O2 -Wl,--gc-sections"
    };
    (void)state;

    for (size_t c = 0; c < LENGTH(compilers); c++) {
        for (size_t i = 0; has_command(compilers[c]) && i < LENGTH(forms); i++) {
            compile("c.so", compilers[c], "%s", forms[i]);
            check_file("c.so", false);
        }
    }
}

static void test_cplusplus(void **state)
{
    (void)state;
    for (size_t c = 0; c < LENGTH(compilers); c++) {
        if (!has_command(compilers[c]))
            continue;
        compile("cc.so", compilers[c], "-x c++ -g -O2");
        check_file("cc.so", true);
    }
}

/* Headers, from where they are included, whether the compiler was run there or further up. */
static void check_headers(const char *compiler, int version)
{
    const char *options = "-shared -nostdlib -fPIC -O2";

    shell("mkdir -p src inc && grep -v '^#line' %s | tee src/near.h >inc/far.h && "
          "echo '#include \"near.h\"' >src/near.c && echo '#include \"../inc/far.h\"' >src/far.c",
          FIXTURE_SOURCE);
    shell("cd src && %s -gdwarf-%d %s -o ../near.so near.c && %s -gdwarf-%d %s -o ../far.so far.c",
          compiler, version, options, compiler, version, options);
    check_path("near.so", "src/near.h");
    check_path("far.so", "src/../inc/far.h");
    shell("%s -gdwarf-%d %s -o near.so src/near.c && %s -gdwarf-%d %s -o far.so src/far.c",
          compiler, version, options, compiler, version, options);
    check_path("near.so", "src/near.h");
    check_path("far.so", "src/../inc/far.h");
}

static void test_headers(void **state)
{
    (void)state;
    check_headers(FIXTURE_COMPILER, 4);
    check_headers(FIXTURE_COMPILER, 5);
}

static void test_headers_clang(void **state)
{
    (void)state;
    if (!has_command("clang")) {
        print_message("clang is not installed\n");
        skip();
    }
    check_headers("clang", 4);
    check_headers("clang", 5);
}

/* In a function that is within another, but whose code is not. */
static void check_nested(const char *compiler, const char *language, const char *name)
{
    char expected[256];

    if (!has_command(compiler))
        return;
    compile("nested.so", compiler, "-g -O2 %s", language);
    snprintf(expected, sizeof(expected), "%s@other.c:402 @other.c:550", name);
    check_place("nested.so", offset_of("nested.so", "<deep>"), true, expected);
}

static void test_nested(void **state)
{
    (void)state;
    check_nested("gcc", "", "deep");
    check_nested("gcc", "-x c++", "space::deep(int)");
    check_nested("clang", "-x c++", "space::deep(int)");
}

/* No debug information, or not here. */
static void test_none(void **state)
{
    (void)state;
    for (size_t c = 0; c < LENGTH(compilers); c++) {
        if (has_command(compilers[c])) {
            compile("none.so", compilers[c], "-O2 -g0");
            check_nothing("none.so");
        }
    }
}

/* All but ranges and lines in a .dwo file: it is there, it is not, it is one of another build. */
static void check_split(const char *compiler, const char *options)
{
    const char *source = FIXTURE_SOURCE, *common = "-O2 -gsplit-dwarf -fPIC -c -o split.o";
    const char *link = "-shared -nostdlib -Wl,--build-id -o split.so split.o";

    shell("rm -f *.dwo && %s %s %s %s && %s %s", compiler, options, common, source, compiler, link);
    check_file("split.so", false);
    shell("mv split.dwo kept.dwo");
    check_elsewhere("split.so", "<outer>");
    check_elsewhere("split.so", "<inner>");
    shell("%s %s -Dinner=other %s %s", compiler, options, common, source);
    check_elsewhere("split.so", "<outer>");
    shell("mv kept.dwo split.dwo");
    check_file("split.so", false);
}

static void test_split(void **state)
{
    (void)state;
    for (size_t c = 0; c < LENGTH(compilers); c++) {
        if (has_command(compilers[c])) {
            check_split(compilers[c], "-gdwarf-5");
            check_split(compilers[c], "-gdwarf-4");
        }
    }
}

static void test_debug_file(void **state)
{
    (void)state;
    compile("full.so", FIXTURE_COMPILER, "-g -O2");
    shell("objcopy --only-keep-debug full.so full.debug && strip -s -o bare.so full.so && "
          "objcopy --add-gnu-debuglink=full.debug bare.so linked.so");
    check_file("linked.so", false);
    check_nothing("bare.so");
}

/* What several debug files have in common is in another one, as in Debian's. */
static void test_common_file(void **state)
{
    (void)state;
    if (!has_command("dwz"))
        skip();
    compile("one.so", FIXTURE_COMPILER, "-g -O2");
    compile("two.so", FIXTURE_COMPILER, "-g -O2 -DTWO");
    shell("cp one.so link.so && objcopy --only-keep-debug one.so one.debug && strip -s link.so && "
          "cp two.so two.debug && dwz -m common.debug -M %s/common.debug one.debug two.debug && "
          "objcopy --add-gnu-debuglink=one.debug link.so && "
          "readelf -SW one.debug | grep -q gnu_debugaltlink",
          directory);
    check_file("link.so", false);
}

/* All at once give what each gives alone; an error of the user's ends it. */
static int count_place(void *context, uint64_t offset, const struct level *levels, size_t count)
{
    size_t *total = context;
    (void)offset;
    (void)levels;
    *total += count;
    return *total > 5 ? -EIO : 0;
}

static void test_several(void **state)
{
    (void)state;
    compile("several.so", FIXTURE_COMPILER, "-g -O2");
    const uint64_t offsets[] = { 0, offset_of("several.so", "<outer>"),
                                 offset_of("several.so", "<middle>"),
                                 offset_of("several.so", "<inner>") };
    size_t total = 0;

    assert_int_equal(read_places("several.so", offsets, 3, true, count_place, &total), 0);
    assert_int_equal(total, 1 + 2);
    total = 0;
    assert_int_equal(read_places("several.so", offsets, 4, true, count_place, &total), -EIO);
}

/* Any answer is right but a crash. */
static int take_any(void *context, uint64_t offset, const struct level *levels, size_t count)
{
    (void)context;
    (void)offset;
    assert_non_null(levels);
    assert_true(count);
    return 0;
}

/* Debug information with one byte changed. */
static void test_damaged(void **state)
{
    size_t size;
    (void)state;
    compile("whole.so", FIXTURE_COMPILER, "-g -O2");
    const uint64_t offsets[] = { offset_of("whole.so", "<outer>"),
                                 offset_of("whole.so", "<inner>") };
    char *bytes = read_file("whole.so", &size), *path = path_of("damaged.so");

    for (size_t i = 0x1100; i < size; i += 7) {
        char saved = bytes[i];
        bytes[i] = (char)(saved ^ (i % 2 ? 0x41 : 0xff));
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        fclose(file);
        read_places("damaged.so", offsets, 2, true, take_any, NULL);
        bytes[i] = saved;
    }
    free(bytes);
    free(path);
}

static void test_no_elf(void **state)
{
    const uint64_t offset = 0;
    (void)state;

    assert_int_equal(srcline_read("/dev/null", -1, &offset, 1, true, take_any, NULL), -EBADF);
    shell("echo text >text");
    assert_int_equal(read_places("text", &offset, 1, true, take_any, NULL), -ENOEXEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),         cmocka_unit_test(test_cplusplus),
        cmocka_unit_test(test_nested),        cmocka_unit_test(test_none),
        cmocka_unit_test(test_split),         cmocka_unit_test(test_debug_file),
        cmocka_unit_test(test_common_file),   cmocka_unit_test(test_headers),
        cmocka_unit_test(test_headers_clang), cmocka_unit_test(test_several),
        cmocka_unit_test(test_damaged),       cmocka_unit_test(test_no_elf),
    };
    return cmocka_run_group_tests(tests, setup, remove_directory);
}
