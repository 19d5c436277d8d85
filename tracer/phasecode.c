/* phasecode.c - finds the code that rules name in modules, and then frames in it. */
#include "phasecode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "record/array.h"
#include "record/escape.h"
#include "report/glob.h"
#include "symbolizer/names/names.h"

/* The tracees of a module stand still while its symbols are read. */
enum { READ_MILLISECONDS = 10000 };
static const uint64_t read_bytes = (uint64_t)4 << 30;

/* A part of a module's file. */
struct code_range {
    uint64_t start, end;
    uint64_t rules;
};

void phase_code_init(struct phase_code *code, const struct phase_rules *rules,
                     const struct run *run, const struct images *images)
{
    *code = (struct phase_code){ .rules = rules, .run = run, .images = images };
}

void phase_code_deinit(struct phase_code *code)
{
    for (size_t i = 0; i < code->module_count; i++)
        free(code->modules[i].ranges);
    free(code->modules);
    free(code->under);
}

/* ---- Modules ---- */

static bool matches(const char *glob, const char *raw)
{
    char *name = escape(raw);

    if (!name)
        die("out of memory");
    bool ret = glob_matches(glob, name);
    free(name);
    return ret;
}

/* The rules about the module. */
static uint64_t find_wanted(const struct phase_code *code, const struct module *module)
{
    uint64_t ret = 0;

    for (size_t i = 0; i < code->rules->count; i++) {
        const struct phase_rule *rule = &code->rules->rules[i];
        if (rule->cause != PHASE_CALL && (!rule->library || matches(rule->library, module->name)))
            ret |= UINT64_C(1) << i;
    }
    return ret;
}

static void add_range(struct code_module *module, uint64_t start, uint64_t end, uint64_t rules)
{
    if (!rules)
        return;
    if (!ARRAY_ROOM(module->ranges, module->count, module->capacity))
        die("out of memory");
    module->ranges[module->count++] = (struct code_range){ start, end, rules };
}

/* The rules that name a function which is at these offsets. */
static uint64_t find_named(const struct phase_code *code, const struct code_module *module,
                           const char *name, uint64_t start, uint64_t end)
{
    uint64_t ret = 0;

    for (size_t i = 0; i < code->rules->count; i++) {
        const struct phase_rule *rule = &code->rules->rules[i];
        const uint64_t bit = module->wanted & UINT64_C(1) << i;
        if (bit && (rule->cause == PHASE_PLACE ? rule->place >= start && rule->place < end
                                               : matches(rule->function, name)))
            ret |= bit;
    }
    return ret;
}

/* Whose functions are being read. */
struct reading {
    const struct phase_code *code;
    struct code_module *module;
    const struct image *image;
};

static int add_function(void *context, size_t job, const struct symbol_name *name)
{
    const struct reading *reading = context;
    const uint64_t end = name->offset + name->size;

    (void)job;
    add_range(reading->module, name->offset, end,
              find_named(reading->code, reading->module, name->name, name->offset, end));
    return 0;
}

static void warn(void *context, size_t job, enum names_result result, bool debug)
{
    const struct reading *reading = context;

    (void)job;
    (void)debug;
    diag("--phase looks for no function in '%s': to read its symbols %s",
         reading->image->module.path, result == NAMES_TOO_LONG ? "takes too long" : "fails");
}

static void read_names(struct reading *reading)
{
    const struct names_job job = { .image = reading->image };
    const struct names_limits limits = { READ_MILLISECONDS, read_bytes };
    const struct names_user user = { .add = add_function, .fail = warn, .context = reading };
    int error = names_find(&job, 1, (struct names_extent){ false, false }, &limits, &user);

    if (error)
        die("cannot read the symbols of '%s': %s", reading->image->module.path, strerror(-error));
}

/* What unwind information takes for a function, where no symbol need be. */
static void read_places(struct reading *reading)
{
    const struct image *image = reading->image;
    const struct phase_rules *rules = reading->code->rules;
    const struct cfi *tables;
    struct fde fde;
    uint64_t vaddr, offset;

    for (size_t i = 0; i < rules->count; i++) {
        const uint64_t bit = reading->module->wanted & UINT64_C(1) << i;
        if (bit && rules->rules[i].cause == PHASE_PLACE &&
            image_vaddr(image, rules->rules[i].place, &vaddr) &&
            !image_find_fde(image, vaddr, &tables, &fde) && image_offset(image, fde.start, &offset))
            add_range(reading->module, offset, offset + (fde.end - fde.start), bit);
    }
}

static const struct image *find_image(const struct images *images, uint32_t module)
{
    for (size_t i = 0; i < images->count; i++)
        if (images->images[i]->number == module)
            return images->images[i];
    return NULL;
}

static void read_module(struct phase_code *code, uint32_t number)
{
    struct code_module *module = &code->modules[number];
    struct reading reading = { code, module, find_image(code->images, number) };

    module->read = true;
    module->wanted = reading.image ? find_wanted(code, &code->run->modules[number]) : 0;
    if (!module->wanted)
        return;
    read_places(&reading);
    read_names(&reading);
}

static struct code_module *find_module(struct phase_code *code, uint32_t number)
{
    if (number >= code->module_count) {
        const size_t count = code->run->module_count;
        struct code_module *larger = reallocarray(code->modules, count, sizeof(*larger));
        if (!larger)
            die("out of memory");
        memset(larger + code->module_count, 0, (count - code->module_count) * sizeof(*larger));
        code->modules = larger;
        code->module_count = count;
    }
    if (!code->modules[number].read)
        read_module(code, number);
    return &code->modules[number];
}

/* ---- Stacks ---- */

/* Go's own table names a function without any symbol. */
static uint64_t find_go(const struct phase_code *code, const struct code_module *module,
                        const struct frame *frame)
{
    const struct image *image = find_image(code->images, frame->module);
    struct go_function function;
    uint64_t start;

    if (!image_go_function(image, frame->offset, &function, &start))
        return 0;
    return find_named(code, module, function.name, start, start + (function.end - function.start));
}

static uint64_t find_frame(struct phase_code *code, const struct frame *frame)
{
    const struct code_module *module = find_module(code, frame->module);
    uint64_t ret = module->wanted ? find_go(code, module, frame) : 0;

    for (size_t i = 0; i < module->count; i++) {
        const struct code_range *range = &module->ranges[i];
        if (frame->offset >= range->start && frame->offset < range->end)
            ret |= range->rules;
    }
    return ret;
}

uint64_t phase_code_under(struct phase_code *code, uint32_t stack)
{
    const struct stacks *stacks = &code->run->stacks;

    if (stack >= code->capacity) {
        const size_t capacity = stacks->capacity;
        uint64_t *larger = reallocarray(code->under, capacity, sizeof(*larger));
        if (!larger)
            die("out of memory");
        code->under = larger;
        code->capacity = capacity;
    }
    /* What is beyond a stack's innermost frame has a lesser number. */
    for (; code->known <= stack; code->known++) {
        const struct stack *next = &stacks->stacks[code->known];
        code->under[code->known] =
            next->depth ? code->under[next->outer] | find_frame(code, &next->frame) : 0;
    }
    return code->under[stack];
}
