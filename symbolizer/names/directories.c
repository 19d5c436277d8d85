/* directories.c - source directories of compile units, as ranges of addresses, by libdw. */
#include "directories.h"

#include <dwarf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/bisect.h"
#include "symbolizer/names/debugfile.h"

/* Code of one compile unit. */
struct range {
    Dwarf_Addr start, end;
    size_t unit;
};

struct directories {
    char **units; /* the directory of each: as it is, with a slash at its end; then as is told */
    size_t unit_count, unit_capacity;
    struct range *ranges; /* by start */
    size_t range_count, range_capacity;
};

/* ---- Paths ---- */

/* Removes ".", ".." and doubled slashes, in place. */
static void normalize(char *path)
{
    bool absolute = *path == '/';
    char *to = path + absolute;
    size_t kept = 0; /* elements that ".." can remove */

    for (char *from = path, *end; *from; from = end) {
        from += strspn(from, "/");
        end = from + strcspn(from, "/");
        size_t length = (size_t)(end - from);
        if (!length || (length == 1 && *from == '.'))
            continue;
        bool up = length == 2 && from[0] == '.' && from[1] == '.';
        if (up && kept) {
            for (to--; to > path + absolute && to[-1] != '/';)
                to--;
            kept--;
            continue;
        }
        memmove(to, from, length);
        to += length;
        *to++ = '/';
        kept += !up;
    }
    *to = '\0';
}

/* The directory of a source file, with a slash at its end; "" for the one that all are relative to.
 */
static char *directory_of(const char *compiled_in, const char *file)
{
    const char *slash = strrchr(file, '/');
    int length = slash ? (int)(slash - file) : 0;
    bool absolute = *file == '/';
    char *path;

    if (asprintf(&path, "%s%s%.*s/", absolute ? "" : compiled_in, absolute ? "" : "/", length,
                 file) < 0)
        return NULL;
    if (!absolute && !*compiled_in)
        memmove(path, path + 1, strlen(path));
    normalize(path);
    return path;
}

/* Has it nothing in common with the directory of main()? */
static bool is_foreign(const char *directory, const char *main)
{
    size_t first = *main == '/' ? 1 + strcspn(main + 1, "/") : 0;
    return (*directory == '/') != (*main == '/') ||
           strncmp(directory, main, first + (first > 0)) != 0;
}

/* How much of two directories is common, up to a slash. */
static size_t common_length(const char *a, const char *b, size_t most)
{
    size_t length = 0;

    for (size_t i = 0; i < most && a[i] && a[i] == b[i]; i++)
        if (a[i] == '/')
            length = i + 1;
    return length;
}

/* ---- Compile units ---- */

/* Do functions have parts that are described in other compile units? So does the linker's optimizer
 * say that it put them there. */
static bool is_mixed(Dwarf_Die *unit)
{
    size_t length;
    Dwarf_Abbrev *abbrev;

    for (Dwarf_Off offset = 0;
         (abbrev = dwarf_getabbrev(unit, offset, &length)) && abbrev != DWARF_END_ABBREV;
         offset += length) {
        size_t count = 0;
        unsigned int name, form;
        if (dwarf_getattrcnt(abbrev, &count))
            return true;
        for (size_t i = 0; i < count; i++)
            if (!dwarf_getabbrevattr(abbrev, i, &name, &form, NULL) &&
                name == DW_AT_abstract_origin && form == DW_FORM_ref_addr)
                return true;
    }
    return false;
}

static const char *text_of(Dwarf_Die *unit, unsigned int name)
{
    Dwarf_Attribute attribute;
    const char *text = dwarf_formstring(dwarf_attr(unit, name, &attribute));
    return text ? text : "";
}

static int add_ranges(struct directories *directories, Dwarf_Die *unit)
{
    Dwarf_Addr base, start, end;
    ptrdiff_t offset = 0;

    while ((offset = dwarf_ranges(unit, offset, &base, &start, &end)) > 0) {
        if (!ARRAY_ROOM(directories->ranges, directories->range_count, directories->range_capacity))
            return -ENOMEM;
        if (start < end && start) /* 0: the linker removed it */
            directories->ranges[directories->range_count++] =
                (struct range){ start, end, directories->unit_count };
    }
    return 0;
}

/* Of a unit that is in a .dwo file this one has the directory that it was compiled in, and not the
 * source file's. That file may be there or not; the table is not to depend on it. */
static bool is_elsewhere(Dwarf_Die *unit)
{
    return dwarf_tag(unit) != DW_TAG_compile_unit || dwarf_hasattr(unit, DW_AT_GNU_dwo_name);
}

static int add_unit(struct directories *directories, Dwarf_Die *unit)
{
    int language = dwarf_srclang(unit);

    if (!ARRAY_ROOM(directories->units, directories->unit_count, directories->unit_capacity))
        return -ENOMEM;
    if (is_elsewhere(unit) || language == DW_LANG_Rust || language == DW_LANG_Go)
        return 0;
    char *directory = directory_of(text_of(unit, DW_AT_comp_dir), text_of(unit, DW_AT_name));
    if (!directory || add_ranges(directories, unit)) {
        free(directory);
        return -ENOMEM;
    }
    directories->units[directories->unit_count++] = directory;
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *left = a, *right = b;
    return (left->start > right->start) - (left->start < right->start);
}

static const struct range *find_range(const struct directories *directories, Dwarf_Addr address)
{
    size_t count = BISECT(i, directories->range_count, directories->ranges[i].start <= address);
    const struct range *range = count ? &directories->ranges[count - 1] : NULL;

    return range && address < range->end ? range : NULL;
}

/* 1: they are all read; 0: they cannot tell; -ENOMEM. */
static int read_units(struct directories *directories, Dwarf *dwarf)
{
    Dwarf_Off offset = 0, next;
    size_t header;

    for (; !dwarf_nextcu(dwarf, offset, &next, &header, NULL, NULL, NULL); offset = next) {
        Dwarf_Die unit;
        if (!dwarf_offdie(dwarf, offset + header, &unit) || is_mixed(&unit))
            return 0;
        if (add_unit(directories, &unit))
            return -ENOMEM;
    }
    if (directories->range_count)
        qsort(directories->ranges, directories->range_count, sizeof(*directories->ranges),
              compare_ranges);
    return 1;
}

/* Is there more than one directory? */
static bool are_several(const struct directories *directories)
{
    for (size_t i = 1; i < directories->unit_count; i++)
        if (strcmp(directories->units[i], directories->units[0]) != 0)
            return true;
    return false;
}

/* Leaves of each directory what is told. */
static void cut_units(struct directories *directories, const char *main)
{
    size_t common = strlen(main);

    for (size_t i = 0; i < directories->unit_count; i++)
        if (!is_foreign(directories->units[i], main))
            common = common_length(directories->units[i], main, common);
    for (size_t i = 0; i < directories->unit_count; i++) {
        char *unit = directories->units[i];
        size_t cut = is_foreign(unit, main) ? 0 : common, length = strlen(unit) - cut;
        memmove(unit, unit + cut, length + 1);
        if (length)
            unit[length - 1] = '\0'; /* the slash */
    }
}

/* 1: done; 0: they cannot tell; -ENOMEM. */
static int compare_units(struct directories *directories, Dwarf_Addr main)
{
    const struct range *range = find_range(directories, main);

    if (!range || !are_several(directories))
        return 0;
    char *own = strdup(directories->units[range->unit]);
    if (!own)
        return -ENOMEM;
    cut_units(directories, own);
    free(own);
    return 1;
}

void directories_close(struct directories *directories)
{
    if (!directories)
        return;
    for (size_t i = 0; i < directories->unit_count; i++)
        free(directories->units[i]);
    free(directories->units);
    free(directories->ranges);
    free(directories);
}

int directories_open(struct directories **ret, Elf *elf, Dwarf_Addr main)
{
    Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);

    *ret = NULL;
    if (!dwarf)
        return 0;
    debugfile_prepare(dwarf);
    struct directories *directories = calloc(1, sizeof(*directories));
    int result = directories ? read_units(directories, dwarf) : -ENOMEM;
    dwarf_end(dwarf);
    if (result > 0)
        result = compare_units(directories, main);
    if (result > 0)
        *ret = directories;
    else
        directories_close(directories);
    return result < 0 ? result : 0;
}

const char *directories_find(const struct directories *directories, Dwarf_Addr address)
{
    const struct range *range = find_range(directories, address);
    return range ? directories->units[range->unit] : NULL;
}
