/* loops.c - follows the direct jumps of a function from behind a call, until it comes to the call.
 */
#include "symbolizer/unwind/loops.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/bisect.h"
#include "symbolizer/processor/x86_64/instruction.h"

enum {
    PART_MAX = 1 << 17,   /* bytes */
    PARTS_MAX = 8,        /* of a function */
    WORK_MAX = 1 << 24,   /* instructions and steps that are looked at for all questions */
    FUNCTIONS_MAX = 4096, /* that are kept */
    NEAR = 1 << 17,       /* bytes before and behind a call that are looked through for others, */
    SITES_MAX = 8,        /* of which so many are looked at, */
    SITE_MAX = 1 << 12,   /* in functions of so many bytes */
};

/* An instruction that does not simply go on to the next. */
struct step {
    uint64_t vaddr, next; /* it, and the one behind it */
    uint64_t target;      /* of a direct jump, branch or call; of a call through a word at a known
                             address, that; else 0 */
    unsigned flow;        /* FLOW_* (instruction.h) */
    bool slot;            /* the target is that of such a word */
};

/* The code of one unwind entry: a function, or what the compiler put elsewhere of it (".cold"). */
struct part {
    uint64_t start, end; /* vaddr */
    uint8_t *code;
    uint8_t *starts, *targets; /* bits: an instruction starts there; a jump leads there */
    size_t first, behind;      /* its steps: from the first to that behind the last */
};

struct loops_function {
    const struct image *image;
    uint64_t start; /* of the first part */
    struct part parts[PARTS_MAX];
    uint32_t count;
    struct step *steps; /* of all parts, in the order of their addresses in each */
    size_t step_count, step_capacity;
    bool known;    /* all of it; else it is too hard */
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

static bool jumps(unsigned flow)
{
    return flow == FLOW_JUMP || flow == FLOW_BRANCH;
}

/* The instruction at `vaddr`, in this part. */
static bool decode(const struct part *part, uint64_t vaddr, struct instruction *ret)
{
    uint64_t at = vaddr - part->start;
    return instruction_decode(part->code + at, part->end - vaddr, ret);
}

static struct step step_of(uint64_t vaddr, const struct instruction *i)
{
    struct step step = { .vaddr = vaddr, .next = vaddr + i->encoding.length, .flow = i->flow };

    step.slot =
        !i->direct && (i->flow == FLOW_CALL || i->flow == FLOW_COMPUTED) && i->encoding.base == RIP;
    if (step.slot)
        step.target = step.next + (uint64_t)(int64_t)i->encoding.displacement;
    else if (i->direct || jumps(i->flow))
        step.target = step.next + (uint64_t)i->target;
    return step;
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

/* May so much more be looked at? Then it is taken note of. */
static bool works(struct loops *loops, uint32_t amount)
{
    if (WORK_MAX - loops->work < amount)
        return false;
    loops->work += amount;
    return true;
}

/* Is the frame of the function on the stack there, as it is in the middle of one? */
static bool is_framed(struct image *image, const struct fde *fde, uint64_t vaddr)
{
    struct row row = rows_find(&image->rows, fde, vaddr);
    return row.kind != ROW_CFA_SP || row.cfa_offset != 8;
}

/* Reads the part that a jump leads to, if it is one that is not known yet. False: it cannot be. */
static bool find_part(struct loops_function *f, struct image *image, uint64_t target)
{
    const struct cfi *tables;
    struct fde fde;

    if (part_at(f, target) || image_find_fde(image, target, &tables, &fde) ||
        (target == fde.start && !is_framed(image, &fde, target)))
        return true;
    return f->count < PARTS_MAX && read_part(f, image, &fde);
}

static bool note_step(struct loops_function *f, struct image *image, const struct step *step)
{
    if (!ARRAY_ROOM(f->steps, f->step_count, f->step_capacity))
        return false;
    f->steps[f->step_count++] = *step;
    f->computed |= step->flow == FLOW_COMPUTED && !step->slot;
    return !jumps(step->flow) || find_part(f, image, step->target);
}

/* Takes note of the instructions of one part. */
static bool sweep(struct loops *loops, struct loops_function *f, struct image *image,
                  struct part *part)
{
    struct instruction i;

    part->first = f->step_count;
    for (uint64_t vaddr = part->start; vaddr < part->end; vaddr += i.encoding.length) {
        if (!works(loops, 1) || !decode(part, vaddr, &i))
            return false;
        set_bit(part->starts, vaddr - part->start);
        const struct step step = step_of(vaddr, &i);
        if (i.flow != FLOW_NEXT && !note_step(f, image, &step))
            return false;
    }
    part->behind = f->step_count;
    return true;
}

/* Now that all parts are known. */
static void mark_targets(struct loops_function *f)
{
    for (size_t i = 0; i < f->step_count; i++) {
        const struct part *part = jumps(f->steps[i].flow) ? part_at(f, f->steps[i].target) : NULL;
        if (part)
            set_bit(part->targets, f->steps[i].target - part->start);
    }
}

/* All that there is to know of a function. False: it is too hard. */
static bool read_function(struct loops *loops, struct loops_function *f, struct image *image,
                          const struct fde *fde)
{
    bool known = read_part(f, image, fde);

    for (uint32_t i = 0; i < f->count && known; i++)
        known = sweep(loops, f, image, &f->parts[i]);
    mark_targets(f);
    return known;
}

static void free_function(struct loops_function *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        free(f->parts[i].code);
        free(f->parts[i].starts);
        free(f->parts[i].targets);
    }
    free(f->steps);
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
        f->known = read_function(loops, f, image, &fde);
        f = keep(loops, f, hash);
    }
    return f && f->known ? f : NULL;
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

/* The first step of a part at `vaddr` or behind it; `behind`: there is none. */
static size_t step_at(const struct loops_function *f, const struct part *part, uint64_t vaddr)
{
    return part->first +
           BISECT(i, part->behind - part->first, f->steps[part->first + i].vaddr < vaddr);
}

/* The call that ends at `end`, or NULL. */
static const struct step *find_call(const struct loops_function *f, uint64_t end)
{
    const struct part *part = part_at(f, end - 1);
    size_t behind = part ? step_at(f, part, end) : 0;
    const struct step *step = part && behind > part->first ? &f->steps[behind - 1] : NULL;

    return step && step->flow == FLOW_CALL && step->next == end ? step : NULL;
}

/* ---- Calls that come back ---- */

/* Is there code behind a call of the same function or word, which ends at `next`, that is there for
 * nothing else? */
static bool shows_return(struct loops *loops, struct image *image, uint64_t next,
                         const struct step *call)
{
    const struct cfi *tables;
    struct fde fde;

    if (image_find_fde(image, next - 1, &tables, &fde) || fde.end - fde.start > SITE_MAX)
        return false;
    struct loops_function *f = find_function(loops, image, next - 1);
    const struct step *other = f ? find_call(f, next) : NULL;
    return other && other->target == call->target && other->slot == call->slot && !is_join(f, next);
}

/* Looks for such a call in code: for the bytes of any, e8 or ff 15 and the distance from their
 * end. */
static bool search_code(struct loops *loops, struct image *image, const uint8_t *code, size_t size,
                        uint64_t vaddr, const struct step *call)
{
    const uint8_t opcode = call->slot ? 0x15 : 0xe8, *at = code, *end = code + size;
    int32_t distance;
    unsigned tries = 0;

    for (; end - at > 4 && (at = memchr(at, opcode, (size_t)(end - at - 4))); at++) {
        uint64_t next = vaddr + (uint64_t)(at - code) + 1 + sizeof(distance);
        memcpy(&distance, at + 1, sizeof(distance));
        if (next + (uint64_t)(int64_t)distance != call->target)
            continue;
        if (shows_return(loops, image, next, call))
            return true;
        if (++tries == SITES_MAX)
            return false;
    }
    return false;
}

/* Looks for it in the code around the call. */
static bool search_near(struct loops *loops, struct image *image, const struct step *call)
{
    const struct segment *segment = NULL;

    for (size_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].executable &&
            call->vaddr - image->segments[i].vaddr < image->segments[i].size)
            segment = &image->segments[i];
    if (!segment || !works(loops, 2 * NEAR / 64)) /* which are soon looked through */
        return false;
    uint64_t at = call->vaddr - segment->vaddr, start = at > NEAR ? at - NEAR : 0,
             end = segment->size - at > NEAR ? at + NEAR : segment->size;
    uint8_t *code = image_read_bytes(image, segment->offset + start, end - start);
    bool found = code && search_code(loops, image, code, end - start, segment->vaddr + start, call);
    free(code);
    return found;
}

static bool callee_returns(struct loops *loops, struct image *image, const struct step *call)
{
    const struct loops_known question = { image, call->target,
                                          call->slot ? ANSWER_SLOT : ANSWER_FUNCTION, 0 };
    uint32_t known = find_answer(loops, &question);

    return known != SLOTS_NONE ? loops->answers[known].answer
                               : keep_answer(loops, &question, search_near(loops, image, call));
}

/* Which calls are taken to come back. */
enum trust {
    TRUST_ALL,   /* and jumps to wherever a register says, to lead to the call */
    TRUST_CODE,  /* those by the code behind them */
    TRUST_OTHERS /* and those by other calls of the same function */
};

/* A search from behind a call for the same call. */
struct search {
    struct loops *loops;
    struct image *image;
    const struct loops_function *function;
    const struct step *call;
    enum trust trust;
    uint8_t *seen;  /* by step, a bit */
    uint64_t *ways; /* still to be gone */
    size_t way_count, way_capacity;
};

/* Does a call come back, as far as the compiler knew? */
static bool comes_back(const struct search *s, const struct step *call)
{
    if (s->trust == TRUST_ALL || !call->target)
        return true;
    return part_at(s->function, call->next) &&
           (!is_join(s->function, call->next) ||
            (s->trust == TRUST_OTHERS && callee_returns(s->loops, s->image, call)));
}

/* Does a jump to wherever a register says stay in the function, as far as is known? */
static bool may_stay(const struct search *s, const struct step *jump)
{
    const struct cfi *tables;
    struct fde fde;

    return !jump->slot && !image_find_fde(s->image, jump->vaddr, &tables, &fde) &&
           is_framed(s->image, &fde, jump->vaddr);
}

/* ---- Ways ---- */

static void add_way(struct search *s, uint64_t vaddr)
{
    if (ARRAY_ROOM(s->ways, s->way_count, s->way_capacity))
        s->ways[s->way_count++] = vaddr;
}

/* Does control go on behind a step? */
static bool goes_on(const struct search *s, const struct step *step)
{
    return step->flow == FLOW_BRANCH || (step->flow == FLOW_CALL && comes_back(s, step));
}

/* Goes on from one place until control ends there. */
static bool follow(struct search *s, uint64_t vaddr)
{
    const struct loops_function *f = s->function;
    const struct part *part;

    while ((part = part_at(f, vaddr))) {
        size_t at = step_at(f, part, vaddr);
        const struct step *step = &f->steps[at];
        if (at == part->behind) { /* into the next part, if that is one */
            vaddr = part->end;
            continue;
        }
        if (has_bit(s->seen, at) || !works(s->loops, 1))
            return false;
        set_bit(s->seen, at);
        if (step == s->call ||
            (step->flow == FLOW_COMPUTED && s->trust == TRUST_ALL && may_stay(s, step)))
            return true;
        if (jumps(step->flow))
            add_way(s, step->target);
        if (!goes_on(s, step))
            return false;
        vaddr = step->next;
    }
    return false;
}

/* The call has come back: does control come to it again? */
static bool search(struct loops *loops, struct image *image, const struct loops_function *f,
                   const struct step *call, enum trust trust)
{
    struct search s = {
        .loops = loops, .image = image, .function = f, .call = call, .trust = trust
    };
    bool found = false;

    if (!comes_back(&s, call) || !(s.seen = calloc(1, f->step_count / 8 + 1)))
        return false;
    add_way(&s, call->next);
    while (!found && s.way_count)
        found = follow(&s, s.ways[--s.way_count]);
    free(s.seen);
    free(s.ways);
    return found;
}

/* ---- The question ---- */

static enum loops_answer look_for_loop(struct loops *loops, struct image *image,
                                       uint64_t return_address)
{
    struct loops_function *f = find_function(loops, image, return_address - 1);
    const struct step *call = f ? find_call(f, return_address) : NULL;

    if (!call || !search(loops, image, f, call, TRUST_ALL))
        return LOOPS_UNKNOWN;
    return search(loops, image, f, call, TRUST_CODE) || search(loops, image, f, call, TRUST_OTHERS)
               ? LOOPS_PROVEN
               : LOOPS_LIKELY;
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
