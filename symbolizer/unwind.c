/* unwind.c - drives libunwind frame by frame and checks each step against what is known of the code. */
#include "unwind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libunwind.h>

/*
 * libunwind's own search in .eh_frame_hdr for remote processes. Not in its headers, but exported since 0.99
 * for users with their own find_proc_info (perf uses it so).
 */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
                                              unw_dyn_info_t *di, unw_proc_info_t *pi,
                                              int need_unwind_info, void *arg);

enum {
    FIRST_FRAMES = 64,
    STACK_PIECE = 4096,       /* read at once, then doubled: most walks need less */
    STACK_MAX = 64 << 20,     /* beyond, words are read one by one */
    CACHED_ROWS = 512,        /* of libunwind's cache, for each struct code */
    SIGNAL_FRAMES_MAX = 1024, /* signal frames may move the stack anywhere: bounds a hostile cycle */
    SYSCALL_SIZE = 2,         /* `syscall`, `int $0x80` and `sysenter` all are */
    CODE_64 = 0x33,           /* %cs of 64-bit code */
};

/* libunwind's x86-64 register numbers are DWARF's (psABI figure 3.36). */
static const size_t register_offsets[] = {
#define AT(name) offsetof(struct user_regs_struct, name)
    AT(rax), AT(rdx), AT(rcx), AT(rbx), AT(rsi), AT(rdi), AT(rbp), AT(rsp), AT(r8),
    AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15), AT(rip),
#undef AT
};
enum { REGISTERS = sizeof(register_offsets) / sizeof(*register_offsets) };

/* Makes the piece of the stack reach `end`, if memory goes that far. */
static void extend_stack(struct unwinder *u, uint64_t end)
{
    size_t size = u->stack_size ? 2 * u->stack_size : STACK_PIECE;

    while (u->stack_start + size < end)
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

static bool read_stack(const struct unwinder *u, uint64_t address, unw_word_t *ret)
{
    uint64_t at = address - u->stack_start;

    if (address < u->stack_start || u->stack_size < sizeof(*ret) ||
        at > u->stack_size - sizeof(*ret))
        return false;
    memcpy(ret, u->stack + at, sizeof(*ret));
    return true;
}

/* A word of the process: of the stack piece, of an unwind table that we hold, or read now. */
static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write,
                      void *context)
{
    struct unwinder *u = context;

    (void)as;
    if (write)
        return -UNW_EINVAL;
    if (read_stack(u, address, value))
        return 0;
    if (u->site->image &&
        cfi_read(&u->site->image->cfi, address - u->bias, value, sizeof(*value)))
        return 0;
    if (address >= u->stack_start && address - u->stack_start < STACK_MAX) {
        extend_stack(u, address + sizeof(*value));
        if (read_stack(u, address, value))
            return 0;
    }
    ssize_t got = u->target->read(u->target->context, address, value, sizeof(*value));
    if (got == sizeof(*value))
        return 0;
    u->failure = got < 0 ? (int)got : -EFAULT;
    return -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value, int write,
                      void *context)
{
    const struct unwinder *u = context;

    (void)as;
    if (write || number < 0 || number >= REGISTERS)
        return -UNW_EBADREG;
    memcpy(value, (const char *)u->registers + register_offsets[number], sizeof(*value));
    return 0;
}

/*
 * The unwind entry for `ip`: the table is narrowed to the one entry that space_site has found. There always
 * is one, since the walk does not step from an uncovered pc; should libunwind ask for another, it must
 * stop and not fall back to %rbp, which -UNW_ENOINFO would make it do.
 */
static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info,
                          int need_unwind_info, void *context)
{
    struct unwinder *u = context;
    const struct image *image = u->site->image;
    unw_dyn_info_t table = { 0 };
    struct fde fde;

    if (!image || cfi_find(&image->cfi, ip - u->bias, &fde) < 0)
        return -UNW_ESTOPUNWIND;
    table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
    table.start_ip = u->bias + fde.start;
    table.end_ip = u->bias + fde.end;
    table.u.rti.segbase = u->bias + image->cfi.header.vaddr;
    table.u.rti.table_data = u->bias + fde.table_entry;
    table.u.rti.table_len = 1; /* in words of 8 bytes: one entry */
    int result =
        UNW_OBJ(dwarf_search_unwind_table)(as, ip, &table, info, need_unwind_info, context);
    return result == -UNW_ENOINFO ? -UNW_ESTOPUNWIND : result;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *context)
{
    (void)as, (void)info, (void)context;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *address, void *context)
{
    (void)as, (void)address, (void)context;
    return -UNW_ENOINFO;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t number, unw_fpreg_t *value, int write,
                        void *context)
{
    (void)as, (void)number, (void)value, (void)write, (void)context;
    return -UNW_EINVAL;
}

static int resume(unw_addr_space_t as, unw_cursor_t *cursor, void *context)
{
    (void)as, (void)cursor, (void)context;
    return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t as, unw_word_t ip, char *name, size_t size,
                         unw_word_t *offset, void *context)
{
    (void)as, (void)ip, (void)name, (void)size, (void)offset, (void)context;
    return -UNW_EINVAL;
}

static unw_addr_space_t create_address_space(unw_caching_policy_t policy)
{
    static unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = get_dyn_info_list_addr,
        .access_mem = access_mem,
        .access_reg = access_reg,
        .access_fpreg = access_fpreg,
        .resume = resume,
        .get_proc_name = get_proc_name,
    };
    unw_addr_space_t as = unw_create_addr_space(&accessors, 0);

    if (!as)
        return NULL;
    unw_set_caching_policy(as, policy);
    if (policy != UNW_CACHE_NONE)
        unw_set_cache_size(as, CACHED_ROWS, 0);
    return as;
}

void unwind_cache_destroy(void *cache)
{
    if (cache)
        unw_destroy_addr_space(cache);
}

int unwinder_init(struct unwinder *u, struct images *images)
{
    *u = (struct unwinder){ .images = images };
    u->uncached = create_address_space(UNW_CACHE_NONE);
    return u->uncached ? 0 : -ENOMEM;
}

void unwinder_deinit(struct unwinder *u)
{
    unwind_cache_destroy(u->uncached);
    free(u->frames);
    free(u->stack);
}

/* False: too deep, or no memory for more. */
static bool add_frame(struct unwinder *u, struct frame frame)
{
    if (u->depth == u->capacity) {
        uint32_t capacity = u->capacity ? 2 * u->capacity : FIRST_FRAMES;
        struct frame *frames = reallocarray(u->frames, capacity, sizeof(*frames));
        if (!frames)
            return false;
        u->frames = frames;
        u->capacity = capacity;
    }
    if (u->depth == STACK_MAX_DEPTH)
        return false;
    u->frames[u->depth++] = frame;
    return true;
}

/* What is known of an address; if it seems unmapped, the map is read once more before that is believed. */
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

/*
 * The function that the call in `site` names, if it is not the one that `inner` is in: then a tail call
 * removed its frame.
 */
static bool names_another(struct unwinder *u, struct site *site, const struct site *inner)
{
    space_resolve_call(u->space, u->target, site);
    return site->callee && (site->callee < inner->start || site->callee >= inner->end);
}

/* Enters the frame at `site`, and before it the frame that a tail call removed. `inner` is the frame that
 * it called, NULL if it called none. */
static bool enter(struct unwinder *u, struct site *site, const struct site *inner)
{
    if (inner && inner->cfi == SITE_AT_END) {
        /* How it got to `inner` was inferred: sure only if the call says the same. */
        space_resolve_call(u->space, u->target, site);
        u->inexact = site->callee != inner->start;
    } else if (inner && inner->start && names_another(u, site, inner)) {
        if (!add_frame(u, (struct frame){ site->callee_image->number, FRAME_TAIL,
                                          site->callee_offset }))
            return false;
    }
    uint32_t module = site->image ? site->image->number : MODULE_ANON;
    uint32_t marks = (site->signal ? FRAME_SIGNAL : 0) | (site->entry ? FRAME_ENTRY : 0) |
                     (u->inexact ? FRAME_INEXACT : 0);
    return add_frame(u, (struct frame){ module, marks, site->offset });
}

/* Why a step failed. */
static enum stack_end failed_step(const struct unwinder *u)
{
    if (u->failure == -EPERM || u->failure == -EACCES)
        return STACK_MEMORY_DENIED;
    return u->failure ? STACK_UNREADABLE : STACK_BAD_CFI;
}

/* The outermost frame is one whose CFI says that there is no return address (rip undefined). */
static bool is_outermost(unw_cursor_t *cursor)
{
    unw_save_loc_t location;
    return !unw_get_save_loc(cursor, UNW_X86_64_RIP, &location) && location.type == UNW_SLT_NONE;
}

/*
 * Goes on beyond a signal frame without libunwind's cache: it is keyed by the pc alone, but the row for an
 * interrupted pc is looked up at pc, that for a return address at pc-1.
 */
static int restart(struct unwinder *u, unw_cursor_t *cursor, struct user_regs_struct *registers)
{
    for (int i = 0; i < REGISTERS; i++) {
        unw_word_t value = 0;
        unw_get_reg(cursor, i, &value);
        memcpy((char *)registers + register_offsets[i], &value, sizeof(value));
    }
    u->registers = registers;
    return unw_init_remote(cursor, u->uncached, u);
}

/* Steps outwards from `site` (the innermost frame) until the walk ends. */
static enum stack_end walk(struct unwinder *u, struct site *site, unw_cursor_t *cursor)
{
    struct user_regs_struct interrupted;
    unw_word_t ip, sp, last_sp = u->registers->rsp;
    const struct site *inner = NULL;
    int signal_frames = 0;
    bool reread = false;

    for (bool first = true;; first = false) {
        if (!enter(u, site, inner))
            return STACK_TOO_DEEP;
        if (site->cfi == SITE_ENTRY)
            return STACK_COMPLETE;
        if (site->cfi != SITE_COVERED && !(first && site->cfi == SITE_AT_END))
            return site->cfi == SITE_BAD_CFI ? STACK_BAD_CFI : STACK_NO_CFI;

        u->site = site;
        u->bias = site->bias;
        int step = unw_step(cursor);
        if (step < 0)
            return failed_step(u);
        if (step == 0)
            return is_outermost(cursor) ? STACK_COMPLETE : STACK_BAD_CFI;
        if (unw_get_reg(cursor, UNW_REG_IP, &ip) < 0 || unw_get_reg(cursor, UNW_REG_SP, &sp) < 0)
            return failed_step(u);
        /* In vfork(2) the return address is in a register and the stack does not move. */
        if (site->signal ? ++signal_frames > SIGNAL_FRAMES_MAX : sp < last_sp + !first)
            return STACK_CYCLE;
        last_sp = sp;
        if (site->signal && restart(u, cursor, &interrupted) < 0)
            return STACK_BAD_CFI;
        inner = site->signal ? NULL : site;
        site = find_site(u, site->signal ? ip : ip - 1, &reread);
        if (!site)
            return STACK_UNMAPPED_PC;
    }
}

enum stack_end unwind(struct unwinder *u, struct space *space, const struct target *target,
                      const struct user_regs_struct *registers)
{
    struct user_regs_struct start = *registers;
    unw_cursor_t cursor;
    bool reread = false;

    u->depth = 0;
    u->space = space;
    u->target = target;
    u->registers = &start;
    u->stack_start = registers->rsp;
    u->stack_size = 0;
    u->failure = 0;
    u->inexact = false;
    int error = space_update(space, u->images, target);
    if (error == -EPERM || error == -EACCES)
        return STACK_MEMORY_DENIED;
    struct site *site = find_site(u, registers->rip - SYSCALL_SIZE, &reread);
    if (!site)
        return error ? STACK_UNREADABLE : STACK_UNMAPPED_PC;
    if (registers->cs != CODE_64) {
        enter(u, site, NULL);
        return STACK_UNSUPPORTED_CODE;
    }
    if (!space->code->unwind_cache)
        space->code->unwind_cache = create_address_space(UNW_CACHE_GLOBAL);
    /* Not rip-2 but the second byte of the instruction: no return address, so libunwind's cache, keyed by
     * pc, cannot confuse this row with that of a caller. */
    start.rip = site->cfi == SITE_AT_END ? site->address - 1 : registers->rip - 1;
    u->site = site;
    if (!space->code->unwind_cache || unw_init_remote(&cursor, space->code->unwind_cache, u) < 0)
        return STACK_BAD_CFI;
    /* The map may be read again half-way: what the walk stands on must stay until it ends. */
    struct code *code = code_ref(space->code);
    enum stack_end end = walk(u, site, &cursor);
    code_unref(code);
    return end;
}

enum stack_end unwind_append(struct unwinder *u, const struct stack *spawner)
{
    for (uint32_t i = 0; i < spawner->depth; i++) {
        struct frame frame = spawner->frames[i];
        frame.marks |= FRAME_SPAWNED_BY;
        if (!add_frame(u, frame))
            return STACK_TOO_DEEP;
    }
    return spawner->end;
}
