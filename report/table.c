/* table.c - from stacks and counts to rows: each stack is attributed once, by what is known of the
 * one beyond its innermost frame; each count adds to its rows. */
#include "table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/libraryset.h"
#include "report/attribute.h"
#include "record/component.h"

/* What is known of a stack, whatever the program and number of its calls. */
struct view {
    struct attribution attribution;
    uint32_t caller, issuer; /* indices of table.libraries; the former of attribution.caller */
    uint32_t all, own;       /* the libraries on the stack, by all and by its own frames */
};

struct traits {
    bool runtime, loader, libc, sure;
};

struct builder {
    struct table *table;
    struct run *run;
    const struct table_options *options;
    struct traits *traits; /* by library */
    uint32_t *of_symbols;  /* the library of each symbol */
    uint32_t *of_nameless; /* of code without a symbol, by module */
    uint32_t *of_inlined;  /* and of each inlined function */
    struct library_sets sets;
    struct view *views;       /* by stack */
    uint32_t *last_execution; /* by row: the last execution + 1 that had it */
    size_t row_capacity;
    uint32_t *slots; /* open-addressed hash of row + 1 */
    size_t slot_count;
};

/* Phases of rows: the built-in ones, then those of the user. */
enum { FIRST_USER_PHASE = PHASE_EXIT + 1 };

const char *table_phase_name(const struct table *table, uint32_t phase)
{
    if (phase < FIRST_USER_PHASE)
        return phase_name(phase);
    return table->run->phases[phase - FIRST_USER_PHASE];
}

const char *table_phase(const struct table *table, const struct table_row *row)
{
    return table_phase_name(table, row->phase);
}

uint32_t table_stack_phase(const struct table *table, uint32_t stack, uint32_t user_phase)
{
    enum phase phase = table->stacks[stack].phase;
    return phase == PHASE_MAIN && user_phase ? FIRST_USER_PHASE + user_phase : phase;
}

const struct module *table_module(const struct table *table, const struct table_row *row)
{
    return &table->run->modules[table->libraries[row->library].module];
}

/* ---- Libraries ---- */

static int compare_libraries(const void *a, const void *b)
{
    const struct table_library *left = a, *right = b;

    if (left->module != right->module)
        return left->module < right->module ? -1 : 1;
    return strcmp(left->component, right->component);
}

/* The index of the library of a function: of the module, if it has no such component. The
 * components are sorted, behind the modules. */
static uint32_t find_library(const struct table *table, uint32_t module, const char *component)
{
    const struct table_library wanted = { module, component };
    size_t modules = table->run->module_count;
    const struct table_library *found =
        bsearch(&wanted, table->libraries + modules, table->library_count - modules, sizeof(wanted),
                compare_libraries);

    return found ? (uint32_t)(found - table->libraries) : module;
}

/* Lists a component. Where one has functions without names, code without one may be of any. */
static void list_component(struct table *table, uint32_t module, const char *component)
{
    struct table_library *end = table->libraries + table->library_count;

    if (!*component)
        return;
    end[0] = (struct table_library){ module, component };
    end[1] = (struct table_library){ module, COMPONENT_UNKNOWN };
    table->library_count += component_is_all_named(component) ? 1 : 2;
}

/* Lists the modules, and behind them each component once. */
static int list_libraries(const struct run *run, struct table *table)
{
    size_t kept, count;

    table->libraries = calloc(run->module_count + 2 * (run->symbol_count + run->inlined_count),
                              sizeof(*table->libraries));
    if (!table->libraries)
        return -ENOMEM;
    for (uint32_t i = 0; i < run->module_count; i++)
        table->libraries[i] = (struct table_library){ i, "" };
    table->library_count = run->module_count;
    for (size_t i = 0; i < run->symbol_count; i++)
        list_component(table, run->symbols[i].module, run->symbols[i].component);
    for (size_t i = 0; i < run->inlined_count; i++)
        list_component(table, run->inlined[i].module, run->inlined[i].component);
    count = table->library_count;
    struct table_library *components = table->libraries + run->module_count;
    count -= run->module_count;
    qsort(components, count, sizeof(*components), compare_libraries);
    kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || compare_libraries(&components[kept - 1], &components[i]))
            components[kept++] = components[i];
    table->library_count = run->module_count + kept;
    return 0;
}

/* ---- What a stack says ---- */

static struct attribute_frame make_frame(const struct builder *builder, uint32_t library,
                                         uint32_t marks)
{
    return (struct attribute_frame){
        .library = library,
        .marks = marks | (builder->traits[library].sure ? 0 : FRAME_INEXACT),
        .runtime = builder->traits[library].runtime,
        .loader = builder->traits[library].loader,
        .libc = builder->traits[library].libc,
    };
}

/* The start code is the module's own, though it may be without a name. */
static uint32_t library_of_frame(const struct builder *builder, const struct frame *frame,
                                 const struct symbol *symbol)
{
    if (symbol)
        return builder->of_symbols[symbol - builder->run->symbols];
    return frame->marks & FRAME_ENTRY ? frame->module : builder->of_nameless[frame->module];
}

/* Adds a library to the set of those on the stack, which a signal frame begins anew. */
static int add_library(struct builder *builder, uint32_t *set, const struct attribute_frame *frame)
{
    bool begins = frame->marks & FRAME_SIGNAL && !builder->options->through_signals;
    int64_t sum =
        library_sets_add(&builder->sets, begins ? LIBRARY_SET_EMPTY : *set, frame->library);

    if (sum < 0)
        return (int)sum;
    *set = (uint32_t)sum;
    return 0;
}

static int add_frame(struct builder *builder, struct view *view,
                     const struct attribute_frame *frame)
{
    attribution_add(&view->attribution, frame);
    view->issuer = frame->library;
    if (view->attribution.caller == view->attribution.depth - 1)
        view->caller = frame->library;
    int error = add_library(builder, &view->all, frame);
    if (frame->marks & FRAME_SPAWNED_BY)
        view->own = LIBRARY_SET_EMPTY;
    else if (!error)
        error = add_library(builder, &view->own, frame);
    return error;
}

/* The functions inlined in the frame, of which the outermost comes first. */
static int add_inlined(struct builder *builder, struct view *view, const struct frame *frame)
{
    const struct run *run = builder->run;
    const struct inlined *inlined;
    size_t count = run_find_inlined(builder->run, frame->module, frame->offset, &inlined);
    int error = 0;

    while (count-- && !error) {
        uint32_t library = builder->of_inlined[inlined + count - run->inlined];
        struct attribute_frame added =
            make_frame(builder, library, frame->marks & ~(uint32_t)(FRAME_SIGNAL | FRAME_ENTRY));
        added.exit_handler = library_is_exit_handler(&run->modules[frame->module],
                                                     inlined[count].component, inlined[count].name);
        error = add_frame(builder, view, &added);
    }
    return error;
}

/* Adds a frame of a stack, and the functions inlined in it, which asked before it did. */
static int add_frames(struct builder *builder, struct view *view, const struct frame *frame)
{
    struct run *run = builder->run;
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);
    struct attribute_frame added =
        make_frame(builder, library_of_frame(builder, frame, symbol), frame->marks);

    if (frame->module == MODULE_START)
        added.marks |= FRAME_ENTRY; /* nothing runs yet: the first execve is loading */
    added.exit_handler = symbol && library_is_exit_handler(&run->modules[frame->module],
                                                           symbol->component, symbol->name);
    int error = add_frame(builder, view, &added);
    /* A tail frame is at its function's start, where nobody has called anything yet. */
    return error || frame->marks & FRAME_TAIL ? error : add_inlined(builder, view, frame);
}

/* The library of the frame that is the caller. */
static uint32_t caller_of(const struct view *view, const struct verdict *verdict)
{
    if (verdict->caller == ATTRIBUTE_NONE)
        return MODULE_UNKNOWN;
    return verdict->caller == view->attribution.caller ? view->caller : view->issuer;
}

/* A caller's frame as a line of the stack, of which the innermost is first. */
static struct table_stack make_table_stack(const struct builder *builder, const struct view *view)
{
    const struct attribution *attribution = &view->attribution;
    struct verdict verdict = attribution_verdict(attribution, builder->options->through_signals);
    bool known = verdict.caller != ATTRIBUTE_NONE;

    return (struct table_stack){ verdict.phase, caller_of(view, &verdict),
                                 known ? attribution->depth - 1 - verdict.caller : ATTRIBUTE_NONE,
                                 verdict.inexact };
}

/* Each stack goes on where the one beyond its innermost frame has got to. */
static int view_stacks(struct builder *builder)
{
    const struct stacks *stacks = &builder->run->stacks;
    int error = 0;

    for (uint32_t i = 0; i < stacks->count && !error; i++) {
        struct view *view = &builder->views[i];
        if (i < STACK_ENDS) {
            *view = (struct view){ .attribution = attribution_begin(i), .issuer = MODULE_UNKNOWN };
        } else {
            *view = builder->views[stacks->stacks[i].outer];
            error = add_frames(builder, view, &stacks->stacks[i].frame);
        }
        builder->table->stacks[i] = make_table_stack(builder, view);
    }
    return error;
}

/* ---- Rows ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_row(const struct table_row *row)
{
    uint64_t hash = mix(row->library, (uint64_t)row->nr << 32 | row->abi);
    return mix(hash, (uint64_t)row->program << 32 | row->phase);
}

static bool same_row(const struct table_row *a, const struct table_row *b)
{
    return a->library == b->library && a->nr == b->nr && a->abi == b->abi &&
           a->program == b->program && a->phase == b->phase;
}

static uint32_t *find_row_slot(const struct builder *builder, const struct table_row *key)
{
    size_t mask = builder->slot_count - 1;
    size_t i = hash_row(key) & mask;

    while (builder->slots[i] && !same_row(&builder->table->rows[builder->slots[i] - 1], key))
        i = (i + 1) & mask;
    return &builder->slots[i];
}

static int grow_rows(struct builder *builder)
{
    struct table *table = builder->table;
    size_t capacity = builder->row_capacity ? builder->row_capacity * 2 : 64;

    struct table_row *rows = reallocarray(table->rows, capacity, sizeof(*rows));
    if (rows)
        table->rows = rows;
    uint32_t *last = reallocarray(builder->last_execution, capacity, sizeof(*last));
    if (last)
        builder->last_execution = last;
    uint32_t *slots = calloc(capacity * 2, sizeof(*slots));
    if (!rows || !last || !slots || capacity > UINT32_MAX / 2) {
        free(slots);
        return -ENOMEM;
    }
    builder->row_capacity = capacity;
    free(builder->slots);
    builder->slots = slots;
    builder->slot_count = capacity * 2;
    for (size_t i = 0; i < table->count; i++)
        *find_row_slot(builder, &table->rows[i]) = (uint32_t)i + 1;
    return 0;
}

/* The row with this key, new if need be, with the execution counted; NULL if out of memory. */
static struct table_row *touch_row(struct builder *builder, const struct table_row *key,
                                   uint32_t execution)
{
    if (builder->table->count == builder->row_capacity && grow_rows(builder))
        return NULL;
    uint32_t *slot = find_row_slot(builder, key);
    if (!*slot) {
        builder->table->rows[builder->table->count] = *key;
        builder->last_execution[builder->table->count] = 0;
        *slot = (uint32_t)++builder->table->count;
    }
    struct table_row *row = &builder->table->rows[*slot - 1];
    row->runs += builder->last_execution[*slot - 1] != execution + 1;
    builder->last_execution[*slot - 1] = execution + 1;
    return row;
}

/* Adds calls to the row of one library that is on their stack. */
static int add_to_row(struct builder *builder, const struct table_row *key,
                      const struct count *count, const struct verdict *verdict)
{
    const struct view *view = &builder->views[count->stack];
    struct table_row *row = touch_row(builder, key, count->execution);

    if (!row)
        return -ENOMEM;
    row->on_stack += count->calls;
    if (key->library == view->issuer)
        row->issued += count->calls;
    if (key->library != builder->table->stacks[count->stack].caller)
        return 0;
    row->calls += count->calls;
    row->inexact += verdict->inexact ? count->calls : 0;
    row->incomplete += verdict->unknown_on_stack ? count->calls : 0;
    row->results = row->results && builder->run->executions[count->execution].results;
    row->errors = run_sum(row->errors, count->errors);
    row->nanoseconds = run_sum(row->nanoseconds, count->nanoseconds);
    return 0;
}

static int add_to_rows(struct builder *builder, const struct count *count)
{
    const struct view *view = &builder->views[count->stack];
    struct verdict verdict =
        attribution_verdict(&view->attribution, builder->options->through_signals);
    struct table_row key = {
        .program = count->program,
        .phase = table_stack_phase(builder->table, count->stack, count->phase),
        .abi = count->abi,
        .nr = count->nr,
        .results = builder->table->results,
    };
    int64_t set = verdict.own ? view->own : view->all;
    int error = 0;

    if (verdict.unknown_on_stack)
        set = library_sets_add(&builder->sets, (uint32_t)set, MODULE_UNKNOWN);
    if (set < 0)
        return (int)set;
    while (set != LIBRARY_SET_EMPTY && !error) {
        key.library = builder->sets.sets[set].library;
        error = add_to_row(builder, &key, count, &verdict);
        set = builder->sets.sets[set].rest;
    }
    return error;
}

/* ---- The whole ---- */

/* The numbers of the counts in the order of their executions, so that a row meets each execution in
 * one go. */
static uint32_t *by_execution(const struct run *run)
{
    size_t *next = calloc(run->execution_count + 1, sizeof(*next));
    uint32_t *order = calloc(run->count_count + 1, sizeof(*order));

    if (!next || !order) {
        free(next);
        free(order);
        return NULL;
    }
    for (size_t i = 0; i < run->count_count; i++)
        next[run->counts[i].execution + 1]++;
    for (size_t i = 1; i < run->execution_count; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < run->count_count; i++)
        order[next[run->counts[i].execution]++] = (uint32_t)i;
    free(next);
    return order;
}

static int add_counts(struct builder *builder)
{
    const struct run *run = builder->run;
    uint32_t *order = by_execution(run);
    int error = order ? 0 : -ENOMEM;

    for (size_t i = 0; i < run->count_count && !error; i++)
        error = add_to_rows(builder, &run->counts[order[i]]);
    free(order);
    return error;
}

static struct traits traits_of(const struct builder *builder, uint32_t number)
{
    const struct table_library *library = &builder->table->libraries[number];
    const struct module *module = &builder->run->modules[library->module];
    const struct runtime_libraries *list = &builder->options->runtime;
    const struct library_run run = { builder->run->modules, builder->run->module_count };

    return (struct traits){
        .runtime = *library->component ? library_component_is_runtime(list, library->component)
                                       : library_is_runtime(list, &run, module),
        .loader = library->module == MODULE_START || library_is_loader(module),
        .libc = *library->component ? !strcmp(library->component, COMPONENT_LIBC)
                                    : library_is_libc(module),
        .sure = component_is_sure(library->component),
    };
}

static int builder_init(struct builder *builder, struct table *table, struct run *run,
                        const struct table_options *options)
{
    run_sort_symbols(run);
    run_sort_inlined(run);
    table->stacks = calloc(run->stacks.count, sizeof(*table->stacks));
    if (!table->stacks || list_libraries(run, table) < 0)
        return -ENOMEM;
    *builder = (struct builder){
        .table = table,
        .run = run,
        .options = options,
        .traits = calloc(table->library_count, sizeof(*builder->traits)),
        .of_symbols = calloc(run->symbol_count + 1, sizeof(*builder->of_symbols)),
        .of_nameless = calloc(run->module_count, sizeof(*builder->of_nameless)),
        .of_inlined = calloc(run->inlined_count + 1, sizeof(*builder->of_inlined)),
        .views = calloc(run->stacks.count, sizeof(*builder->views)),
    };
    if (!builder->traits || !builder->of_symbols || !builder->of_nameless || !builder->of_inlined ||
        !builder->views || library_sets_init(&builder->sets))
        return -ENOMEM;
    for (uint32_t i = 0; i < table->library_count; i++)
        builder->traits[i] = traits_of(builder, i);
    for (size_t i = 0; i < run->symbol_count; i++)
        builder->of_symbols[i] =
            find_library(table, run->symbols[i].module, run->symbols[i].component);
    for (uint32_t i = 0; i < run->module_count; i++)
        builder->of_nameless[i] = find_library(table, i, COMPONENT_UNKNOWN);
    for (size_t i = 0; i < run->inlined_count; i++)
        builder->of_inlined[i] =
            find_library(table, run->inlined[i].module, run->inlined[i].component);
    return 0;
}

static void builder_deinit(struct builder *builder)
{
    library_sets_deinit(&builder->sets);
    free(builder->views);
    free(builder->traits);
    free(builder->of_symbols);
    free(builder->of_nameless);
    free(builder->of_inlined);
    free(builder->last_execution);
    free(builder->slots);
}

static bool has_results(const struct run *run)
{
    for (size_t i = 0; i < run->execution_count; i++)
        if (run->executions[i].results)
            return true;
    return false;
}

/* Every call has one caller and one issuer, and both are on its stack. */
static void total(struct table *table)
{
    uint64_t counted = 0, issued = 0;

    for (size_t i = 0; i < table->run->count_count; i++)
        counted += table->run->counts[i].calls;
    for (size_t i = 0; i < table->count; i++) {
        const struct table_row *row = &table->rows[i];
        assert(row->on_stack >= row->calls && row->on_stack >= row->issued);
        assert(row->errors <= row->calls);
        table->calls += row->calls;
        table->inexact += row->inexact;
        table->incomplete += row->incomplete;
        issued += row->issued;
    }
    assert(table->calls == counted);
    assert(issued == counted);
}

int table_build(struct run *run, const struct table_options *options, struct table *ret)
{
    struct builder builder = { .run = run };

    *ret = (struct table){ .run = run, .results = has_results(run) };
    int error = builder_init(&builder, ret, run, options);
    if (!error)
        error = view_stacks(&builder);
    if (!error)
        error = add_counts(&builder);
    if (!error)
        total(ret);
    else
        table_deinit(ret);
    builder_deinit(&builder);
    return error;
}

void table_deinit(struct table *table)
{
    free(table->rows);
    free(table->libraries);
    free(table->stacks);
    *table = (struct table){ 0 };
}
