/*
 * unwind.c - fuzzes the whole walk (symbolizer/unwind/unwind.c and all that it stands on): a
 * process of which registers, map, stack and the one file that it maps are the input's. The input
 * is a struct head, then the texts of its map, the stack, and the file.
 */
#include "fuzz.h"

#include <errno.h>

#include "report/attribute.h"
#include "symbolizer/unwind/unwind.h"

enum {
    HEAD_SIZE = 70,
    STACK_ROOM = 1 << 16, /* how much memory a mapping "[stack]" has at most */
    MODULES = MODULE_FIRST + 1000,
    DEPTH_FEW = 1000, /* frames that are walked in no time */
};

/* What the process is. */
struct process {
    struct registerset registers;
    bool has_file;     /* its file can be opened; else it is read from memory */
    bool repeat_stack; /* its stack has the same bytes again and again */
    bool denied;       /* the kernel refuses us its memory */
    const uint8_t *maps, *stack, *file;
    size_t maps_size, stack_size, file_size;
    /* The map is several texts, each ended by NUL: it changes when it is read again. */
    size_t maps_at;
    char *map;
    int64_t modules;
};

static ssize_t read_stack(const struct process *p, uint64_t at, uint8_t *buffer, size_t size)
{
    uint64_t room = p->repeat_stack && p->stack_size ? STACK_ROOM : p->stack_size;
    size_t done = 0;

    if (at >= room)
        return 0;
    if (size > room - at)
        size = room - at;
    while (done < size) {
        size_t from = (at + done) % p->stack_size, piece = p->stack_size - from;
        if (piece > size - done)
            piece = size - done;
        memcpy(buffer + done, p->stack + from, piece);
        done += piece;
    }
    return (ssize_t)size;
}

/* A mapping beyond the end of its file has zeros. */
static ssize_t read_file(const struct process *p, uint64_t at, uint8_t *buffer, size_t size)
{
    size_t have = at >= p->file_size ? 0 : p->file_size - at < size ? p->file_size - at : size;

    memset(buffer, 0, size);
    memcpy(buffer, p->file + (have ? at : 0), have);
    return (ssize_t)size;
}

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    const struct process *p = context;
    const char *text = p->map ? p->map : "";
    struct mapping m;

    if (p->denied)
        return -EPERM;
    while (maps_next(&text, &m) > 0) {
        if (address < m.start || address >= m.end)
            continue;
        if (size > m.end - address)
            size = m.end - address;
        ssize_t got = m.path_length == 7 && !memcmp(m.path, "[stack]", 7)
                          ? read_stack(p, address - m.start, buffer, size)
                          : read_file(p, m.offset + (address - m.start), buffer, size);
        return got ? got : -EFAULT;
    }
    return -EFAULT;
}

static int read_maps(void *context, char **ret)
{
    struct process *p = context;

    if (!p->map || p->maps_at < p->maps_size) {
        free(p->map);
        p->map = strndup((const char *)p->maps + p->maps_at, p->maps_size - p->maps_at);
        p->maps_at += strlen(p->map) + 1;
    }
    *ret = strdup(p->map);
    return 0;
}

static int read_registers(void *context, struct registerset *ret)
{
    *ret = ((const struct process *)context)->registers;
    return 0;
}

static int open_mapped(void *context, const struct mapping *mapping, const char *path)
{
    const struct process *p = context;

    (void)mapping;
    return p->has_file && *path == '/' ? make_file(p->file, p->file_size) : -ENOENT;
}

static int64_t number_module(void *context, const struct module *module)
{
    struct process *p = context;

    (void)module;
    return p->modules < MODULES ? p->modules++ : -ENOMEM;
}

static struct process read_process(const uint8_t *data, size_t size)
{
    struct input in = { data, data + size };
    struct process p = { .modules = MODULE_FIRST };
    uint64_t *r = p.registers.all;

    r[REGISTER_PC] = take_number(&in, 8);
    r[REGISTER_SP] = take_number(&in, 8);
    r[REGISTER_FP] = take_number(&in, 8);
    r[DWARF_RBX] = take_number(&in, 8);
    r[12] = take_number(&in, 8);
    r[13] = take_number(&in, 8);
    r[14] = take_number(&in, 8);
    r[15] = take_number(&in, 8);
    p.registers.foreign = take_number(&in, 1) != 0x33;
    uint64_t flags = take_number(&in, 1);
    p.has_file = flags & 1;
    p.repeat_stack = flags & 2;
    p.denied = flags & 4;
    size_t maps_size = take_number(&in, 2), stack_size = take_number(&in, 2);
    p.maps = take_bytes(&in, maps_size, &p.maps_size);
    p.stack = take_bytes(&in, stack_size, &p.stack_size);
    p.file = take_bytes(&in, SIZE_MAX, &p.file_size);
    return p;
}

/* What the policy says of the frames refers to them. */
static void check_attribution(const struct unwinder *u, enum stack_end end)
{
    struct attribution attribution = attribution_begin(end);

    for (uint32_t i = u->depth; i > 0; i--) {
        const struct frame *f = &u->frames[i - 1];
        const struct attribute_frame frame = { .library = f->module,
                                               .marks = f->marks,
                                               .runtime = f->offset & 16 };
        attribution_add(&attribution, &frame);
    }
    struct verdict verdict = attribution_verdict(&attribution, false);
    CHECK(verdict.caller == ATTRIBUTE_NONE || verdict.caller < u->depth);
    CHECK(verdict.issuer == ATTRIBUTE_NONE || verdict.issuer < u->depth);
    CHECK(verdict.outermost <= u->depth);
    CHECK((verdict.issuer == ATTRIBUTE_NONE) == !u->depth);
}

static void check_walk(const struct unwinder *u, const struct process *p, enum stack_end end)
{
    enum { MARKS = FRAME_SIGNAL | FRAME_INEXACT | FRAME_TAIL | FRAME_ENTRY | FRAME_PROVEN };

    CHECK(end < STACK_ENDS);
    CHECK(u->depth <= STACK_MAX_DEPTH);
    CHECK(end != STACK_TOO_DEEP || u->depth == STACK_MAX_DEPTH);
    CHECK(u->depth || end == STACK_UNREADABLE || end == STACK_MEMORY_DENIED ||
          end == STACK_UNMAPPED_PC);
    for (uint32_t i = 0; i < u->depth; i++) {
        const struct frame *f = &u->frames[i];
        CHECK(f->module == MODULE_ANON || (f->module >= MODULE_FIRST && f->module < p->modules));
        CHECK(!(f->marks & ~(uint32_t)MARKS));
        CHECK(!(f->marks & FRAME_PROVEN) || f->marks & FRAME_TAIL);
        CHECK(f->module != MODULE_ANON || !(f->marks & (FRAME_SIGNAL | FRAME_TAIL | FRAME_ENTRY)));
    }
    if (u->depth)
        CHECK(!(u->frames[0].marks & (FRAME_TAIL | FRAME_INEXACT)));
    check_attribution(u, end);
}

/* The same stack once more, by what has been learned of it, gives the same frames. */
static void check_again(struct unwinder *u, struct space *space, const struct target *target,
                        const struct process *p, enum stack_end end)
{
    uint32_t depth = u->depth;
    struct frame *frames = calloc(depth + 1, sizeof(*frames));

    if (depth)
        memcpy(frames, u->frames, depth * sizeof(*frames));
    CHECK(unwind(u, space, target, &p->registers) == end);
    CHECK(u->depth == depth && !memcmp(u->frames, frames, depth * sizeof(*frames)));
    free(frames);
}

/* The file is no ELF file, so that all code is made at run time, and may be made anew at any time.
 */
static void change_code(const struct process *p, uint8_t *code, unsigned *seed)
{
    if (p->file_size > 4 && memcmp(p->file, "\177ELF", 4))
        code[next_random(seed) % p->file_size] = (uint8_t)next_random(seed);
}

/* What the memo and the trails say is what a walk finds, now and after the stack has changed in
 * places, or the code, from where it began and from elsewhere. */
static void check_memo(struct unwinder *u, struct space *space, const struct target *target,
                       struct process *p)
{
    enum { ROUNDS = 16 };
    uint8_t *stack = malloc(p->stack_size + 1), *code = malloc(p->file_size + 1);
    const uint8_t *former = p->stack, *former_code = p->file;
    const uint64_t rsp = p->registers.all[REGISTER_SP];
    unsigned seed = (unsigned)p->stack_size;

    if (p->stack_size)
        memcpy(stack, p->stack, p->stack_size);
    if (p->file_size)
        memcpy(code, p->file, p->file_size);
    p->stack = stack;
    p->file = code;
    for (int round = 0; round < ROUNDS; round++) {
        enum stack_end end = unwind(u, space, target, &p->registers);
        struct frame *frames = calloc(u->depth + 1, sizeof(*frames));
        uint32_t depth = u->depth;
        if (depth)
            memcpy(frames, u->frames, depth * sizeof(*frames));
        int64_t number = unwind_number(u, space, target, &p->registers, NO_STACK);
        const struct stack *known = &u->stacks->stacks[number];
        CHECK(number >= 0 && known->end == end && known->depth == depth);
        struct frame *found = calloc(depth + 1, sizeof(*found));
        stacks_frames(u->stacks, (uint32_t)number, found);
        CHECK(!depth || !memcmp(found, frames, depth * sizeof(*frames)));
        free(found);
        free(frames);
        /* One word becomes what another is: often both are return addresses. Or all as it was. */
        size_t words = p->stack_size / 8;
        if (round % 4 == 3)
            change_code(p, code, &seed);
        p->registers.all[REGISTER_SP] =
            rsp + (next_random(&seed) % 2 ? next_random(&seed) % 256 * 8 : 0);
        if (words && round % 3 == 2)
            memcpy(stack, former, p->stack_size);
        else if (words)
            memcpy(stack + next_random(&seed) % words * 8, stack + next_random(&seed) % words * 8,
                   8);
    }
    p->registers.all[REGISTER_SP] = rsp;
    p->stack = former;
    p->file = former_code;
    free(stack);
    free(code);
}

/* Puts a call, of one of all forms, somewhere into the file, and its return address somewhere on
 * the stack, as it is where the file is mapped by the seeds (make-seeds). */
static void plant_call(uint8_t *stack, size_t stack_size, uint8_t *file, size_t file_size,
                       unsigned *seed)
{
    static const struct {
        uint8_t size, bytes[3];
    } calls[] = { { 5, { 0xe8 } },       { 6, { 0xff, 0x15 } },       { 2, { 0xff, 0xd0 } },
                  { 3, { 0xff, 0x50 } }, { 7, { 0xff, 0x94, 0x24 } }, { 7, { 0xff, 0x14, 0x25 } } };
    static const uint64_t bases[] = { 0x10000, 0x20000 };
    size_t which = next_random(seed) % (sizeof(calls) / sizeof(*calls)), size = calls[which].size;

    if (stack_size < 8 || file_size < size)
        return;
    size_t at = next_random(seed) % (file_size - size + 1);
    uint64_t address = bases[next_random(seed) % 2] + at + size;
    memcpy(file + at, calls[which].bytes, size < 3 ? size : 3);
    memcpy(stack + next_random(seed) % (stack_size / 8) * 8, &address, sizeof(address));
}

static void walk(struct process *p)
{
    const struct target target = { .read = read_memory,
                                   .read_maps = read_maps,
                                   .open_mapped = open_mapped,
                                   .read_registers = read_registers,
                                   .context = p };
    struct images images;
    struct unwinder u;
    struct stacks stacks;
    struct space *space = space_create();

    images_init(&images, number_module, p);
    CHECK(!stacks_init(&stacks));
    CHECK(!unwinder_init(&u, &images, &stacks));
    enum stack_end end = unwind(&u, space, &target, &p->registers);
    check_walk(&u, p, end);
    if (u.depth && !memchr(p->maps, '\0', p->maps_size))
        check_again(&u, space, &target, p, end);
    if (u.depth < DEPTH_FEW && !memchr(p->maps, '\0', p->maps_size))
        check_memo(&u, space, &target, p);
    struct space *copy = space_fork(space);
    copy->stale = true;
    end = unwind_by_reference(&u, copy, &target, &p->registers);
    check_walk(&u, p, end);
    space_destroy(space);
    space_destroy(copy);
    unwinder_deinit(&u);
    stacks_deinit(&stacks);
    images_deinit(&images);
}

/* A piece of the input, changed by its own rules; what comes behind it moves. */
static size_t mutate_piece(uint8_t *data, size_t size, size_t max_size, size_t start, size_t length)
{
    enum { PIECE_MAX = UINT16_MAX };
    uint8_t piece[PIECE_MAX];
    size_t room = max_size - (size - length);

    memcpy(piece, data + start, length);
    size_t now = LLVMFuzzerMutate(piece, length, room < PIECE_MAX ? room : PIECE_MAX);
    memmove(data + start + now, data + start + length, size - start - length);
    memcpy(data + start, piece, now);
    return now;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint16_t sizes[2]; /* of the maps and the stack, at the end of the head */

    if (size < HEAD_SIZE)
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(sizes, data + HEAD_SIZE - 4, 4);
    size_t maps = sizes[0] < size - HEAD_SIZE ? sizes[0] : size - HEAD_SIZE;
    size_t stack = sizes[1] < size - HEAD_SIZE - maps ? sizes[1] : size - HEAD_SIZE - maps;
    size_t file = HEAD_SIZE + maps + stack;
    uint32_t which = next_random(&seed) % 8;

    if (which == 0) {
        LLVMFuzzerMutate(data, HEAD_SIZE - 4, HEAD_SIZE - 4);
        return size;
    }
    if (which == 5) {
        plant_call(data + HEAD_SIZE + maps, stack, data + file, size - file, &seed);
        return size;
    }
    if (which > 5)
        return file + mutate_elf(data + file, size - file, max_size - file, seed);
    if (which == 1) {
        sizes[0] = (uint16_t)mutate_piece(data, size, max_size, HEAD_SIZE, maps);
        size = size - maps + sizes[0];
    } else {
        sizes[1] = (uint16_t)mutate_piece(data, size, max_size, HEAD_SIZE + maps, stack);
        size = size - stack + sizes[1];
    }
    memcpy(data + HEAD_SIZE - 4, sizes, 4);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct process p = read_process(data, size);

    walk(&p);
    free(p.map);
    return 0;
}
