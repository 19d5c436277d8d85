/*
 * reference.c - stepping by libunwind, over our accessors: registers read once, the stack in one
 * piece, tables from images in our memory. It is never left to guess: where no CFI covers a pc it
 * is told to stop (libunwind 1.6.2 would follow %rbp, and skip callers).
 */
#include "reference.h"

#include <errno.h>
#include <string.h>

#include <libunwind.h>

#include "symbolizer/epilogue.h"

/*
 * libunwind's own search in .eh_frame_hdr for remote processes. Not in its headers, but exported
 * since 0.99 for users with their own find_proc_info (perf uses it so).
 */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
                                              unw_dyn_info_t *di, unw_proc_info_t *pi,
                                              int need_unwind_info, void *arg);

enum { CACHED_ROWS = 512 }; /* of libunwind's cache, for each struct code */

/* libunwind's x86-64 register numbers are DWARF's (psABI figure 3.36). */
#define AT(name) offsetof(struct user_regs_struct, name)
static const size_t register_offsets[] = {
    AT(rax), AT(rdx), AT(rcx), AT(rbx), AT(rsi), AT(rdi), AT(rbp), AT(rsp), AT(r8),
    AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15), AT(rip),
};
enum { REGISTERS = sizeof(register_offsets) / sizeof(*register_offsets) };

/* A word of the process: of an unwind table that we hold (of the image's bytes, which have been
 * checked, whatever the process has there), of the stack piece, or read now. */
static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write,
                      void *context)
{
    struct unwinder *u = context;

    (void)as;
    if (write)
        return -UNW_EINVAL;
    if (u->site->tables && cfi_word(u->site->tables, address - u->site->bias, value))
        return 0;
    return unwinder_read(u, address, value) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value, int write,
                      void *context)
{
    const struct unwinder *u = context;

    (void)as;
    if (write || number < 0 || number >= REGISTERS)
        return -UNW_EBADREG;
    memcpy(value, (const char *)&u->registers + register_offsets[number], sizeof(*value));
    return 0;
}

/*
 * The unwind entry for `ip`: the table is narrowed to the one entry that space_site has found and
 * checked. There always is one, since the walk does not step from an uncovered pc; should libunwind
 * ask for another, it must stop and not fall back to %rbp, which -UNW_ENOINFO would make it do.
 */
static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info,
                          int need_unwind_info, void *context)
{
    struct unwinder *u = context;
    const struct cfi *cfi = u->site->tables;
    unw_dyn_info_t table = { 0 };
    struct fde fde;

    if (!cfi || cfi_find(cfi, ip - u->site->bias, &fde) < 0 ||
        u->site->bias + fde.start != u->site->start)
        return -UNW_ESTOPUNWIND;
    table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
    table.start_ip = u->site->bias + fde.start;
    table.end_ip = u->site->bias + fde.end;
    table.u.rti.segbase = u->site->bias + cfi->header.vaddr;
    table.u.rti.table_data = u->site->bias + fde.table_entry;
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

int reference_init(struct unwinder *u)
{
    u->uncached = create_address_space(UNW_CACHE_NONE);
    return u->uncached ? 0 : -ENOMEM;
}

void reference_cache_destroy(void *cache)
{
    if (cache)
        unw_destroy_addr_space(cache);
}

/* The outermost frame is one whose CFI says that there is no return address (rip undefined). */
static bool is_outermost(unw_cursor_t *cursor)
{
    unw_save_loc_t location;
    return !unw_get_save_loc(cursor, UNW_X86_64_RIP, &location) && location.type == UNW_SLT_NONE;
}

/* Takes over the registers at which libunwind is. */
static void keep_registers(struct unwinder *u)
{
    for (int i = 0; i < REGISTERS; i++) {
        unw_word_t value = 0;
        unw_get_reg(&u->cursor, i, &value);
        memcpy((char *)&u->registers + register_offsets[i], &value, sizeof(value));
    }
}

/*
 * Goes on from a frame to which another step has come: beyond a signal frame, Go's, or one that was
 * guessed. At the call and not behind it, for libunwind takes no return address to begin with; and
 * without its cache, which is keyed by the pc alone, be it that or a return address.
 */
static bool resume_at(struct unwinder *u, const struct site *site, const struct position *at)
{
    u->registers.rip = site->address;
    u->registers.rsp = at->sp;
    u->registers.rbp = at->bp;
    u->carried = false;
    return !unw_init_remote(&u->cursor, u->uncached, u);
}

bool reference_begin(struct unwinder *u, const struct site *site,
                     const struct user_regs_struct *registers)
{
    struct code *code = u->space->code;

    if (!code->unwind_cache)
        code->unwind_cache = create_address_space(UNW_CACHE_GLOBAL);
    u->site = site;
    u->registers = *registers;
    u->carried = false;
    /* Not rip-2 but the second byte of the instruction: no return address, so libunwind's cache,
     * keyed by pc, cannot confuse this row with that of a caller. */
    u->registers.rip = site->cfi == SITE_AT_END ? site->address - 1 : site->address + 1;
    return code->unwind_cache && !unw_init_remote(&u->cursor, code->unwind_cache, u);
}

enum { SAVED_FLAGS = 17 };

/* A register of the kernel's signal frame (struct sigcontext), by its place there. */
static bool read_saved(struct unwinder *u, uint64_t frame, size_t place, size_t offset)
{
    enum { FIRST = 40 };
    uint64_t value;

    if (!unwinder_read(u, frame + FIRST + 8 * place, &value))
        return false;
    memcpy((char *)&u->registers + offset, &value, sizeof(value));
    return true;
}

/* Over the kernel's signal frame, which has all registers. */
static enum step carry_signal(struct unwinder *u, const struct site *site, struct position *at)
{
    static const size_t saved[] = {
        AT(r8),  AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15), AT(rdi),
        AT(rsi), AT(rbp), AT(rbx), AT(rdx), AT(rax), AT(rcx), AT(rsp), AT(rip), AT(eflags),
    };

    for (size_t i = 0; i < sizeof(saved) / sizeof(*saved); i++)
        if (!read_saved(u, at->sp, i, saved[i]))
            return STEP_FAILED;
    enum step step = unwinder_step(u, site, at);
    at->lost = false;
    return step;
}

/* libunwind knows nothing of Go's tables, nor of code without: over such a frame it is carried. */
static enum step carry(struct unwinder *u, const struct site *site, struct position *at)
{
    bool interrupted = u->depth > 1 && u->frames[u->depth - 2].marks & FRAME_SIGNAL;
    enum epilogue_registers known = u->depth == 1 ? EPILOGUE_ALL
                                    : interrupted ? EPILOGUE_INTERRUPTED
                                    : at->lost    ? EPILOGUE_RSP
                                                  : EPILOGUE_PRESERVED;

    if (known == EPILOGUE_PRESERVED)
        keep_registers(u);
    u->carried = true;
    if (site->row.kind == ROW_SIGNAL)
        return carry_signal(u, site, at);
    return site->row.kind == ROW_CODE ? epilogue_step(u, &site->row, known, at)
                                      : unwinder_step(u, site, at);
}

/* Can libunwind step from here, where only rsp is known for sure, and perhaps rbp? */
static bool needs_no_other(const struct site *site, const struct position *at)
{
    return site->signal || site->row.kind == ROW_OUTERMOST || site->row.kind == ROW_CFA_RSP ||
           (site->row.kind == ROW_CFA_RBP && at->bp_known);
}

/* Can it likely? Frames that are marked inexact may rest on that. */
static bool may_try(const struct unwinder *u, const struct site *site, const struct position *at)
{
    return u->inexact && at->bp_known && site->row.expression;
}

enum step reference_step(struct unwinder *u, const struct site *site, struct position *at)
{
    unw_word_t ip, sp, bp;

    if (site->go || (site->row.kind == ROW_SIGNAL && !site->start))
        return carry(u, site, at);
    if (at->lost && !needs_no_other(site, at) && !may_try(u, site, at))
        return STEP_UNKNOWN;
    u->site = site;
    if (u->carried && !resume_at(u, site, at))
        return STEP_FAILED;
    const uint64_t frame = at->sp;
    int step = unw_step(&u->cursor);
    if (step < 0)
        return STEP_FAILED;
    if (step == 0 && is_outermost(&u->cursor))
        return STEP_OUTERMOST;
    if (unw_get_reg(&u->cursor, UNW_REG_IP, &ip) < 0 ||
        unw_get_reg(&u->cursor, UNW_REG_SP, &sp) < 0 ||
        unw_get_reg(&u->cursor, UNW_X86_64_RBP, &bp) < 0)
        return STEP_FAILED;
    if (!ip)
        return STEP_TO_ZERO;
    if (step == 0)
        return STEP_FAILED;
    at->ip = ip;
    at->sp = sp;
    at->bp = bp;
    at->bp_known |= !at->lost || site->row.rbp_offset;
    if (!site->signal)
        return STEP_OUT;
    at->bp_known = true;
    at->lost = false;
    keep_registers(u);
    u->carried = true;
    return read_saved(u, frame, SAVED_FLAGS, AT(eflags)) ? STEP_OUT : STEP_FAILED;
}
