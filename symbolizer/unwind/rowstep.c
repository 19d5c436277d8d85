/* rowstep.c - one function a kind of row. */
#include "rowstep.h"

#include "symbolizer/unwind/emulator.h"
#include "symbolizer/unwind/registers.h"

/* Steps over the kernel's signal frame, whose return address has been popped. */
static enum step signal_step(struct unwinder *u, struct position *at)
{
    if (!unwinder_read(u, at->sp + registerset_signal_offset(REGISTER_FP), &at->fp) ||
        !unwinder_read(u, at->sp + registerset_signal_offset(REGISTER_PC), &at->ip) ||
        !unwinder_read(u, at->sp + registerset_signal_offset(REGISTER_SP), &at->sp))
        return STEP_FAILED;
    at->fp_known = true;
    at->lost = false;
    return at->ip ? STEP_OUT : STEP_FAILED;
}

/* Steps to the caller in a frame whose CFA is known. */
static enum step frame_step(struct unwinder *u, const struct row *row, uint64_t cfa,
                            struct position *at)
{
    if (row->fp_offset && !unwinder_read(u, cfa + (uint64_t)(int64_t)row->fp_offset, &at->fp))
        return STEP_FAILED;
    at->fp_known |= row->fp_offset != 0;
    if (row->kind != ROW_IN_REGISTER && !unwinder_read(u, cfa + RETURN_AT_CFA, &at->ip))
        return STEP_FAILED;
    at->sp = cfa;
    return at->ip ? STEP_OUT : STEP_TO_ZERO;
}

/* The same with the return address in a register. */
static enum step register_step(struct unwinder *u, const struct row *row, struct position *at)
{
    enum step found = registers_find(u, at, REGISTER_OF_VFORK, &at->ip);

    return found == STEP_OUT ? frame_step(u, row, at->sp + (uint64_t)(int64_t)row->cfa_offset, at)
                             : found;
}

/* By running the function's code, with all that is known of the registers. */
static enum step code_step(struct unwinder *u, const struct row *row, struct position *at)
{
    const struct registers *r = &u->registers;
    struct value registers[REGISTER_COUNT];
    enum emulator_registers known = !registers_at_origin(r)
                                        ? (at->lost ? EMULATOR_SP : EMULATOR_PRESERVED)
                                    : r->origin == REGISTERS_START ? EMULATOR_ALL
                                                                   : EMULATOR_INTERRUPTED;

    registers_list(u, at, registers);
    return emulator_step(u, row, known, registers, at);
}

/* Steps outwards by a row. */
enum step step_by_row(struct unwinder *u, const struct row *row, struct position *at)
{
    uint64_t offset = (uint64_t)(int64_t)row->cfa_offset;
    enum step found;

    switch (row->kind) {
    case ROW_OUTERMOST:
        return STEP_OUTERMOST;
    case ROW_CFA_SP:
        return frame_step(u, row, at->sp + offset, at);
    case ROW_CFA_FP:
        found = unwinder_find_fp(u, at);
        return found == STEP_OUT ? frame_step(u, row, at->fp + offset, at) : found;
    case ROW_GO:
        at->fp_known = false;
        at->lost = true;
        return frame_step(u, row, at->sp + offset, at);
    case ROW_CODE:
        return code_step(u, row, at);
    case ROW_SIGNAL:
        return signal_step(u, at);
    case ROW_IN_REGISTER:
        return register_step(u, row, at);
    case ROW_HARD:
        u->hard = true;
        return registers_step(u, row->rules, at);
    default:
        return STEP_FAILED;
    }
}

enum step unwinder_step(struct unwinder *u, const struct site *site, struct position *at)
{
    return step_by_row(u, &site->row, at);
}
