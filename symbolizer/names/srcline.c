/* srcline.c - finds the unit of each place by its ranges, and goes down its tree to the innermost
 * inlined function. */
#include "srcline.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/bisect.h"
#include "record/component.h"
#include "symbolizer/names/debugfile.h"
#include "symbolizer/names/symbols.h"

enum { DEPTH_MAX = 256 }; /* of entries within entries; compilers do with a tenth of it */

struct wanted_place {
    uint64_t offset;
    Dwarf_Addr address; /* as DWARF has it */
    Dwarf_Die unit;     /* addr NULL: none */
};

struct reader {
    struct wanted_place *places; /* by address */
    size_t count;
    bool lines;
    bool elsewhere; /* some are in a unit of which all but the ranges and lines is not there */
    srcline_fn *add;
    void *context;
};

/* ---- Units ---- */

static int compare_places(const void *a, const void *b)
{
    const struct wanted_place *x = a, *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

/* Leaves out offsets that no executable segment has. */
static void place_offsets(struct reader *reader, const struct debugfile *file, Dwarf_Addr bias,
                          const uint64_t *offsets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        GElf_Addr address;
        if (debugfile_address(file, offsets[i], &address))
            reader->places[reader->count++] =
                (struct wanted_place){ .offset = offsets[i],
                                       .address = address + file->bias - bias };
    }
    qsort(reader->places, reader->count, sizeof(*reader->places), compare_places);
}

/* Gives the unit to the places in one of its ranges that have none yet. NULL: it is elsewhere. */
static void give_unit(struct reader *reader, const Dwarf_Die *unit, Dwarf_Addr start,
                      Dwarf_Addr end)
{
    size_t at = BISECT(i, reader->count, reader->places[i].address < start);

    for (; at < reader->count && reader->places[at].address < end; at++) {
        reader->elsewhere |= !unit;
        if (unit && !reader->places[at].unit.addr)
            reader->places[at].unit = *unit;
    }
}

/*
 * The unit with all its entries: in a .dwo file (-gsplit-dwarf), if this one has its ranges and
 * lines only. NULL: that file is not there, or is another one by now. The lines alone would be
 * taken for those of the function, and not of what was inlined.
 */
static const Dwarf_Die *whole_unit(Dwarf_Die *unit, Dwarf_Die *split)
{
    if (split->addr) {
        debugfile_prepare(dwarf_cu_getdwarf(split->cu));
        return split;
    }
    return dwarf_hasattr(unit, DW_AT_dwo_name) || dwarf_hasattr(unit, DW_AT_GNU_dwo_name) ? NULL
                                                                                          : unit;
}

/* By the units' own ranges: clang writes no .debug_aranges. */
static void find_units(struct reader *reader, Dwarf *dwarf)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die, split;

    while (!dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, &split)) {
        const Dwarf_Die *whole = whole_unit(&die, &split);
        Dwarf_Addr base, start, end;
        ptrdiff_t next = 0;
        while ((next = dwarf_ranges(&die, next, &base, &start, &end)) > 0)
            give_unit(reader, whole, start, end);
    }
}

/* ---- Inlined functions ---- */

struct search {
    Dwarf_Addr address;
    bool everywhere; /* also in functions around others, which do not hold their code */
    Dwarf_Die inlined[DEPTH_MAX];
    size_t count; /* of these, the outermost first */
    bool found;   /* the function is known, and so is what is inlined */
};

/* Entries that have others with code in them; with code of their own or without. */
static bool may_hold_code(int tag)
{
    switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
        return true;
    default:
        return false;
    }
}

static bool is_scope_without_code(int tag)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
        return true;
    default:
        return false;
    }
}

/* Is the address in an entry within this one? Notes the inlined functions on the way there. */
static bool descend(struct search *search, Dwarf_Die *outer, int depth)
{
    Dwarf_Die die;

    if (depth == DEPTH_MAX)
        return false;
    for (int end = dwarf_child(outer, &die); !end; end = dwarf_siblingof(&die, &die)) {
        int tag = dwarf_tag(&die);
        if (may_hold_code(tag) && dwarf_haspc(&die, search->address) > 0) {
            if (tag == DW_TAG_inlined_subroutine)
                search->inlined[search->count++] = die;
            descend(search, &die, depth + 1);
            return true;
        }
        if ((is_scope_without_code(tag) || (search->everywhere && may_hold_code(tag))) &&
            descend(search, &die, depth + 1))
            return true;
    }
    return false;
}

/* ---- Levels ---- */

/* The name as the linker had it, else as the source has it; NULL. */
static const char *name_of(Dwarf_Die *function)
{
    static const unsigned names[] = { DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name };
    const char *name = NULL;
    Dwarf_Attribute attribute;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !name; i++)
        name = dwarf_formstring(dwarf_attr_integrate(function, names[i], &attribute));
    return name && *name ? name : NULL;
}

/* Of an inlined function, or NULL for the one that is none. -ENOMEM. */
static int level_init(struct level *level, Dwarf_Die *function)
{
    const char *name = function ? name_of(function) : "";

    *level = (struct level){ .name = name ? symbols_demangle(name) : strdup("[unknown]"),
                             .component = name ? component_of_symbol(name) : strdup(""),
                             .file = strdup("") };
    return level->name && level->component && level->file ? 0 : -ENOMEM;
}

static void level_deinit(struct level *level)
{
    free(level->name);
    free(level->component);
    free(level->file);
}

/* What the path of a file is relative to, as libdw has it: it leaves the directory that the unit
 * was compiled in before names without one only, and clang has one for all headers ("./a.h"). */
static const char *directory_before(Dwarf_Die *unit, const char *file)
{
    Dwarf_Attribute attribute;
    const char *directory =
        *file == '/' ? NULL : dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));

    /* A relative one is there already, or it is not: nobody knows. */
    return directory && *directory == '/' ? directory : NULL;
}

/* A file of the unit, and a line in it. -ENOMEM. */
static int set_line(struct level *level, Dwarf_Die *unit, const char *file, int line)
{
    char *path;

    if (!file || !*file || line <= 0)
        return 0;
    const char *directory = directory_before(unit, file);
    while (directory && !strncmp(file, "./", 2))
        file += 2;
    if (asprintf(&path, "%s%s%s", directory ? directory : "", directory ? "/" : "", file) < 0)
        return -ENOMEM;
    free(level->file);
    level->file = path;
    level->line = (uint32_t)line;
    return 0;
}

static int find_line(struct wanted_place *place, struct level *ret)
{
    Dwarf_Line *line = dwarf_getsrc_die(&place->unit, place->address);
    int number;

    if (!line || dwarf_lineno(line, &number))
        return 0;
    return set_line(ret, &place->unit, dwarf_linesrc(line, NULL, NULL), number);
}

static bool number_of(Dwarf_Die *die, unsigned name, Dwarf_Word *ret)
{
    Dwarf_Attribute attribute;
    return !dwarf_formudata(dwarf_attr(die, name, &attribute), ret);
}

/* Where the function was called that is not called, being inlined. */
static int find_call_line(struct wanted_place *place, Dwarf_Die *inlined, struct level *ret)
{
    Dwarf_Files *files;
    Dwarf_Word file, line;
    size_t count;

    if (!number_of(inlined, DW_AT_call_file, &file) ||
        !number_of(inlined, DW_AT_call_line, &line) || line > INT32_MAX ||
        dwarf_getsrcfiles(&place->unit, &files, &count) || file >= count)
        return 0;
    return set_line(ret, &place->unit, dwarf_filesrc(files, file, NULL, NULL), (int)line);
}

/* Lines belong to the level one further out than the call that they are of. */
static int find_lines(struct wanted_place *place, struct search *found, struct level *levels)
{
    int result = find_line(place, &levels[0]);

    for (size_t i = 0; i < found->count && !result; i++)
        result = find_call_line(place, &found->inlined[found->count - 1 - i], &levels[i + 1]);
    return result;
}

static int report_place(const struct reader *reader, struct wanted_place *place,
                        struct search *found)
{
    struct level levels[DEPTH_MAX + 1];
    size_t count = 0;
    int result = 0;

    for (size_t i = found->count + 1; i && !result; i--)
        result = level_init(&levels[count++], i > 1 ? &found->inlined[i - 2] : NULL);
    /* A unit without any entries is an assembler's. */
    if (!result && reader->lines && (found->found || !dwarf_haschildren(&place->unit)))
        result = find_lines(place, found, levels);
    if (!result && (count > 1 || levels[0].line))
        result = reader->add(reader->context, place->offset, levels, count);
    while (count)
        level_deinit(&levels[--count]);
    return result;
}

static int read_place(const struct reader *reader, struct wanted_place *place)
{
    struct search search = { .address = place->address };

    search.found = descend(&search, &place->unit, 0);
    if (!search.found) {
        search.everywhere = true;
        search.found = descend(&search, &place->unit, 0);
    }
    return report_place(reader, place, &search);
}

/* ---- The file ---- */

static int read_file(struct reader *reader, const struct debugfile *file, const uint64_t *offsets,
                     size_t count)
{
    Dwarf_Addr bias;
    Dwarf *dwarf = dwfl_module_getdwarf(file->module, &bias);
    int result = 0;

    if (!dwarf)
        return debugfile_failure() == -ENOMEM ? -ENOMEM : 0;
    debugfile_prepare(dwarf);
    reader->places = calloc(count + 1, sizeof(*reader->places));
    if (!reader->places)
        return -ENOMEM;
    place_offsets(reader, file, bias, offsets, count);
    find_units(reader, dwarf);
    for (size_t i = 0; i < reader->count && !result; i++) {
        if (reader->places[i].unit.addr)
            result = read_place(reader, &reader->places[i]);
    }
    free(reader->places);
    return result || !reader->elsewhere ? result : SRCLINE_ELSEWHERE;
}

int srcline_read(const char *path, int fd, const uint64_t *offsets, size_t count, bool lines,
                 srcline_fn *add, void *context)
{
    struct reader reader = { .lines = lines, .add = add, .context = context };
    struct debugfile file;
    int error = debugfile_open(&file, path, fd);

    if (error)
        return error;
    error = read_file(&reader, &file, offsets, count);
    debugfile_close(&file);
    return error;
}
