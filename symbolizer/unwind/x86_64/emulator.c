/* emulator.c - a very small part of a processor (Intel SDM vol. 2). */
#include "symbolizer/unwind/emulator.h"

#include <string.h>

#include "symbolizer/processor/x86_64/encoding.h"

enum { INSTRUCTIONS_MAX = 128, PREFIX_FS = 0x64, LEA = 0x8d };

/* One bit for each register: what C functions preserve, and not, beside rsp; what a system call
 * changes. */
enum {
    PRESERVED = 1 << RBX | 1 << RBP | 1 << R12 | 1 << R13 | 1 << R14 | 1 << R15,
    SCRATCH = 0xffff & ~(PRESERVED | 1 << RSP),
    BY_SYSCALL = 1 << RAX | 1 << RCX | 1 << R11,
};

struct machine {
    struct unwinder *unwinder;
    struct value registers[EMULATED_REGISTERS];
    struct value zero; /* the zero flag */
    uint64_t ip;       /* behind the instruction that is run */
    unsigned calls;    /* of functions whose code is run, too, that have not returned yet */
};

static struct value add(struct value a, struct value b)
{
    return (struct value){ a.known && b.known, a.value + b.value };
}

static struct value known(uint64_t value)
{
    return (struct value){ true, value };
}

/* The newest store that shares a byte with these 8; NULL: none. */
static struct store *find_store(struct emulation *e, uint64_t address)
{
    for (uint32_t i = e->count; i > 0; i--)
        if (address - e->stores[i - 1].address + 7 < 15)
            return &e->stores[i - 1];
    return NULL;
}

static struct value load(struct machine *m, struct value address)
{
    struct emulation *e = &m->unwinder->emulation;
    struct value ret = { 0 };

    if (!address.known || e->anywhere)
        return ret;
    const struct store *store = find_store(e, address.value);
    if (!store)
        ret.known = unwinder_read(m->unwinder, address.value, &ret.value);
    else if (store->address == address.value)
        ret = store->value;
    return ret;
}

static void store(struct machine *m, struct value address, struct value value)
{
    struct emulation *e = &m->unwinder->emulation;
    struct store *at = find_store(e, address.value);

    if (!at || at->address != address.value) /* one that only overlaps stays, older than this */
        at = e->count < STORES_MAX ? &e->stores[e->count++] : NULL;
    e->anywhere |= !address.known || !at;
    if (e->anywhere)
        return;
    *at = (struct store){ address.value, value };
}

static bool is_wide(const struct encoding *e)
{
    return e->rex & REX_W;
}

static struct value narrow(struct value value, bool wide)
{
    return (struct value){ value.known, wide ? value.value : (uint32_t)value.value };
}

/* Of the operand in memory. */
static struct value address_of(const struct machine *m, const struct encoding *e)
{
    struct value ret = known((uint64_t)(int64_t)e->displacement);

    if (e->base == RIP)
        ret.value += m->ip;
    else if (e->base != NO_REGISTER)
        ret = add(ret, m->registers[e->base]);
    if (e->index != NO_REGISTER) {
        struct value index = m->registers[e->index];
        index.value <<= e->scale;
        ret = add(ret, index);
    }
    if (e->segment && e->opcode != LEA)
        ret.value += m->unwinder->start.thread_pointer;
    return ret;
}

/* The operands of ModRM. */
static struct value rm_of(struct machine *m, const struct encoding *e)
{
    return narrow(e->mod == 3 ? m->registers[e->rm] : load(m, address_of(m, e)), is_wide(e));
}

static struct value reg_of(const struct machine *m, const struct encoding *e)
{
    return narrow(m->registers[e->reg], is_wide(e));
}

static void set_rm(struct machine *m, const struct encoding *e, struct value value)
{
    value.known &= is_wide(e) || e->mod == 3; /* of 8 bytes in memory only 4 are */
    if (e->mod == 3)
        m->registers[e->rm] = narrow(value, is_wide(e));
    else
        store(m, address_of(m, e), value);
}

static void set_reg(struct machine *m, const struct encoding *e, struct value value)
{
    m->registers[e->reg] = narrow(value, is_wide(e));
}

static struct value pop(struct machine *m)
{
    struct value value = load(m, m->registers[RSP]);

    m->registers[RSP].value += 8;
    return value;
}

static void push(struct machine *m, struct value value)
{
    m->registers[RSP].value -= 8;
    store(m, m->registers[RSP], value);
}

/* The zero flag after a comparison. */
static void compare(struct machine *m, struct value a, struct value b)
{
    m->zero = (struct value){ a.known && b.known, a.value == b.value };
}

/* What C functions do not preserve, nor a system call, is not known any more. */
static void forget(struct machine *m, unsigned registers)
{
    for (unsigned i = 0; i < EMULATED_REGISTERS; i++)
        m->registers[i].known &= !(registers >> i & 1);
    m->zero.known = false;
}

/* add, and, sub and cmp of a number (the group of opcodes 81 and 83). False: another one of the
 * group. */
static bool run_arithmetic(struct machine *m, const struct encoding *e)
{
    enum { ADD = 0, AND = 4, SUB = 5, CMP = 7 };
    const uint64_t number = (uint64_t)e->immediate;
    struct value value = rm_of(m, e);

    switch (e->reg & 7) {
    case ADD:
        value.value += number;
        break;
    case AND:
        value.value &= number;
        break;
    case SUB:
    case CMP:
        value.value -= number;
        break;
    default:
        return false;
    }
    value = narrow(value, is_wide(e));
    compare(m, value, known(0));
    if ((e->reg & 7) != CMP)
        set_rm(m, e, value);
    return true;
}

/* add and sub of two operands: to rm, or by bit 1 to reg. */
static void run_sum(struct machine *m, const struct encoding *e)
{
    bool to_reg = e->opcode & 2, subtract = e->opcode >= 0x28;
    struct value rm = rm_of(m, e), reg = reg_of(m, e);
    struct value to = to_reg ? reg : rm, value = to_reg ? rm : reg;

    value.value = subtract ? -value.value : value.value;
    (to_reg ? set_reg : set_rm)(m, e, add(to, value));
    m->zero.known = false;
}

static void run_test(struct machine *m, const struct encoding *e)
{
    struct value rm = rm_of(m, e), reg = reg_of(m, e);

    rm.value &= reg.value;
    rm.known &= reg.known;
    compare(m, rm, known(0));
}

/* Goes on at the end of the instruction, or where it jumps to. */
static bool jump(struct machine *m, const struct encoding *e, struct value taken)
{
    if (taken.value)
        m->ip += (uint64_t)e->immediate;
    return taken.known;
}

/* Calls a function whose code is known, and runs that too. */
static void call(struct machine *m, const struct encoding *e)
{
    push(m, known(m->ip));
    m->ip += (uint64_t)e->immediate;
    m->calls++;
}

/* Runs one of the opcodes that have the number of a register in them. */
static bool run_short(struct machine *m, const struct encoding *e)
{
    switch (e->opcode & 0xf8) {
    case 0x50:
        push(m, m->registers[e->rm]);
        return true;
    case 0x58:
        m->registers[e->rm] = pop(m);
        return true;
    case 0xb8: /* mov number, r */
        set_rm(m, e, known((uint64_t)e->immediate));
        return true;
    default:
        return false;
    }
}

/* Returns from a function that was called here. */
static bool run_return(struct machine *m)
{
    struct value ip = pop(m);

    m->calls--;
    m->ip = ip.value;
    return ip.known;
}

/* Runs one instruction. False: it is not known. */
static bool run_instruction(struct machine *m, const struct encoding *e)
{
    if (e->operand16 || e->address32 || (e->segment && e->segment != PREFIX_FS) || e->map > MAP_0F)
        return false;
    if (e->map == MAP_0F) {
        forget(m, BY_SYSCALL);
        return e->opcode == 0x05;
    }
    switch (e->opcode) {
    case 0x01: /* add r, r/m */
    case 0x03: /* add r/m, r */
    case 0x29: /* sub r, r/m */
    case 0x2b: /* sub r/m, r */
        run_sum(m, e);
        return true;
    case 0x31: /* xor r, r/m: only to clear one */
        m->zero = known(1);
        set_rm(m, e, known(0));
        return e->mod == 3 && e->reg == e->rm;
    case 0x39: /* cmp r, r/m */
    case 0x3b: /* cmp r/m, r */
        compare(m, rm_of(m, e), reg_of(m, e));
        return true;
    case 0x69: /* imul: what comes of it is no address */
        m->registers[e->reg].known = m->zero.known = false;
        return true;
    case 0x74: /* je */
    case 0x75: /* jne */
        return jump(m, e, (struct value){ m->zero.known, m->zero.value == (e->opcode == 0x74) });
    case 0x81:
    case 0x83:
        return run_arithmetic(m, e);
    case 0x85:
        run_test(m, e);
        return true;
    case 0x89: /* mov r, r/m */
        set_rm(m, e, m->registers[e->reg]);
        return true;
    case 0x8b: /* mov r/m, r */
        set_reg(m, e, rm_of(m, e));
        return true;
    case LEA:
        set_reg(m, e, address_of(m, e));
        return true;
    case 0xc3:
        return run_return(m);
    case 0xc7: /* mov number, r/m */
        set_rm(m, e, known((uint64_t)e->immediate));
        return e->reg == 0;
    case 0xe8:
        call(m, e);
        return true;
    case 0xe9:
    case 0xeb:
        return jump(m, e, known(true));
    case 0xff: /* call by a pointer: C functions, which leave the stack as it was */
        forget(m, SCRATCH);
        return (e->reg & 7) == 2;
    default:
        return run_short(m, e);
    }
}

static bool is_known(enum emulator_registers which, unsigned number)
{
    if (BY_SYSCALL >> number & 1)
        return which == EMULATOR_INTERRUPTED;
    if (PRESERVED >> number & 1)
        return which != EMULATOR_SP;
    return which == EMULATOR_ALL || which == EMULATOR_INTERRUPTED;
}

/* Where the code of the frame before was run too, what that has left. */
static void load_registers(struct machine *m, enum emulator_registers which,
                           const struct value registers[REGISTER_COUNT])
{
    enum { ZERO = 1 << 6 };
    static const uint8_t numbers[EMULATED_REGISTERS] = { DWARF_RAX, DWARF_RCX, DWARF_RDX, DWARF_RBX,
                                                         DWARF_RSP, DWARF_RBP, DWARF_RSI, DWARF_RDI,
                                                         8,         9,         10,        11,
                                                         12,        13,        14,        15 };
    const struct unwinder *u = m->unwinder;
    const struct value *flags = &registers[REGISTER_FLAGS];

    if (u->depth > 1 && u->emulation.depth == u->depth - 1) {
        memcpy(m->registers, u->emulation.registers, sizeof(m->registers));
        return;
    }
    for (unsigned i = 0; i < EMULATED_REGISTERS; i++) {
        m->registers[i] = registers[numbers[i]];
        m->registers[i].known &= is_known(which, i);
    }
    m->zero =
        (struct value){ which == EMULATOR_INTERRUPTED && flags->known, !!(flags->value & ZERO) };
}

/* The function has returned: to the caller, whose position it is then. */
static enum step leave(struct machine *m, struct value ip, struct position *at)
{
    struct emulation *e = &m->unwinder->emulation;

    if (!ip.known || !ip.value)
        return STEP_UNKNOWN;
    *at = (struct position){ .ip = ip.value,
                             .sp = m->registers[RSP].value,
                             .fp = m->registers[RBP].value,
                             .fp_known = m->registers[RBP].known,
                             .lost = true };
    e->depth = m->unwinder->depth;
    memcpy(e->registers, m->registers, sizeof(e->registers));
    return STEP_OUT;
}

/* At the end of a mapping fewer bytes may be there than the longest instruction has. */
static bool decode(const struct machine *m, struct encoding *ret)
{
    const struct target *target = m->unwinder->target;
    uint8_t bytes[INSTRUCTION_MAX];
    ssize_t got = target->read(target->context, m->ip, bytes, sizeof(bytes));

    return got > 0 && encoding_decode(bytes, (size_t)got, ret);
}

static enum step run(struct unwinder *u, enum emulator_registers which,
                     const struct value registers[REGISTER_COUNT], struct position *at)
{
    struct machine m = { .unwinder = u, .ip = at->ip };
    struct encoding e;

    if (!unwinder_complete_start(u)) /* %fs is that of the start */
        return STEP_FAILED;
    load_registers(&m, which, registers);
    m.registers[RSP] = known(at->sp);
    for (int i = 0; i < INSTRUCTIONS_MAX && m.registers[RSP].known && decode(&m, &e); i++) {
        m.ip += e.length;
        if (e.map == MAP_ONE && e.opcode == 0xc3 && !m.calls)
            return leave(&m, pop(&m), at);
        if (!run_instruction(&m, &e))
            return STEP_UNKNOWN;
    }
    return STEP_UNKNOWN;
}
enum step emulator_step(struct unwinder *u, const struct row *row, enum emulator_registers which,
                        const struct value registers[REGISTER_COUNT], struct position *at)
{
    enum step found = run(u, which, registers, at);
    uint64_t cfa = at->sp + (uint64_t)(int64_t)row->cfa_offset;

    if (found != STEP_UNKNOWN || !row->cfa_offset)
        return found;
    if (!unwinder_read(u, cfa - 8, &at->ip))
        return STEP_FAILED;
    *at = (struct position){ .ip = at->ip, .sp = cfa, .lost = true };
    return at->ip ? STEP_OUT : STEP_FAILED;
}
