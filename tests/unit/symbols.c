/* symbols.c - names of functions in ELF files of all kinds that distributions ship, and in broken
 * ones. */
#include "scratch.h"

#include <errno.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include "symbolizer/names/symbols.h"

/* full.so has everything; the others are made of it. */
static int setup(void **state)
{
    (void)state;
    make_directory();
    shell("echo 'V1 { global: *; };' >map");
    shell("%s -shared -nostdlib -fPIC -Wl,--build-id -Wl,--version-script=map -o full.so %s",
          FIXTURE_COMPILER, FIXTURE_SOURCE);
    shell("%s -no-pie -DEXECUTABLE -o executable %s", FIXTURE_COMPILER, FIXTURE_SOURCE);
    shell("objcopy --only-keep-debug full.so full.debug && strip -s -o bare.so full.so");
    shell("objcopy --add-gnu-debuglink=full.debug bare.so linked.so");
    shell(
        "objcopy -S --keep-symbol=hidden --keep-symbol=part.cold --keep-symbol=_ZN3foo3barEi.cold "
        "full.debug mini && xz mini && "
        "objcopy --add-section .gnu_debugdata=mini.xz bare.so mini.so");
    return 0;
}

static struct symbols *open_wanted(const char *name, const uint64_t *wanted, size_t count)
{
    char *path = path_of(name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct symbols *symbols = NULL;

    assert_true(fd >= 0);
    assert_int_equal(symbols_open(&symbols, path, fd, wanted, count), 0);
    assert_int_not_equal(fcntl(fd, F_GETFD), -1); /* still the caller's */
    close(fd);
    free(path);
    return symbols;
}

static struct symbols *open_file(const char *name)
{
    return open_wanted(name, NULL, 0);
}

static void check_name(const struct symbols *symbols, uint64_t offset, const char *expected)
{
    const struct symbol_name *found = symbols_find(symbols, offset);
    const char *name = found ? found->name : "-";

    if (strcmp(name, expected))
        fail_msg("offset %#lx is %s, not %s", offset, name, expected);
}

/* The sixteen bytes of a function: all have this name, those around have not. */
static void check_function(const char *file, const struct symbols *symbols, const char *text,
                           const char *expected)
{
    uint64_t offset = offset_of(file, text);

    for (uint64_t i = 0; i < 16; i++)
        check_name(symbols, offset + i, expected);
    if (strcmp(expected, "-")) {
        const struct symbol_name *found = symbols_find(symbols, offset);
        assert_int_equal(found->offset, offset);
        assert_int_equal(found->size, 16);
    }
}

/* The table that the name of this function is from. */
static void check_source(const char *file, const char *text, enum source expected)
{
    struct symbols *symbols = open_file(file);
    const struct symbol_name *found = symbols_find(symbols, offset_of(file, text));

    assert_non_null(found);
    assert_string_equal(source_name(found->source), source_name(expected));
    symbols_close(symbols);
}

static const struct {
    const char *text, *name;
    bool exported; /* in .dynsym too */
} functions[] = {
    { "<no-symbol-one->", "-", true },
    { "<visible------->", "visible", true },
    { "<no-symbol-two->", "-", true },
    { "<hidden-------->", "hidden", false },
    { "<aliases------->", "aname", true },
    { "<two-sizes----->", "long_range_name", true },
    { "<no-size------->", "-", true },
    { "<object-------->", "-", true },
    { "<no-type------->", "-", true },
    { "<in-data------->", "-", true },
    { "<indirect------>", "indirect", true },
    { "<mangled------->", "foo::bar(int)", true },
    { "<rust---------->", "core::fmt::write", true },
    { "<rust-v0------->", "123foo::bar", true },
    { "<cold---------->", "part.cold", false },
    { "<cold-mangled-->", "foo::bar(int) [clone .cold]", false },
    { "<versioned----->", "versioned", true },
    { "<no-symbol-end->", "-", true },
};

/* `hidden` is known if the file has more than its dynamic symbols, or finds them. */
static void check_file(const char *name, bool hidden, bool versioned)
{
    struct symbols *symbols = open_file(name);

    for (size_t i = 0; i < LENGTH(functions); i++) {
        const char *expected = functions[i].exported || hidden ? functions[i].name : "-";
        if (!versioned && !strcmp(expected, "versioned"))
            expected = "versioned_implementation";
        check_function(name, symbols, functions[i].text, expected);
    }
    uint64_t outer = offset_of(name, "<outer--------->"), inner = offset_of(name, "<inner->");
    check_name(symbols, outer, "outer");
    check_name(symbols, inner - 1, "outer");
    check_name(symbols, inner, "inner");
    check_name(symbols, inner + 7, "inner");
    check_name(symbols, inner + 8, "second");
    check_name(symbols, inner + 15, "second");
    check_name(symbols, inner + 16, "outer"); /* behind both that are in it */
    check_name(symbols, inner + 31, "outer");
    check_name(symbols, inner + 32, "-");
    check_name(symbols, 0, "-");
    check_name(symbols, UINT64_MAX, "-");
    symbols_close(symbols);
}

static void test_symbol_table(void **state)
{
    (void)state;
    check_file("full.so", true, true);
    check_source("full.so", "<visible------->", SOURCE_SYMTAB);
}

/* Only the functions around these places are read: at the first and the last byte, and in two at
 * once.
 */
static void test_wanted(void **state)
{
    uint64_t hidden = offset_of("full.so", "<hidden-------->");
    const uint64_t wanted[] = { 0, hidden, hidden + 15 };
    struct symbols *symbols = open_wanted("full.so", wanted, LENGTH(wanted));

    (void)state;
    check_name(symbols, hidden, "hidden");
    for (size_t i = 0; i < LENGTH(functions); i++) {
        uint64_t other = offset_of("full.so", functions[i].text);
        if (other != hidden)
            check_name(symbols, other, "-");
    }
    symbols_close(symbols);
    symbols = open_wanted("full.so", wanted, 1);
    check_name(symbols, hidden, "-");
    symbols_close(symbols);
}

/* Addresses are not file offsets here. */
static void test_executable(void **state)
{
    (void)state;
    check_file("executable", true, false);
}

static void test_dynamic_symbols_only(void **state)
{
    (void)state;
    check_file("bare.so", false, true);
    check_source("bare.so", "<visible------->", SOURCE_DYNSYM);
}

static void test_debuglink(void **state)
{
    (void)state;
    check_file("linked.so", true, true);
    check_source("linked.so", "<visible------->", SOURCE_DEBUG_FILE);
}

/* The linked file is not taken if it belongs to another build. */
static void test_wrong_debuglink(void **state)
{
    (void)state;
    shell("mkdir other && cp linked.so other/ && cp full.debug other/ && "
          "printf 'x' | dd of=other/full.debug bs=1 seek=200 conv=notrunc 2>/dev/null && "
          "strip -s -R .note.gnu.build-id -o other/bare.so full.so && cd other && "
          "cp ../full.debug . && objcopy --add-gnu-debuglink=full.debug bare.so linked.so && "
          "printf 'x' >>full.debug");
    check_file("other/linked.so", false, true);
}

static void test_compressed_mini_symbols(void **state)
{
    (void)state;
    check_file("mini.so", true, true);
    check_source("mini.so", "<visible------->", SOURCE_DYNSYM);
    check_source("mini.so", "<hidden-------->", SOURCE_DEBUGDATA);
}

/* A debug file may have no symbols: then the compressed ones are still the file's own. */
static void test_debug_file_without_symbols(void **state)
{
    (void)state;
    shell("mkdir both && strip -s -o both/empty.debug full.debug && cd both && "
          "objcopy --add-gnu-debuglink=empty.debug ../mini.so mini.so");
    check_file("both/mini.so", true, true);
    check_source("both/mini.so", "<hidden-------->", SOURCE_DEBUGDATA);
}

/* Where a section is, in the file and how long. */
static bool find_section(const char *file, const char *name, uint64_t *offset, uint64_t *size)
{
    char *command;
    assert_true(asprintf(&command, "readelf -SW %s/%s", directory, file) > 0);
    FILE *output = popen(command, "r");
    char line[512], found[64];
    bool done = false;

    assert_non_null(output);
    while (!done && fgets(line, sizeof(line), output))
        done = sscanf(line, " [%*[ 0-9]] %63s %*s %*x %lx %lx", found, offset, size) == 3 &&
               !strcmp(found, name);
    while (fgets(line, sizeof(line), output))
        ;
    pclose(output);
    free(command);
    return done;
}

/* What leads to a function of another module is not that function, though its symbol has this
 * address where it is taken. */
static void test_no_name_for_plt(void **state)
{
    static const char *const names[] = { ".plt", ".plt.got", ".plt.sec" };
    uint64_t offset, size, bytes = 0;
    (void)state;

    shell("echo 'int ext(void) { return 0; }' >ext.c && %s -shared -fPIC -o libext.so ext.c",
          FIXTURE_COMPILER);
    shell(
        "echo 'int ext(void); int (*f)(void) = ext; int main(void) { return ext() + f(); }' >plt.c"
        " && %s -no-pie -fno-pic -o plt plt.c ./libext.so",
        FIXTURE_COMPILER);
    struct symbols *symbols = open_file("plt");
    for (size_t i = 0; i < LENGTH(names); i++) {
        if (!find_section("plt", names[i], &offset, &size))
            continue;
        for (uint64_t at = offset; at < offset + size; at++)
            check_name(symbols, at, "-");
        bytes += size;
    }
    assert_true(bytes >= 16);
    symbols_close(symbols);
}

static bool write_proc(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return written;
}

/* Root in a namespace of its own; who has no number there can make no files. */
static bool become_root(void)
{
    char user[32], group[32];

    snprintf(user, sizeof(user), "0 %u 1", geteuid());
    snprintf(group, sizeof(group), "0 %u 1", getegid());
    return !unshare(CLONE_NEWUSER) && write_proc("/proc/self/uid_map", user) &&
           write_proc("/proc/self/setgroups", "deny") && write_proc("/proc/self/gid_map", group);
}

/* An empty /usr/lib/debug for this process alone; false if the system does not let us. */
static bool hide_debug_files(void)
{
    if (access("/usr/lib/debug", F_OK) || (geteuid() && !become_root()))
        return false;
    return !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
           !mount("none", "/usr/lib/debug", "tmpfs", 0, NULL);
}

/* Where distributions have debug files: /usr/lib/debug/.build-id. */
static void test_build_id(void **state)
{
    (void)state;
    if (!hide_debug_files())
        skip();
    shell("id=$(readelf -n full.so | sed -n 's/.*Build ID: //p') && "
          "in=/usr/lib/debug/.build-id/$(echo $id | cut -c1-2) && mkdir -p $in && "
          "cp full.debug $in/$(echo $id | cut -c3-).debug");
    check_file("bare.so", true, true);
}

/* All malformed files: any answer is right but a crash or a name for a wrong range. */
static void try_bytes(const char *bytes, size_t size)
{
    char *path = path_of("broken");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct symbols *symbols;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    if (!symbols_open(&symbols, path, fd, NULL, 0)) {
        for (uint64_t offset = 0; offset < size + 64; offset += 8) {
            const struct symbol_name *found = symbols_find(symbols, offset);
            if (found)
                assert_true(found->offset <= offset && offset - found->offset < found->size);
        }
        symbols_close(symbols);
    }
    close(fd);
    free(path);
}

static void test_truncated(void **state)
{
    static const char *const names[] = { "full.so", "mini.so" };
    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++) {
        size_t size;
        char *bytes = read_file(names[i], &size);
        for (size_t length = 0; length < size; length += 64)
            try_bytes(bytes, length);
        free(bytes);
    }
}

/* Headers, dynamic section and symbol tables with one byte changed. */
static void test_damaged(void **state)
{
    size_t size;
    char *bytes = read_file("full.so", &size);
    (void)state;

    for (size_t i = 4; i < size; i += i < 1024 ? 1 : 61) {
        char saved = bytes[i];
        bytes[i] = (char)0xff;
        try_bytes(bytes, size);
        bytes[i] = (char)(saved ^ 0x40);
        try_bytes(bytes, size);
        bytes[i] = saved;
    }
    free(bytes);
}

static void test_no_elf(void **state)
{
    struct symbols *symbols = NULL;
    char *path = path_of("map");
    int fd = open(path, O_RDONLY | O_CLOEXEC), null = open("/dev/null", O_RDONLY | O_CLOEXEC),
        folder = open("/", O_RDONLY | O_CLOEXEC);
    (void)state;

    assert_int_equal(symbols_open(&symbols, path, fd, NULL, 0), -ENOEXEC);
    assert_int_equal(symbols_open(&symbols, "/dev/null", null, NULL, 0), -ENOEXEC);
    assert_int_equal(symbols_open(&symbols, "/", folder, NULL, 0), -ENOEXEC);
    assert_int_equal(symbols_open(&symbols, path, -1, NULL, 0), -EBADF);
    assert_null(symbols);
    symbols_close(NULL);
    close(fd);
    close(null);
    close(folder);
    free(path);
}

static void test_network_is_off(void **state)
{
    (void)state;
    setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1/", 1);
    symbols_close(open_file("bare.so"));
    assert_null(getenv("DEBUGINFOD_URLS"));
    assert_null(dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_NOLOAD)); /* nor what it brings */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbol_table),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_executable),
        cmocka_unit_test(test_dynamic_symbols_only),
        cmocka_unit_test(test_debuglink),
        cmocka_unit_test(test_wrong_debuglink),
        cmocka_unit_test(test_compressed_mini_symbols),
        cmocka_unit_test(test_debug_file_without_symbols),
        cmocka_unit_test(test_no_name_for_plt),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_no_elf),
        cmocka_unit_test(test_network_is_off),
        cmocka_unit_test(test_build_id), /* last: it changes what the process sees */
    };
    return cmocka_run_group_tests(tests, setup, remove_directory);
}
