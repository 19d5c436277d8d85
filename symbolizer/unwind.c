/* unwind.c - walks frame by frame: by rows, and where a row is hard all over again by libunwind. */
#include "unwind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbolizer/epilogue.h"
#include "symbolizer/guess.h"
#include "symbolizer/reference.h"
#include "symbolizer/tails.h"

enum {
    FIRST_FRAMES = 64,
    STACK_PIECE_MIN = 512, /* read at once, then doubled */
    STACK_PIECE_MAX = 1 << 16,
    STACK_MAX = 64 << 20,     /* beyond, words are read one by one */
    STACK_CHANGES_MAX = 1024, /* they may move the stack anywhere: bounds a hostile cycle */
    SYSCALL_SIZE = 2,         /* `syscall`, `int $0x80` and `sysenter` all are */
    CODE_64 = 0x33,           /* %cs of 64-bit code */
};

int unwinder_init(struct unwinder *u, struct images *images, struct stacks *stacks)
{
    *u = (struct unwinder){ .images = images, .stacks = stacks, .piece = STACK_PIECE_MIN };
    u->path = malloc(MEMO_DEPTH_MAX * sizeof(*u->path));
    return u->path && !codepages_init(&u->code) ? reference_init(u) : -ENOMEM;
}

void unwinder_deinit(struct unwinder *u)
{
    reference_cache_destroy(u->uncached);
    codepages_deinit(&u->code);
    free(u->frames);
    free(u->stack);
    free(u->path);
}

/* Makes the piece of the stack `wanted` bytes long, if memory goes that far. */
static void extend_stack(struct unwinder *u, size_t wanted)
{
    size_t size = u->stack_size ? 2 * u->stack_size : u->piece;

    while (size < wanted)
        size *= 2;
    if (size > STACK_MAX)
        return;
    if (size > u->stack_capacity) {
        uint8_t *stack = realloc(u->stack, size);
        if (!stack)
            return;
        u->stack = stack;
        u->stack_capacity = size;
    }
    ssize_t got = u->target->read(u->target->context, u->stack_start + u->stack_size,
                                  u->stack + u->stack_size, size - u->stack_size);
    if (got > 0)
        u->stack_size += (size_t)got;
}

bool unwinder_peek(const struct unwinder *u, uint64_t address, uint64_t *ret)
{
    uint64_t at = address - u->stack_start;

    if (u->stack_size < sizeof(*ret) || at > u->stack_size - sizeof(*ret))
        return false;
    memcpy(ret, u->stack + at, sizeof(*ret));
    return true;
}

/* The next walk will read at once what this one had to, a little less if it is the exception. */
static void learn_piece(struct unwinder *u)
{
    size_t reach = u->reach < STACK_PIECE_MIN   ? STACK_PIECE_MIN
                   : u->reach > STACK_PIECE_MAX ? STACK_PIECE_MAX
                                                : u->reach;
    u->piece = reach >= u->piece ? reach : u->piece - (u->piece - reach) / 16;
}

bool unwinder_read(struct unwinder *u, uint64_t address, uint64_t *ret)
{
    uint64_t at = address - u->stack_start;

    if (at < STACK_PIECE_MAX && at + sizeof(*ret) > u->reach)
        u->reach = at + sizeof(*ret);
    if (unwinder_peek(u, address, ret))
        return true;
    if (at < STACK_MAX) {
        extend_stack(u, at + sizeof(*ret));
        if (unwinder_peek(u, address, ret))
            return true;
    }
    ssize_t got = u->target->read(u->target->context, address, ret, sizeof(*ret));
    if (got == sizeof(*ret))
        return true;
    u->failure = got < 0 ? (int)got : -EFAULT;
    return false;
}

/* Why a step failed. */
static enum stack_end failed_step(const struct unwinder *u)
{
    switch (-u->failure) {
    case 0:
        return STACK_BAD_CFI;
    case EPERM:
    case EACCES:
        return STACK_MEMORY_DENIED;
    case ENOMEM:
        return STACK_NO_MEMORY;
    case E2BIG:
        return STACK_TOO_DEEP;
    default:
        return STACK_UNREADABLE;
    }
}

/* False: too deep, or no memory for more; failed_step tells. */
static bool add_frame(struct unwinder *u, struct frame frame)
{
    if (u->depth == u->capacity) {
        uint32_t capacity = u->capacity ? 2 * u->capacity : FIRST_FRAMES;
        struct frame *frames = reallocarray(u->frames, capacity, sizeof(*frames));
        if (!frames) {
            u->failure = -ENOMEM;
            return false;
        }
        u->frames = frames;
        u->capacity = capacity;
    }
    if (u->depth == STACK_MAX_DEPTH) {
        u->failure = -E2BIG;
        return false;
    }
    u->frames[u->depth++] = frame;
    return true;
}

/* What is known of an address; if it seems unmapped, the map is read once more before that is
 * believed. */
static struct site *find_site(struct unwinder *u, uint64_t address, bool *reread)
{
    struct site *site = space_site(u->space, address);

    if (!site && !*reread) {
        *reread = true;
        u->space->stale = true;
        if (!space_update(u->space, u->images, u->target))
            site = space_site(u->space, address);
    }
    return site;
}

/* Why there is no site of an address. */
static enum stack_end missing_site(struct unwinder *u, uint64_t address)
{
    u->failure = u->space->error;
    if (!u->failure && space_find(u->space, address))
        u->failure = -ENOMEM;
    return u->failure ? failed_step(u) : STACK_UNMAPPED_PC;
}

/* Finds what lies between the call at `site` and the frame inside it. Between code made at run time
 * there are no tail calls of libraries. 0 or a negative error. */
static int find_between(struct unwinder *u, struct site *site, const struct site *inner,
                        struct between *ret)
{
    const struct tails_context context = { u->images, u->space, u->target, &u->code };
    int error = space_resolve_call(u->space, u->target, &u->code, site);

    return error ? error : tails_find(&context, site, inner, ret);
}

/* Adds the frames that tail calls removed. False: failed_step tells why. */
static bool enter_tails(struct unwinder *u, const struct between *between)
{
    bool sure = between->proven && !u->inexact;
    uint32_t marks = FRAME_TAIL | (sure ? FRAME_PROVEN : FRAME_INEXACT);

    for (uint32_t i = between->count; i-- > 0;) {
        if (!add_frame(u, (struct frame){ between->functions[i].module, marks,
                                          between->functions[i].offset }))
            return false;
    }
    return true;
}

/* Does a return address lead to `site` that no call left there? */
static bool is_uncalled(const struct site *site)
{
    return !site->is_call && !site->signal && !site->go;
}

/* Enters the frame at `site`, and before it the frames that tail calls removed. `inner` is the
 * frame that it called, NULL if it called none. False: failed_step tells why. */
static bool enter(struct unwinder *u, struct site *site, const struct site *inner)
{
    bool calls = inner && (site->image || inner->image);
    struct between between = { .proven = true, .settled = true };
    int error = calls ? find_between(u, site, inner, &between) : 0;

    if (error < 0) {
        u->failure = error;
        return false;
    }
    u->settled &= !inner || (site->call_known && between.settled);
    if (calls && inner->cfi == SITE_AT_END) {
        /* How it got to `inner` was inferred: sure only if the call says the same. */
        u->inexact |= site->callee != inner->start;
        between = (struct between){ .proven = true };
    }
    if (!enter_tails(u, &between))
        return false;
    u->inexact |= calls && is_uncalled(site);
    bool doubtful = !between.proven && !between.count;
    uint32_t module = site->image ? site->image->number : MODULE_ANON;
    uint32_t marks = (site->signal ? FRAME_SIGNAL : 0) | (site->entry ? FRAME_ENTRY : 0) |
                     (u->inexact || doubtful ? FRAME_INEXACT : 0);
    return add_frame(u, (struct frame){ module, marks, site->offset });
}

bool unwinder_complete_start(struct unwinder *u)
{
    int error = u->start_complete ? 0 : u->target->read_registers(u->target->context, &u->start);

    u->start_complete = !error;
    if (error)
        u->failure = error;
    return !error;
}

enum step unwinder_find_bp(struct unwinder *u, struct position *at)
{
    if (at->bp_known)
        return STEP_OUT;
    if (at->lost)
        return STEP_UNKNOWN;
    if (!unwinder_complete_start(u))
        return STEP_FAILED;
    at->bp = u->start.rbp;
    at->bp_known = true;
    return STEP_OUT;
}

/* Steps over the kernel's struct rt_sigframe, whose registers begin 40 bytes beyond its return
 * address, which has been popped. */
static enum step signal_step(struct unwinder *u, struct position *at)
{
    enum { REGISTERS = 40, BP = 10, SP = 15, IP = 16 };
    const uint64_t registers = at->sp + REGISTERS;

    if (!unwinder_read(u, registers + BP * 8, &at->bp) ||
        !unwinder_read(u, registers + IP * 8, &at->ip) ||
        !unwinder_read(u, registers + SP * 8, &at->sp))
        return STEP_FAILED;
    at->bp_known = at->lost = true;
    return at->ip ? STEP_OUT : STEP_FAILED;
}

/* Steps to the caller in a frame whose CFA is known. */
static enum step frame_step(struct unwinder *u, const struct row *row, uint64_t cfa,
                            struct position *at)
{
    if (row->rbp_offset && !unwinder_read(u, cfa + (uint64_t)(int64_t)row->rbp_offset, &at->bp))
        return STEP_FAILED;
    at->bp_known |= row->rbp_offset != 0;
    if (row->kind != ROW_IN_RDI && !unwinder_read(u, cfa - 8, &at->ip))
        return STEP_FAILED;
    at->sp = cfa;
    return at->ip ? STEP_OUT : STEP_FAILED;
}

/* The same with the return address in %rdi, which only the innermost frame has still. */
static enum step rdi_step(struct unwinder *u, const struct row *row, struct position *at)
{
    if (u->depth != 1)
        return STEP_HARD; /* libunwind may know it */
    if (!unwinder_complete_start(u))
        return STEP_FAILED;
    at->ip = u->start.rdi;
    return frame_step(u, row, at->sp + (uint64_t)(int64_t)row->cfa_offset, at);
}

/* Steps outwards by a row. */
static enum step step_by_row(struct unwinder *u, const struct row *row, struct position *at)
{
    uint64_t offset = (uint64_t)(int64_t)row->cfa_offset;
    enum step found;

    switch (row->kind) {
    case ROW_OUTERMOST:
        return STEP_OUTERMOST;
    case ROW_CFA_RSP:
        return frame_step(u, row, at->sp + offset, at);
    case ROW_CFA_RBP:
        found = unwinder_find_bp(u, at);
        return found == STEP_OUT ? frame_step(u, row, at->bp + offset, at) : found;
    case ROW_GO:
        at->bp_known = false;
        at->lost = true;
        return frame_step(u, row, at->sp + offset, at);
    case ROW_CODE: /* libunwind may know more registers */
        found = epilogue_step(u, row, u->depth == 1 ? EPILOGUE_ALL : EPILOGUE_RSP, at);
        return found == STEP_UNKNOWN ? STEP_HARD : found;
    case ROW_SIGNAL:
        return signal_step(u, at);
    case ROW_IN_RDI:
        return rdi_step(u, row, at);
    default:
        return STEP_HARD;
    }
}

enum step unwinder_step(struct unwinder *u, const struct site *site, struct position *at)
{
    return step_by_row(u, &site->row, at);
}

/* Why there is no stepping from this site at all; STACK_COMPLETE also if there is. */
static enum stack_end dead_end(const struct site *site, bool first)
{
    switch (site->cfi) {
    case SITE_AT_END:
        return first ? STACK_COMPLETE : STACK_NO_CFI;
    case SITE_NO_CFI:
        return STACK_NO_CFI;
    case SITE_BAD_CFI:
        return STACK_BAD_CFI;
    default:
        return STACK_COMPLETE;
    }
}

/*
 * Is there glibc's __start_context at this address? It is the bottom of a makecontext(3) stack, and
 * known by its first instructions (mov %rbx,%rsp; mov (%rsp),%rdi: since glibc 2.3), for no symbol
 * table but the debug file's has it.
 */
static bool is_start_context(struct unwinder *u, uint64_t address)
{
    static const uint8_t start_context[] = { 0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24 };
    uint8_t code[sizeof(start_context)];

    return u->target->read(u->target->context, address, code, sizeof(code)) == sizeof(code) &&
           !memcmp(code, start_context, sizeof(code));
}

/*
 * Where a walk cannot go on from `at`: the frame to which it has come may be the bottom of a
 * coroutine. Its return address was left by no call, but is the very start of __start_context,
 * before which there may be no code at all. Once that runs itself (to leave by uc_link), it has no
 * return address.
 */
static enum stack_end end_outwards(struct unwinder *u, const struct site *inner,
                                   const struct position *at, enum stack_end end)
{
    struct site *bottom = space_site(u->space, at->ip);

    if (!inner)
        return end;
    if (bottom && bottom->image && bottom->start == at->ip && is_start_context(u, at->ip)) {
        const struct tails_context context = { u->images, u->space, u->target, &u->code };
        struct between between;
        u->inexact |= tails_find_started(&context, bottom, inner, &between) || !between.proven;
        return enter(u, bottom, NULL) ? STACK_COMPLETE : failed_step(u);
    }
    return inner->start && is_start_context(u, inner->start) ? STACK_COMPLETE : end;
}

/*
 * Is this return address the very start of a function, and left by no call? So begin stacks that
 * are made by hand (libcoro's, on which abort() is what the first function would return to), and so
 * do profilers that let functions return to them (uftrace's mcount). What stands before it is
 * another function, which may end in a call that does not return.
 */
static bool is_made_up(struct unwinder *u, struct site *site, const struct site *inner,
                       uint64_t address)
{
    struct between between;

    if (!inner || !site->image || site->signal || site->go)
        return false;
    if (site->end != address) {
        const struct site *at = site->cfi == SITE_COVERED ? NULL : space_site(u->space, address);
        if (!at || at->start != address)
            return false;
    }
    return !find_between(u, site, inner, &between) && (!site->is_call || between.impossible);
}

/* What the stack pointer must do in the step from `site`, which called `inner`. (In vfork(2), in
 * the call or interrupted on the way out, the return address is in a register and the stack does
 * not move.) */
static enum memo_progress progress_of(const struct site *site, const struct site *inner)
{
    if (site->signal || site->row.kind == ROW_CODE)
        return PROGRESS_ANY; /* the next frame may be on another stack */
    return inner ? PROGRESS_SOME : PROGRESS_NONE;
}

/* Notes for the memo that the walk has come to this frame. */
static void note_frame(struct unwinder *u, uint64_t address, const struct site *site,
                       const struct site *inner)
{
    u->settled &= u->path_depth < MEMO_DEPTH_MAX;
    if (u->settled)
        u->path[u->path_depth++] = (struct memo_node){
            .address = address, .row = site->row, .progress = (uint8_t)progress_of(site, inner)
        };
}

/* The end of a walk that memory or the map would not have ended otherwise. */
static enum stack_end decide(struct unwinder *u, enum stack_end end)
{
    u->decided = u->settled;
    return end;
}

/* A walk begins: nothing has been run yet. */
static void forget_emulation(struct unwinder *u)
{
    u->emulation.count = u->emulation.depth = 0;
    u->emulation.anywhere = false;
}

/* Did the step lead to an address where there is no code? */
static bool leads_nowhere(struct unwinder *u, enum step step, const struct position *at,
                          bool *reread)
{
    if (step == STEP_FAILED)
        return !u->failure;
    return step == STEP_OUT && !find_site(u, at->ip - 1, reread) && !u->space->error &&
           !space_find(u->space, at->ip - 1);
}

/* Steps outwards from `site`, the innermost frame, until the walk ends; *hard is set if it ended at
 * a row that `step` cannot take. */
static enum stack_end
walk(struct unwinder *u, struct site *site, struct position at,
     enum step (*step)(struct unwinder *, const struct site *, struct position *), bool *hard)
{
    const struct site *inner = NULL;
    int changes = 0;
    bool reread = false;

    u->depth = u->path_depth = 0;
    u->failure = 0;
    u->guesses = u->searches = 0;
    forget_emulation(u);
    u->inexact = u->decided = false;
    u->settled = true;
    for (bool first = true;; first = false) {
        uint64_t sp = at.sp;
        if (!enter(u, site, inner))
            return failed_step(u);
        note_frame(u, first ? site->address : at.ip, site, inner);
        enum stack_end end = dead_end(site, first);
        bool guess = end == STACK_NO_CFI;
        u->settled &= !guess; /* words decide that are not on the path */
        if ((end != STACK_COMPLETE && !guess) || site->cfi == SITE_ENTRY)
            return decide(u, end);
        struct position before = at;
        enum step stepped = guess ? guess_step(u, site, &at) : step(u, site, &at);
        if (!guess && leads_nowhere(u, stepped, &at, &reread) &&
            guess_deeper(u, site, &before) == STEP_OUT) {
            u->settled = false;
            at = before;
            stepped = STEP_OUT;
        }
        switch (stepped) {
        case STEP_OUT:
            break;
        case STEP_OUTERMOST:
            return decide(u, STACK_COMPLETE);
        case STEP_HARD:
            *hard = true;
            return STACK_BAD_CFI;
        case STEP_UNKNOWN:
            return STACK_NO_CFI;
        case STEP_FAILED:
            return failed_step(u);
        }
        enum memo_progress progress = progress_of(site, inner);
        if (!memo_progressed(progress, sp, at.sp) ||
            (progress == PROGRESS_ANY && ++changes > STACK_CHANGES_MAX))
            return STACK_CYCLE;
        inner = site->uncalled ? NULL : site;
        uint64_t address = site->uncalled ? at.ip : at.ip - 1;
        site = find_site(u, address, &reread);
        if (!site)
            return end_outwards(u, inner, &at, missing_site(u, address));
        if (is_made_up(u, site, inner, at.ip)) {
            note_frame(u, at.ip, site, inner);
            return decide(u, end_outwards(u, inner, &at, STACK_NO_CFI));
        }
        if (site->cfi == SITE_NO_CFI || site->cfi == SITE_AT_END) {
            end = end_outwards(u, inner, &at, STACK_NO_CFI);
            if (end != STACK_NO_CFI) {
                note_frame(u, at.ip, site, inner);
                return decide(u, end);
            }
        }
    }
}

static enum stack_end walk_by_reference(struct unwinder *u, struct site *site)
{
    struct position at = { u->start.rip, u->start.rsp, 0, false, false };
    bool hard;

    if (!unwinder_complete_start(u))
        return failed_step(u);
    return reference_begin(u, site, &u->start) ? walk(u, site, at, reference_step, &hard)
                                               : STACK_BAD_CFI;
}

/* By rows, from which libunwind is only asked to help out. */
static enum stack_end walk_by_rows(struct unwinder *u, struct site *site)
{
    struct position at = { u->start.rip, u->start.rsp, 0, false, false };
    bool hard = false;
    enum stack_end end = walk(u, site, at, unwinder_step, &hard);

    u->hard_walks += hard;
    return hard ? walk_by_reference(u, site) : end;
}

/* Makes ready for a walk, with the map as it is now. False: it is not known, and the old one may be
 * wrong. */
static bool begin(struct unwinder *u, struct space *space, const struct target *target,
                  const struct user_regs_struct *registers)
{
    u->space = space;
    u->target = target;
    u->start = *registers;
    u->start_complete = !target->read_registers;
    u->depth = 0;
    u->stack_start = u->start.rsp;
    u->stack_size = u->reach = 0;
    u->inexact = u->decided = false;
    u->failure = space_update(space, u->images, target);
    return !u->failure;
}

bool unwinder_lost_thread(const struct unwinder *u)
{
    const struct target *target = u->target;
    struct user_regs_struct registers;
    uint8_t byte;

    return target->read_registers
               ? target->read_registers(target->context, &registers) == -ESRCH
               : target->read(target->context, u->start.rsp, &byte, sizeof(byte)) == -ESRCH;
}

/* Walks from the system-call instruction, one way or the other. */
static enum stack_end walk_by(struct unwinder *u,
                              enum stack_end (*walker)(struct unwinder *, struct site *))
{
    uint64_t address = u->start.rip - SYSCALL_SIZE;
    bool reread = false;

    struct site *site = find_site(u, address, &reread);
    if (!site)
        return missing_site(u, address);
    if (u->start.cs != CODE_64) {
        enter(u, site, NULL);
        return STACK_UNSUPPORTED_CODE;
    }
    /* The map may be read again half-way: what the walk stands on must stay until it ends. */
    struct code *code = code_ref(u->space->code);
    enum stack_end end = walker(u, site);
    u->decided &= code == u->space->code;
    code_unref(code);
    learn_piece(u);
    if ((end != STACK_NO_CFI && end != STACK_BAD_CFI) || !unwinder_lost_thread(u))
        return end;
    u->decided = false;
    return STACK_UNREADABLE;
}

enum stack_end unwind(struct unwinder *u, struct space *space, const struct target *target,
                      const struct user_regs_struct *registers)
{
    return begin(u, space, target, registers) ? walk_by(u, walk_by_rows) : failed_step(u);
}

enum stack_end unwind_by_reference(struct unwinder *u, struct space *space,
                                   const struct target *target,
                                   const struct user_regs_struct *registers)
{
    return begin(u, space, target, registers) ? walk_by(u, walk_by_reference) : failed_step(u);
}

enum stack_end unwind_beyond(struct unwinder *u, enum stack_end end, int64_t spawner)
{
    if (end != STACK_COMPLETE || spawner == NO_STACK)
        return end;
    if (spawner == UNKNOWN_STACK) {
        /* A spawned child's own stack does not begin where a program does. */
        bool whole = u->depth && u->frames[u->depth - 1].marks & FRAME_ENTRY;
        return whole ? STACK_COMPLETE : STACK_UNREADABLE;
    }
    const struct stack *stack = &u->stacks->stacks[spawner];
    for (uint32_t i = 0; i < stack->depth; i++) {
        struct frame frame = stack->frames[i];
        frame.marks |= FRAME_SPAWNED_BY;
        if (!add_frame(u, frame)) {
            u->decided = false;
            return failed_step(u);
        }
    }
    return stack->end;
}

/* The number of the stack, if the memo leads there; else MEMO_NONE. It reads what walk() reads. */
static uint32_t walk_by_memo(struct unwinder *u, uint32_t root)
{
    const struct memo *memo = &u->space->code->memo;
    struct position at = { u->start.rip, u->start.rsp, 0, false, false };
    uint32_t node = memo_find(memo, root, at.ip - SYSCALL_SIZE);

    forget_emulation(u);
    for (u->depth = 1; node != MEMO_NONE && memo->nodes[node].stack == MEMO_NONE; u->depth++) {
        const struct memo_node *from = &memo->nodes[node];
        uint64_t sp = at.sp;
        bool stepped = step_by_row(u, &from->row, &at) == STEP_OUT &&
                       memo_progressed(from->progress, sp, at.sp);
        node = stepped ? memo_find(memo, node, at.ip) : MEMO_NONE;
    }
    u->depth = 0;
    return node == MEMO_NONE ? MEMO_NONE : memo->nodes[node].stack;
}

int64_t unwind_number(struct unwinder *u, struct space *space, const struct target *target,
                      const struct user_regs_struct *registers, int64_t spawner)
{
    uint32_t root = MEMO_ROOT + (uint32_t)(spawner - UNKNOWN_STACK);
    bool begun = begin(u, space, target, registers);
    uint32_t known = begun && registers->cs == CODE_64 ? walk_by_memo(u, root) : MEMO_NONE;

    if (known != MEMO_NONE) {
        u->hits++;
        learn_piece(u);
        return known;
    }
    u->walks++;
    enum stack_end end = begun ? walk_by(u, walk_by_rows) : failed_step(u);
    end = unwind_beyond(u, end, spawner);
    int64_t number = stacks_intern(u->stacks, u->frames, u->depth, end);
    if (u->decided && number >= 0)
        memo_add(&space->code->memo, root, u->path, u->path_depth, (uint32_t)number);
    return number;
}
