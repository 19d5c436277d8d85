/* symbols.c - function symbols of one ELF file and its debug files, by libdwfl, as ranges of file
 * offsets. */
#include "symbols.h"

#include <errno.h>
#include <libiberty/demangle.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/bisect.h"
#include "record/component.h"
#include "symbolizer/names/debugfile.h"
#include "symbolizer/names/directories.h"
#include "symbolizer/names/staticlibc.h"
#include "symbolizer/processor/processor.h"

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

/* What is read from. */
struct reading {
    struct debugfile from;
    const char *file; /* which the static functions that come next are from; NULL: of none */
    struct linked_function *linked; /* of a static program: its functions and their origins */
    size_t linked_count;
    struct directories *directories; /* of a program of several; else NULL */
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

/* The name of a symbol; NULL: it has none. */
static const char *get_symbol(struct reading *reading, int number, GElf_Sym *symbol,
                              GElf_Addr *address, Elf **elf, bool *is_function)
{
    GElf_Word section = SHN_UNDEF;
    const char *name =
        dwfl_module_getsym_info(reading->from.module, number, symbol, address, &section, elf, NULL);
    int type = GELF_ST_TYPE(symbol->st_info);

    if (type == STT_FILE)
        reading->file = name && *name ? name : NULL;
    *is_function = name && (type == STT_FUNC || type == STT_GNU_IFUNC) && section != SHN_UNDEF &&
                   section != SHN_ABS && section != SHN_COMMON;
    /* (The signal trampoline. It is never called but returned to.) */
    if (*is_function && !symbol->st_size && !strcmp(name, "__restore_rt")) {
        *address -= TRAMPOLINE_LEAD;
        symbol->st_size = TRAMPOLINE_SIZE;
    }
    *is_function &= symbol->st_size > 0;
    return name;
}

/* Is there anything that the function is to be a name for? */
static bool is_wanted(const struct symbols *symbols, const struct symbol_name *function)
{
    size_t next = BISECT(i, symbols->wanted_count, symbols->wanted[i] < function->offset);

    return !symbols->wanted || (next < symbols->wanted_count &&
                                symbols->wanted[next] - function->offset < function->size);
}

static int add(struct symbols *symbols, struct symbol_name symbol)
{
    if (!ARRAY_ROOM(symbols->entries, symbols->count, symbols->capacity))
        return -ENOMEM;
    symbols->entries[symbols->count++] = (struct entry){ .symbol = symbol };
    return 0;
}

static void free_symbol(struct symbol_name *symbol)
{
    free(symbol->name);
    free(symbol->component);
}

static enum origin find_origin(const struct reading *reading, GElf_Addr address)
{
    return reading->linked ? staticlibc_find(reading->linked, reading->linked_count, address)
                           : ORIGIN_PROGRAM;
}

/* The file of a static function; NULL: it is none. Hidden functions may have been made local, and
 * stand behind all files, or are hidden still. */
static const char *file_of(const struct reading *reading, const GElf_Sym *symbol)
{
    return GELF_ST_BIND(symbol->st_info) == STB_LOCAL &&
                   GELF_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT
               ? reading->file
               : NULL;
}

/* May several objects have defined it, of which the linker left any? So C++ does; what is hidden
 * is made local. */
static bool is_shared(const struct reading *reading, const char *name, const GElf_Sym *symbol)
{
    int binding = GELF_ST_BIND(symbol->st_info);

    if (binding == STB_LOCAL)
        return !file_of(reading, symbol) && !strncmp(name, "_Z", 2);
    return binding != STB_GLOBAL;
}

/* The part of the program that a function belongs to, to be freed; NULL: no memory. */
static char *component_of(const struct reading *reading, const char *name, GElf_Addr address,
                          const GElf_Sym *symbol)
{
    const char *directory = NULL;
    char *component = component_of_symbol(name);

    if (!component || *component)
        return component;
    free(component);
    if (reading->directories)
        directory = directories_find(reading->directories, address - reading->from.bias);
    switch (find_origin(reading, address)) {
    case ORIGIN_LIBC:
        return strdup(COMPONENT_LIBC);
    case ORIGIN_PROGRAM:
        return directory && is_shared(reading, name, symbol)
                   ? strdup(COMPONENT_UNKNOWN)
                   : component_of_directory(directory ? directory : "");
    default:
        return strdup(COMPONENT_UNKNOWN);
    }
}

/* Adds the name without its version: "memcpy@@GLIBC_2.14", "memcpy@GLIBC_2.2.5". */
static int read_symbol(struct symbols *symbols, struct reading *reading, int number)
{
    GElf_Sym symbol;
    GElf_Addr address;
    bool is_function;
    struct symbol_name function;
    Elf *elf = NULL;
    const char *name = get_symbol(reading, number, &symbol, &address, &elf, &is_function);

    if (!is_function ||
        !locate(&reading->from, address - reading->from.bias, symbol.st_size, &function) ||
        !is_wanted(symbols, &function))
        return 0;
    size_t length = strcspn(name, "@");
    if (!length)
        return 0;
    function.source = debugfile_source(&reading->from, elf);
    function.name = strndup(name, length);
    function.component =
        function.name ? component_of(reading, function.name, address, &symbol) : NULL;
    int error = function.component ? add(symbols, function) : -ENOMEM;
    if (error)
        free_symbol(&function);
    return error;
}

enum kind { LIBRARY, DYNAMIC_PROGRAM, STATIC_PROGRAM };

/* A library may have an interpreter, as glibc's has, and be without, as musl's is. */
static enum kind kind_of(Elf *elf)
{
    GElf_Ehdr header;
    GElf_Dyn entry;
    bool program, interpreter = false;
    size_t count;

    if (!gelf_getehdr(elf, &header) || elf_getphdrnum(elf, &count))
        return LIBRARY;
    program = header.e_type == ET_EXEC;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment))
            return LIBRARY;
        interpreter |= segment.p_type == PT_INTERP;
        Elf_Data *dynamic =
            segment.p_type == PT_DYNAMIC
                ? elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz, ELF_T_DYN)
                : NULL;
        for (int d = 0; dynamic && gelf_getdyn(dynamic, d, &entry); d++)
            program |= entry.d_tag == DT_FLAGS_1 && entry.d_un.d_val & DF_1_PIE;
    }
    return !program ? LIBRARY : interpreter ? DYNAMIC_PROGRAM : STATIC_PROGRAM;
}

/* Lists the functions of a static program with their origins; nothing if that cannot be told. */
static int read_origins(struct reading *reading, int count)
{
    reading->linked = calloc((size_t)count, sizeof(*reading->linked));
    if (!reading->linked)
        return -ENOMEM;
    for (int i = 1; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        bool is_function;
        const char *name = get_symbol(reading, i, &symbol, &address, NULL, &is_function);
        if (is_function)
            reading->linked[reading->linked_count++] = (struct linked_function){
                .address = address,
                .name = name,
                .file = file_of(reading, &symbol),
            };
    }
    int result = staticlibc_tell(reading->linked, reading->linked_count);
    if (result <= 0) {
        free(reading->linked);
        reading->linked = NULL;
    }
    return result < 0 ? result : 0;
}

/* Only the file's own DWARF: of what is installed elsewhere its components do not depend. */
static int read_directories(struct reading *reading, int count)
{
    for (int i = 1; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        bool is_function;
        const char *name = get_symbol(reading, i, &symbol, &address, NULL, &is_function);
        if (is_function && !strcmp(name, "main"))
            return directories_open(&reading->directories, reading->from.elf,
                                    address - reading->from.bias);
    }
    return 0;
}

/* Finds out what the program consists of. */
static int read_parts(struct reading *reading, int count)
{
    enum kind kind = kind_of(reading->from.elf);
    int error = kind == STATIC_PROGRAM ? read_origins(reading, count) : 0;

    if (!error && kind != LIBRARY)
        error = read_directories(reading, count);
    return error;
}

static int read_symbols(struct symbols *symbols, struct reading *reading)
{
    int count = dwfl_module_getsymtab(reading->from.module);

    if (count < 0 && debugfile_failure() == -ENOMEM)
        return -ENOMEM;
    if (count > 0 && read_parts(reading, count) < 0)
        return -ENOMEM;
    for (int i = 1; i < count; i++) { /* the first of a symbol table is void */
        int error = read_symbol(symbols, reading, i);
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

/* Of two names at one place one may be known better. */
static void merge_components(struct symbol_name *to, struct symbol_name *from)
{
    char *component = to->component;

    if (!strcmp(component, COMPONENT_UNKNOWN)) {
        to->component = from->component;
        from->component = component;
    } else if (strcmp(component, from->component) && strcmp(from->component, COMPONENT_UNKNOWN)) {
        *component = '\0';
    }
}

/* Leaves one entry for each offset. One of another size is no second name of the same function, and
 * would not even be here if nothing in it were asked for. */
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
        if (last->size == entry->symbol.size)
            merge_components(last, &entry->symbol);
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

static int read_file(struct symbols *symbols, const char *path, int fd)
{
    struct reading reading = { 0 };
    int error = debugfile_open(&reading.from, path, fd);

    if (error)
        return error;
    error = read_symbols(symbols, &reading);
    free(reading.linked);
    directories_close(reading.directories);
    debugfile_close(&reading.from);
    return error;
}

int symbols_open(struct symbols **ret, const char *path, int fd, const uint64_t *wanted,
                 size_t wanted_count)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));
    if (!symbols)
        return -ENOMEM;
    symbols->wanted = wanted;
    symbols->wanted_count = wanted_count;

    int error = read_file(symbols, path, fd);
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
    return BISECT(i, symbols->count, symbols->entries[i].symbol.offset <= offset);
}

const struct symbol_name *symbols_find(const struct symbols *symbols, uint64_t offset)
{
    size_t number = count_up_to(symbols, offset);

    while (number && end_of(&symbols->entries[number - 1]) <= offset)
        number = symbols->entries[number - 1].outer;
    return number ? &symbols->entries[number - 1].symbol : NULL;
}

const struct symbol_name *symbols_at(const struct symbols *symbols, size_t number)
{
    return number < symbols->count ? &symbols->entries[number].symbol : NULL;
}
