/*
 * names.c - names from a child process, in place of whose symbols.c and srcline.c there are this
 * test's own: they answer, crash, hang or eat memory, as the path says.
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbolizer/names/names.h"

enum { MEMORY = 64 << 20, EATEN = 1 << 20, SOON = 300, LATE = 60000 };

/* ---- In place of symbols.c ---- */

/* A function of 16 bytes at each multiple of 16, but for the first. */
struct symbols {
    struct symbol_name names[8];
};

int symbols_open(struct symbols **ret, const char *path, int fd, const uint64_t *wanted,
                 size_t wanted_count)
{
    static struct symbols symbols;

    (void)fd;
    assert_true(wanted ? wanted[0] == 5 && wanted_count == 4 : !wanted_count);
    if (!strcmp(path, "crash"))
        __builtin_trap();
    if (!strcmp(path, "exit"))
        _exit(3);
    while (!strcmp(path, "hang"))
        pause();
    while (!strcmp(path, "eat")) {
        /* Not malloc: the address sanitizer's does not come back without memory. */
        char *memory =
            mmap(NULL, EATEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return -ENOMEM;
        memset(memory, 1, EATEN);
    }
    if (!strcmp(path, "no ELF"))
        return -ENOEXEC;
    if (!strcmp(path, "no memory"))
        return -ENOMEM;
    if (!strcmp(path, "no descriptor"))
        return -EMFILE;
    for (uint64_t i = 0; i < LENGTH(symbols.names); i++)
        symbols.names[i] =
            (struct symbol_name){ (char *)path,
                                  !strcmp(path, "odd") ? "odd"
                                  : i % 2              ? ""
                                                       : "rust:a",
                                  16 * i, strcmp(path, "endless") ? 16 : UINT64_MAX,
                                  strcmp(path, "nowhere") ? SOURCE_DYNSYM : SOURCES };
    *ret = &symbols;
    return 0;
}

const struct symbol_name *symbols_find(const struct symbols *symbols, uint64_t offset)
{
    return offset < 16 ? NULL : &symbols->names[offset / 16];
}

const struct symbol_name *symbols_at(const struct symbols *symbols, size_t number)
{
    return number + 1 < LENGTH(symbols->names) ? &symbols->names[number + 1] : NULL;
}

/* Two functions inlined at one place, of which the first has a component; lines alone at another.
 */
int srcline_read(const char *path, int fd, const uint64_t *offsets, size_t count, bool lines,
                 srcline_fn *add, void *context)
{
    const struct level inlined[] = { { (char *)path, "rust:b", lines ? "b" : "", lines ? 7 : 0 },
                                     { "c", "", "", 0 },
                                     { "", "", lines ? "a" : "", lines ? INT32_MAX : 0 } };
    struct level odd[] = { { "b", "", "b", 1 }, { "", "", "a", 1 } };

    (void)fd;
    assert_true(offsets[1] == 40 && count == 4);
    if (!strcmp(path, "debug crash"))
        __builtin_trap();
    while (!strcmp(path, "debug hang"))
        pause();
    if (!strcmp(path, "debug missing"))
        return SRCLINE_ELSEWHERE;
    if (!strcmp(path, "debug elsewhere"))
        return add(context, 41, odd, 2);
    if (!strcmp(path, "debug nothing"))
        return add(context, 40, odd, 0);
    if (!strcmp(path, "debug no last"))
        return add(context, 40, odd, 1);
    if (!strcmp(path, "debug no name"))
        odd[0].name = "";
    if (!strcmp(path, "debug no file"))
        odd[0].file = "";
    if (!strcmp(path, "debug line"))
        odd[0].line = UINT32_MAX;
    if (!strcmp(path, "debug component"))
        odd[0].component = "odd";
    if (!strncmp(path, "debug ", 6))
        return add(context, 40, odd, 2);
    int result = add(context, 40, inlined, 3);
    return !result && lines ? add(context, 100, &odd[1], 1) : result;
}

/* symbols.h says that NULL is nothing. */
void symbols_close(struct symbols *symbols)
{
    (void)symbols;
}

/* ---- Tests ---- */

/* What came of the jobs. */
struct found {
    size_t count;
    uint64_t offsets[16];
    char last[64];
    enum names_result results[8]; /* by job */
    enum names_result debug[8];   /* likewise, of debug information */
    size_t levels;                /* of all places */
    char text[256];               /* what they are */
    int error;                    /* what add is to return */
};

static int add(void *context, size_t job, const struct symbol_name *name)
{
    struct found *found = context;

    assert_true(found->count < LENGTH(found->offsets) && job < LENGTH(found->results));
    assert_int_equal(name->size, 16);
    assert_int_equal(name->source, SOURCE_DYNSYM);
    assert_string_equal(name->component, name->offset % 32 ? "" : "rust:a");
    found->offsets[found->count++] = name->offset;
    snprintf(found->last, sizeof(found->last), "%s", name->name);
    return found->error;
}

static int add_place(void *context, size_t job, uint64_t offset, const struct level *levels,
                     size_t count)
{
    struct found *found = context;
    size_t used = strlen(found->text);

    assert_true(job < LENGTH(found->results));
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(found->text + used, sizeof(found->text) - used, "%lu:%s/%s@%s:%u ",
                                 offset, levels[i].name, levels[i].component, levels[i].file,
                                 levels[i].line);
    found->levels += count;
    return found->error;
}

static void note(void *context, size_t job, enum names_result result, bool debug)
{
    struct found *found = context;
    (debug ? found->debug : found->results)[job] = result;
}

/* Looks for the same places in images of these names. */
static int find(struct names_extent extent, int milliseconds, struct found *found,
                const char *const *paths, size_t count)
{
    static const uint64_t places[] = { 5, 40, 47, 100 };
    const struct names_limits limits = { milliseconds, MEMORY };
    struct image images[8] = { 0 };
    struct names_job jobs[8];

    for (size_t i = 0; i < count; i++) {
        images[i].fd = STDIN_FILENO;
        images[i].module.path = (char *)paths[i];
        jobs[i] = (struct names_job){ &images[i], places, LENGTH(places) };
    }
    return names_find(jobs, count, extent, &limits,
                      &(struct names_user){ add, add_place, note, found });
}

#define FIND_TO(extent, milliseconds, found, ...)                           \
    find(extent, milliseconds, found, (const char *const[]){ __VA_ARGS__ }, \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static const struct names_extent symbols_only = { false, false }, inlined = { true, false },
                                 all = { true, true };

#define FIND(...) FIND_TO(symbols_only, __VA_ARGS__)

static void test_finds(void **state)
{
    struct found found = { 0 };

    (void)state;
    assert_int_equal(FIND(LATE, &found, "name", "no ELF", "na\nme"), 0);
    assert_int_equal(found.count, 4);
    assert_int_equal(found.offsets[0], 32);
    assert_int_equal(found.offsets[1], 96);
    assert_int_equal(found.offsets[2], 32);
    assert_string_equal(found.last, "na\nme");
    assert_int_equal(FIND(LATE, &found, "no ELF"), 0);
    assert_int_equal(found.count, 4);
}

/* Nothing is taken of a child that comes to a bad end or whose answer cannot be; the others' names
 * are found all the same. */
static void test_fails(void **state)
{
    static const enum names_result results[] = { NAMES_FAILED, NAMES_READ,   NAMES_FAILED,
                                                 NAMES_FAILED, NAMES_FAILED, NAMES_FAILED,
                                                 NAMES_FAILED, NAMES_READ };
    struct found found = { 0 };

    (void)state;
    assert_int_equal(
        FIND(LATE, &found, "crash", "one", "exit", "endless", "", "odd", "nowhere", "two"), 0);
    assert_memory_equal(found.results, results, sizeof(results));
    assert_int_equal(found.count, 4);
    assert_string_equal(found.last, "two");
}

static void test_takes_too_long(void **state)
{
    struct found found = { 0 };

    (void)state;
    assert_int_equal(FIND(SOON, &found, "one", "hang", "hang"), 0);
    assert_int_equal(found.results[0], NAMES_READ);
    assert_int_equal(found.results[1], NAMES_TOO_LONG);
    assert_int_equal(found.results[2], NAMES_TOO_LONG);
    assert_int_equal(found.count, 2);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* all have been reaped */
    assert_int_equal(errno, ECHILD);
}

static void test_takes_too_much(void **state)
{
    struct found found = { 0 };
    struct rusage before, after;

    (void)state;
    getrusage(RUSAGE_CHILDREN, &before);
    assert_int_equal(FIND(LATE, &found, "eat", "one"), 0);
    getrusage(RUSAGE_CHILDREN, &after);
    assert_int_equal(found.results[0], NAMES_FAILED);
    assert_int_equal(found.count, 2);
    assert_true(after.ru_maxrss > MEMORY / 2 / 1024);
    assert_true(after.ru_maxrss < before.ru_maxrss + 4 * MEMORY / 1024);
}

static void test_errors(void **state)
{
    struct found found = { .error = -EIO };

    (void)state;
    assert_int_equal(FIND(LATE, &found, "one", "two"), -EIO);
    assert_int_equal(found.count, 1);
    assert_int_equal(FIND(LATE, &found, "no memory"), -ENOMEM); /* and not its fault */
    assert_int_equal(FIND(LATE, &found, "no descriptor"), -EMFILE);
    assert_int_equal(names_find(NULL, 0, all, &(struct names_limits){ 1, 1 }, NULL), 0);
}

/* Without places: all that there are. */
static void test_finds_all(void **state)
{
    const struct names_limits limits = { LATE, MEMORY };
    struct image image = { .fd = STDIN_FILENO, .module.path = (char *)"name" };
    const struct names_job job = { .image = &image };
    struct found found = { 0 };

    (void)state;
    assert_int_equal(names_find(&job, 1, symbols_only, &limits,
                                &(struct names_user){ add, add_place, note, &found }),
                     0);
    assert_int_equal(found.count, 7);
    assert_int_equal(found.offsets[0], 16);
    assert_int_equal(found.offsets[6], 112);
}

/* Where a level has no component of its own it has the symbol's. */
static void test_finds_places(void **state)
{
    struct found found = { 0 };

    (void)state;
    assert_int_equal(FIND_TO(inlined, LATE, &found, "name"), 0);
    assert_string_equal(found.text, "40:name/rust:b@:0 40:c/rust:a@:0 40:/rust:a@:0 ");
    found = (struct found){ 0 };
    assert_int_equal(FIND_TO(all, LATE, &found, "no ELF", "na\nme", "two"), 0);
    assert_int_equal(found.count, 4);
    assert_int_equal(found.levels, 8);
    assert_memory_equal(found.text,
                        "40:na\nme/rust:b@b:7 40:c/rust:a@:0 40:/rust:a@a:2147483647 "
                        "100:/rust:a@a:1 40:two/",
                        70);
    found = (struct found){ .error = -EIO };
    assert_int_equal(FIND_TO(all, LATE, &found, "one", "two"), -EIO);
}

/* Where debug information fails, names are found nevertheless; also of the images after it. */
static void test_debug_fails(void **state)
{
    struct found found = { 0 };

    (void)state;
    assert_int_equal(FIND_TO(all, LATE, &found, "debug elsewhere", "debug nothing", "debug no last",
                             "debug no name"),
                     0);
    assert_int_equal(found.levels, 0);
    for (size_t i = 0; i < 4; i++)
        assert_true(found.debug[i] == NAMES_FAILED && found.results[i] == NAMES_READ);
    found = (struct found){ 0 };
    assert_int_equal(FIND_TO(all, LATE, &found, "debug no file", "debug line", "debug component"),
                     0);
    assert_int_equal(found.levels, 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(found.debug[i] == NAMES_FAILED && found.results[i] == NAMES_READ);
    found = (struct found){ 0 };
    assert_int_equal(FIND_TO(all, SOON, &found, "debug crash", "crash", "debug hang", "two"), 0);
    assert_int_equal(found.levels, 4);
    static const enum names_result results[] = { NAMES_READ, NAMES_FAILED, NAMES_READ, NAMES_READ },
                                   debug[] = { NAMES_FAILED, NAMES_FAILED, NAMES_TOO_LONG,
                                               NAMES_READ };
    assert_memory_equal(found.results, results, sizeof(results));
    assert_memory_equal(found.debug, debug, sizeof(debug));
    assert_string_equal(found.last, "two");
    found = (struct found){ 0 };
    assert_int_equal(FIND_TO(all, LATE, &found, "debug missing", "two"), 0);
    assert_true(found.debug[0] == NAMES_ELSEWHERE && found.results[0] == NAMES_READ);
    assert_true(found.debug[1] == NAMES_READ && found.levels == 4);
    assert_string_equal(found.last, "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),          cmocka_unit_test(test_fails),
        cmocka_unit_test(test_takes_too_long), cmocka_unit_test(test_takes_too_much),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_finds_places),
        cmocka_unit_test(test_debug_fails),    cmocka_unit_test(test_finds_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
