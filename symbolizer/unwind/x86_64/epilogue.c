/* epilogue.c - a very small part of a processor (Intel SDM vol. 2). */
#include "epilogue.h"

#include <string.h>

enum {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    INSTRUCTIONS_MAX = 128,
    INSTRUCTION_SIZE = 15,
};

struct machine {
    struct unwinder *unwinder;
    struct value registers[EMULATED_REGISTERS];
    struct value zero; /* the zero flag */
    uint64_t ip;
    unsigned calls; /* of functions whose code is run, too, that have not returned yet */
};

/* One instruction with a ModRM byte, taken apart. */
struct operands {
    unsigned reg, rm;
    bool memory;          /* rm is in memory, */
    struct value address; /* at this address */
    bool wide;            /* 64 bits; else 32 */
};

struct instruction {
    const uint8_t *at, *end;
};

static uint64_t take_signed(struct instruction *code, size_t size)
{
    int8_t byte = 0;
    int32_t word = 0;

    if ((size_t)(code->end - code->at) < size)
        return 0;
    if (size == 1)
        memcpy(&byte, code->at, size);
    else
        memcpy(&word, code->at, size);
    code->at += size;
    return (uint64_t)(int64_t)(size == 1 ? byte : word);
}

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

/* The ModRM byte and what belongs to it. `behind`: how many bytes of the instruction follow. */
static struct operands take_operands(struct machine *m, struct instruction *code, unsigned rex,
                                     bool fs, size_t behind)
{
    unsigned modrm = (uint8_t)take_signed(code, 1), mod = modrm >> 6, rm = modrm & 7;
    struct operands ret = { .reg = (modrm >> 3 & 7) | (rex & 4) << 1,
                            .rm = rm | (rex & 1) << 3,
                            .memory = mod != 3,
                            .wide = rex & 8 };
    struct value index = known(0);

    if (!ret.memory)
        return ret;
    unsigned base = ret.rm;
    if (rm == 4) {
        unsigned sib = (uint8_t)take_signed(code, 1), scaled = (sib >> 3 & 7) | (rex & 2) << 2;
        base = (sib & 7) | (rex & 1) << 3;
        if (scaled != RSP)
            index = (struct value){ m->registers[scaled].known,
                                    m->registers[scaled].value << (sib >> 6) };
    }
    if (mod == 0 && (base & 7) == RBP) {
        ret.address = add(known(take_signed(code, 4)), index);
        if (rm != 4)
            ret.address.value +=
                m->ip + (uint64_t)(code->at - (code->end - INSTRUCTION_SIZE)) + behind;
    } else {
        ret.address = add(m->registers[base], index);
        ret.address.value += mod == 1 ? take_signed(code, 1) : mod == 2 ? take_signed(code, 4) : 0;
    }
    if (fs)
        ret.address.value += m->unwinder->start.fs_base;
    return ret;
}

static struct value narrow(struct value value, bool wide)
{
    return (struct value){ value.known, wide ? value.value : (uint32_t)value.value };
}

static struct value operand(struct machine *m, const struct operands *o)
{
    return narrow(o->memory ? load(m, o->address) : m->registers[o->rm], o->wide);
}

static void set_operand(struct machine *m, const struct operands *o, struct value value)
{
    value.known &= o->wide || !o->memory; /* of 8 bytes in memory only 4 are */
    if (o->memory)
        store(m, o->address, value);
    else
        m->registers[o->rm] = narrow(value, o->wide);
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
static void forget_registers(struct machine *m, const uint8_t *registers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        m->registers[registers[i]].known = false;
    m->zero.known = false;
}

static void forget_scratch(struct machine *m)
{
    static const uint8_t scratch[] = { RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11 };
    forget_registers(m, scratch, sizeof(scratch));
}

static void forget_by_syscall(struct machine *m)
{
    static const uint8_t changed[] = { RAX, RCX, R11 };
    forget_registers(m, changed, sizeof(changed));
}

/* add, and, sub and cmp of a number (the group of opcodes 81 and 83). False: another one of the
 * group. */
static bool run_arithmetic(struct machine *m, struct instruction *code, unsigned rex, bool fs,
                           size_t size)
{
    enum { ADD = 0, AND = 4, SUB = 5, CMP = 7 };
    struct operands o = take_operands(m, code, rex, fs, size);
    uint64_t number = take_signed(code, size);
    struct value value = operand(m, &o);

    switch (o.reg & 7) {
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
    value = narrow(value, o.wide);
    m->zero = (struct value){ value.known, !value.value };
    if ((o.reg & 7) != CMP)
        set_operand(m, &o, value);
    return true;
}

/* Goes on at the end of the instruction, or where it jumps to. */
static bool jump(struct machine *m, struct instruction *code, size_t size, struct value taken)
{
    uint64_t distance = take_signed(code, size);

    if (taken.value)
        m->ip += distance;
    return taken.known;
}

/* Calls a function whose code is known, and runs that too. */
static void call(struct machine *m, struct instruction *code)
{
    uint64_t distance = take_signed(code, 4);

    push(m, known(m->ip + (uint64_t)(code->at - (code->end - INSTRUCTION_SIZE))));
    m->ip += distance;
    m->calls++;
}

/* Calls by a pointer (of the group of opcode ff): C functions, which leave the stack and what they
 * preserve as they were. False: not a call. */
static bool call_by_pointer(struct machine *m, struct instruction *code, unsigned rex)
{
    enum { CALL = 2 };
    struct operands o = take_operands(m, code, rex, false, 0);

    forget_scratch(m);
    return (o.reg & 7) == CALL;
}

/* Runs one instruction but for `ret`; its bytes are at `code`. False: it is not known. */
static bool run_instruction(struct machine *m, struct instruction *code)
{
    bool fs = *code->at == 0x64;
    code->at += fs;
    unsigned rex = (*code->at & 0xf0) == 0x40 ? *code->at++ : 0, opcode = *code->at++;
    struct operands o;
    struct value value;

    switch (opcode) {
    case 0x01: /* add r, r/m */
    case 0x29: /* sub r, r/m */
        o = take_operands(m, code, rex, fs, 0);
        value = m->registers[o.reg];
        value.value = opcode == 0x29 ? -value.value : value.value;
        set_operand(m, &o, add(operand(m, &o), value));
        m->zero.known = false;
        return true;
    case 0x03: /* add r/m, r */
    case 0x2b: /* sub r/m, r */
        o = take_operands(m, code, rex, fs, 0);
        value = operand(m, &o);
        value.value = opcode == 0x2b ? -value.value : value.value;
        m->registers[o.reg] = narrow(add(m->registers[o.reg], value), o.wide);
        m->zero.known = false;
        return true;
    case 0x0f:
        forget_by_syscall(m);
        return (uint8_t)take_signed(code, 1) == 0x05;
    case 0x31: /* xor r, r/m: only to clear one */
        o = take_operands(m, code, rex, fs, 0);
        m->zero = known(1);
        set_operand(m, &o, known(0));
        return !o.memory && o.reg == o.rm;
    case 0x39: /* cmp r, r/m */
    case 0x3b: /* cmp r/m, r */
        o = take_operands(m, code, rex, fs, 0);
        compare(m, operand(m, &o), narrow(m->registers[o.reg], o.wide));
        return true;
    case 0x69: /* imul: what comes of it is no address */
        o = take_operands(m, code, rex, fs, 4);
        take_signed(code, 4);
        m->registers[o.reg].known = m->zero.known = false;
        return true;
    case 0x74: /* je */
    case 0x75: /* jne */
        return jump(m, code, 1, (struct value){ m->zero.known, m->zero.value == (opcode == 0x74) });
    case 0x81:
        return run_arithmetic(m, code, rex, fs, 4);
    case 0x83:
        return run_arithmetic(m, code, rex, fs, 1);
    case 0x85: /* test */
        o = take_operands(m, code, rex, fs, 0);
        value = operand(m, &o);
        value.known &= m->registers[o.reg].known;
        value.value &= m->registers[o.reg].value;
        compare(m, narrow(value, o.wide), known(0));
        return true;
    case 0x89: /* mov r, r/m */
        o = take_operands(m, code, rex, fs, 0);
        set_operand(m, &o, m->registers[o.reg]);
        return true;
    case 0x8b: /* mov r/m, r */
        o = take_operands(m, code, rex, fs, 0);
        m->registers[o.reg] = operand(m, &o);
        return true;
    case 0x8d: /* lea */
        o = take_operands(m, code, rex, false, 0);
        m->registers[o.reg] = narrow(o.address, o.wide);
        return o.memory;
    case 0xc7: /* mov number, r/m */
        o = take_operands(m, code, rex, fs, 4);
        set_operand(m, &o, known(take_signed(code, 4)));
        return true;
    case 0xe8:
        call(m, code);
        return true;
    case 0xeb:
        return jump(m, code, 1, known(true));
    case 0xe9:
        return jump(m, code, 4, known(true));
    case 0xff:
        return call_by_pointer(m, code, rex);
    default:
        break;
    }
    unsigned number = (opcode & 7) | (rex & 1) << 3;
    switch (opcode & 0xf8) {
    case 0x50:
        push(m, m->registers[number]);
        return true;
    case 0x58:
        m->registers[number] = pop(m);
        return true;
    case 0xb8: /* mov number, r; of 8 bytes it has another length */
        m->registers[number] = narrow(known(take_signed(code, 4)), false);
        return !(rex & 8);
    default:
        return false;
    }
}

static bool is_known(enum epilogue_registers which, unsigned number)
{
    switch (number) {
    case RAX: /* a system call changes these three */
    case RCX:
    case R11:
        return which == EPILOGUE_INTERRUPTED;
    case RBX:
    case RBP:
    case R12:
    case R13:
    case R14:
    case R15:
        return which != EPILOGUE_RSP;
    default:
        return which == EPILOGUE_ALL || which == EPILOGUE_INTERRUPTED;
    }
}

/* Where the code of the frame before was run too, what that has left. */
static void load_registers(struct machine *m, enum epilogue_registers which,
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
        (struct value){ which == EPILOGUE_INTERRUPTED && flags->known, !!(flags->value & ZERO) };
}

/* The function has returned: to the caller, whose position it is then. */
static enum step leave(struct machine *m, struct value ip, struct position *at)
{
    struct emulation *e = &m->unwinder->emulation;

    if (!ip.known || !ip.value)
        return STEP_UNKNOWN;
    *at = (struct position){ .ip = ip.value,
                             .sp = m->registers[RSP].value,
                             .bp = m->registers[RBP].value,
                             .bp_known = m->registers[RBP].known,
                             .lost = true };
    e->depth = m->unwinder->depth;
    memcpy(e->registers, m->registers, sizeof(e->registers));
    return STEP_OUT;
}

static enum step run(struct unwinder *u, enum epilogue_registers which,
                     const struct value registers[REGISTER_COUNT], struct position *at)
{
    struct machine m = { .unwinder = u, .ip = at->ip };
    const uint8_t ret = 0xc3;

    if (!unwinder_complete_start(u)) /* %fs is that of the start */
        return STEP_FAILED;
    load_registers(&m, which, registers);
    m.registers[RSP] = known(at->sp);
    for (int i = 0; i < INSTRUCTIONS_MAX && m.registers[RSP].known; i++) {
        uint8_t bytes[INSTRUCTION_SIZE];
        struct instruction code = { bytes, bytes + sizeof(bytes) };
        /* At the end of a mapping fewer bytes may be there than the longest instruction has. */
        ssize_t got = u->target->read(u->target->context, m.ip, bytes, sizeof(bytes));
        if (got <= 0)
            return STEP_UNKNOWN;
        memset(bytes + got, 0, sizeof(bytes) - (size_t)got);
        if (bytes[0] == ret) {
            struct value ip = pop(&m);
            if (!m.calls)
                return leave(&m, ip, at);
            if (!ip.known)
                return STEP_UNKNOWN;
            m.calls--;
            m.ip = ip.value;
            continue;
        }
        if (!run_instruction(&m, &code))
            return STEP_UNKNOWN;
        m.ip += (uint64_t)(code.at - bytes);
    }
    return STEP_UNKNOWN;
}

enum step epilogue_step(struct unwinder *u, const struct row *row, enum epilogue_registers which,
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
