/* reader_places.c - what a run file says of programs, phases and modules, and of places in them. */
#include "record/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/component.h"
#include "record/library.h"

int read_program(struct reader *reader, const json_t *row)
{
    char *name = NULL, *path = NULL;
    int error = READ_MEMBERS(reader, row, "the program", "name", "path");

    if (!error)
        error = read_text_of(reader, row, "name", &name);
    if (!error)
        error = read_text_of(reader, row, "path", &path);
    if (!error)
        error = check_new(reader, run_program(reader->run, name, path));
    free(name);
    free(path);
    return error;
}

int read_phase(struct reader *reader, const json_t *row)
{
    char *name;
    int error = read_text(reader, row, "the phase", &name);

    if (error)
        return error;
    if (!reader->row && *name)
        error = refuse(reader, "the first phase is not \"\"");
    else
        error = check_new(reader, run_phase(reader->run, name));
    free(name);
    return error;
}

/* The pseudo-modules are there already. */
static int add_module(struct reader *reader, const struct module *module)
{
    if (reader->row < MODULE_FIRST &&
        (strcmp(module->name, reader->run->modules[reader->row].name) || *module->path ||
         *module->soname || *module->identity || module->set || module->size))
        return refuse(reader, "this must be the pseudo-module %s with its name only",
                      reader->run->modules[reader->row].name);
    return check_new(reader, run_module(reader->run, module));
}

static int read_set(struct reader *reader, const json_t *value, enum runtime_set *ret)
{
    const char *name = json_string_value(value);

    return name && *name && library_find_set(name, ret)
               ? 0
               : refuse(reader, "set is none of none, glibc, gcc and musl");
}

int read_module(struct reader *reader, const json_t *row)
{
    struct module module = { 0 };
    /* Most modules have no set. */
    bool set = json_is_object(row) && json_object_get(row, "set");
    int error = set ? READ_MEMBERS(reader, row, "the module", "identity", "loads", "name", "path",
                                   "set", "size", "soname")
                    : READ_MEMBERS(reader, row, "the module", "identity", "loads", "name", "path",
                                   "size", "soname");

    if (!error)
        error = read_text_of(reader, row, "name", &module.name);
    if (!error)
        error = read_text_of(reader, row, "path", &module.path);
    if (!error)
        error = read_text_of(reader, row, "soname", &module.soname);
    if (!error)
        error = read_text_of(reader, row, "identity", &module.identity);
    if (!error)
        error = read_number_of(reader, row, "size", INT64_MAX, &module.size);
    if (!error)
        error = read_number_of(reader, row, "loads", INT64_MAX, &module.loads);
    if (!error && set)
        error = read_set(reader, json_object_get(row, "set"), &module.set);
    if (!error)
        error = add_module(reader, &module);
    free(module.name);
    free(module.path);
    free(module.soname);
    free(module.identity);
    return error;
}

/* In order: so their numbers in the file are those in the sorted run. */
static int check_symbol_order(struct reader *reader)
{
    const struct symbol *symbols = reader->run->symbols;
    size_t i = reader->row;

    if (i &&
        (symbols[i].module < symbols[i - 1].module || (symbols[i].module == symbols[i - 1].module &&
                                                       symbols[i].offset <= symbols[i - 1].offset)))
        return refuse(reader, "the symbols are not in the order of module and offset");
    return 0;
}

static int read_component(struct reader *reader, const json_t *value, char **ret)
{
    int error = read_text(reader, value, "the component", ret);

    if (!error && !component_is_valid(*ret))
        error = refuse(reader, "'%.100s' is no component", *ret);
    return error;
}

static int read_source(struct reader *reader, const json_t *value, enum source *ret)
{
    const char *name = json_string_value(value);
    int source = name ? source_parse(name) : -1;

    if (source < 0)
        return refuse(reader, "'%.100s' is no source of a name", name ? name : "");
    *ret = (enum source)source;
    return 0;
}

/* Begins a row of so many elements that says something of a place: its module and offset. */
static int read_place(struct reader *reader, const json_t *row, size_t size, uint32_t *module,
                      uint64_t *offset)
{
    int error = read_row(reader, row, size);

    if (!error)
        error = read_index(reader, json_array_get(row, 0), "the module", reader->run->module_count,
                           module);
    if (!error)
        error = read_number(reader, json_array_get(row, 1), "the offset", INT64_MAX, offset);
    return error;
}

int read_symbol(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, size;
    char *name = NULL;
    char *component = NULL;
    enum source source = SOURCE_SYMTAB;
    int error = read_place(reader, row, 6, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the size", INT64_MAX, &size);
    if (!error && !size)
        error = refuse(reader, "the size is 0");
    if (!error)
        error = read_text(reader, json_array_get(row, 3), "the name", &name);
    if (!error)
        error = read_component(reader, json_array_get(row, 4), &component);
    if (!error)
        error = read_source(reader, json_array_get(row, 5), &source);
    if (!error)
        error = run_add_symbol(reader->run, module, offset, size, name, component, source);
    if (!error)
        error = check_symbol_order(reader);
    free(name);
    free(component);
    return error;
}

/* In order, too. */
static int check_extent_order(struct reader *reader)
{
    const struct extent *now = &reader->run->extents[reader->row];

    if (reader->row && place_compare(&now[-1].start, &now->start) >= 0)
        return refuse(reader, "the extents are not in the order of module and offset");
    return 0;
}

int read_extent(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, size = 0;
    int error = read_place(reader, row, 3, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the size", INT64_MAX, &size);
    if (!error && !size)
        error = refuse(reader, "the size is 0");
    if (!error)
        error = run_add_extent(reader->run, module, offset, size);
    return error ? error : check_extent_order(reader);
}

/* In order too, and at each place counted from 0. */
static int check_inlined_order(struct reader *reader)
{
    const struct inlined *now = &reader->run->inlined[reader->row];
    const struct inlined *before = reader->row ? now - 1 : NULL;
    bool ordered = !before || before->module < now->module ||
                   (before->module == now->module && before->offset <= now->offset);
    bool same = before && before->module == now->module && before->offset == now->offset;

    if (!ordered)
        return refuse(reader, "the inlined functions are not in the order of module and offset");
    if (now->position != (same ? before->position + 1 : 0))
        return refuse(reader, "the position is %" PRIu32 ", out of turn", now->position);
    return 0;
}

int read_inlined(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, position = 0;
    char *name = NULL, *component = NULL;
    int error = read_place(reader, row, 5, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the position", UINT32_MAX, &position);
    if (!error)
        error = read_text(reader, json_array_get(row, 3), "the name", &name);
    if (!error)
        error = read_component(reader, json_array_get(row, 4), &component);
    if (!error)
        error = run_add_inlined(reader->run, module, offset, (uint32_t)position, name, component);
    if (!error)
        error = check_inlined_order(reader);
    free(name);
    free(component);
    return error;
}

/* In order, and none of a position that nothing can have. */
static int check_line(struct reader *reader)
{
    const struct source_line *now = &reader->run->lines[reader->row];
    const struct source_line *before = reader->row ? now - 1 : NULL;
    const struct inlined *inlined;

    if (before && (before->module > now->module ||
                   (before->module == now->module &&
                    (before->offset > now->offset ||
                     (before->offset == now->offset && before->position >= now->position)))))
        return refuse(reader, "the lines are not in the order of module, offset and position");
    if (now->position > run_find_inlined(reader->run, now->module, now->offset, &inlined))
        return refuse(reader, "no function has the position %" PRIu32, now->position);
    return 0;
}

int read_line(struct reader *reader, const json_t *row)
{
    uint32_t module;
    uint64_t offset, position = 0, line = 0;
    char *file = NULL;
    int error = read_place(reader, row, 5, &module, &offset);

    if (!error)
        error = read_number(reader, json_array_get(row, 2), "the position", UINT32_MAX, &position);
    if (!error)
        error = read_text(reader, json_array_get(row, 3), "the file", &file);
    if (!error && !*file)
        error = refuse(reader, "the file is empty");
    if (!error)
        error = read_number(reader, json_array_get(row, 4), "the line", INT32_MAX, &line);
    if (!error && !line)
        error = refuse(reader, "the line is 0");
    if (!error)
        error = run_add_line(reader->run, module, offset, (uint32_t)position, file, (uint32_t)line);
    if (!error)
        error = check_line(reader);
    free(file);
    return error;
}
