/*
 * patch.c - decodes functions, and writes instructions.
 *
 *     before              after                pad                          stub
 *     mov  $39,%eax       jmp  pad             mov  $39,%eax                syscall
 *     syscall             syscall              no area? jmp syscall         mov  back,%rcx
 *     ...                 ...                  all registers to the area    jmp  *back
 *                                              call inside_find
 *                                              inc  (counter)
 *                                              all registers from the area
 *                                              jmp  *target
 */
#include "agent/patch.h"

#include <asm/hwcap2.h>
#include <string.h>
#include <sys/auxv.h>

#include "symbolizer/processor/x86_64/instruction.h"

enum { FEW = 4 };

/* ---- What can be moved ---- */

/* Does it neither change memory nor stack, nor depend on where it is? */
static bool is_movable(const struct instruction *i)
{
    const struct encoding *e = &i->encoding;
    const bool address_only = e->map == MAP_ONE && e->opcode == 0x8d;                    /* lea */
    const bool number = e->map == MAP_ONE && (e->opcode & 0xf8) == 0xb8 && e->rm != RSP; /* mov */
    const bool between =
        e->map == MAP_ONE && (e->opcode == 0x89 || e->opcode == 0x8b || e->opcode == 0x63);
    const bool logic = e->map == MAP_ONE && e->opcode < 0x40 && (e->opcode & 4) == 0;
    const bool by_number = e->map == MAP_ONE && (e->opcode == 0x81 || e->opcode == 0x83);
    const bool set = e->map == MAP_ONE && e->opcode == 0xc7;
    const bool from_stack = e->map == MAP_ONE && e->opcode == 0x8b && e->mod != 3 &&
                            e->index == NO_REGISTER && (e->base == RSP || e->base == RBP);

    if (i->flow != FLOW_NEXT || i->stack != STACK_SAME || i->rbp != RBP_SAME || e->lock ||
        e->segment || e->base == RIP)
        return false;
    if (address_only || from_stack)
        return e->reg != RSP;
    return number ||
           (e->mod == 3 && e->rm != RSP && e->reg != RSP && (between || logic || by_number || set));
}

/* The instructions that end at the call, as far as they matter: the last FEW. */
struct last {
    size_t start[FEW]; /* the latest first */
    bool movable[FEW];
    size_t count;
};

static void note(struct last *last, size_t start, bool movable)
{
    memmove(last->start + 1, last->start, (FEW - 1) * sizeof(*last->start));
    memmove(last->movable + 1, last->movable, (FEW - 1) * sizeof(*last->movable));
    last->start[0] = start;
    last->movable[0] = movable;
    last->count += last->count < FEW;
}

/* How many of them make room for a jump; 0: none do. */
static size_t choose(const struct last *last, size_t at)
{
    for (size_t i = 0; i < last->count && last->movable[i]; i++) {
        size_t size = at - last->start[i];
        if (size >= PATCH_SIZE)
            return size <= PATCH_MOVED_MAX ? i + 1 : 0;
    }
    return 0;
}

/* Can control come from within the function to one of [start, end), or is that not known? */
static bool is_jumped_into(const uint8_t *code, size_t size, size_t start, size_t end)
{
    struct instruction i;

    for (size_t from = 0; from < size; from += i.encoding.length) {
        if (!instruction_decode(code + from, size - from, &i) || i.flow == FLOW_COMPUTED)
            return true;
        int64_t to = (int64_t)(from + i.encoding.length) + i.target;
        bool jumps = i.flow == FLOW_JUMP || i.flow == FLOW_BRANCH || i.direct;
        if (jumps && to >= (int64_t)start && to < (int64_t)end)
            return true;
    }
    return false;
}

/* Is it what is put between functions, or between the end of a way through one and the next? */
static bool is_padding(const struct instruction *i)
{
    const struct encoding *e = &i->encoding;
    const bool breakpoint = e->map == MAP_ONE && e->opcode == 0xcc;
    const bool nop = e->map == MAP_ONE && e->opcode == 0x90 && !(e->rex & REX_B);
    const bool long_nop = e->map == MAP_0F && e->opcode == 0x1f;

    return breakpoint || nop || long_nop;
}

/* (From a breakpoint a debugger or a handler may go on.) */
static bool goes_on(const struct instruction *i)
{
    const bool breakpoint = i->encoding.map == MAP_ONE && i->encoding.opcode == 0xcc;

    return i->flow == FLOW_NEXT || i->flow == FLOW_BRANCH || i->flow == FLOW_CALL || breakpoint;
}

static bool is_near(size_t from, size_t to)
{
    int64_t distance = (int64_t)to - (int64_t)(from + PATCH_SHORT);
    return distance == (int8_t)distance;
}

/* Padding that is never executed, in the reach of a short jump at `start`; 0: there is none. */
static size_t find_hop(const uint8_t *code, size_t size, size_t padding, size_t start)
{
    struct instruction i;
    size_t begin = 0; /* of the padding that we are in; 0: in none */
    bool reached = true;

    for (size_t from = 0; from < size + padding; from += i.encoding.length) {
        if (!instruction_decode(code + from, size + padding - from, &i))
            return 0;
        if (!is_padding(&i) || (reached && !begin))
            begin = 0;
        else if (!begin)
            begin = from;
        size_t end = from + i.encoding.length;
        if (begin && end - begin >= PATCH_SIZE && is_near(start, begin) &&
            !is_jumped_into(code, size, begin, begin + PATCH_SIZE))
            return begin;
        reached = begin == 0 && goes_on(&i);
    }
    return 0;
}

void patch_take_padding(uint8_t *code, size_t size, size_t hop)
{
    const uint8_t ret = 0xc3, nop = 0x90;
    struct instruction i;
    size_t end = hop;

    while (end - hop < PATCH_SIZE && instruction_decode(code + end, size - end, &i))
        end += i.encoding.length;
    if (end - hop < PATCH_SIZE)
        return;
    memset(code + hop, ret, PATCH_SIZE);
    memset(code + hop + PATCH_SIZE, nop, end - hop - PATCH_SIZE);
}

enum patch_form patch_find(const uint8_t *code, size_t size, size_t padding, size_t at,
                           struct patch_room *room)
{
    struct last last = { .count = 0 };
    struct instruction i;
    size_t from = 0;

    if (at + 2 > size || code[at] != 0x0f || code[at + 1] != 0x05)
        return PATCH_NO_CALL;
    for (; from < at; from += i.encoding.length) {
        if (!instruction_decode(code + from, at - from, &i))
            return PATCH_UNDECODED;
        note(&last, from, is_movable(&i));
    }
    if (from != at)
        return PATCH_NO_CALL;
    const size_t count = choose(&last, at);
    *room = (struct patch_room){ .start = last.start[0] };
    if (count == 1)
        return PATCH_ONE;
    if (last.count && last.movable[0] && at - room->start >= PATCH_SHORT)
        room->hop = find_hop(code, size, padding, room->start);
    if (room->hop)
        return PATCH_HOP;
    if (!count)
        return PATCH_UNMOVABLE;
    room->start = last.start[count - 1];
    return is_jumped_into(code, size, room->start + 1, at) ? PATCH_JUMPED_INTO : PATCH_FEW;
}

/* ---- Pads and stubs ---- */

/* Code that is being written, which will be at `address`. */
struct writer {
    uint8_t *at;
    uint64_t address;
    bool failed;
};

static void put(struct writer *w, const void *bytes, size_t size)
{
    memcpy(w->at, bytes, size);
    w->at += size;
    w->address += size;
}

static void put_bytes(struct writer *w, unsigned count, uint64_t bytes)
{
    put(w, &bytes, count);
}

/* The displacement that leads to `target`, at the end of an instruction. */
static void put_distance(struct writer *w, uint64_t target)
{
    int64_t distance = (int64_t)(target - (w->address + sizeof(int32_t)));
    int32_t value = (int32_t)distance;

    w->failed |= value != distance;
    put(w, &value, sizeof(value));
}

enum { STORE = 0x89, LOAD = 0x8b, ADDRESS = 0x8d };

/* mov between a register and memory beside the instruction; or lea. */
static void put_near(struct writer *w, unsigned opcode, unsigned reg, uint64_t address)
{
    put_bytes(w, 1, 0x48 | (reg & 8 ? REX_R : 0));
    put_bytes(w, 1, opcode);
    put_bytes(w, 1, 0x05 | (reg & 7) << 3);
    put_distance(w, address);
}

/* The same of memory at an offset from another register. */
static void put_based(struct writer *w, unsigned opcode, unsigned reg, unsigned base, size_t offset)
{
    put_bytes(w, 1, 0x48 | (reg & 8 ? REX_R : 0) | (base & 8 ? REX_B : 0));
    put_bytes(w, 1, opcode);
    put_bytes(w, 1, 0x80 | (reg & 7) << 3 | (base & 7));
    put_bytes(w, 4, offset);
}

#define AT(field) offsetof(struct block_area, field)

static size_t register_at(unsigned reg)
{
    return AT(registers) + 8 * reg;
}

/* The call destroys RCX and R11, so that a pad may. RBX has the area while others are the agent's.
 */
enum { AREA_FIRST = R11, AREA_THEN = RBX };

/* Where in a pad what is true: offsets of instructions behind those that were moved. */
enum {
    BASED = 7, /* of an instruction as put_based() has it */
    FIND_AREA = 5 + 2 + 3 + 6 + 6 + 2 + 5,
    SAVED = FIND_AREA + (BLOCK_REGISTERS - 2) * BASED, /* all registers are in the area */
    FLAGS_SAVED = SAVED + BASED + 1, /* so are the flags, at the top of its stack */
    COUNTED = FLAGS_SAVED + 1 + 3 + 3 + 5 + 7 + 5 + BASED + 4,
    FLAGS_RESTORED = COUNTED + 6 + 4 + (BLOCK_REGISTERS - 4) * BASED + 1,
    PAD_END = FLAGS_RESTORED + 3 * BASED + 2,
};

_Static_assert(PAD_END + PATCH_MOVED_MAX <= PATCH_PAD_SIZE, "a pad has room");

/* The area of the thread to AREA_FIRST; if it has none, to the call. No flag is changed. */
static void put_find_area(struct writer *w, const struct patch *patch)
{
    put_bytes(w, 5, 0xc9ae0f48f3); /* rdgsbase %rcx */
    put_bytes(w, 2, 0x11e3);       /* jrcxz slow */
    put_bytes(w, 3, 0xcb8949);     /* mov %rcx,%r11 */
    put_bytes(w, 2, 0x898b);       /* mov mark(%rcx),%ecx */
    put_bytes(w, 4, AT(mark));
    put_bytes(w, 2, 0x898d); /* lea -MARK(%rcx),%ecx */
    put_bytes(w, 4, (uint32_t)-BLOCK_MARK);
    put_bytes(w, 2, 0x05e3); /* jrcxz found */
    put_bytes(w, 1, 0xe9);   /* slow: jmp call */
    put_distance(w, patch->address);
}

static bool is_saved(unsigned reg)
{
    return reg != RCX && reg != R11;
}

static void make_pad(struct writer *w, const struct patch *patch, uint32_t site, uint64_t near,
                     uint64_t find)
{
    put_find_area(w, patch);
    for (unsigned reg = 0; reg < BLOCK_REGISTERS; reg++)
        if (is_saved(reg))
            put_based(w, STORE, reg, AREA_FIRST, register_at(reg));
    put_based(w, ADDRESS, RSP, AREA_FIRST, sizeof(struct block_area));
    put_bytes(w, 1, 0x9c);     /* pushfq */
    put_bytes(w, 1, 0xfc);     /* cld */
    put_bytes(w, 3, 0xdb894c); /* mov %r11,%rbx */
    put_bytes(w, 3, 0xdf894c); /* mov %r11,%rdi */
    put_bytes(w, 1, 0xbe);     /* mov $site,%esi */
    put(w, &site, sizeof(site));
    put_near(w, ADDRESS, RDX, near + (BLOCK_TABLE - BLOCK_CODE));
    put_bytes(w, 1, 0xe8); /* call */
    put_distance(w, find);
    put_based(w, STORE, RAX, AREA_THEN, AT(counter));
    put_bytes(w, 4, 0x00ff48f0); /* lock incq (%rax) */
    put_bytes(w, 2, 0x83c7);     /* movl $0,inside(%rbx) */
    put_bytes(w, 4, AT(inside));
    put_bytes(w, 4, 0);
    for (unsigned reg = 0; reg < BLOCK_REGISTERS; reg++)
        if (is_saved(reg) && reg != RSP && reg != AREA_THEN)
            put_based(w, LOAD, reg, AREA_THEN, register_at(reg));
    put_bytes(w, 1, 0x9d); /* popfq */
    put_based(w, LOAD, RCX, AREA_THEN, AT(target));
    put_based(w, LOAD, RSP, AREA_THEN, register_at(RSP));
    put_based(w, LOAD, RBX, AREA_THEN, register_at(RBX));
    put_bytes(w, 2, 0xe1ff); /* jmp *%rcx */
}

enum { STUB_BACK = 16, CALL_SIZE = 2 };

static void make_stub(struct writer *w, const struct patch *patch)
{
    const uint64_t back = patch->stub + STUB_BACK, behind = patch->address + CALL_SIZE;

    put_bytes(w, CALL_SIZE, 0x050f); /* syscall */
    put_near(w, LOAD, RCX, back);    /* where the kernel has left its own pc */
    put_bytes(w, 2, 0x25ff);         /* jmp *back */
    put_distance(w, back);
    put_bytes(w, 1, 0xcc);
    put(w, &behind, sizeof(behind));
}

bool patch_make(const struct patch *patch, uint32_t site, uint64_t near, uint64_t find,
                uint8_t pad[static PATCH_PAD_SIZE], uint8_t stub[static PATCH_STUB_SIZE])
{
    struct writer to_pad = { .at = pad, .address = patch->pad };
    struct writer to_stub = { .at = stub, .address = patch->stub };

    memset(pad, 0xcc, PATCH_PAD_SIZE);
    memset(stub, 0xcc, PATCH_STUB_SIZE);
    put(&to_pad, patch->moved, patch->address - patch->start);
    make_pad(&to_pad, patch, site, near, find);
    make_stub(&to_stub, patch);
    return !to_pad.failed && !to_stub.failed;
}

static bool put_jump(uint64_t from, uint64_t to, uint8_t ret[static PATCH_SIZE])
{
    struct writer w = { .at = ret, .address = from };

    put_bytes(&w, 1, 0xe9);
    put_distance(&w, to);
    return !w.failed;
}

bool patch_jump(const struct patch *patch, uint8_t jump[static PATCH_SIZE],
                uint8_t hop[static PATCH_SIZE])
{
    if (!patch->hop)
        return put_jump(patch->start, patch->pad, jump);
    jump[0] = 0xeb;
    jump[1] = (uint8_t)(patch->hop - patch->start - PATCH_SHORT);
    return put_jump(patch->hop, patch->pad, hop);
}

/* ---- Places ---- */

enum { PADS = BLOCK_PAGE }; /* in BLOCK_CODE: behind inside_find() */

_Static_assert(PADS + BLOCK_SITES * PATCH_PAD_SIZE <= BLOCK_CODE_SIZE, "all pads have room");
_Static_assert(BLOCK_SITES *PATCH_STUB_SIZE <= BLOCK_STUBS_SIZE, "all stubs have room");

bool patch_is_possible(void)
{
    return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
}

void patch_set_places(struct patch *patch, uint32_t site, uint64_t near)
{
    patch->pad = near + PADS + (uint64_t)site * PATCH_PAD_SIZE;
    patch->stub = WINDOW + (uint64_t)site * PATCH_STUB_SIZE;
}

static uint64_t top(const struct block_area *area, unsigned index)
{
    uint64_t word;

    memcpy(&word, area->stack + sizeof(area->stack) - 8 * index, sizeof(word));
    return word;
}

uint32_t patch_site(const struct block_area *area, uint64_t near, uint64_t pc)
{
    if (pc - WINDOW < BLOCK_STUBS_SIZE)
        return (uint32_t)((pc - WINDOW) / PATCH_STUB_SIZE);
    if (pc - near < PADS)
        pc = area ? top(area, 2) : 0; /* its return address, below the flags */
    if (pc - (near + PADS) < (uint64_t)BLOCK_SITES * PATCH_PAD_SIZE)
        return (uint32_t)((pc - (near + PADS)) / PATCH_PAD_SIZE);
    return BLOCK_SITES;
}

/* ---- Back to the program's code ---- */

/* What the area has of the registers. */
static void restore(const struct block_area *area, struct patch_registers *r)
{
    for (unsigned reg = 0; reg < BLOCK_REGISTERS; reg++)
        if (is_saved(reg))
            r->all[reg] = area->registers[reg];
}

/* In the pad, so far behind the instructions that were moved. */
static enum patch_place return_from_pad(const struct patch *patch, const struct block_area *area,
                                        uint64_t offset, struct patch_registers *r)
{
    r->pc = patch->address;
    if (area && offset >= SAVED)
        restore(area, r);
    if (area && offset >= FLAGS_SAVED && offset < FLAGS_RESTORED)
        r->flags = top(area, 1);
    r->all[RCX] = r->all[R11] = 0;
    return offset >= COUNTED ? PATCH_COUNTED : PATCH_INSIDE;
}

static enum patch_place return_from_stub(const struct patch *patch, struct patch_registers *r)
{
    if (r->pc == patch->stub) {
        r->pc = patch->address;
        return PATCH_COUNTED;
    }
    r->pc = r->all[RCX] = patch->address + CALL_SIZE;
    return PATCH_CALLED;
}

enum patch_place patch_return(const struct patch *patch, const struct block_area *area,
                              struct patch_registers *r)
{
    const uint64_t moved = patch->address - patch->start, in_pad = r->pc - patch->pad;

    if (r->pc - patch->stub < PATCH_STUB_SIZE)
        return return_from_stub(patch, r);
    if (in_pad >= PATCH_PAD_SIZE)
        return return_from_pad(patch, area, FLAGS_SAVED, r);
    if (in_pad >= moved)
        return return_from_pad(patch, area, in_pad - moved, r);
    r->pc = patch->start + in_pad;
    return PATCH_MOVED;
}
