/* loops.c - follows the direct jumps of a function from behind a call, until it comes to the call.
 */
#include "loops.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/fnv.h"
#include "symbolizer/image/links.h"
#include "symbolizer/x86_64/callcode.h"
#include "symbolizer/x86_64/instruction.h"

enum {
    PART_MAX = 1 << 17,   /* bytes */
    PARTS_MAX = 8,        /* of a function */
    WORK_MAX = 1 << 17,   /* instructions for a question */
    FUNCTIONS_MAX = 4096, /* that are kept */
    DEPTH_MAX = 8,        /* of calls of calls that must return */
};

/* The code of one unwind entry: a function, or what the compiler put elsewhere of it (".cold"). */
struct part {
    uint64_t start, end; /* vaddr */
    uint8_t *code;
    uint8_t *starts, *targets; /* bits: an instruction starts there; a jump leads there */
};

struct loops_function {
    const struct image *image;
    uint64_t start; /* of the first part */
    struct part parts[PARTS_MAX];
    uint32_t count;
    uint64_t *targets; /* of its jumps, while it is read */
    size_t target_count, target_capacity;
    bool understood; /* else nothing else counts */
    bool computed;   /* has jumps to wherever a register says, which may lead anywhere in it */
    enum { RETURNS_UNASKED, RETURNS_UNKNOWN, RETURNS } returns; /* if called at its start */
};

/* ---- Parts ---- */

static bool has_bit(const uint8_t *bits, uint64_t at)
{
    return bits[at / 8] >> at % 8 & 1;
}

static void set_bit(uint8_t *bits, uint64_t at)
{
    bits[at / 8] |= (uint8_t)(1 << at % 8);
}

static const struct part *part_at(const struct loops_function *f, uint64_t vaddr)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (vaddr >= f->parts[i].start && vaddr < f->parts[i].end)
            return &f->parts[i];
    return NULL;
}

/* The instruction at `vaddr`, in this part. */
static bool decode(const struct part *part, uint64_t vaddr, struct instruction *ret)
{
    uint64_t at = vaddr - part->start;
    return instruction_decode(part->code + at, part->end - vaddr, ret);
}

/* Where a direct jump, branch or call at `vaddr` leads. */
static uint64_t target_of(uint64_t vaddr, const struct instruction *i)
{
    return vaddr + i->encoding.length + (uint64_t)i->target;
}

static bool jumps(const struct instruction *i)
{
    return i->flow == FLOW_JUMP || i->flow == FLOW_BRANCH;
}

static bool read_part(struct loops_function *f, struct image *image, const struct fde *fde)
{
    struct part *part = &f->parts[f->count];
    uint64_t offset, size = fde->end - fde->start;

    if (size > PART_MAX || !image_offset(image, fde->start, &offset))
        return false;
    *part = (struct part){ fde->start, fde->end, malloc(size), calloc(1, size / 8 + 1),
                           calloc(1, size / 8 + 1) };
    f->count++;
    return part->code && part->starts && part->targets &&
           image_bytes(image, offset, part->code, size);
}

/* Does a jump to there stay in the function, in a part that is not known yet? Its frame is on the
 * stack there, as it is in the middle of a function. */
static bool is_part(struct image *image, uint64_t vaddr, struct fde *ret)
{
    const struct cfi *tables;

    if (image_find_fde(image, vaddr, &tables, ret))
        return false;
    struct row row = rows_find(&image->rows, ret, vaddr);
    return vaddr != ret->start || row.kind != ROW_CFA_RSP || row.cfa_offset != 8;
}

/* Takes note of where a jump leads, and of the part that is there. */
static bool note_jump(struct loops_function *f, struct image *image, uint64_t target)
{
    struct fde fde;

    if (!ARRAY_ROOM(f->targets, f->target_count, f->target_capacity))
        return false;
    f->targets[f->target_count++] = target;
    return part_at(f, target) || !is_part(image, target, &fde) ||
           (f->count < PARTS_MAX && read_part(f, image, &fde));
}

/* Takes note of the instructions of one part. */
static bool sweep(struct loops *loops, struct loops_function *f, struct image *image,
                  const struct part *part)
{
    struct instruction i;

    for (uint64_t vaddr = part->start; vaddr < part->end; vaddr += i.encoding.length) {
        if (!loops->work || !decode(part, vaddr, &i))
            return false;
        loops->work--;
        set_bit(part->starts, vaddr - part->start);
        f->computed |= i.flow == FLOW_COMPUTED && i.encoding.base != RIP;
        if (jumps(&i) && !note_jump(f, image, target_of(vaddr, &i)))
            return false;
    }
    return true;
}

/* Now that all parts are known. */
static void mark_targets(struct loops_function *f)
{
    for (size_t i = 0; i < f->target_count; i++) {
        const struct part *part = part_at(f, f->targets[i]);
        if (part)
            set_bit(part->targets, f->targets[i] - part->start);
    }
    free(f->targets);
    f->targets = NULL;
}

static void read_function(struct loops *loops, struct loops_function *f, struct image *image,
                          const struct fde *fde)
{
    f->understood = read_part(f, image, fde);
    for (uint32_t i = 0; i < f->count && f->understood; i++)
        f->understood = sweep(loops, f, image, &f->parts[i]);
    mark_targets(f);
}

static void free_function(struct loops_function *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        free(f->parts[i].code);
        free(f->parts[i].starts);
        free(f->parts[i].targets);
    }
    free(f);
}

/* Takes it over. NULL: no memory. */
static struct loops_function *keep(struct loops *loops, struct loops_function *f, uint64_t hash)
{
    if (!ARRAY_ROOM(loops->functions, loops->function_count, loops->function_capacity) ||
        slots_add(&loops->function_slots, hash, (uint32_t)loops->function_count)) {
        free_function(f);
        return NULL;
    }
    return loops->functions[loops->function_count++] = f;
}

/* The function whose code is at `vaddr`, read when first asked for. NULL: it is not understood. */
static struct loops_function *find_function(struct loops *loops, struct image *image,
                                            uint64_t vaddr)
{
    const struct cfi *tables;
    struct fde fde;

    if (image_find_fde(image, vaddr, &tables, &fde))
        return NULL;
    uint64_t hash = slots_mix(slots_mix(0, (uintptr_t)image), fde.start);
    uint32_t known =
        SLOTS_FIND(i, &loops->function_slots, hash,
                   loops->functions[i]->image == image && loops->functions[i]->start == fde.start);
    struct loops_function *f = known == SLOTS_NONE ? NULL : loops->functions[known];
    if (known == SLOTS_NONE && loops->function_count < FUNCTIONS_MAX &&
        (f = calloc(1, sizeof(*f)))) {
        f->image = image;
        f->start = fde.start;
        read_function(loops, f, image, &fde);
        if (!loops->work) { /* another question may have more for it */
            free_function(f);
            return NULL;
        }
        f = keep(loops, f, hash);
    }
    return f && f->understood ? f : NULL;
}

/* ---- Ways ---- */

/* A search from one place in a function for what is wanted. */
struct search {
    struct loops *loops;
    struct image *image;
    const struct loops_function *function;
    uint64_t call; /* wanted: the call that ends there; 0: a return */
    unsigned depth;
    uint8_t *seen[PARTS_MAX]; /* by part, a bit for each byte */
    uint64_t *ways;           /* still to be gone */
    size_t way_count, way_capacity;
};

static bool returns_at(struct loops *loops, struct image *image, uint64_t vaddr, unsigned depth);
static bool import_returns(struct loops *loops, struct image *image, uint64_t slot, unsigned depth);

/* Is it an instruction that does nothing, as those before an aligned one? */
static bool is_padding(const struct encoding *e)
{
    return (e->map == MAP_ONE && e->opcode == 0x90) || (e->map == MAP_0F && e->opcode == 0x1f);
}

/* May something else lead to the code at `vaddr` than what stands before it? */
static bool is_join(const struct loops_function *f, uint64_t vaddr)
{
    const struct part *part = part_at(f, vaddr);
    struct instruction i;

    for (; part && vaddr < part->end && decode(part, vaddr, &i); vaddr += i.encoding.length) {
        if (f->computed || has_bit(part->targets, vaddr - part->start))
            return true;
        if (!is_padding(&i.encoding))
            return false;
    }
    return true;
}

/* Does the function return that is called, or jumped to, at `vaddr`? */
static bool callee_returns(const struct search *s, uint64_t vaddr, const struct instruction *i)
{
    uint64_t next = vaddr + i->encoding.length;

    if (i->direct || jumps(i))
        return returns_at(s->loops, s->image, target_of(vaddr, i), s->depth + 1);
    if (i->encoding.base == RIP)
        return import_returns(s->loops, s->image,
                              next + (uint64_t)(int64_t)i->encoding.displacement, s->depth + 1);
    return i->flow == FLOW_CALL; /* to functions of any kind, of which the compiler cannot know */
}

static bool comes_back(const struct search *s, uint64_t vaddr, const struct instruction *i)
{
    uint64_t next = vaddr + i->encoding.length;

    return part_at(s->function, next) &&
           (!is_join(s->function, next) || callee_returns(s, vaddr, i));
}

static void add_way(struct search *s, uint64_t vaddr)
{
    if (ARRAY_ROOM(s->ways, s->way_count, s->way_capacity))
        s->ways[s->way_count++] = vaddr;
}

/* Is this what is wanted? */
static bool arrives(struct search *s, uint64_t vaddr, const struct instruction *i)
{
    bool leaves = (jumps(i) && !part_at(s->function, target_of(vaddr, i))) ||
                  (i->flow == FLOW_COMPUTED && i->encoding.base == RIP);

    if (s->call)
        return i->flow == FLOW_CALL && vaddr + i->encoding.length == s->call;
    return i->flow == FLOW_RETURN || (leaves && callee_returns(s, vaddr, i));
}

/* Goes on from one place until control ends there. */
static bool follow(struct search *s, uint64_t vaddr)
{
    const struct part *part;
    struct instruction i;

    for (; (part = part_at(s->function, vaddr)); vaddr += i.encoding.length) {
        uint8_t *seen = s->seen[part - s->function->parts];
        if (has_bit(seen, vaddr - part->start) || !s->loops->work || !decode(part, vaddr, &i))
            return false;
        set_bit(seen, vaddr - part->start);
        s->loops->work--;
        if (arrives(s, vaddr, &i))
            return true;
        if (jumps(&i))
            add_way(s, target_of(vaddr, &i));
        if ((i.flow != FLOW_NEXT && i.flow != FLOW_BRANCH && i.flow != FLOW_CALL) ||
            (i.flow == FLOW_CALL && !comes_back(s, vaddr, &i)))
            return false;
    }
    return false;
}

static bool search(struct search *s, uint64_t vaddr)
{
    const struct loops_function *f = s->function;
    bool room = true, found = false;

    for (uint32_t i = 0; i < f->count; i++) {
        s->seen[i] = calloc(1, (f->parts[i].end - f->parts[i].start) / 8 + 1);
        room &= s->seen[i] != NULL;
    }
    add_way(s, vaddr);
    while (room && !found && s->way_count)
        found = follow(s, s->ways[--s->way_count]);
    for (uint32_t i = 0; i < f->count; i++)
        free(s->seen[i]);
    free(s->ways);
    return found;
}

/* ---- What returns ---- */

/* By their names alone, for their code is hard to see through. */
static bool never_returns(uint64_t name)
{
    static const char *const names[] = {
        "_Exit",       "_Unwind_Resume", "__assert_fail", "__cxa_rethrow",
        "__cxa_throw", "__fortify_fail", "__longjmp_chk", "__stack_chk_fail",
        "_exit",       "_longjmp",       "abort",         "err",
        "errx",        "exit",           "longjmp",       "pthread_exit",
        "quick_exit",  "siglongjmp",     "thrd_exit",     "verr",
        "verrx",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (fnv_bytes((const uint8_t *)names[i], strlen(names[i])) == name)
            return true;
    return false;
}

/* Do all functions of this name return, and is there one? */
static bool offers_return(struct loops *loops, uint64_t name, unsigned depth)
{
    bool found = false;

    for (size_t i = 0; i < loops->images->count; i++) {
        struct image *image = loops->images->images[i];
        const struct export *exports;
        int64_t count = links_offered(loops->images, image, name, &exports);
        for (int64_t j = 0; j < count; j++) {
            if (!returns_at(loops, image, exports[j].vaddr, depth))
                return false;
            found = true;
        }
    }
    return found;
}

static bool name_returns(struct loops *loops, uint64_t name, unsigned depth)
{
    uint64_t hash = slots_mix(0, name);
    uint32_t known = SLOTS_FIND(i, &loops->name_slots, hash, loops->names[i].name == name);

    if (known != SLOTS_NONE)
        return loops->names[known].returns;
    if (!ARRAY_ROOM(loops->names, loops->name_count, loops->name_capacity) ||
        slots_add(&loops->name_slots, hash, (uint32_t)loops->name_count))
        return false;
    size_t number = loops->name_count++;
    loops->names[number] = (struct loops_name){ name, false }; /* while it is not known */
    bool returns = !never_returns(name) && offers_return(loops, name, depth);
    return loops->names[number].returns = returns;
}

/* Does the function return whose address is in this slot? */
static bool import_returns(struct loops *loops, struct image *image, uint64_t slot, unsigned depth)
{
    const struct links *links = links_find(loops->images, image);
    const struct import *import = links ? links_import(links, slot) : NULL;

    return import && import->name && name_returns(loops, import->name, depth);
}

/* Is there a PLT stub at `vaddr`? */
static bool find_stub(struct image *image, uint64_t vaddr, struct callcode *ret)
{
    uint8_t bytes[STUB_BYTES];
    uint64_t offset;

    if (!image_offset(image, vaddr, &offset) || !image_bytes(image, offset, bytes, sizeof(bytes)))
        return false;
    *ret = callcode_decode_stub(bytes, vaddr);
    return ret->kind == CALLCODE_SLOT;
}

static bool returns_at(struct loops *loops, struct image *image, uint64_t vaddr, unsigned depth)
{
    struct callcode stub;

    if (depth > DEPTH_MAX)
        return false;
    if (find_stub(image, vaddr, &stub))
        return import_returns(loops, image, stub.address, depth);
    struct loops_function *f = find_function(loops, image, vaddr);
    if (!f || f->start != vaddr)
        return false;
    if (f->returns == RETURNS_UNASKED) {
        struct search s = { .loops = loops, .image = image, .function = f, .depth = depth };
        f->returns = RETURNS_UNKNOWN; /* of a recursion */
        f->returns = search(&s, vaddr) ? RETURNS : RETURNS_UNKNOWN;
    }
    return f->returns == RETURNS;
}

/* ---- The question ---- */

/* The call that ends at `end`. */
static bool find_call(const struct loops_function *f, uint64_t end, uint64_t *ret,
                      struct instruction *call)
{
    const struct part *part = part_at(f, end - 1);

    for (uint64_t vaddr = end - 1; part && vaddr >= part->start && end - vaddr <= INSTRUCTION_MAX;
         vaddr--) {
        if (!has_bit(part->starts, vaddr - part->start))
            continue;
        *ret = vaddr;
        return decode(part, vaddr, call) && call->flow == FLOW_CALL &&
               vaddr + call->encoding.length == end;
    }
    return false;
}

bool loops_have(struct loops *loops, struct image *image, uint64_t return_address)
{
    struct instruction call;
    uint64_t vaddr;

    loops->work = WORK_MAX;
    const struct loops_function *f = find_function(loops, image, return_address - 1);
    if (!f || !find_call(f, return_address, &vaddr, &call))
        return false;
    struct search s = { .loops = loops, .image = image, .function = f, .call = return_address };
    return comes_back(&s, vaddr, &call) && search(&s, return_address);
}

void loops_deinit(struct loops *loops)
{
    for (size_t i = 0; i < loops->function_count; i++)
        free_function(loops->functions[i]);
    free(loops->functions);
    slots_deinit(&loops->function_slots);
    free(loops->names);
    slots_deinit(&loops->name_slots);
    *loops = (struct loops){ 0 };
}
