/* keys.c - the table of keys, and the text of each. */
#include "keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/component.h"
#include "record/escape.h"
#include "report/capability.h"
#include "report/glob.h"
#include "report/label.h"
#include "report/sysclass.h"

/* Phases are the built-in ones, then those of the user, of which the first is none. Of system calls
 * only the usual numbers are kept in mind. */
enum { FIRST_USER_PHASE = PHASE_EXIT + 1, KNOWN_SYSCALLS = ABI_COUNT * 1024 };

/* ---- Texts ---- */

static char *describe_program(struct keys *keys, uint64_t number)
{
    return escape(keys->run->programs[number].name);
}

static char *describe_program_path(struct keys *keys, uint64_t number)
{
    return escape(keys->run->programs[number].path);
}

static char *describe_execution(struct keys *keys, uint64_t number)
{
    return escape(keys->run->executions[number].id);
}

static char *describe_workload(struct keys *keys, uint64_t number)
{
    return escape(run_workload(&keys->run->executions[number]));
}

static char *describe_phase(struct keys *keys, uint64_t number)
{
    return escape(number < FIRST_USER_PHASE ? phase_name((enum phase)number)
                                            : keys->run->phases[number - FIRST_USER_PHASE]);
}

static const struct module *module_of(const struct keys *keys, uint64_t library)
{
    return &keys->run->modules[keys->callers->libraries[library].module];
}

static const char *name_of(const struct keys *keys, uint64_t library)
{
    const char *const *names = keys->module_names;

    return names ? names[keys->callers->libraries[library].module] : module_of(keys, library)->name;
}

static char *describe_library(struct keys *keys, uint64_t number)
{
    return escape(name_of(keys, number));
}

static char *describe_component(struct keys *keys, uint64_t number)
{
    return escape(component_name(keys->callers->libraries[number].component));
}

static char *describe_soname(struct keys *keys, uint64_t number)
{
    return escape(module_of(keys, number)->soname);
}

static char *describe_path(struct keys *keys, uint64_t number)
{
    return escape(module_of(keys, number)->path);
}

static char *describe_build_id(struct keys *keys, uint64_t number)
{
    return escape(module_build_id(module_of(keys, number)));
}

static bool is_in_group(const struct library_group *group, const char *name, const char *component)
{
    for (char **glob = group->globs; *glob; glob++)
        if (glob_matches(*glob, name) || (*component && glob_matches(*glob, component)))
            return true;
    return false;
}

static const char *find_group(const struct keys *keys, const char *name, const char *component)
{
    for (size_t i = 0; keys->groups && i < keys->groups->count; i++)
        if (is_in_group(&keys->groups->groups[i], name, component))
            return keys->groups->groups[i].name;
    return "";
}

static char *describe_group(struct keys *keys, uint64_t number)
{
    char *name = describe_library(keys, number), *component = describe_component(keys, number);
    char *text = name && component ? escape(find_group(keys, name, component)) : NULL;

    free(name);
    free(component);
    return text;
}

/* "library component" in one, of what has but one key. */
static char *describe_both(struct keys *keys, uint64_t number)
{
    return label_library(name_of(keys, number), "", keys->callers->libraries[number].component);
}

static const struct caller *caller_of(const struct keys *keys, uint64_t stack)
{
    return callers_known(keys->callers, (uint32_t)stack);
}

static char *describe_issuer(struct keys *keys, uint64_t number)
{
    return describe_both(keys, caller_of(keys, number)->issuer);
}

static char *describe_from(struct keys *keys, uint64_t number)
{
    uint32_t from = caller_of(keys, number)->from;

    return from == NO_FUNCTION ? strdup("") : describe_both(keys, from);
}

static char *place_name(const struct keys *keys, const struct frame *frame)
{
    char *name = NULL;

    if (asprintf(&name, "%s+0x%" PRIx64, keys->run->modules[frame->module].name, frame->offset) < 0)
        return NULL;
    return name;
}

char *keys_function_name(struct keys *keys, struct caller_function function)
{
    const struct frame *frame = &keys->run->stacks.stacks[function.stack].frame;
    const struct inlined *inlined;

    if (function.position != CALLER_FRAME) {
        run_find_inlined(keys->run, frame->module, frame->offset, &inlined);
        return strdup(inlined[function.position].name);
    }
    const struct symbol *symbol = run_find_symbol(keys->run, frame->module, frame->offset);
    return symbol ? strdup(symbol->name) : place_name(keys, frame);
}

/* Escaped; takes the raw text. */
static char *escape_own(char *raw)
{
    char *text = raw ? escape(raw) : NULL;

    free(raw);
    return text;
}

static char *describe_function_of(struct keys *keys, struct caller_function function)
{
    return function.stack == NO_FUNCTION ? strdup("")
                                         : escape_own(keys_function_name(keys, function));
}

static char *describe_function(struct keys *keys, uint64_t number)
{
    return describe_function_of(keys, caller_of(keys, number)->function);
}

static char *describe_entry(struct keys *keys, uint64_t number)
{
    return describe_function_of(keys, caller_of(keys, number)->entry);
}

static char *describe_via(struct keys *keys, uint64_t number)
{
    return describe_function_of(keys, caller_of(keys, number)->via);
}

static char *describe_site(struct keys *keys, uint64_t number)
{
    const struct stack *stack = &keys->run->stacks.stacks[number];

    return stack->depth ? escape_own(place_name(keys, &stack->frame)) : strdup("");
}

static char *describe_line(struct keys *keys, uint64_t number)
{
    struct caller_function function = caller_of(keys, number)->function;
    const struct inlined *inlined;
    char *text = NULL;

    if (function.stack == NO_FUNCTION)
        return strdup("");
    const struct frame *frame = &keys->run->stacks.stacks[function.stack].frame;
    if (function.position == CALLER_FRAME)
        function.position =
            (uint32_t)run_find_inlined(keys->run, frame->module, frame->offset, &inlined);
    const struct source_line *line =
        run_find_line(keys->run, frame->module, frame->offset, function.position);
    if (!line)
        return strdup("");
    return asprintf(&text, "%s:%" PRIu32, line->file, line->line) < 0 ? NULL : escape_own(text);
}

static char *describe_end(struct keys *keys, uint64_t number)
{
    return strdup(stack_end_name(keys->run->stacks.stacks[number].end));
}

static uint32_t nr_of(uint64_t number)
{
    return (uint32_t)(number / ABI_COUNT);
}

static enum abi abi_of(uint64_t number)
{
    return (enum abi)(number % ABI_COUNT);
}

static char *describe_syscall(struct keys *keys, uint64_t number)
{
    char name[SYSCALL_NAME_MAX];

    (void)keys;
    return syscall_name(abi_of(number), nr_of(number), name) ? strdup(name) : NULL;
}

static char *describe_abi(struct keys *keys, uint64_t number)
{
    (void)keys;
    return strdup(abi_name(abi_of(number)));
}

static char *describe_nr(struct keys *keys, uint64_t number)
{
    char *text = NULL;

    (void)keys;
    return asprintf(&text, "%" PRIu32, nr_of(number)) < 0 ? NULL : text;
}

static char *describe_class(struct keys *keys, uint64_t number)
{
    char name[SYSCALL_NAME_MAX];

    (void)keys;
    return syscall_name(abi_of(number), nr_of(number), name) ? strdup(sysclass_of(name)) : NULL;
}

static char *describe_capability(struct keys *keys, uint64_t number)
{
    char name[SYSCALL_NAME_MAX], names[CAPABILITIES_MAX];

    (void)keys;
    return syscall_name(abi_of(number), nr_of(number), name) ? strdup(capability_of(name, names))
                                                             : NULL;
}

static char *describe_needed(struct keys *keys, uint64_t number)
{
    char *const *serving = keys->groups ? keys->groups->serving : NULL;

    if (!keys->needs.count && needs_init(&keys->needs, keys->run, keys->callers, serving))
        return NULL;
    return strdup(needs_find(&keys->needs, number));
}

/* ---- The table ---- */

/* clang-format off */
const struct key keys_all[] = {
    { "program", "the program that made the calls", KEY_OF_PROGRAM, false, describe_program },
    { "program_path", "its file", KEY_OF_PROGRAM, false, describe_program_path },
    { "phase", "load, main, exit, or one of the user's", KEY_OF_PHASE, false, describe_phase },
    { "needed", "when the library needs the system call: before, serving, exit", KEY_OF_PAIR, true, describe_needed },
    { "library", "the library that asked", KEY_OF_LIBRARY, false, describe_library },
    { "component", "the part of it that asked, of what is linked in statically", KEY_OF_LIBRARY, false, describe_component },
    { "soname", "its DT_SONAME", KEY_OF_LIBRARY, false, describe_soname },
    { "path", "its file", KEY_OF_LIBRARY, false, describe_path },
    { "build_id", "its build-id", KEY_OF_LIBRARY, false, describe_build_id },
    { "group", "its group (--group)", KEY_OF_LIBRARY, false, describe_group },
    { "syscall", "the system call", KEY_OF_SYSCALL, false, describe_syscall },
    { "abi", "x86_64, i386 or x32", KEY_OF_SYSCALL, false, describe_abi },
    { "nr", "the system call's number", KEY_OF_SYSCALL, false, describe_nr },
    { "class", "strace's classes of it: desc, file, network ...", KEY_OF_SYSCALL, true, describe_class },
    { "capability", "what it may be for: connect, write-files ...", KEY_OF_SYSCALL, true, describe_capability },
    { "issuer", "the library that has the instruction", KEY_OF_STACK, false, describe_issuer },
    { "via", "the C library's function that the library called", KEY_OF_STACK, false, describe_via },
    { "function", "the library's function that asked", KEY_OF_STACK, false, describe_function },
    { "entry", "the function by which the library was entered", KEY_OF_STACK, false, describe_entry },
    { "from", "the library that called that", KEY_OF_STACK, false, describe_from },
    { "site", "where the instruction is", KEY_OF_STACK, false, describe_site },
    { "line", "the source line that asked (--lines)", KEY_OF_STACK, false, describe_line },
    { "end", "how the stack ends: complete, or why it is not", KEY_OF_STACK, false, describe_end },
    { "execution", "the traced execution, by its id", KEY_OF_EXECUTION, false, describe_execution },
    { "workload", "what it was made to do (--workload), else its command", KEY_OF_EXECUTION, false, describe_workload },
};
/* clang-format on */

const size_t keys_count = sizeof(keys_all) / sizeof(*keys_all);

int key_parse(const char *name)
{
    for (size_t i = 0; i < keys_count; i++)
        if (!strcmp(keys_all[i].name, name))
            return (int)i;
    return -1;
}

char *key_names(void)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    for (size_t i = 0; i < keys_count; i++)
        fprintf(file, "%s%s", i ? ", " : "", keys_all[i].name);
    if (!fclose(file))
        return text;
    free(text);
    return NULL;
}

/* ---- Values ---- */

int keys_init(struct keys *keys, struct run *run, const struct callers *callers,
              const struct library_groups *groups)
{
    *keys = (struct keys){
        .run = run,
        .callers = callers,
        .groups = groups,
        .known = calloc(keys_count, sizeof(*keys->known)),
        .sizes = { [KEY_OF_PROGRAM] = run->program_count,
                   [KEY_OF_EXECUTION] = run->execution_count,
                   [KEY_OF_PHASE] = FIRST_USER_PHASE + run->phase_count,
                   [KEY_OF_LIBRARY] = callers->library_count,
                   [KEY_OF_STACK] = run->stacks.count,
                   [KEY_OF_SYSCALL] = KNOWN_SYSCALLS },
    };
    return keys->known ? 0 : -ENOMEM;
}

void keys_deinit(struct keys *keys)
{
    for (size_t i = 0; keys->known && i < keys_count; i++)
        free(keys->known[i]);
    free(keys->known);
    values_deinit(&keys->values);
    needs_deinit(&keys->needs);
    *keys = (struct keys){ 0 };
}

static int64_t value_of(struct keys *keys, int key, uint64_t number)
{
    const struct key *k = &keys_all[key];
    uint32_t **known = &keys->known[key];
    uint64_t size = keys->sizes[k->domain];

    if (number >= size)
        return values_add(&keys->values, k->describe(keys, number));
    if (!*known && !(*known = calloc(size, sizeof(**known))))
        return -ENOMEM;
    if (!(*known)[number]) {
        int64_t value = values_add(&keys->values, k->describe(keys, number));
        if (value < 0)
            return value;
        (*known)[number] = (uint32_t)value + 1;
    }
    return (*known)[number] - 1;
}

static uint64_t number_of_phase(const struct keys *keys, const struct count *count)
{
    enum phase phase = callers_known(keys->callers, count->stack)->verdict.phase;
    return phase == PHASE_MAIN && count->phase ? FIRST_USER_PHASE + count->phase : phase;
}

int64_t keys_of_count(struct keys *keys, int key, const struct count *count)
{
    switch (keys_all[key].domain) {
    case KEY_OF_PROGRAM:
        return value_of(keys, key, count->program);
    case KEY_OF_EXECUTION:
        return value_of(keys, key, count->execution);
    case KEY_OF_PHASE:
        return value_of(keys, key, number_of_phase(keys, count));
    case KEY_OF_LIBRARY:
        return value_of(keys, key, callers_known(keys->callers, count->stack)->library);
    case KEY_OF_STACK:
        return value_of(keys, key, count->stack);
    case KEY_OF_PAIR:
        return value_of(keys, key, needs_pair(keys->callers, count));
    default:
        return value_of(keys, key, (uint64_t)count->nr * ABI_COUNT + count->abi);
    }
}

int64_t keys_of_library(struct keys *keys, int key, uint32_t library)
{
    return value_of(keys, key, library);
}

bool keys_function(const struct keys *keys, int key, const struct count *count,
                   struct caller_function *ret)
{
    const struct caller *caller = callers_known(keys->callers, count->stack);
    const struct {
        char *(*describe)(struct keys *keys, uint64_t number);
        const struct caller_function *function;
    } functions[] = { { describe_function, &caller->function },
                      { describe_entry, &caller->entry },
                      { describe_via, &caller->via } };

    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        if (keys_all[key].describe != functions[i].describe)
            continue;
        *ret = *functions[i].function;
        return ret->stack != NO_FUNCTION;
    }
    return false;
}
