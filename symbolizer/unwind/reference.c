/*
 * reference.c - stepping by libunwind, over our accessors: registers read once, the stack in one
 * piece, tables from images in our memory. It is never left to guess: where no CFI covers a pc it
 * is told to stop (libunwind 1.6.2 would follow fp, and skip callers).
 */
#include "reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libunwind.h>

#include "symbolizer/unwind/emulator.h"
#include "symbolizer/unwind/registers.h"
#include "symbolizer/unwind/rowstep.h"

struct reference {
    unw_addr_space_t accessors;
    unw_cursor_t cursor;
    struct value registers[REGISTER_COUNT]; /* where it started, or starts again */
    const struct site *site;                /* of the step under way */
    enum {
        REFERENCE_AT_FRAME,
        /* The walk has gone on without its cursor, which starts again: */
        REFERENCE_CARRIED, /* with `registers` */
        REFERENCE_LOST,    /* with ip and sp, and perhaps fp */
    } state;
};

/*
 * libunwind's own search in .eh_frame_hdr for remote processes. Not in its headers, but exported
 * since 0.99 for users with their own find_proc_info (perf uses it so).
 */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
                                              unw_dyn_info_t *di, unw_proc_info_t *pi,
                                              int need_unwind_info, void *arg);

/* A word of the process: of an unwind table that we hold (of the image's bytes, which have been
 * checked, whatever the process has there), of the stack piece, or read now. */
static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write,
                      void *context)
{
    struct unwinder *u = context;

    (void)as;
    if (write)
        return -UNW_EINVAL;
    const struct site *site = u->reference->site;
    if (site->tables && cfi_word(site->tables, address - site->bias, value))
        return 0;
    return unwinder_read(u, address, value) ? 0 : -UNW_EINVAL;
}

/* libunwind's register numbers are DWARF's. One that is not known is not there: it must not
 * be taken for what it had elsewhere. */
static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value, int write,
                      void *context)
{
    const struct unwinder *u = context;

    (void)as;
    if (write || number < 0 || number >= DWARF_REGISTERS || !u->reference->registers[number].known)
        return -UNW_EBADREG;
    *value = u->reference->registers[number].value;
    return 0;
}

/*
 * The unwind entry for `ip`: the table is narrowed to the one entry that site_find has found and
 * checked. There always is one, since the walk does not step from an uncovered pc; should libunwind
 * ask for another, it must stop and not fall back to fp, which -UNW_ENOINFO would make it do.
 */
static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info,
                          int need_unwind_info, void *context)
{
    const struct site *site = ((struct unwinder *)context)->reference->site;
    const struct cfi *cfi = site->tables;
    unw_dyn_info_t table = { 0 };
    struct fde fde;

    if (!cfi || cfi_find(cfi, ip - site->bias, &fde) < 0 || site->bias + fde.start != site->start)
        return -UNW_ESTOPUNWIND;
    cfiprogram_strip(&fde);
    table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
    table.start_ip = site->bias + fde.start;
    table.end_ip = site->bias + fde.end;
    table.u.rti.segbase = site->bias + cfi->header.vaddr;
    table.u.rti.table_data = site->bias + fde.table_entry;
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

int reference_init(struct unwinder *u)
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

    u->reference = calloc(1, sizeof(*u->reference));
    if (!u->reference)
        return -ENOMEM;
    u->reference->accessors = unw_create_addr_space(&accessors, 0);
    if (!u->reference->accessors)
        return -ENOMEM;
    /* Its cache is keyed by the pc alone, be it a return address or one where a signal came. */
    unw_set_caching_policy(u->reference->accessors, UNW_CACHE_NONE);
    return 0;
}

void reference_deinit(struct unwinder *u)
{
    if (u->reference && u->reference->accessors)
        unw_destroy_addr_space(u->reference->accessors);
    free(u->reference);
}

void reference_lose(struct unwinder *u)
{
    u->reference->state = REFERENCE_LOST;
}

/* The outermost frame is one whose CFI says that there is no return address (REGISTER_RETURN
 * undefined). */
static bool is_outermost(unw_cursor_t *cursor)
{
    unw_save_loc_t location;
    return !unw_get_save_loc(cursor, REGISTER_RETURN, &location) && location.type == UNW_SLT_NONE;
}

/* Takes over the registers at which libunwind is. */
static void keep_registers(struct unwinder *u)
{
    struct value *registers = u->reference->registers;

    for (int i = 0; i < DWARF_REGISTERS; i++)
        registers[i].known = !unw_get_reg(&u->reference->cursor, i, &registers[i].value);
    registers[REGISTER_FLAGS].known = false;
    u->reference->state = REFERENCE_CARRIED;
}

/* Puts the cursor on a frame, for libunwind to start there: at the call and not behind it, for it
 * takes no return address to begin with. False: no memory. */
static bool start_at(struct unwinder *u, const struct site *site)
{
    u->reference->registers[REGISTER_PC].value = site->address - (site->cfi == SITE_AT_END);
    u->reference->site = site;
    u->reference->state = REFERENCE_AT_FRAME;
    return !unw_init_remote(&u->reference->cursor, u->reference->accessors, u);
}

/* Goes on from a frame to which another step has come: beyond a signal frame, Go's, or one that was
 * guessed. */
static bool resume_at(struct unwinder *u, const struct site *site, const struct position *at)
{
    struct value *registers = u->reference->registers;

    if (u->reference->state == REFERENCE_LOST) {
        memset(registers, 0, REGISTER_COUNT * sizeof(*registers));
        registers[REGISTER_PC].known = true;
        registers[REGISTER_FP] = (struct value){ at->fp_known, at->fp };
    }
    registers[REGISTER_SP] = (struct value){ true, at->sp };
    return start_at(u, site);
}

bool reference_begin(struct unwinder *u, const struct site *site)
{
    registers_split(&u->start, u->reference->registers);
    return start_at(u, site);
}

/* A register of the kernel's signal frame. */
static bool read_saved(struct unwinder *u, uint64_t frame, unsigned number)
{
    struct value *ret = &u->reference->registers[number];

    ret->known = unwinder_read(u, frame + registerset_signal_offset(number), &ret->value);
    return ret->known;
}

/* Over the kernel's signal frame, which has all registers. */
static enum step carry_signal(struct unwinder *u, const struct site *site, struct position *at)
{
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        if (!read_saved(u, at->sp, i))
            return STEP_FAILED;
    u->reference->state = REFERENCE_CARRIED;
    return unwinder_step(u, site, at);
}

/* libunwind knows nothing of Go's tables, nor of code without: over such a frame it is carried. */
static enum step carry(struct unwinder *u, const struct site *site, struct position *at)
{
    bool interrupted = u->depth > 1 && u->frames[u->depth - 2].marks & FRAME_SIGNAL;
    enum emulator_registers known = u->depth == 1 ? EMULATOR_ALL
                                    : interrupted ? EMULATOR_INTERRUPTED
                                    : at->lost    ? EMULATOR_SP
                                                  : EMULATOR_PRESERVED;

    if (site->row.kind == ROW_SIGNAL)
        return carry_signal(u, site, at);
    if (known == EMULATOR_PRESERVED)
        keep_registers(u);
    u->reference->state = REFERENCE_LOST;
    return site->row.kind == ROW_CODE
               ? emulator_step(u, &site->row, known, u->reference->registers, at)
               : unwinder_step(u, site, at);
}

/* Can libunwind 1.6.2 not follow the rules? It reads a register that another one has kept as it was
 * in the innermost frame, and takes the CFA for the stack pointer whatever they say. */
static bool is_beyond_libunwind(const struct site *site)
{
    bool beyond = !site->signal && row_moves_stack(&site->row);

    for (unsigned i = 0; site->row.kind == ROW_HARD && i < DWARF_REGISTERS; i++)
        beyond |= site->row.rules->registers[i].kind == RULE_IN_REGISTER;
    return beyond;
}

/* Over such a frame it is carried with all registers. */
static enum step carry_by_rules(struct unwinder *u, const struct site *site, struct position *at)
{
    const struct position from = *at;

    keep_registers(u);
    registers_set(&u->registers, u->reference->registers);
    enum step step = unwinder_step(u, site, at);
    if (step != STEP_OUT)
        return step;
    registers_follow(&u->registers, ROW_HARD, site->address, &from, at);
    registers_list(u, at, u->reference->registers);
    return STEP_OUT;
}

/* Why there is no value: memory that cannot be read, or one that is not known. */
static enum step missing(const struct unwinder *u)
{
    return u->failure ? STEP_FAILED : STEP_UNKNOWN;
}

/* Where the cursor has come to. */
static enum step read_position(struct unwinder *u, struct position *at)
{
    unw_cursor_t *cursor = &u->reference->cursor;
    unw_word_t ip, sp, fp;

    if (unw_get_reg(cursor, UNW_REG_IP, &ip) < 0 || unw_get_reg(cursor, UNW_REG_SP, &sp) < 0)
        return missing(u);
    bool fp_known = unw_get_reg(cursor, REGISTER_FP, &fp) >= 0;
    if (!fp_known && u->failure)
        return STEP_FAILED;
    if (!ip)
        return STEP_TO_ZERO;
    *at = (struct position){ ip, sp, fp_known ? fp : 0, fp_known, at->lost || !fp_known };
    return STEP_OUT;
}

enum step reference_step(struct unwinder *u, const struct site *site, struct position *at)
{
    const uint64_t frame = at->sp;

    if (site->go || (site->row.kind == ROW_SIGNAL && !site->start))
        return carry(u, site, at);
    if (u->reference->state != REFERENCE_AT_FRAME && !resume_at(u, site, at))
        return STEP_FAILED;
    if (is_beyond_libunwind(site))
        return carry_by_rules(u, site, at);
    u->reference->site = site;
    int result = unw_step(&u->reference->cursor);
    if (result < 0)
        return result == -UNW_EBADREG ? missing(u) : STEP_FAILED;
    if (result == 0 && is_outermost(&u->reference->cursor))
        return STEP_OUTERMOST;
    enum step step = read_position(u, at);
    if (result == 0 && step == STEP_OUT)
        return STEP_FAILED;
    if (step != STEP_OUT || !site->signal)
        return step;
    keep_registers(u); /* it has no flags */
    at->fp_known = true;
    at->lost = false;
    return read_saved(u, frame, REGISTER_FLAGS) ? STEP_OUT : STEP_FAILED;
}
