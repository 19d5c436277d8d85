/* loops.c - follows the direct jumps of a function from behind a call, until it comes to the call.
 */
#include "symbolizer/unwind/loops.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "symbolizer/processor/x86_64/instruction.h"

enum {
    PART_MAX = 1 << 17,   /* bytes */
    PARTS_MAX = 8,        /* of a function */
    WORK_MAX = 1 << 17,   /* instructions for a question */
    FUNCTIONS_MAX = 4096, /* that are kept */
    CODE_MAX = 32 << 20,  /* bytes of a segment that are looked through for calls, */
    SITES_MAX = 64,       /* of which so many are looked at */
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
    enum {
        CODE_READ,
        CODE_SWEPT,
        CODE_UNKNOWN
    } state;       /* the first part is read; all is known; is too hard */
    bool computed; /* jumps to wherever a register says, or exceptions, may lead anywhere in it */
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
    *part = (struct part){ .start = fde->start,
                           .end = fde->end,
                           .code = malloc(size),
                           .starts = calloc(1, size / 8 + 1),
                           .targets = calloc(1, size / 8 + 1) };
    f->count++;
    f->computed |= fde->handlers;
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
    return vaddr != ret->start || row.kind != ROW_CFA_SP || row.cfa_offset != 8;
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

/* Makes all be known of the function that there is to know. */
static bool understand(struct loops *loops, struct loops_function *f, struct image *image)
{
    if (f->state == CODE_READ) {
        f->state = CODE_SWEPT;
        for (uint32_t i = 0; i < f->count; i++)
            if (!sweep(loops, f, image, &f->parts[i]))
                f->state = CODE_UNKNOWN;
        mark_targets(f);
    }
    return f->state == CODE_SWEPT;
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

/* The function whose code is at `vaddr`, read when first asked for. NULL: it cannot be. */
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
        f->state = read_part(f, image, &fde) ? CODE_READ : CODE_UNKNOWN;
        f = keep(loops, f, hash);
    }
    return f && f->state != CODE_UNKNOWN ? f : NULL;
}

/* ---- Answers ---- */

static uint64_t hash_question(const struct loops_known *question)
{
    return slots_mix(slots_mix(question->kind, (uintptr_t)question->image), question->address);
}

/* The number of the answer that is known, or SLOTS_NONE. */
static uint32_t find_answer(const struct loops *loops, const struct loops_known *question)
{
    return SLOTS_FIND(i, &loops->answer_slots, hash_question(question),
                      loops->answers[i].image == question->image &&
                          loops->answers[i].address == question->address &&
                          loops->answers[i].kind == question->kind);
}

/* The answer, which is kept if there is memory for it. */
static unsigned keep_answer(struct loops *loops, const struct loops_known *question,
                            unsigned answer)
{
    if (ARRAY_ROOM(loops->answers, loops->answer_count, loops->answer_capacity) &&
        !slots_add(&loops->answer_slots, hash_question(question), (uint32_t)loops->answer_count)) {
        loops->answers[loops->answer_count] = *question;
        loops->answers[loops->answer_count++].answer = answer;
    }
    return answer;
}

/* ---- Instructions ---- */

/* Is it an instruction that does nothing, as those before an aligned one? */
static bool is_padding(const struct encoding *e)
{
    return (e->map == MAP_ONE && e->opcode == 0x90) || (e->map == MAP_0F && e->opcode == 0x1f);
}

/* May the code at `vaddr` be there for something else than what stands before it? */
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

/* ---- Calls that come back ---- */

/* What a call names: a function, or the word that has its address. Others are to functions of any
 * kind. */
struct callee {
    uint64_t address; /* 0: it names nothing */
    bool slot;
};

static struct callee callee_of(uint64_t vaddr, const struct instruction *i)
{
    uint64_t next = vaddr + i->encoding.length;

    if (i->direct)
        return (struct callee){ target_of(vaddr, i), false };
    if (i->encoding.base == RIP)
        return (struct callee){ next + (uint64_t)(int64_t)i->encoding.displacement, true };
    return (struct callee){ 0, false };
}

/* Is there code behind this call of a callee that is there for nothing else? */
static bool shows_return(struct loops *loops, struct image *image, uint64_t next,
                         const struct callee *callee)
{
    struct loops_function *f = find_function(loops, image, next - 1);
    struct instruction call;
    uint64_t vaddr;

    if (!f || !understand(loops, f, image) || !find_call(f, next, &vaddr, &call) ||
        is_join(f, next))
        return false;
    struct callee found = callee_of(vaddr, &call);
    return found.address == callee->address && found.slot == callee->slot;
}

/* Looks for such a call in a segment: for the bytes of any, e8 or ff 15 and the distance from their
 * end. */
static bool search_segment(struct loops *loops, struct image *image, const struct segment *segment,
                           const uint8_t *code, const struct callee *callee)
{
    const uint8_t opcode = callee->slot ? 0x15 : 0xe8, *at = code, *end = code + segment->size;
    int32_t distance;
    unsigned tries = 0;

    for (; end - at > 4 && (at = memchr(at, opcode, (size_t)(end - at - 4))); at++) {
        uint64_t next = segment->vaddr + (uint64_t)(at - code) + 1 + sizeof(distance);
        memcpy(&distance, at + 1, sizeof(distance));
        if (next + (uint64_t)(int64_t)distance != callee->address)
            continue;
        if (shows_return(loops, image, next, callee))
            return true;
        if (++tries == SITES_MAX)
            return false;
    }
    return false;
}

static bool search_image(struct loops *loops, struct image *image, const struct callee *callee)
{
    bool found = false;

    for (size_t i = 0; i < image->segment_count && !found; i++) {
        const struct segment *segment = &image->segments[i];
        uint8_t *code = segment->executable && segment->size <= CODE_MAX
                            ? image_read_bytes(image, segment->offset, segment->size)
                            : NULL;
        found = code && search_segment(loops, image, segment, code, callee);
        free(code);
    }
    return found;
}

static bool callee_returns(struct loops *loops, struct image *image, struct callee callee)
{
    const struct loops_known question = { image, callee.address,
                                          callee.slot ? ANSWER_SLOT : ANSWER_FUNCTION, 0 };
    uint32_t known = find_answer(loops, &question);

    return known != SLOTS_NONE ? loops->answers[known].answer
                               : keep_answer(loops, &question, search_image(loops, image, &callee));
}

/* Which calls are taken to come back. */
enum trust {
    TRUST_ALL,
    TRUST_CODE,  /* those by the code behind them */
    TRUST_OTHERS /* and those by other calls of the same function */
};

/* A search from behind a call for the same call. */
struct search {
    struct loops *loops;
    struct image *image;
    const struct loops_function *function;
    uint64_t call; /* where it ends */
    enum trust trust;
    uint8_t *seen[PARTS_MAX]; /* by part, a bit for each byte */
    uint64_t *ways;           /* still to be gone */
    size_t way_count, way_capacity;
};

/* Does the call at `vaddr` come back, as far as the compiler knew? */
static bool comes_back(const struct search *s, uint64_t vaddr, const struct instruction *i)
{
    uint64_t next = vaddr + i->encoding.length;
    struct callee callee = callee_of(vaddr, i);

    if (s->trust == TRUST_ALL || !callee.address)
        return true;
    return part_at(s->function, next) &&
           (!is_join(s->function, next) ||
            (s->trust == TRUST_OTHERS && callee_returns(s->loops, s->image, callee)));
}

/* ---- Ways ---- */

static void add_way(struct search *s, uint64_t vaddr)
{
    if (ARRAY_ROOM(s->ways, s->way_count, s->way_capacity))
        s->ways[s->way_count++] = vaddr;
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
        if (i.flow == FLOW_CALL && vaddr + i.encoding.length == s->call)
            return true;
        if (jumps(&i))
            add_way(s, target_of(vaddr, &i));
        if ((i.flow != FLOW_NEXT && i.flow != FLOW_BRANCH && i.flow != FLOW_CALL) ||
            (i.flow == FLOW_CALL && !comes_back(s, vaddr, &i)))
            return false;
    }
    return false;
}

/* The call at `vaddr` has come back: does control come to it again? */
static bool search(struct loops *loops, struct image *image, const struct loops_function *f,
                   uint64_t call, enum trust trust)
{
    struct search s = {
        .loops = loops, .image = image, .function = f, .call = call, .trust = trust
    };
    bool room = true, found = false;

    for (uint32_t i = 0; i < f->count; i++) {
        s.seen[i] = calloc(1, (f->parts[i].end - f->parts[i].start) / 8 + 1);
        room &= s.seen[i] != NULL;
    }
    add_way(&s, call);
    while (room && !found && s.way_count)
        found = follow(&s, s.ways[--s.way_count]);
    for (uint32_t i = 0; i < f->count; i++)
        free(s.seen[i]);
    free(s.ways);
    return found;
}

/* ---- The question ---- */

static enum loops_answer look_for_loop(struct loops *loops, struct image *image,
                                       uint64_t return_address)
{
    struct instruction call;
    uint64_t vaddr;

    loops->work = WORK_MAX;
    struct loops_function *f = find_function(loops, image, return_address - 1);
    /* Most calls are on no loop, and soon seen not to be. */
    if (!f || !search(loops, image, f, return_address, TRUST_ALL) || !understand(loops, f, image) ||
        !find_call(f, return_address, &vaddr, &call))
        return LOOPS_UNKNOWN;
    for (enum trust trust = TRUST_CODE; trust <= TRUST_OTHERS; trust++) {
        const struct search s = { loops, image, f, return_address, trust, { NULL }, NULL, 0, 0 };
        if (comes_back(&s, vaddr, &call) && search(loops, image, f, return_address, trust))
            return LOOPS_PROVEN;
    }
    return LOOPS_LIKELY;
}

enum loops_answer loops_find(struct loops *loops, struct image *image, uint64_t return_address)
{
    const struct loops_known question = { image, return_address, ANSWER_LOOP, 0 };
    uint32_t known = find_answer(loops, &question);

    return known != SLOTS_NONE
               ? loops->answers[known].answer
               : keep_answer(loops, &question, look_for_loop(loops, image, return_address));
}

void loops_deinit(struct loops *loops)
{
    for (size_t i = 0; i < loops->function_count; i++)
        free_function(loops->functions[i]);
    free(loops->functions);
    slots_deinit(&loops->function_slots);
    free(loops->answers);
    slots_deinit(&loops->answer_slots);
    *loops = (struct loops){ 0 };
}
