/* symbols.c - function symbols of one ELF file and its debug files, by libdwfl, as ranges of file
 * offsets. */
#include "symbols.h"

#include <errno.h>
#include <libiberty/demangle.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "symbolizer/component.h"
#include "symbolizer/debugfile.h"

struct entry {
    struct symbol_name symbol;
    uint32_t
        outer; /* number + 1 of the nearest entry before this one that ends after it; 0: none */
};

struct symbols {
    struct entry *entries; /* by offset, which is unique */
    size_t count, capacity;
    const uint64_t *wanted; /* while they are read: what is asked for, ascending; NULL: all */
    size_t wanted_count;
};

/* Where a function's bytes are in the file: false if in no executable segment, or not in the file.
 */
static bool locate(const struct debugfile *file, GElf_Addr address, GElf_Xword size,
                   struct symbol_name *ret)
{
    GElf_Phdr segment;

    if (!debugfile_segment(file, address, &segment))
        return false;
    GElf_Xword place = address - segment.p_vaddr, room = segment.p_filesz - place;
    ret->size = size < room ? size : room;
    return !__builtin_add_overflow(segment.p_offset, place, &ret->offset) &&
           ret->offset <= INT64_MAX && ret->size <= INT64_MAX - ret->offset;
}

/* A defined function with a size. */
static bool is_function(const GElf_Sym *symbol, GElf_Word section)
{
    int type = GELF_ST_TYPE(symbol->st_info);

    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_size && section != SHN_UNDEF &&
           section != SHN_ABS && section != SHN_COMMON;
}

/* Is there anything that the function is to be a name for? */
static bool is_wanted(const struct symbols *symbols, const struct symbol_name *function)
{
    size_t low = 0, high = symbols->wanted_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->wanted[middle] < function->offset)
            low = middle + 1;
        else
            high = middle;
    }
    return !symbols->wanted || (low < symbols->wanted_count &&
                                symbols->wanted[low] - function->offset < function->size);
}

static int add(struct symbols *symbols, struct symbol_name symbol)
{
    if (symbols->count == symbols->capacity) {
        size_t capacity = symbols->capacity ? symbols->capacity * 2 : 256;
        struct entry *grown = reallocarray(symbols->entries, capacity, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        symbols->entries = grown;
        symbols->capacity = capacity;
    }
    symbols->entries[symbols->count++] = (struct entry){ .symbol = symbol };
    return 0;
}

static void free_symbol(struct symbol_name *symbol)
{
    free(symbol->name);
    free(symbol->component);
}

/* Adds the name without its version: "memcpy@@GLIBC_2.14", "memcpy@GLIBC_2.2.5". */
static int read_symbol(struct symbols *symbols, const struct debugfile *file, int number)
{
    GElf_Sym symbol;
    GElf_Addr address;
    GElf_Word section = SHN_UNDEF;
    Elf *elf = NULL;
    struct symbol_name function;
    const char *name =
        dwfl_module_getsym_info(file->module, number, &symbol, &address, &section, &elf, NULL);

    if (!name || !is_function(&symbol, section) ||
        !locate(file, address - file->bias, symbol.st_size, &function) ||
        !is_wanted(symbols, &function))
        return 0;
    size_t length = strcspn(name, "@");
    if (!length)
        return 0;
    function.source = debugfile_source(file, elf);
    function.name = strndup(name, length);
    function.component = function.name ? component_of_symbol(function.name) : NULL;
    int error = function.component ? add(symbols, function) : -ENOMEM;
    if (error)
        free_symbol(&function);
    return error;
}

static int read_symbols(struct symbols *symbols, const struct debugfile *file)
{
    int count = dwfl_module_getsymtab(file->module);

    if (count < 0 && debugfile_failure() == -ENOMEM)
        return -ENOMEM;
    for (int i = 1; i < count; i++) { /* the first of a symbol table is void */
        int error = read_symbol(symbols, file, i);
        if (error)
            return error;
    }
    return 0;
}

/* Negative if `a` is the better name for what both name. */
static int compare_names(const char *a, const char *b)
{
    size_t a_underscores = strspn(a, "_"), b_underscores = strspn(b, "_");
    size_t a_length = strlen(a), b_length = strlen(b);

    if (a_underscores != b_underscores)
        return a_underscores < b_underscores ? -1 : 1;
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return strcmp(a, b);
}

/* By offset. Of those at one offset the longest comes first, as only its name holds for all its
 * bytes; then the best name. */
static int compare_entries(const void *a, const void *b)
{
    const struct symbol_name *left = &((const struct entry *)a)->symbol;
    const struct symbol_name *right = &((const struct entry *)b)->symbol;

    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    if (left->size != right->size)
        return left->size > right->size ? -1 : 1;
    return compare_names(left->name, right->name);
}

/* Leaves one entry for each offset. */
static void drop_aliases(struct symbols *symbols)
{
    size_t kept = 0;

    for (size_t i = 0; i < symbols->count; i++) {
        struct entry *entry = &symbols->entries[i];
        struct symbol_name *last = kept ? &symbols->entries[kept - 1].symbol : NULL;
        if (!last || last->offset != entry->symbol.offset) {
            symbols->entries[kept++] = *entry;
            continue;
        }
        if (strcmp(last->component, entry->symbol.component))
            *last->component = '\0';
        free_symbol(&entry->symbol);
    }
    symbols->count = kept;
}

static uint64_t end_of(const struct entry *entry)
{
    return entry->symbol.offset + entry->symbol.size;
}

static void link_outer(struct symbols *symbols)
{
    for (uint32_t i = 1; i < symbols->count; i++) {
        uint32_t outer = i; /* number + 1 of the entry before */
        while (outer && end_of(&symbols->entries[outer - 1]) <= end_of(&symbols->entries[i]))
            outer = symbols->entries[outer - 1].outer;
        symbols->entries[i].outer = outer;
    }
}

/* C++, Rust, D: the language is told by the name. */
char *symbols_demangle(const char *name)
{
    char *demangled = cplus_demangle(name, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
    return demangled ? demangled : strdup(name);
}

static int demangle(struct symbols *symbols)
{
    for (size_t i = 0; i < symbols->count; i++) {
        char **name = &symbols->entries[i].symbol.name;
        char *demangled = symbols_demangle(*name);
        if (!demangled)
            return -ENOMEM;
        free(*name);
        *name = demangled;
    }
    return 0;
}

static int arrange(struct symbols *symbols)
{
    if (symbols->count)
        qsort(symbols->entries, symbols->count, sizeof(*symbols->entries), compare_entries);
    drop_aliases(symbols);
    link_outer(symbols);
    return demangle(symbols);
}

int symbols_open(struct symbols **ret, const char *path, int fd, const uint64_t *wanted,
                 size_t wanted_count)
{
    struct debugfile file;
    struct symbols *symbols = calloc(1, sizeof(*symbols));
    if (!symbols)
        return -ENOMEM;
    symbols->wanted = wanted;
    symbols->wanted_count = wanted_count;

    int error = debugfile_open(&file, path, fd);
    if (!error) {
        error = read_symbols(symbols, &file);
        debugfile_close(&file);
    }
    if (!error)
        error = arrange(symbols);
    if (error) {
        symbols_close(symbols);
        return error;
    }
    *ret = symbols;
    return 0;
}

void symbols_close(struct symbols *symbols)
{
    if (!symbols)
        return;
    for (size_t i = 0; i < symbols->count; i++)
        free_symbol(&symbols->entries[i].symbol);
    free(symbols->entries);
    free(symbols);
}

/* How many entries start at or before this offset: the number + 1 of the last of them. */
static size_t count_up_to(const struct symbols *symbols, uint64_t offset)
{
    size_t low = 0, high = symbols->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->entries[middle].symbol.offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct symbol_name *symbols_find(const struct symbols *symbols, uint64_t offset)
{
    size_t number = count_up_to(symbols, offset);

    while (number && end_of(&symbols->entries[number - 1]) <= offset)
        number = symbols->entries[number - 1].outer;
    return number ? &symbols->entries[number - 1].symbol : NULL;
}
