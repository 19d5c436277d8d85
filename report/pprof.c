/*
 * pprof.c - a run as a profile of pprof's (profile.proto), which `go tool pprof` reads. A profile
 * is a protocol buffer, of which pieces that stand behind each other are one: so each sample,
 * location and text is printed as a profile that has nothing else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <profile.pb-c.h>
#include "record/array.h"
#include "record/escape.h"
#include "record/gzip.h"
#include "report/calltree.h"
#include "report/format.h"
#include "report/label.h"
#include "report/locations.h"
#include "report/values.h"

enum { VALUES_MAX = 3, LABELS = 4 };

/* What pprof tells apart. The names have the library in them, for pprof takes functions of one name
 * for one. */
struct function {
    int64_t name, system_name, file;
};

struct printer {
    ProtobufCBuffer out; /* the first: for put() */
    FILE *file;
    uint8_t bytes[4096]; /* that go to it next */
    size_t byte_count;
    struct run *run;
    const struct table *table;
    struct locations locations;
    struct calltree tree;
    struct values texts; /* the string table */
    struct function *functions;
    size_t function_count, function_capacity;
    struct slots function_slots;
    bool *used_locations, *used_modules;
    bool results;         /* of all calls */
    int64_t keys[LABELS]; /* of labels */
    bool failed;          /* no memory for a text */
};

static void flush(struct printer *printer)
{
    fwrite(printer->bytes, 1, printer->byte_count, printer->file);
    printer->byte_count = 0;
}

/* protobuf-c puts one number at a time, and texts. */
static void put(ProtobufCBuffer *out, size_t size, const uint8_t *bytes)
{
    struct printer *printer = (struct printer *)out;

    if (size > sizeof(printer->bytes) - printer->byte_count)
        flush(printer);
    if (size > sizeof(printer->bytes)) {
        fwrite(bytes, 1, size, printer->file);
        return;
    }
    memcpy(printer->bytes + printer->byte_count, bytes, size);
    printer->byte_count += size;
}

static void print(struct printer *printer, const Pprof__Profile *piece)
{
    pprof__profile__pack_to_buffer(piece, &printer->out);
}

/* ---- Texts ---- */

/* The number of a text, which is taken over. */
static int64_t text_own(struct printer *printer, char *text)
{
    int64_t number = values_add(&printer->texts, text);

    printer->failed |= number < 0;
    return number < 0 ? 0 : number;
}

static int64_t text_of(struct printer *printer, const char *raw)
{
    return text_own(printer, escape(raw));
}

static int64_t text_of_library(struct printer *printer, uint32_t library)
{
    const struct caller_library *l = &printer->table->callers.libraries[library];

    return text_own(printer,
                    label_library(printer->locations.modules[l->module], "", l->component));
}

static int64_t text_of_syscall(struct printer *printer, enum abi abi, uint32_t nr)
{
    char name[SYSCALL_NAME_MAX], text[2 * SYSCALL_NAME_MAX];

    if (!syscall_name(abi, nr, name)) {
        printer->failed = true;
        return 0;
    }
    snprintf(text, sizeof(text), abi == ABI_X86_64 ? "%s" : "%s(%s)", name, abi_name(abi));
    return text_of(printer, text);
}

/* ---- The head ---- */

static void print_type(struct printer *printer, const char *type, const char *unit)
{
    Pprof__ValueType value = PPROF__VALUE_TYPE__INIT, *values[] = { &value };
    Pprof__Profile piece = PPROF__PROFILE__INIT;

    value.type = text_of(printer, type);
    value.unit = text_of(printer, unit);
    piece.n_sample_type = 1;
    piece.sample_type = values;
    print(printer, &piece);
}

/* Up to the year 2262. */
static int64_t nanoseconds(struct timespec time)
{
    int64_t ret;

    return __builtin_mul_overflow(time.tv_sec, INT64_C(1000000000), &ret) ||
                   __builtin_add_overflow(ret, time.tv_nsec, &ret)
               ? INT64_MAX
               : ret;
}

/* Of several executions from the start of the first to the end of the last. */
static void set_times(const struct run *run, Pprof__Profile *piece)
{
    int64_t start = INT64_MAX, end = 0;

    for (size_t i = 0; i < run->execution_count; i++) {
        int64_t from = nanoseconds(run->executions[i].start);
        int64_t to = nanoseconds(run->executions[i].end);
        start = from < start ? from : start;
        end = to > end ? to : end;
    }
    if (!run->execution_count)
        return;
    piece->time_nanos = start;
    piece->duration_nanos = end - start;
}

static void print_head(struct printer *printer)
{
    Pprof__ValueType period = PPROF__VALUE_TYPE__INIT;
    Pprof__Profile piece = PPROF__PROFILE__INIT;
    int64_t comment;

    text_of(printer, "");
    print_type(printer, "calls", "count");
    if (printer->results) {
        print_type(printer, "errors", "count");
        print_type(printer, "time", "nanoseconds");
    }
    piece.default_sample_type = period.type = text_of(printer, "calls");
    period.unit = text_of(printer, "count");
    piece.period_type = &period;
    piece.period = 1;
    comment = text_of(printer, "system calls, by systrace-lib " SYSTRACE_VERSION);
    piece.n_comment = 1;
    piece.comment = &comment;
    set_times(printer->run, &piece);
    print(printer, &piece);
}

/* ---- Samples ---- */

static void print_sample(struct printer *printer, const struct calltree_sample *sample)
{
    uint32_t path[CALLTREE_PATH_MAX];
    uint64_t ids[CALLTREE_PATH_MAX];
    int64_t values[VALUES_MAX] = { (int64_t)sample->calls, (int64_t)sample->errors,
                                   (int64_t)sample->nanoseconds };
    const int64_t texts[LABELS] = {
        text_of_syscall(printer, sample->abi, sample->nr),
        text_of_library(printer, sample->library),
        text_of(printer, printer->run->programs[sample->program].name),
        text_of(printer, table_phase_name(printer->table, sample->phase)),
    };
    Pprof__Label labels[LABELS], *label_list[LABELS];
    Pprof__Sample piece = PPROF__SAMPLE__INIT, *pieces[] = { &piece };
    Pprof__Profile profile = PPROF__PROFILE__INIT;

    piece.n_location_id = calltree_path(&printer->tree, sample->node, path);
    for (size_t i = 0; i < piece.n_location_id; i++) {
        printer->used_locations[path[i]] = true;
        ids[i] = path[i] + UINT64_C(1);
    }
    for (size_t i = 0; i < LABELS; i++) {
        labels[i] = (Pprof__Label)PPROF__LABEL__INIT;
        labels[i].key = printer->keys[i];
        labels[i].str = texts[i];
        label_list[i] = &labels[i];
    }
    piece.location_id = ids;
    piece.n_value = printer->results ? VALUES_MAX : 1;
    piece.value = values;
    piece.n_label = LABELS;
    piece.label = label_list;
    profile.n_sample = 1;
    profile.sample = pieces;
    print(printer, &profile);
}

static void print_samples(struct printer *printer)
{
    static const char *const keys[LABELS] = { "syscall", "library", "program", "phase" };

    for (size_t i = 0; i < LABELS; i++)
        printer->keys[i] = text_of(printer, keys[i]);
    for (size_t i = 0; i < printer->tree.sample_count; i++)
        print_sample(printer, &printer->tree.samples[i]);
}

/* ---- Locations, functions, mappings ---- */

/* The function's id. */
static uint64_t add_function(struct printer *printer, struct function function)
{
    uint64_t hash = slots_mix(slots_mix((uint64_t)function.name, (uint64_t)function.system_name),
                              (uint64_t)function.file);
    uint32_t found = SLOTS_FIND(i, &printer->function_slots, hash,
                                !memcmp(&printer->functions[i], &function, sizeof(function)));

    if (found != SLOTS_NONE)
        return found + UINT64_C(1);
    if (!ARRAY_ROOM(printer->functions, printer->function_count, printer->function_capacity) ||
        slots_add(&printer->function_slots, hash, (uint32_t)printer->function_count)) {
        printer->failed = true;
        return 1;
    }
    printer->functions[printer->function_count++] = function;
    return printer->function_count;
}

static void make_line(struct printer *printer, uint32_t location,
                      const struct location_function *function, Pprof__Line *ret)
{
    const struct frame *frame = &printer->locations.frames[location];
    const struct source_line *line =
        location < LOCATION_FIRST
            ? NULL
            : run_find_line(printer->run, frame->module, frame->offset, function->position);
    int64_t name = text_own(printer, location_label(&printer->locations, location, function));

    *ret = (Pprof__Line)PPROF__LINE__INIT;
    ret->line = line ? line->line : 0;
    ret->function_id = add_function(
        printer, (struct function){
                     .name = name,
                     .system_name = function->name ? text_of(printer, function->name) : name,
                     .file = line ? text_of(printer, line->file) : 0,
                 });
}

/* Addresses are file offsets: mappings begin at 0, each for itself. */
static void print_location(struct printer *printer, uint32_t location, Pprof__Line *lines,
                           Pprof__Line **line_list)
{
    const struct frame *frame = &printer->locations.frames[location];
    Pprof__Location piece = PPROF__LOCATION__INIT, *pieces[] = { &piece };
    Pprof__Profile profile = PPROF__PROFILE__INIT;
    struct location_function function;

    for (uint32_t i = 0; location_function(&printer->locations, location, i, &function); i++) {
        make_line(printer, location, &function, &lines[i]);
        line_list[i] = &lines[i];
        piece.n_line++;
    }
    piece.id = location + UINT64_C(1);
    piece.line = line_list;
    if (location >= LOCATION_FIRST) {
        printer->used_modules[frame->module] = true;
        piece.mapping_id = frame->module + UINT64_C(1);
        piece.address = frame->offset;
    }
    profile.n_location = 1;
    profile.location = pieces;
    print(printer, &profile);
}

/* Room for the lines of each: no location has more functions than are inlined anywhere, and its
 * own. */
static void print_locations(struct printer *printer)
{
    size_t most = printer->run->inlined_count + 1;
    Pprof__Line *lines = calloc(most, sizeof(*lines));
    Pprof__Line **line_list = calloc(most, sizeof(*line_list));

    printer->failed |= !lines || !line_list;
    for (uint32_t i = 0; i < printer->locations.count && !printer->failed; i++)
        if (printer->used_locations[i])
            print_location(printer, i, lines, line_list);
    free(lines);
    free(line_list);
}

static void print_functions(struct printer *printer)
{
    for (size_t i = 0; i < printer->function_count; i++) {
        Pprof__Function piece = PPROF__FUNCTION__INIT, *pieces[] = { &piece };
        Pprof__Profile profile = PPROF__PROFILE__INIT;
        piece.id = i + 1;
        piece.name = printer->functions[i].name;
        piece.system_name = printer->functions[i].system_name;
        piece.filename = printer->functions[i].file;
        profile.n_function = 1;
        profile.function = pieces;
        print(printer, &profile);
    }
}

/* It has functions, so that pprof looks for none by itself. */
static void print_mapping(struct printer *printer, uint32_t number)
{
    const struct module *module = &printer->run->modules[number];
    Pprof__Mapping piece = PPROF__MAPPING__INIT, *pieces[] = { &piece };
    Pprof__Profile profile = PPROF__PROFILE__INIT;

    piece.id = number + UINT64_C(1);
    piece.memory_limit = number < MODULE_FIRST || !module->size ? UINT64_MAX : module->size;
    piece.filename = text_of(printer, *module->path ? module->path : module->name);
    piece.build_id = text_of(printer, module_build_id(module));
    piece.has_functions = piece.has_inline_frames = true;
    piece.has_filenames = piece.has_line_numbers = printer->run->line_count;
    profile.n_mapping = 1;
    profile.mapping = pieces;
    print(printer, &profile);
}

static bool is_program(const struct run *run, uint32_t module)
{
    for (size_t i = 0; i < run->program_count; i++)
        if (!strcmp(run->programs[i].path, run->modules[module].path))
            return true;
    return false;
}

/* Programs first: the first one is what pprof calls the profile after. Pseudo-modules last. */
static void print_mappings(struct printer *printer)
{
    const struct run *run = printer->run;

    for (uint32_t i = MODULE_FIRST; i < run->module_count; i++)
        if (printer->used_modules[i] && is_program(run, i))
            print_mapping(printer, i);
    for (uint32_t i = MODULE_FIRST; i < run->module_count; i++)
        if (printer->used_modules[i] && !is_program(run, i))
            print_mapping(printer, i);
    for (uint32_t i = 0; i < MODULE_FIRST; i++)
        if (printer->used_modules[i])
            print_mapping(printer, i);
}

static void print_texts(struct printer *printer)
{
    for (size_t i = 0; i < printer->texts.count; i++) {
        Pprof__Profile profile = PPROF__PROFILE__INIT;
        profile.n_string_table = 1;
        profile.string_table = &printer->texts.texts[i];
        print(printer, &profile);
    }
}

/* ---- The whole ---- */

/* Were the returns of all calls observed? */
static bool has_results(const struct run *run)
{
    bool all = run->count_count;

    for (size_t i = 0; i < run->count_count; i++)
        all &= run->executions[run->counts[i].execution].results;
    return all;
}

static int print_parts(struct printer *printer)
{
    printer->used_locations = calloc(printer->locations.count, sizeof(bool));
    printer->used_modules = calloc(printer->run->module_count, sizeof(bool));
    if (!printer->used_locations || !printer->used_modules)
        return -ENOMEM;
    print_head(printer);
    print_samples(printer);
    print_locations(printer);
    print_functions(printer);
    print_mappings(printer);
    print_texts(printer);
    flush(printer);
    return printer->failed ? -ENOMEM : 0;
}

static int print_profile(FILE *file, const struct subject *subject)
{
    struct printer printer = { .out.append = put,
                               .file = file,
                               .run = subject->run,
                               .table = subject->table,
                               .results = has_results(subject->run) };
    int error = locations_init(&printer.locations, printer.run);

    if (error)
        return error;
    error =
        calltree_init(&printer.tree, printer.table, printer.locations.of_stack, LOCATION_CUT, true);
    if (!error) {
        error = print_parts(&printer);
        calltree_deinit(&printer.tree);
    }
    locations_deinit(&printer.locations);
    values_deinit(&printer.texts);
    free(printer.functions);
    slots_deinit(&printer.function_slots);
    free(printer.used_locations);
    free(printer.used_modules);
    return error;
}

int pprof_print(FILE *file, const struct subject *subject)
{
    FILE *packed = gzip_writer(file);

    if (!packed)
        return -ENOMEM;
    int error = print_profile(packed, subject);
    fclose(packed); /* what was wrong with it is what `file` knows */
    return error;
}
