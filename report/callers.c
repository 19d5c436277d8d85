/* callers.c - who asked, for each stack of a run: each is attributed once, by what is known of the
 * one beyond its innermost frame. */
#include "callers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/component.h"
#include "record/fnv.h"

/* ---- Libraries ---- */

static int compare_libraries(const void *a, const void *b)
{
    const struct caller_library *left = a, *right = b;

    if (left->module != right->module)
        return left->module < right->module ? -1 : 1;
    return strcmp(left->component, right->component);
}

static uint64_t hash_library(uint32_t module, const char *component)
{
    return slots_mix(fnv_bytes((const uint8_t *)component, strlen(component)), module);
}

/* The index of a component, or of a module with "". SLOTS_NONE: it is not listed. */
static uint32_t find_listed(const struct callers *callers, uint32_t module, const char *component)
{
    const struct caller_library wanted = { module, component };

    return SLOTS_FIND(i, &callers->by_library, hash_library(module, component),
                      !compare_libraries(&callers->libraries[i], &wanted));
}

/* The index of the library of a function: of the module, if it has no such component. */
static uint32_t find_library(const struct callers *callers, uint32_t module, const char *component)
{
    uint32_t found = *component ? find_listed(callers, module, component) : SLOTS_NONE;

    return found == SLOTS_NONE ? callers->of_modules[module] : found;
}

/* Lists a library, if it is not listed yet. The component's text is copied: sorting the run may
 * drop the symbol that it is of. */
static int list_library(struct callers *callers, uint32_t module, const char *component)
{
    const uint32_t number = (uint32_t)callers->library_count;

    if (find_listed(callers, module, component) != SLOTS_NONE)
        return 0;
    if (!ARRAY_ROOM(callers->libraries, callers->library_count, callers->library_capacity))
        return -ENOMEM;
    char *copy = *component ? strdup(component) : (char *)"";
    if (!copy)
        return -ENOMEM;
    callers->libraries[callers->library_count++] = (struct caller_library){ module, copy };
    if (!*component)
        callers->of_modules[module] = number;
    return slots_add(&callers->by_library, hash_library(module, component), number);
}

/* Those from this one on, so that the order in which functions come does not show. */
static int sort_libraries(struct callers *callers, size_t first)
{
    int error = 0;

    if (callers->library_count - first < 2)
        return 0;
    qsort(callers->libraries + first, callers->library_count - first, sizeof(*callers->libraries),
          compare_libraries);
    slots_clear(&callers->by_library);
    for (uint32_t i = 0; i < callers->library_count && !error; i++)
        error = slots_add(
            &callers->by_library,
            hash_library(callers->libraries[i].module, callers->libraries[i].component), i);
    return error;
}

/* Where a component has functions without names, code without one may be of any. */
static int list_component(struct callers *callers, uint32_t module, const char *component)
{
    int error = *component ? list_library(callers, module, component) : 0;

    return error || !*component || component_is_all_named(component)
               ? error
               : list_library(callers, module, COMPONENT_UNKNOWN);
}

static int list_modules(struct callers *callers)
{
    const size_t count = callers->run->module_count;
    uint32_t *of_modules =
        reallocarray(callers->of_modules, count + 1, sizeof(*callers->of_modules));
    int error = of_modules ? 0 : -ENOMEM;

    callers->of_modules = of_modules ? of_modules : callers->of_modules;
    for (; callers->module_count < count && !error; callers->module_count += !error)
        error = list_library(callers, (uint32_t)callers->module_count, "");
    return error;
}

static int list_components(struct callers *callers)
{
    const struct run *run = callers->run;
    const size_t known = callers->library_count;
    int error = 0;

    for (size_t i = 0; i < run->symbol_count && !error; i++)
        error = list_component(callers, run->symbols[i].module, run->symbols[i].component);
    for (size_t i = 0; i < run->inlined_count && !error; i++)
        error = list_component(callers, run->inlined[i].module, run->inlined[i].component);
    callers->symbol_count = run->symbol_count;
    callers->inlined_count = run->inlined_count;
    return error ? error : sort_libraries(callers, known);
}

/* ---- What a stack says ---- */

static struct attribute_frame make_frame(const struct callers *callers, uint32_t library,
                                         uint32_t marks)
{
    return (struct attribute_frame){
        .library = library,
        .marks = marks | (callers->traits[library].sure ? 0 : FRAME_INEXACT),
        .runtime = callers->traits[library].runtime,
        .loader = callers->traits[library].loader,
        .libc = callers->traits[library].libc,
    };
}

/* The start code is the module's own, though it may be without a name. */
static uint32_t library_of_frame(const struct callers *callers, const struct frame *frame,
                                 const struct symbol *symbol)
{
    if (symbol)
        return find_library(callers, frame->module, symbol->component);
    return find_library(callers, frame->module,
                        frame->marks & FRAME_ENTRY ? "" : COMPONENT_UNKNOWN);
}

/* Adds a library to the set of those on the stack, which a signal frame begins anew. */
static int add_library(struct callers *callers, uint32_t *set, const struct attribute_frame *frame)
{
    bool begins = frame->marks & FRAME_SIGNAL && !callers->options.through_signals;
    int64_t sum =
        library_sets_add(&callers->sets, begins ? LIBRARY_SET_EMPTY : *set, frame->library);

    if (sum < 0)
        return (int)sum;
    *set = (uint32_t)sum;
    return 0;
}

static const struct caller_function no_function = { NO_FUNCTION, CALLER_FRAME };
static const struct caller_entered not_entered = { .function = { NO_FUNCTION, CALLER_FRAME },
                                                   .entry = { NO_FUNCTION, CALLER_FRAME },
                                                   .from = NO_FUNCTION };

/* The library's next function inwards; `former`: the library of the one before. */
static void enter(struct caller_entered *entered, struct caller_function function, uint32_t library,
                  uint32_t former)
{
    bool outside = entered->function.stack == NO_FUNCTION;

    entered->function = function;
    if (!outside && library == former)
        return;
    entered->entry = function;
    entered->from = outside ? NO_FUNCTION : former;
}

/* What a signal frame interrupted has called nothing. */
static void note_functions(struct caller_view *view, const struct attribute_frame *frame,
                           struct caller_function function)
{
    uint32_t number = view->attribution.depth - 1;

    if (view->attribution.signal == number)
        view->asked = view->issued = not_entered;
    enter(&view->issued, function, frame->library, view->issuer);
    if (view->attribution.caller == number)
        enter(&view->asked, function, frame->library, view->caller);
    if (view->attribution.via == number)
        view->via = function;
}

static int add_frame(struct callers *callers, struct caller_view *view,
                     const struct attribute_frame *frame, struct caller_function function)
{
    attribution_add(&view->attribution, frame);
    note_functions(view, frame, function);
    view->issuer = frame->library;
    if (view->attribution.caller == view->attribution.depth - 1)
        view->caller = frame->library;
    int error = add_library(callers, &view->all, frame);
    if (frame->marks & FRAME_SPAWNED_BY)
        view->own = LIBRARY_SET_EMPTY;
    else if (!error)
        error = add_library(callers, &view->own, frame);
    return error;
}

/* The functions inlined in the frame, of which the outermost comes first. */
static int add_inlined(struct callers *callers, struct caller_view *view, uint32_t stack)
{
    const struct run *run = callers->run;
    const struct frame *frame = &run->stacks.stacks[stack].frame;
    const struct inlined *inlined;
    size_t count = run_find_inlined(callers->run, frame->module, frame->offset, &inlined);
    int error = 0;

    while (count-- && !error) {
        uint32_t library = find_library(callers, frame->module, inlined[count].component);
        struct attribute_frame added =
            make_frame(callers, library, frame->marks & ~(uint32_t)(FRAME_SIGNAL | FRAME_ENTRY));
        added.exit_handler = library_is_exit_handler(&run->modules[frame->module],
                                                     inlined[count].component, inlined[count].name);
        error =
            add_frame(callers, view, &added, (struct caller_function){ stack, (uint32_t)count });
    }
    return error;
}

/* Adds a frame of a stack, and the functions inlined in it, which asked before it did. */
static int add_frames(struct callers *callers, struct caller_view *view, uint32_t stack)
{
    struct run *run = callers->run;
    const struct frame *frame = &run->stacks.stacks[stack].frame;
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);
    struct attribute_frame added =
        make_frame(callers, library_of_frame(callers, frame, symbol), frame->marks);

    if (frame->module == MODULE_START)
        added.marks |= FRAME_ENTRY; /* nothing runs yet: the first execve is loading */
    added.exit_handler = symbol && library_is_exit_handler(&run->modules[frame->module],
                                                           symbol->component, symbol->name);
    int error = add_frame(callers, view, &added, (struct caller_function){ stack, CALLER_FRAME });
    /* A tail frame is at its function's start, where nobody has called anything yet. */
    return error || frame->marks & FRAME_TAIL ? error : add_inlined(callers, view, stack);
}

/* The library of the frame that is the caller. */
static uint32_t library_of_caller(const struct caller_view *view, const struct verdict *verdict)
{
    if (verdict->caller == ATTRIBUTE_NONE)
        return MODULE_UNKNOWN;
    return verdict->caller == view->attribution.caller ? view->caller : view->issuer;
}

/* The caller's frame becomes a line of the stack, of which the innermost is first. */
static int judge(struct callers *callers, const struct caller_view *view, struct caller *ret)
{
    const struct attribution *attribution = &view->attribution;
    struct verdict verdict = attribution_verdict(attribution, callers->options.through_signals);
    int64_t set = verdict.own ? view->own : view->all;
    const struct caller_entered *entered = verdict.caller == ATTRIBUTE_NONE        ? &not_entered
                                           : verdict.caller == attribution->caller ? &view->asked
                                                                                   : &view->issued;

    if (verdict.unknown_on_stack)
        set = library_sets_add(&callers->sets, (uint32_t)set, MODULE_UNKNOWN);
    if (set < 0)
        return (int)set;
    *ret = (struct caller){ .verdict = verdict,
                            .library = library_of_caller(view, &verdict),
                            .issuer = view->issuer,
                            .line = verdict.caller == ATTRIBUTE_NONE
                                        ? ATTRIBUTE_NONE
                                        : attribution->depth - 1 - verdict.caller,
                            .on_stack = (uint32_t)set,
                            .function = entered->function,
                            .entry = entered->entry,
                            .via = verdict.via == ATTRIBUTE_NONE ? no_function : view->via,
                            .from = entered->from };
    return 0;
}

/* A stack goes on where the one beyond its innermost frame has got to. */
static int learn(struct callers *callers, uint32_t number)
{
    const struct stack *stack = &callers->run->stacks.stacks[number];
    struct caller_view view = {
        .issuer = MODULE_UNKNOWN, .asked = not_entered, .issued = not_entered, .via = no_function
    };
    int error = 0;

    if (number < STACK_ENDS) {
        view.attribution = attribution_begin(number);
    } else {
        view = callers->views[stack->outer];
        error = add_frames(callers, &view, number);
    }
    if (!error)
        error = judge(callers, &view, &callers->verdicts[number]);
    callers->views[number] = view;
    return error;
}

/* Room for what is known of all stacks that there are now. */
static int grow(struct callers *callers)
{
    uint32_t capacity = callers->run->stacks.count;

    if (capacity <= callers->capacity)
        return 0;
    if (callers->capacity) /* they come one by one */
        capacity += capacity / 2;
    struct caller_view *views = reallocarray(callers->views, capacity, sizeof(*views));
    if (views)
        callers->views = views;
    struct caller *verdicts = reallocarray(callers->verdicts, capacity, sizeof(*verdicts));
    if (verdicts)
        callers->verdicts = verdicts;
    if (!views || !verdicts)
        return -ENOMEM;
    callers->capacity = capacity;
    return 0;
}

int callers_find(struct callers *callers, uint32_t stack, const struct caller **ret)
{
    assert(stack < callers->run->stacks.count && !callers_is_outdated(callers));
    int error = stack < callers->known ? 0 : grow(callers);

    for (; callers->known <= stack && !error; callers->known += !error)
        error = learn(callers, callers->known);
    if (!error)
        *ret = &callers->verdicts[stack];
    return error;
}

const struct caller *callers_known(const struct callers *callers, uint32_t stack)
{
    assert(stack < callers->known);
    return &callers->verdicts[stack];
}

uint32_t callers_library(const struct callers *callers, struct caller_function function)
{
    struct run *run = callers->run;
    const struct frame *frame = &run->stacks.stacks[function.stack].frame;
    const struct inlined *inlined;

    if (function.position == CALLER_FRAME)
        return library_of_frame(callers, frame, run_find_symbol(run, frame->module, frame->offset));
    run_find_inlined(run, frame->module, frame->offset, &inlined);
    return find_library(callers, frame->module, inlined[function.position].component);
}

bool callers_is_runtime(const struct callers *callers, uint32_t library)
{
    return callers->traits[library].runtime;
}

/* ---- The whole ---- */

static struct caller_traits traits_of(const struct callers *callers, uint32_t number)
{
    const struct caller_library *library = &callers->libraries[number];
    const struct module *module = &callers->run->modules[library->module];
    const struct runtime_libraries *list = &callers->options.runtime;
    const struct library_run run = { callers->run->modules, callers->run->module_count };

    return (struct caller_traits){
        .runtime = *library->component ? library_component_is_runtime(list, library->component)
                                       : library_is_runtime(list, &run, module),
        .loader = library->module == MODULE_START || library_is_loader(module),
        .libc = *library->component ? !strcmp(library->component, COMPONENT_LIBC)
                                    : library_is_libc(module),
        .sure = component_is_sure(library->component),
    };
}

/* What is known of the libraries from this one on. */
static int find_traits(struct callers *callers, size_t first)
{
    struct caller_traits *traits =
        reallocarray(callers->traits, callers->library_count + 1, sizeof(*traits));

    if (!traits)
        return -ENOMEM;
    callers->traits = traits;
    for (size_t i = first; i < callers->library_count; i++)
        traits[i] = traits_of(callers, (uint32_t)i);
    return 0;
}

/* Takes in what the run has and `callers` does not. */
static int take_in(struct callers *callers)
{
    const size_t known = callers->library_count;

    run_sort_symbols(callers->run);
    run_sort_inlined(callers->run);
    int error = list_modules(callers);
    if (!error)
        error = list_components(callers);
    return error ? error : find_traits(callers, known);
}

int callers_init(struct callers *callers, struct run *run, const struct table_options *options)
{
    *callers = (struct callers){ .run = run, .options = *options };
    int error = take_in(callers);
    if (!error)
        error = library_sets_init(&callers->sets);
    if (error)
        callers_deinit(callers);
    return error;
}

void callers_deinit(struct callers *callers)
{
    library_sets_deinit(&callers->sets);
    free(callers->verdicts);
    free(callers->views);
    for (size_t i = 0; i < callers->library_count; i++)
        if (*callers->libraries[i].component)
            free((char *)callers->libraries[i].component);
    slots_deinit(&callers->by_library);
    free(callers->of_modules);
    free(callers->traits);
    free(callers->libraries);
    *callers = (struct callers){ 0 };
}

bool callers_is_outdated(const struct callers *callers)
{
    const struct run *run = callers->run;

    return callers->module_count != run->module_count ||
           callers->symbol_count != run->symbol_count ||
           callers->inlined_count != run->inlined_count;
}

/* What another module is may depend on which C libraries there are (library.h). */
static bool has_new_libc(const struct callers *callers)
{
    const struct run *run = callers->run;

    for (size_t i = callers->module_count; i < run->module_count; i++)
        if (library_is_libc(&run->modules[i]))
            return true;
    return false;
}

int callers_extend(struct callers *callers)
{
    if (has_new_libc(callers))
        return callers_renew(callers, NULL);
    int error = take_in(callers);
    if (error)
        callers_deinit(callers);
    return error;
}

int callers_renew(struct callers *callers, const struct table_options *options)
{
    const struct table_options kept = options ? *options : callers->options;
    struct run *run = callers->run;

    callers_deinit(callers);
    return callers_init(callers, run, &kept);
}
