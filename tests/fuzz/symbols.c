/* symbols.c - fuzzes symbolizer/names/symbols.c and srcline.c, and libdwfl behind them: any file as
 * the one whose functions are to be named. */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "record/component.h"
#include "symbolizer/names/srcline.h"
#include "symbolizer/names/symbols.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return mutate_elf(data, size, max_size, seed);
}

static struct symbols *open_symbols(int fd, const uint64_t *wanted, size_t count)
{
    struct symbols *symbols = NULL;
    int result = symbols_open(&symbols, "/nowhere/file", fd, wanted, count);

    CHECK(result ? result < 0 && !symbols : symbols != NULL);
    return symbols;
}

static void check_symbol(const struct symbol_name *found, uint64_t offset)
{
    CHECK(found->size && found->offset <= offset && offset - found->offset < found->size);
    CHECK(found->offset <= INT64_MAX && found->size <= INT64_MAX - found->offset);
    CHECK(*found->name && component_is_valid(found->component));
    CHECK(found->source <= SOURCE_DYNSYM);
}

/* What is found does not depend on what else is asked for. */
static void check_wanted(int fd, const struct symbols *all)
{
    static const uint64_t wanted[] = { 0, 0x3c8, 0x3cc, 0x3ef, 0x1000, 0x1020, 0x1031, UINT64_MAX };
    struct symbols *some = open_symbols(fd, wanted, LENGTH(wanted));

    CHECK(some);
    for (size_t i = 0; i < LENGTH(wanted); i++) {
        const struct symbol_name *a = symbols_find(all, wanted[i]),
                                 *b = symbols_find(some, wanted[i]);
        CHECK(!a == !b);
        if (a)
            CHECK(!strcmp(a->name, b->name) && !strcmp(a->component, b->component) &&
                  a->offset == b->offset && a->size == b->size);
    }
    symbols_close(some);
}

static int check_place(void *context, uint64_t offset, const struct level *levels, size_t count)
{
    size_t *places = context;

    CHECK(count && offset < 1 << 20);
    for (size_t i = 0; i < count; i++) {
        CHECK(!*levels[i].name == (i + 1 == count) && component_is_valid(levels[i].component));
        CHECK(!*levels[i].file == !levels[i].line && levels[i].line <= INT32_MAX);
    }
    CHECK(count > 1 || levels[0].line);
    ++*places;
    return 0;
}

/* Each place once at most. */
static void check_places(int fd)
{
    uint64_t offsets[64];
    size_t places = 0;

    for (size_t i = 0; i < LENGTH(offsets); i++)
        offsets[i] = 0x1000 + i;
    int result =
        srcline_read("/nowhere/file", fd, offsets, LENGTH(offsets), true, check_place, &places);
    CHECK(result <= 0 && places <= LENGTH(offsets));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = make_file(data, size);
    struct symbols *symbols = open_symbols(fd, NULL, 0);

    for (uint64_t offset = 0; symbols && offset < size + 64; offset += 16) {
        const struct symbol_name *found = symbols_find(symbols, offset);
        if (found)
            check_symbol(found, offset);
    }
    if (symbols)
        check_wanted(fd, symbols);
    symbols_close(symbols);
    check_places(fd);
    close(fd);
    return 0;
}
