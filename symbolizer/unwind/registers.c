/* registers.c - follows all rules of unwind information, from frame to frame. */
#include "registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "symbolizer/image/expression.h"
#include "symbolizer/unwind/unwinder.h"
#include "symbolizer/unwind/site.h"

void registers_deinit(struct registers *r)
{
    free(r->passed);
}

static void set_origin(struct registers *r, int origin, struct value word)
{
    r->origin = origin;
    r->origin_word = word;
    r->count = r->reached = 0;
    r->found = false;
}

void registers_begin(struct registers *r)
{
    set_origin(r, REGISTERS_START, (struct value){ 0 });
}

void registers_lose(struct registers *r, const struct position *to)
{
    set_origin(r, REGISTERS_LOST, (struct value){ to->fp_known, to->fp });
}

void registers_set(struct registers *r, const struct value values[REGISTER_COUNT])
{
    set_origin(r, REGISTERS_LOST, values[REGISTER_FP]);
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        r->saved[i] =
            (struct saved){ values[i].known ? SAVED_VALUE : SAVED_NOWHERE, values[i].value };
    r->found = true;
}

bool registers_at_origin(const struct registers *r)
{
    return !r->count && r->origin != REGISTERS_LOST;
}

static bool append(struct registers *r, struct passed frame)
{
    if (!ARRAY_ROOM(r->passed, r->count, r->capacity))
        return false;
    r->passed[r->count++] = frame;
    return true;
}

void registers_follow(struct registers *r, enum row_kind kind, uint64_t address,
                      const struct position *from, const struct position *to)
{
    if (kind == ROW_SIGNAL)
        set_origin(r, REGISTERS_INTERRUPTED, (struct value){ true, from->sp });
    else if (kind == ROW_GO || kind == ROW_CODE ||
             !append(r, (struct passed){ address, from->ip, from->sp }))
        registers_lose(r, to);
}

void registers_split(const struct registerset *registers, struct value ret[REGISTER_COUNT])
{
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        ret[i] = (struct value){ true, registers->all[i] };
}

/* ---- Rules of one frame ---- */

struct activation {
    struct unwinder *unwinder;
    const struct frame_rules *rules;
    uint64_t ip, sp, cfa;
    struct position *at; /* the walk is there; NULL: its registers are in `saved` */
};

static enum step reach(struct unwinder *u);

/* Where one of its own registers is. */
static enum step find_register(const struct activation *a, uint64_t number, struct saved *ret)
{
    struct unwinder *u = a->unwinder;
    enum step step;

    if (number == REGISTER_SP || number == REGISTER_PC) {
        *ret = (struct saved){ SAVED_VALUE, number == REGISTER_SP ? a->sp : a->ip };
        return STEP_OUT;
    }
    if (a->at && number == REGISTER_FP) {
        step = unwinder_find_fp(u, a->at);
        *ret = (struct saved){ SAVED_VALUE, a->at->fp };
        return step;
    }
    step = a->at ? reach(u) : STEP_OUT;
    *ret = u->registers.saved[number];
    return step == STEP_OUT && ret->kind == SAVED_NOWHERE ? STEP_UNKNOWN : step;
}

static enum step read_saved(struct unwinder *u, struct saved saved, uint64_t *ret)
{
    *ret = saved.value;
    return saved.kind == SAVED_VALUE || unwinder_read(u, saved.value, ret) ? STEP_OUT : STEP_FAILED;
}

static int read_register(void *context, unsigned number, uint64_t *ret)
{
    const struct activation *a = context;
    struct saved saved;
    enum step step = find_register(a, number, &saved);

    return step == STEP_OUT ? read_saved(a->unwinder, saved, ret) : step;
}

static int read_word(void *context, uint64_t address, uint64_t *ret)
{
    const struct activation *a = context;
    return unwinder_read(a->unwinder, address, ret) ? STEP_OUT : STEP_FAILED;
}

static enum step evaluate(struct activation *a, struct span expression, uint64_t initial,
                          uint64_t *ret)
{
    const struct expression_source source = { read_register, read_word, a };
    int result = expression_evaluate(expression, initial, &source, ret);

    return result < 0 ? STEP_FAILED : (enum step)result;
}

static enum step find_cfa(struct activation *a)
{
    const struct frame_rules *rules = a->rules;

    if (rules->cfa_register == DWARF_REGISTERS)
        return evaluate(a, rules->cfa_expression, 0, &a->cfa);
    enum step step = (enum step)read_register(a, (unsigned)rules->cfa_register, &a->cfa);
    a->cfa += (uint64_t)rules->cfa_offset;
    return step;
}

/* Where its caller's register is. */
static enum step locate(struct activation *a, unsigned number, struct saved *ret)
{
    const struct rule *rule = &a->rules->registers[number];
    bool saved = rule->kind == RULE_AT_CFA || rule->kind == RULE_AT_EXPRESSION;

    ret->kind = saved ? SAVED_AT : SAVED_VALUE;
    switch (rule->kind) {
    case RULE_UNSPECIFIED:
    case RULE_SAME:
        if (number != REGISTER_SP || rule->kind == RULE_SAME)
            return find_register(a, number, ret);
        ret->value = a->cfa;
        return STEP_OUT;
    case RULE_AT_CFA:
    case RULE_IS_CFA:
        ret->value = a->cfa + (uint64_t)rule->offset;
        return STEP_OUT;
    case RULE_IN_REGISTER:
        return find_register(a, (uint64_t)rule->offset, ret);
    case RULE_AT_EXPRESSION:
    case RULE_IS_EXPRESSION:
        return evaluate(a, rule->expression, a->cfa, &ret->value);
    default:
        return STEP_UNKNOWN;
    }
}

/* ---- From frame to frame ---- */

static const struct frame_rules *find_rules(struct unwinder *u, uint64_t address)
{
    const struct site *site = site_find(u->space, u->target, address);
    const struct cfi *tables;
    struct fde fde;

    if (!site || !site->tables)
        return NULL;
    uint64_t vaddr = address - site->bias - (site->cfi == SITE_AT_END);
    return image_find_fde(site->image, vaddr, &tables, &fde)
               ? NULL
               : rows_rules(&site->image->rows, &fde, vaddr);
}

/* Makes `saved` that of the caller. */
static void pass(struct unwinder *u, const struct passed *passed)
{
    struct activation a = { u, find_rules(u, passed->address), passed->ip, passed->sp, 0, NULL };
    struct saved saved[REGISTER_COUNT] = { 0 };
    bool found = a.rules && find_cfa(&a) == STEP_OUT;

    for (unsigned i = 0; found && i < DWARF_REGISTERS; i++)
        if (locate(&a, i, &saved[i]) != STEP_OUT)
            saved[i].kind = SAVED_NOWHERE;
    memcpy(u->registers.saved, saved, sizeof(saved));
}

/* Makes `saved` that of the origin. */
static enum step find_origin(struct unwinder *u)
{
    struct registers *r = &u->registers;

    if (r->origin == REGISTERS_START && !unwinder_complete_start(u))
        return STEP_FAILED;
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        r->saved[i] =
            r->origin == REGISTERS_START ? (struct saved){ SAVED_VALUE, u->start.all[i] }
            : r->origin == REGISTERS_INTERRUPTED
                ? (struct saved){ SAVED_AT, r->origin_word.value + registerset_signal_offset(i) }
                : (struct saved){ 0 };
    if (r->origin == REGISTERS_LOST && r->origin_word.known)
        r->saved[REGISTER_FP] = (struct saved){ SAVED_VALUE, r->origin_word.value };
    r->found = true;
    return STEP_OUT;
}

/* Makes `saved` that of the frame at which the walk is. That some of it cannot be read is no
 * failure of the walk. */
static enum step reach(struct unwinder *u)
{
    struct registers *r = &u->registers;

    if (!r->found && find_origin(u) != STEP_OUT)
        return STEP_FAILED;
    int failure = u->failure;
    for (; r->reached < r->count; r->reached++)
        pass(u, &r->passed[r->reached]);
    u->failure = failure;
    return STEP_OUT;
}

enum step registers_find(struct unwinder *u, struct position *at, unsigned number, uint64_t *ret)
{
    struct activation a = { u, NULL, at->ip, at->sp, 0, at };
    return (enum step)read_register(&a, number, ret);
}

void registers_list(struct unwinder *u, struct position *at, struct value ret[REGISTER_COUNT])
{
    int failure = u->failure;

    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        ret[i].known = registers_find(u, at, i, &ret[i].value) == STEP_OUT;
    u->failure = failure;
}

/* The caller's register itself. */
static enum step read_callers(struct activation *a, unsigned number, uint64_t *ret)
{
    struct saved saved;
    enum step step = locate(a, number, &saved);

    return step == STEP_OUT ? read_saved(a->unwinder, saved, ret) : step;
}

enum step registers_step(struct unwinder *u, const struct frame_rules *rules, struct position *at)
{
    struct activation a = { u, rules, at->ip, at->sp, 0, at };
    struct position caller = *at;
    enum step step = find_cfa(&a);

    if (step == STEP_OUT)
        step = read_callers(&a, REGISTER_RETURN, &caller.ip);
    if (step == STEP_OUT)
        step = read_callers(&a, REGISTER_SP, &caller.sp);
    if (step != STEP_OUT)
        return step;
    step = read_callers(&a, REGISTER_FP, &caller.fp);
    if (step == STEP_FAILED)
        return step;
    caller.fp_known = step == STEP_OUT;
    caller.lost |= !caller.fp_known;
    *at = caller;
    return at->ip ? STEP_OUT : STEP_FAILED;
}
