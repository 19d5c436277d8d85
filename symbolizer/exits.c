/* exits.c - one function at a time by its instructions; a whole image by the bytes that jumps are
 * made of. */
#include "exits.h"

#include <stdlib.h>
#include <string.h>

#include "symbolizer/array.h"
#include "symbolizer/instruction.h"

enum {
    FUNCTION_MAX = 1 << 17, /* bytes */
    EXITS_MAX = 64,         /* of a function */
    CODE_MAX = 64 << 20,    /* bytes of an image whose jumps are collected: chromium has more */
    FIRST_SLOTS = 64,
    SLOT_JUMP = 6, /* bytes of jmp *slot(%rip) */
    OVERLAP = 6,   /* bytes of the longest jump */
};

/* What is known of an image by now. */
struct leaving {
    /* Open-addressed hash by start. */
    struct exits **functions;
    size_t function_count, slot_count;
    /* Sorted by target. */
    struct jump *jumps;
    size_t jump_count, jump_capacity;
    bool collected, complete;
};

static struct leaving *leaving_of(struct image *image)
{
    if (!image->leaving)
        image->leaving = calloc(1, sizeof(*image->leaving));
    return image->leaving;
}

void exits_deinit(struct image *image)
{
    struct leaving *leaving = image->leaving;

    for (size_t i = 0; leaving && i < leaving->slot_count; i++)
        free(leaving->functions[i]);
    if (leaving) {
        free(leaving->functions);
        free(leaving->jumps);
    }
    free(leaving);
    image->leaving = NULL;
}

static uint64_t relative(const uint8_t *displacement, uint64_t next)
{
    int32_t value;

    memcpy(&value, displacement, sizeof(value));
    return next + (uint64_t)(int64_t)value;
}

/* ---- One function ---- */

/* A function that is looked at. */
struct function {
    struct image *image;
    struct fde fde;
    uint8_t *code;
    size_t size;
    uint8_t *boundaries;       /* one bit for each byte: an instruction starts there */
    struct instruction before; /* the one before the jump, */
    const uint8_t *before_at;  /* and where it is; NULL: none */
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
    return row.kind != ROW_CFA_RBP && (row.kind != ROW_CFA_RSP || row.cfa_offset == 8);
}

/* Does the jump go to one of a table's places, of which the first is in the function: jmp
 * *table(,%index,8)? */
static bool is_table_of_addresses(const struct function *f, const uint8_t *bytes)
{
    uint32_t table;
    uint64_t offset, first;

    if (bytes[1] != 0x24 || (bytes[2] & 0xc7) != 0xc5)
        return false;
    memcpy(&table, bytes + 3, sizeof(table));
    return image_offset(f->image, table, &offset) &&
           image_bytes(f->image, offset, &first, sizeof(first)) && is_inside(f, first);
}

/* Compilers' jumps by a table of differences: add %base,%difference; jmp *%difference. */
static bool is_table_of_differences(const struct function *f, const uint8_t *bytes)
{
    const uint8_t *add = f->before_at;

    return (bytes[1] & 0xf8) == 0xe0 && add && f->before.length == 3 && (add[0] & 0xf8) == 0x48 &&
           (add[1] == 0x01 || add[1] == 0x03) && add[2] >> 6 == 3;
}

/* A jump to wherever a register or memory says: does it leave the function? */
static void add_computed(struct function *f, size_t at, const struct instruction *i)
{
    const uint8_t *bytes = f->code + at, *end = bytes + i->length;
    bool notrack = *bytes == 0x3e; /* which only jumps through tables have */

    while (bytes < end && *bytes != 0xff)
        bytes++;
    if (end - bytes == SLOT_JUMP && bytes[1] == 0x25)
        add_exit(f, (struct exit){ relative(end - 4, vaddr_of(f, at) + i->length), true, false });
    else if (!notrack && is_unframed(f, at) && !is_table_of_differences(f, bytes) &&
             !(end - bytes == 7 && is_table_of_addresses(f, bytes)))
        f->computed = true;
}

/* Does the instruction overwrite the return address, or return to another, as retpolines do? */
static bool breaks_return(const struct function *f, size_t at, const struct instruction *i)
{
    const uint8_t *bytes = f->code + at;
    bool stores = i->length == 4 && (bytes[0] & 0xf8) == 0x48 && bytes[1] == 0x89 &&
                  (bytes[2] & 0xc7) == 0x04 && bytes[3] == 0x24; /* mov %register,(%rsp) */

    return (stores && is_unframed(f, at)) || (i->flow == FLOW_RETURN && !is_unframed(f, at));
}

static void look_at(struct function *f, size_t at, const struct instruction *i)
{
    uint64_t target = vaddr_of(f, at) + i->length + (uint64_t)i->target;

    f->unknown |= breaks_return(f, at, i);
    if (i->flow == FLOW_COMPUTED)
        add_computed(f, at, i);
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

    f->before_at = NULL;
    for (; at < f->size; at += i.length) {
        if (!instruction_decode(f->code + at, f->size - at, &i) || !look(f, at, &i))
            return false;
        f->before = i;
        f->before_at = f->code + at;
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
    uint64_t target = vaddr_of(f, at) + i->length + (uint64_t)i->target;
    bool direct = i->flow == FLOW_JUMP || i->flow == FLOW_BRANCH || i->direct;

    if (direct && is_inside(f, target) && !starts_instruction(f, target) &&
        !(target > f->fde.start && starts_instruction(f, target - 1) &&
          f->code[target - 1 - f->fde.start] == 0xf0))
        return false;
    look_at(f, at, i);
    return true;
}

uint64_t exits_hash(const uint8_t *code, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ code[i]) * 0x100000001b3;
    return hash;
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
        f->hash = exits_hash(f->code, f->size);
    free(f->code);
    free(f->boundaries);
}

static size_t function_slot(const struct leaving *leaving, uint64_t start)
{
    size_t mask = leaving->slot_count - 1;
    size_t slot = (size_t)((start * 0x9e3779b97f4a7c15u) >> 32) & mask;

    while (leaving->functions[slot] && leaving->functions[slot]->start != start)
        slot = (slot + 1) & mask;
    return slot;
}

/* Room for one more. */
static bool grow(struct leaving *leaving)
{
    struct leaving larger = { .slot_count =
                                  leaving->slot_count ? 2 * leaving->slot_count : FIRST_SLOTS };

    if (2 * (leaving->function_count + 1) <= leaving->slot_count)
        return true;
    larger.functions = calloc(larger.slot_count, sizeof(*larger.functions));
    if (!larger.functions)
        return false;
    for (size_t i = 0; i < leaving->slot_count; i++) {
        if (leaving->functions[i])
            larger.functions[function_slot(&larger, leaving->functions[i]->start)] =
                leaving->functions[i];
    }
    free(leaving->functions);
    leaving->functions = larger.functions;
    leaving->slot_count = larger.slot_count;
    return true;
}

const struct exits *exits_find(struct images *images, struct image *image, uint64_t vaddr)
{
    struct function f = { .image = image };
    struct leaving *leaving = leaving_of(image);
    const struct cfi *tables;

    if (image_find_fde(image, vaddr, &tables, &f.fde) || !leaving || !images_have_room(images) ||
        !grow(leaving))
        return NULL;
    size_t slot = function_slot(leaving, f.fde.start);
    if (leaving->functions[slot])
        return leaving->functions[slot];
    read_function(&f);
    size_t size = sizeof(struct exits) + f.count * sizeof(struct exit);
    struct exits *exits = malloc(size);
    if (!exits)
        return NULL;
    *exits = (struct exits){ f.fde.start, f.fde.end, f.hash, f.computed, f.unknown, f.count };
    memcpy(exits->all, f.exits, f.count * sizeof(*f.exits));
    leaving->functions[slot] = exits;
    leaving->function_count++;
    images->held += size;
    return exits;
}

/* ---- A whole image ---- */

bool exits_is_plt(const struct image *image, const struct fde *fde)
{
    static const struct {
        const char *bytes;
        size_t size;
    } beginnings[] = {
        { "\xff\x35", 2 },                 /* push slot(%rip): the first, which calls the loader */
        { "\xff\x25", 2 },                 /* jmp *slot(%rip) */
        { "\xf3\x0f\x1e\xfa\xff\x25", 6 }, /* behind endbr64, */
        { "\xf3\x0f\x1e\xfa\xf2\xff\x25", 7 }, /* and bnd */
        { "\xf3\x0f\x1e\xfa\x41\xbb", 6 },     /* or mold's, with the number of the symbol */
        { "\x4c\x8b\x1d", 3 },                 /* mov slot(%rip),%r11: a retpoline's */
    };
    uint8_t bytes[8];
    uint64_t offset;

    if ((fde->end - fde->start) % 8 || !image_offset(image, fde->start, &offset) ||
        !image_bytes(image, offset, bytes, sizeof(bytes)))
        return false;
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
        if (!memcmp(bytes, beginnings[i].bytes, beginnings[i].size))
            return true;
    }
    return false;
}

/* The code of an image whose jumps are collected. */
struct collection {
    struct images *images;
    struct image *image;
    struct leaving *to;
    uint64_t start, end; /* of its code, vaddr */
    uint8_t *targets;    /* one bit for each byte of that: a function or a PLT stub starts there */
    bool failed;
};

static void mark_target(struct collection *c, uint64_t vaddr)
{
    if (vaddr >= c->start && vaddr < c->end)
        c->targets[(vaddr - c->start) / 8] |= (uint8_t)(1 << (vaddr - c->start) % 8);
}

static bool is_target(const struct collection *c, uint64_t vaddr)
{
    uint64_t at = vaddr - c->start;
    return vaddr >= c->start && vaddr < c->end && c->targets[at / 8] >> at % 8 & 1;
}

/* What may be jumped to: functions by their unwind entries, and PLT stubs, which lie side by side
 * in one. */
static void mark_targets(struct collection *c, const struct cfi *cfi)
{
    struct fde fde;

    for (uint64_t start = cfi_next_start(cfi, c->start ? c->start - 1 : 0); start < c->end;
         start = cfi_next_start(cfi, start)) {
        mark_target(c, start);
        if (cfi_find(cfi, start, &fde) || !exits_is_plt(c->image, &fde))
            continue;
        for (uint64_t stub = fde.start; stub < fde.end && stub < c->end; stub += 8)
            mark_target(c, stub);
    }
}

/* A jump through a slot that no unwind entry covers is in a PLT stub, too (lld's). */
static void mark_stub_at(struct collection *c, const uint8_t *bytes, uint64_t vaddr)
{
    const struct cfi *tables;
    struct fde fde;

    if (bytes[0] == 0xff && bytes[1] == 0x25 &&
        image_find_fde(c->image, vaddr, &tables, &fde) == -ENOENT) {
        mark_target(c, vaddr);
        mark_target(c, vaddr & ~(uint64_t)7);
    }
}

static void add_jump(struct collection *c, uint64_t target, uint64_t from)
{
    struct leaving *to = c->to;
    struct jump *jumps =
        array_with_room(to->jumps, to->jump_count, &to->jump_capacity, sizeof(*jumps));

    c->failed |= !jumps;
    if (c->failed)
        return;
    to->jumps = jumps;
    to->jumps[to->jump_count++] = (struct jump){ target, from };
}

/* Opcodes that jumps begin with, or may. */
static const uint8_t begins_jump[256] = {
    [0x0f] = 1, [0x70 ... 0x7f] = 1, [0xe9] = 1, [0xeb] = 1, [0xff] = 1,
};

/* The bytes at `vaddr`, and OVERLAP more: is there a jump? */
static void collect_at(struct collection *c, const uint8_t *bytes, uint64_t vaddr)
{
    uint64_t target = 0;

    if (bytes[0] == 0xe9)
        target = relative(bytes + 1, vaddr + 5);
    else if (bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80)
        target = relative(bytes + 2, vaddr + 6);
    else if (bytes[0] == 0xeb || (bytes[0] & 0xf0) == 0x70)
        target = vaddr + 2 + (uint64_t)(int64_t)(int8_t)bytes[1];
    else if (bytes[0] == 0xff && bytes[1] == 0x25)
        add_jump(c, relative(bytes + 2, vaddr + SLOT_JUMP), vaddr);
    if (target && is_target(c, target))
        add_jump(c, target, vaddr);
}

/* Where the next jump may be in so many bytes, from one on; `size`: nowhere. */
typedef uint64_t finder(const uint8_t *bytes, uint64_t from, uint64_t size);

static uint64_t find_jump(const uint8_t *bytes, uint64_t from, uint64_t size)
{
    while (from < size && !begins_jump[bytes[from]])
        from++;
    return from;
}

static uint64_t find_slot_jump(const uint8_t *bytes, uint64_t from, uint64_t size)
{
    const uint8_t *found = from < size ? memchr(bytes + from, 0xff, size - from) : NULL;
    return found ? (uint64_t)(found - bytes) : size;
}

static void go_through_segment(struct collection *c, const struct segment *segment, finder *find,
                               void (*look)(struct collection *, const uint8_t *, uint64_t))
{
    uint8_t *bytes = calloc(1, segment->size + OVERLAP);

    c->failed |= !bytes || !image_bytes(c->image, segment->offset, bytes, segment->size);
    const uint64_t size = c->failed ? 0 : segment->size;
    for (uint64_t i = find(bytes, 0, size); i < size && !c->failed; i = find(bytes, i + 1, size))
        look(c, bytes + i, segment->vaddr + i);
    free(bytes);
}

static void go_through_code(struct collection *c, finder *find,
                            void (*look)(struct collection *, const uint8_t *, uint64_t))
{
    for (size_t i = 0; i < c->image->segment_count; i++) {
        if (c->image->segments[i].executable)
            go_through_segment(c, &c->image->segments[i], find, look);
    }
}

static int compare_jumps(const void *a, const void *b)
{
    const struct jump *x = a, *y = b;
    return x->target != y->target ? (x->target > y->target) - (x->target < y->target)
                                  : (x->from > y->from) - (x->from < y->from);
}

/* From where to where the executable segments reach; false: too far. */
static bool find_code(struct collection *c)
{
    c->start = UINT64_MAX;
    for (size_t i = 0; i < c->image->segment_count; i++) {
        const struct segment *s = &c->image->segments[i];
        if (!s->executable || !s->size)
            continue;
        if (s->size > CODE_MAX || s->vaddr > UINT64_MAX - CODE_MAX)
            return false;
        c->start = s->vaddr < c->start ? s->vaddr : c->start;
        c->end = s->vaddr + s->size > c->end ? s->vaddr + s->size : c->end;
    }
    return c->start < c->end && c->end - c->start <= CODE_MAX;
}

static void collect(struct collection *c)
{
    struct leaving *to = c->to;

    c->targets = find_code(c) ? calloc(1, (c->end - c->start) / 8 + 1) : NULL;
    if (!c->targets || !images_have_room(c->images))
        return;
    mark_targets(c, &c->image->cfi);
    mark_targets(c, &c->image->debug);
    go_through_code(c, find_slot_jump, mark_stub_at);
    go_through_code(c, find_jump, collect_at);
    if (to->jump_count)
        qsort(to->jumps, to->jump_count, sizeof(*to->jumps), compare_jumps);
    c->images->held += to->jump_count * sizeof(*to->jumps);
    to->complete = !c->failed;
}

int64_t exits_to(struct images *images, struct image *image, uint64_t target,
                 const struct jump **ret)
{
    struct leaving *leaving = leaving_of(image);
    size_t low = 0, high, end;

    if (leaving && !leaving->collected) {
        struct collection c = { .images = images, .image = image, .to = leaving };
        leaving->collected = true;
        collect(&c);
        free(c.targets);
    }
    if (!leaving || !leaving->complete)
        return -ENODATA;
    for (high = leaving->jump_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (leaving->jumps[middle].target < target)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < leaving->jump_count && leaving->jumps[end].target == target;)
        end++;
    *ret = end > low ? leaving->jumps + low : NULL;
    return (int64_t)(end - low);
}
