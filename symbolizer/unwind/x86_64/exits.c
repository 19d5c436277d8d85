/* exits.c - goes through the instructions of a function, one by one. */
#include "symbolizer/unwind/exits.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/fnv.h"
#include "record/slots.h"
#include "symbolizer/processor/x86_64/instruction.h"

enum {
    FUNCTION_MAX = 1 << 17, /* bytes */
    EXITS_MAX = 64,         /* of a function */
};

/* All that have been found. */
struct exit_table {
    struct fact fact;
    struct exits **all;
    size_t count, capacity;
    struct slots slots; /* by their starts */
};

static void deinit(struct fact *fact)
{
    struct exit_table *table = (struct exit_table *)fact;

    for (size_t i = 0; i < table->count; i++)
        free(table->all[i]);
    slots_deinit(&table->slots);
    free(table->all);
}

/* ---- One function ---- */

/* A function that is looked at. */
struct function {
    struct image *image;
    struct fde fde;
    uint8_t *code;
    size_t size;
    uint8_t *boundaries;    /* one bit for each byte: an instruction starts there */
    struct encoding before; /* the instruction before the one that is looked at */
    struct exit exits[EXITS_MAX];
    uint32_t count;
    uint64_t hash;
    bool computed, unknown;
};

static uint64_t vaddr_of(const struct function *f, size_t at)
{
    return f->fde.start + at;
}

static bool is_inside(const struct function *f, uint64_t vaddr)
{
    return vaddr >= f->fde.start && vaddr < f->fde.end;
}

static void add_exit(struct function *f, struct exit exit)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->exits[i].target == exit.target && f->exits[i].framed == exit.framed)
            return;
    }
    if (f->count == EXITS_MAX)
        f->unknown = true;
    else
        f->exits[f->count++] = exit;
}

/* Is the return address on top of the stack here, as where a tail call is made? Unwind information
 * that does not say is taken to say yes. */
static bool is_unframed(const struct function *f, size_t at)
{
    struct row row = rows_find(&f->image->rows, &f->fde, vaddr_of(f, at));
    return row.kind != ROW_CFA_FP && (row.kind != ROW_CFA_SP || row.cfa_offset == 8);
}

/* Does the jump go to one of a table's places, of which the first is in the function: jmp
 * *table(,%index,8)? */
static bool is_table_of_addresses(const struct function *f, const struct encoding *jump)
{
    uint64_t offset, first;

    return jump->base == NO_REGISTER && jump->index != NO_REGISTER && jump->scale == 3 &&
           image_offset(f->image, (uint32_t)jump->displacement, &offset) &&
           image_bytes(f->image, offset, &first, sizeof(first)) && is_inside(f, first);
}

/* Compilers' jumps by a table of differences: add %base,%difference; jmp *%difference. */
static bool is_table_of_differences(const struct function *f, const struct encoding *jump)
{
    const struct encoding *add = &f->before;

    return jump->mod == 3 && add->map == MAP_ONE && (add->opcode == 0x01 || add->opcode == 0x03) &&
           add->mod == 3 && add->rex & REX_W;
}

/* A jump to wherever a register or memory says: does it leave the function? */
static void add_computed(struct function *f, size_t at, const struct encoding *jump)
{
    uint64_t slot = vaddr_of(f, at) + jump->length + (uint64_t)(int64_t)jump->displacement;

    if (jump->base == RIP)
        add_exit(f, (struct exit){ slot, true, false });
    else if (!jump->notrack && /* which only jumps through tables have */
             is_unframed(f, at) && !is_table_of_differences(f, jump) &&
             !is_table_of_addresses(f, jump))
        f->computed = true;
}

/* Does the instruction overwrite the return address, or return to another, as retpolines do? */
static bool breaks_return(const struct function *f, size_t at, const struct instruction *i)
{
    const struct encoding *e = &i->encoding; /* mov %register,(%rsp)? */
    bool stores = e->map == MAP_ONE && e->opcode == 0x89 && e->rex & REX_W && e->mod == 0 &&
                  e->base == RSP && e->index == NO_REGISTER;

    return (stores && is_unframed(f, at)) || (i->flow == FLOW_RETURN && !is_unframed(f, at));
}

static void look_at(struct function *f, size_t at, const struct instruction *i)
{
    uint64_t target = vaddr_of(f, at) + i->encoding.length + (uint64_t)i->target;

    f->unknown |= breaks_return(f, at, i);
    if (i->flow == FLOW_COMPUTED)
        add_computed(f, at, &i->encoding);
    else if ((i->flow == FLOW_JUMP || i->flow == FLOW_BRANCH) && !is_inside(f, target))
        add_exit(f, (struct exit){ target, false, !is_unframed(f, at) });
}

static bool starts_instruction(const struct function *f, uint64_t vaddr)
{
    uint64_t at = vaddr - f->fde.start;
    return f->boundaries[at / 8] >> at % 8 & 1;
}

/* Goes through the code from its start on, `look` at each instruction. False: it is not
 * understood. */
static bool go_through(struct function *f,
                       bool (*look)(struct function *, size_t, const struct instruction *))
{
    struct instruction i = { .flow = FLOW_END };
    size_t at = 0;

    f->before = (struct encoding){ 0 };
    for (; at < f->size; at += i.encoding.length) {
        if (!instruction_decode(f->code + at, f->size - at, &i) || !look(f, at, &i))
            return false;
        f->before = i.encoding;
    }
    /* What runs on behind the end runs into another function. (A call there does not return.) */
    if (i.flow == FLOW_NEXT || i.flow == FLOW_BRANCH)
        add_exit(f, (struct exit){ f->fde.end, false, true });
    return true;
}

static bool note_start(struct function *f, size_t at, const struct instruction *i)
{
    (void)i;
    f->boundaries[at / 8] |= (uint8_t)(1 << at % 8);
    return true;
}

/* All instructions that control goes to must be among those that are looked at, or behind the
 * prefix of one (glibc jumps over `lock`). */
static bool look_at_one(struct function *f, size_t at, const struct instruction *i)
{
    uint64_t target = vaddr_of(f, at) + i->encoding.length + (uint64_t)i->target;
    bool direct = i->flow == FLOW_JUMP || i->flow == FLOW_BRANCH || i->direct;

    if (direct && is_inside(f, target) && !starts_instruction(f, target) &&
        !(target > f->fde.start && starts_instruction(f, target - 1) &&
          f->code[target - 1 - f->fde.start] == 0xf0))
        return false;
    look_at(f, at, i);
    return true;
}

static void read_function(struct function *f)
{
    uint64_t offset;

    f->size = f->fde.end - f->fde.start;
    f->unknown = f->size > FUNCTION_MAX || !image_offset(f->image, f->fde.start, &offset);
    if (f->unknown)
        return;
    f->code = malloc(f->size);
    f->boundaries = calloc(1, f->size / 8 + 1);
    if (!f->code || !f->boundaries || !image_bytes(f->image, offset, f->code, f->size) ||
        !go_through(f, note_start) || !go_through(f, look_at_one))
        f->unknown = true;
    else
        f->hash = fnv_bytes(f->code, f->size);
    free(f->code);
    free(f->boundaries);
}

const struct exits *exits_find(struct images *images, struct image *image, uint64_t vaddr)
{
    struct function f = { .image = image };
    struct exit_table *table = image_fact(image, FACT_EXITS, sizeof(*table), deinit);
    const struct cfi *tables;

    if (image_find_fde(image, vaddr, &tables, &f.fde) || !table || !images_have_room(images))
        return NULL;
    uint64_t hash = slots_mix(0, f.fde.start);
    uint32_t known = SLOTS_FIND(i, &table->slots, hash, table->all[i]->start == f.fde.start);
    if (known != SLOTS_NONE)
        return table->all[known];
    read_function(&f);
    size_t size = sizeof(struct exits) + f.count * sizeof(struct exit);
    struct exits *exits = malloc(size);
    if (!exits || !ARRAY_ROOM(table->all, table->count, table->capacity) ||
        slots_add(&table->slots, hash, (uint32_t)table->count)) {
        free(exits);
        return NULL;
    }
    *exits = (struct exits){ f.fde.start, f.fde.end, f.hash, f.computed, f.unknown, f.count };
    memcpy(exits->all, f.exits, f.count * sizeof(*f.exits));
    table->all[table->count++] = exits;
    images->held += size;
    return exits;
}
