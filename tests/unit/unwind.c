/*
 * unwind.c - the unwinder over a target that is no traced process but this test itself: its own
 * memory, map and registers. It must find the chain of functions that the test knows it is in, and
 * survive hostile stacks.
 */
#include "loaded.h"

#include <alloca.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "symbolizer/unwind/unwind.h"
#include "symbolizer/unwind/verify.h"

static ssize_t read_self(void *context, uint64_t address, void *buffer, size_t size)
{
    struct iovec local = { buffer, size }, remote = { (void *)(uintptr_t)address, size };
    ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

    (void)context;
    return got < 0 ? -errno : got;
}

static int read_own_maps(void *context, char **ret)
{
    static char text[1 << 20];
    int fd = open("/proc/self/maps", O_RDONLY);
    size_t size = 0;
    ssize_t got;

    (void)context;
    while ((got = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
        size += (size_t)got;
    close(fd);
    text[size] = '\0';
    *ret = strdup(text);
    return 0;
}

static int64_t number_anew(void *context, const struct module *module)
{
    int64_t *next = context;
    (void)module;
    return MODULE_FIRST + (*next)++;
}

struct fixture {
    struct images images;
    struct unwinder unwinder;
    struct stacks stacks;
    struct space *space;
    struct target target;
    int64_t modules;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->target =
        (struct target){ .read = read_self, .read_maps = read_own_maps, .open_mapped = open_path };
    images_init(&f->images, number_anew, &f->modules);
    f->space = space_create();
    *state = f;
    return stacks_init(&f->stacks) || unwinder_init(&f->unwinder, &f->images, &f->stacks);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    space_destroy(f->space);
    unwinder_deinit(&f->unwinder);
    stacks_deinit(&f->stacks);
    images_deinit(&f->images);
    free(f);
    return 0;
}

/* The registers as if `syscall` had just been executed here. */
#define HERE(registers)                                                                        \
    __asm__ volatile("lea 1f(%%rip), %%rax\n"                                                  \
                     "mov %%rax, %0\n"                                                         \
                     "mov %%rsp, %1\n"                                                         \
                     "mov %%rbp, %2\n"                                                         \
                     "mov %%rbx, %3\n"                                                         \
                     "mov %%r12, %4\n"                                                         \
                     "mov %%r13, %5\n"                                                         \
                     "mov %%r14, %6\n"                                                         \
                     "mov %%r15, %7\n"                                                         \
                     "nop\n"                                                                   \
                     "nop\n"                                                                   \
                     "1:\n"                                                                    \
                     : "=m"((registers).all[REGISTER_PC]), "=m"((registers).all[REGISTER_SP]), \
                       "=m"((registers).all[REGISTER_FP]), "=m"((registers).all[DWARF_RBX]),   \
                       "=m"((registers).all[12]), "=m"((registers).all[13]),                   \
                       "=m"((registers).all[14]), "=m"((registers).all[15])                    \
                     :                                                                         \
                     : "rax")

static enum stack_end walk_here(struct fixture *f)
{
    struct registerset registers = { 0 };
    HERE(registers);
    return unwind(&f->unwinder, f->space, &f->target, &registers);
}

static __attribute__((noinline)) int recurse(struct fixture *f, int depth)
{
    volatile char room[64];
    room[0] = (char)depth;
    int result = depth ? recurse(f, depth - 1) : (int)walk_here(f);
    __asm__ volatile("" ::: "memory");
    return result + room[0] - (char)depth;
}

static void test_own_stack(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(recurse(f, 0), STACK_COMPLETE);
    uint32_t shallow = f->unwinder.depth;
    assert_int_equal(recurse(f, 20), STACK_COMPLETE);
    assert_int_equal(f->unwinder.depth, shallow + 20);
    assert_true(f->unwinder.frames[f->unwinder.depth - 1].marks & FRAME_ENTRY);
    assert_int_equal(recurse(f, 3000), STACK_COMPLETE);
    assert_int_equal(f->unwinder.depth, shallow + 3000);
    assert_int_equal(f->unwinder.hard_walks, 0);
}

static void test_reference_agrees(void **state)
{
    struct fixture *f = *state;
    struct registerset registers = { 0 };

    HERE(registers);
    assert_int_equal(unwind(&f->unwinder, f->space, &f->target, &registers), STACK_COMPLETE);
    uint32_t depth = f->unwinder.depth;
    struct frame *frames = calloc(depth, sizeof(*frames));
    memcpy(frames, f->unwinder.frames, depth * sizeof(*frames));
    assert_int_equal(unwind_by_reference(&f->unwinder, f->space, &f->target, &registers),
                     STACK_COMPLETE);
    assert_int_equal(f->unwinder.depth, depth);
    assert_memory_equal(f->unwinder.frames, frames, depth * sizeof(*frames));
    free(frames);
}

/* The number of the stack here. */
static int64_t number_here(struct fixture *f, int64_t spawner)
{
    struct registerset registers = { 0 };
    HERE(registers);
    return unwind_number(&f->unwinder, f->space, &f->target, &registers, spawner);
}

static __attribute__((noinline)) int64_t number_deeper(struct fixture *f, int depth,
                                                       int64_t spawner)
{
    volatile char room[64];
    room[0] = (char)depth;
    int64_t number = depth ? number_deeper(f, depth - 1, spawner) : number_here(f, spawner);
    __asm__ volatile("" ::: "memory");
    return number + room[0] - (char)depth;
}

/* The second time a stack is known, and only that stack. */
static void test_memo(void **state)
{
    static const int depths[] = { 3, 4, 100 };
    struct fixture *f = *state;
    const struct unwinder *u = &f->unwinder;
    int64_t numbers[LENGTH(depths)];

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < LENGTH(depths); i++) {
            int64_t number = number_deeper(f, depths[i], NO_STACK);
            assert_true(!round || number == numbers[i]);
            numbers[i] = number;
        }
        assert_int_equal(u->walks, LENGTH(depths));
        assert_int_equal(u->hits, (unsigned)round * LENGTH(depths));
    }
    uint32_t depth = u->stacks->stacks[numbers[0]].depth;
    assert_int_equal(u->stacks->stacks[numbers[1]].depth, depth + 1);
    assert_int_equal(u->stacks->stacks[numbers[2]].depth, depth + 97);
}

/* A spawned child's stack depends on the one that made it. */
static void test_spawner(void **state)
{
    struct fixture *f = *state;
    const struct stacks *stacks = &f->stacks;
    const struct frame makers[] = { { 5, 0, 1 }, { 6, FRAME_ENTRY, 2 } };
    int64_t spawners[] = { NO_STACK, UNKNOWN_STACK,
                           stacks_intern(&f->stacks, makers, 1, STACK_NO_CFI),
                           stacks_intern(&f->stacks, makers, 2, STACK_COMPLETE) };
    int64_t numbers[LENGTH(spawners)];

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < LENGTH(spawners); i++) {
            int64_t number = number_deeper(f, 5, spawners[i]);
            assert_true(!round || number == numbers[i]);
            numbers[i] = number;
        }
    }
    assert_int_equal(f->unwinder.walks, LENGTH(spawners));
    assert_int_equal(f->unwinder.hits, LENGTH(spawners));
    assert_int_equal(numbers[1], numbers[0]); /* it begins at e_entry */
    uint32_t depth = stacks->stacks[numbers[0]].depth;
    for (size_t i = 2; i < LENGTH(spawners); i++) {
        assert_int_equal(stacks->stacks[numbers[i]].depth,
                         depth + stacks->stacks[spawners[i]].depth);
        assert_int_equal(stacks->stacks[numbers[i]].end, stacks->stacks[spawners[i]].end);
        const struct stack *stack = &stacks->stacks[numbers[i]];
        for (uint32_t frame = 0; frame < depth; frame++)
            stack = stack_beyond(stacks, stack);
        assert_int_equal(stack->frame.module, 5);
        assert_int_equal(stack->frame.marks & (FRAME_SPAWNED_BY | FRAME_ENTRY), FRAME_SPAWNED_BY);
    }
}

enum what { NOTHING, MAPPED, UNMAPPED, CODE, FORKED, CODE_OF_CHILD, PARENT, STEPS };

/* Not inlined, so that what comes behind it is one call, whatever happens here. */
static __attribute__((noinline)) void happen(struct fixture *f, enum what what)
{
    static struct space *parent;
    static uint8_t *page;
    enum { SIZE = 4096 };

    switch (what) {
    case MAPPED:
        page = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(page, MAP_FAILED);
        space_changed(f->space, (uint64_t)page, SIZE);
        break;
    case UNMAPPED:
        munmap(page, SIZE);
        space_changed(f->space, (uint64_t)page, SIZE);
        break;
    case CODE:
    case CODE_OF_CHILD:
        space_changed(f->space, (uint64_t)&number_deeper, 1);
        break;
    case FORKED:
        parent = f->space;
        f->space = space_fork(parent);
        break;
    case PARENT:
        space_destroy(f->space);
        f->space = parent;
        break;
    default:
        break;
    }
}

/* What may have changed is walked again; what came in an empty place, or was never met, changes
 * nothing. */
static void test_forgets(void **state)
{
    static const bool known[STEPS] = { [MAPPED] = true,
                                       [UNMAPPED] = true,
                                       [FORKED] = true, /* it shares what its parent has learned */
                                       [PARENT] = true };
    struct fixture *f = *state;
    uint64_t hits = 0;
    int64_t first = -1;

    for (enum what what = NOTHING; what < STEPS; what++) {
        happen(f, what);
        int64_t number = number_deeper(f, 3, NO_STACK);
        assert_true(what == NOTHING || number == first);
        first = number;
        hits += known[what];
        assert_int_equal(f->unwinder.hits, hits);
    }
}

/* What the memo says of a stack is what a walk finds. */
static void check_number(struct fixture *f, const struct registerset *registers, enum stack_end end)
{
    const struct unwinder *u = &f->unwinder;
    struct frame *frames = calloc(u->depth, sizeof(*frames));
    struct frame *found = calloc(u->depth, sizeof(*found));
    uint32_t depth = u->depth;

    memcpy(frames, u->frames, depth * sizeof(*frames));
    for (int i = 0; i < 2; i++) {
        int64_t number = unwind_number(&f->unwinder, f->space, &f->target, registers, NO_STACK);
        assert_true(number >= 0);
        const struct stack *stack = &f->stacks.stacks[number];
        assert_int_equal(stack->end, end);
        assert_int_equal(stack->depth, depth);
        stacks_frames(&f->stacks, (uint32_t)number, found);
        assert_memory_equal(found, frames, depth * sizeof(*frames));
    }
    free(frames);
    free(found);
}

static void test_bad_stack_pointers(void **state)
{
    static const uint64_t pointers[] = {
        0, 8, 0x1234, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX - 999, 1ul << 63
    };
    struct fixture *f = *state;
    struct registerset registers = { 0 };

    HERE(registers);
    for (size_t i = 0; i < LENGTH(pointers); i++) {
        registers.all[REGISTER_SP] = registers.all[REGISTER_FP] = pointers[i];
        enum stack_end end = unwind(&f->unwinder, f->space, &f->target, &registers);
        assert_true(end == STACK_UNREADABLE || end == STACK_CYCLE);
        assert_int_equal(f->unwinder.depth, 1);
    }
}

static void test_no_return_address(void **state)
{
    static uint64_t stack[1 << 12]; /* zeros */
    struct fixture *f = *state;
    struct registerset registers = { 0 };

    HERE(registers);
    registers.all[REGISTER_SP] = registers.all[REGISTER_FP] = (uint64_t)stack;
    assert_int_equal(unwind(&f->unwinder, f->space, &f->target, &registers), STACK_BAD_CFI);
    assert_int_equal(f->unwinder.depth, 1);
    assert_int_equal(unwind_by_reference(&f->unwinder, f->space, &f->target, &registers),
                     STACK_BAD_CFI);
    assert_int_equal(f->unwinder.depth, 1);
}

static void test_garbage_stacks(void **state)
{
    enum { SIZE = 1 << 16 };
    struct fixture *f = *state;
    struct registerset registers = { 0 };
    uint64_t *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    HERE(registers);
    srandom(1);
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < SIZE / 8; i++) {
            /* Return addresses near here, pointers into this stack, and rubbish. */
            long kind = random() % 3;
            stack[i] = kind == 0   ? registers.all[REGISTER_PC] + (uint64_t)(random() % 512)
                       : kind == 1 ? (uint64_t)(stack + random() % (SIZE / 8))
                                   : (uint64_t)random() << 32 | (uint64_t)random();
        }
        registers.all[REGISTER_SP] = registers.all[REGISTER_FP] = (uint64_t)stack;
        enum stack_end end = unwind(&f->unwinder, f->space, &f->target, &registers);
        assert_true(f->unwinder.depth >= 1 && f->unwinder.depth <= SIZE / 8);
        check_number(f, &registers, end);
    }
    munmap(stack, SIZE);
}

static ssize_t read_nothing(void *context, uint64_t address, void *buffer, size_t size)
{
    (void)context, (void)address, (void)buffer, (void)size;
    return -ESRCH;
}

/* What cannot be found because the thread was killed is not what the code lacks. */
static void test_killed(void **state)
{
    enum { SIZE = 4096 };
    struct fixture *f = *state;
    uint8_t *code =
        mmap(NULL, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct registerset registers = {
        .all = { [REGISTER_PC] = (uint64_t)code + 64, [REGISTER_SP] = (uint64_t)stack }
    };

    assert_int_equal(unwind(&f->unwinder, f->space, &f->target, &registers), STACK_NO_CFI);
    f->target.read = read_nothing;
    assert_int_equal(unwind(&f->unwinder, f->space, &f->target, &registers), STACK_UNREADABLE);
    assert_false(f->unwinder.decided);
    munmap(code, SIZE);
    munmap(stack, SIZE);
}

static unsigned reads_left;

/* Its thread is killed after so many reads. */
static ssize_t read_until_killed(void *context, uint64_t address, void *buffer, size_t size)
{
    if (!reads_left)
        return -ESRCH;
    reads_left--;
    return read_self(context, address, buffer, size);
}

/* Wherever that is, it makes no difference between the two walks. */
static void test_verify_killed(void **state)
{
    struct fixture *f = *state;
    struct verify verify = { .every = 1, .file = stderr };
    struct registerset registers = { 0 };

    HERE(registers);
    f->target.read = read_until_killed;
    for (unsigned reads = 0; reads < 40; reads++) {
        reads_left = reads;
        verify_unwind(&verify, &f->unwinder, f->space, &f->target, &registers, NO_STACK);
        assert_int_equal(verify.differences, 0);
    }
    assert_int_equal(verify.stacks, 40);
}

/* ---- Deep stacks ---- */

static struct {
    uint64_t address, value;
} patch; /* a word of the memory that is another when it is read; address 0: none */
static const struct space *patched_space;

/* What the walk itself may change between two reads: all that is no code of a file, nor on the
 * stack from here on. */
static bool may_change(const struct space *space, uint64_t address)
{
    uint64_t here = (uintptr_t)__builtin_frame_address(0);
    const struct region *region = space_find(space, address);

    return !(region && region->image) && (address < here || address - here > 64 << 20);
}

static ssize_t read_patched(void *context, uint64_t address, void *buffer, size_t size)
{
    ssize_t got =
        may_change(patched_space, address) ? -EFAULT : read_self(context, address, buffer, size);

    for (unsigned i = 0; i < sizeof(patch.value); i++) {
        uint64_t at = patch.address + i - address;
        if (patch.address && got > 0 && at < (uint64_t)got)
            ((uint8_t *)buffer)[at] = (uint8_t)(patch.value >> 8 * i);
    }
    return got;
}

/* The number of a stack is that of a walk over all of it. */
static void check_number_of(struct fixture *f, const struct registerset *registers)
{
    struct unwinder *u = &f->unwinder;
    uint64_t entered = u->entered;
    int64_t number = unwind_number(u, f->space, &f->target, registers, NO_STACK);
    uint64_t walked = u->entered - entered;
    enum stack_end end = unwind(u, f->space, &f->target, registers);

    assert_int_equal(number, stacks_intern(&f->stacks, u->frames, u->depth, end));
    u->entered = entered + walked;
}

/* Not inlined, so that each call is seen from another place, by a stack of other words. */
static __attribute__((noinline)) void check_here(struct fixture *f)
{
    struct registerset registers = { 0 };

    HERE(registers);
    check_number_of(f, &registers);
    __asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) int descend_levels(struct fixture *f, int levels)
{
    check_here(f);
    int result = levels ? descend_levels(f, levels - 1) : 0;
    check_here(f);
    return result + 1;
}

/* A recursion with a call at each level is walked in proportion to its depth. */
static void test_levels(void **state)
{
    enum { LEVELS = 1500, PER_CALL = 8, FIRST = 300 }; /* (TRAIL_DEPTH_MIN, and what main has) */
    struct fixture *f = *state;

    assert_int_equal(descend_levels(f, LEVELS), LEVELS + 1);
    assert_in_range(f->unwinder.entered, LEVELS, FIRST * FIRST + 2 * LEVELS * PER_CALL);
    assert_in_range(f->stacks.count, 5 * LEVELS, 6 * LEVELS);
}

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16;
}

static int wander(struct fixture *f, unsigned *seed, int depth);

/* With a frame pointer, and a frame of any size. */
static __attribute__((noinline)) int wander_framed(struct fixture *f, unsigned *seed, int depth)
{
    volatile char *room = alloca(16 + next_number(seed) % 256);

    room[0] = 1;
    int result = wander(f, seed, depth) + room[0];
    __asm__ volatile("" ::: "memory");
    return result;
}

/* By way of libc, back by a pointer. */
static struct {
    struct fixture *f;
    unsigned *seed;
    int depth;
} wandering;

static int wander_compared(const void *a, const void *b)
{
    (void)a, (void)b;
    if (!wandering.f)
        return 0;
    struct fixture *f = wandering.f;
    wandering.f = NULL; /* once */
    wander(f, wandering.seed, wandering.depth);
    return 0;
}

static __attribute__((noinline)) int wander_sorting(struct fixture *f, unsigned *seed, int depth)
{
    int numbers[2] = { 1, 0 };

    wandering.f = f;
    wandering.seed = seed;
    wandering.depth = depth;
    qsort(numbers, 2, sizeof(*numbers), wander_compared);
    return numbers[0] + 1;
}

/* Goes down and up at random, asking in between. */
static __attribute__((noinline)) int wander(struct fixture *f, unsigned *seed, int depth)
{
    int result = 1;

    if (next_number(seed) % 4 == 0)
        check_here(f);
    for (unsigned i = next_number(seed) % 64 ? 1 : 3; depth && i; i--) {
        int below = i > 1 ? depth % (int)(1 + next_number(seed) % 64) : depth - 1;
        unsigned way = next_number(seed) % 8;
        result += way < 4   ? wander(f, seed, below)
                  : way < 7 ? wander_framed(f, seed, below)
                            : wander_sorting(f, seed, below);
        if (next_number(seed) % 4 == 0)
            check_here(f);
    }
    return result;
}

static void test_wandering(void **state)
{
    struct fixture *f = *state;

    for (unsigned seed = 1; seed <= 3; seed++) {
        unsigned number = seed;
        assert_true(wander(f, &number, 700) > 0);
    }
}

static __attribute__((noinline)) int wander_to(struct fixture *f, unsigned *seed, int depth,
                                               void (*there)(struct fixture *f, unsigned *seed))
{
    volatile char *room = alloca(16 + next_number(seed) % 64);

    room[0] = 1;
    if (!depth)
        there(f, seed);
    int result = depth ? wander_to(f, seed, depth - 1, there) + room[0] : 0;
    __asm__ volatile("" ::: "memory");
    return result;
}

/* Each word that differs from those of the last walk counts as a walk would have it. */
static void change_words(struct fixture *f, unsigned *seed)
{
    enum { ROUNDS = 3000, WORDS = 16000 };
    struct registerset registers = { 0 };

    HERE(registers);
    f->target.read = read_patched;
    patched_space = f->space;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t from = registers.all[REGISTER_SP] + next_number(seed) % WORDS * 8;
        patch.address = round % 3 ? registers.all[REGISTER_SP] + next_number(seed) % WORDS * 8 : 0;
        if (read_self(NULL, from, &patch.value, 8) != 8)
            patch.address = 0;
        check_number_of(f, &registers);
    }
    patch.address = 0;
}

static void test_changed_words(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 5;

    assert_int_equal(wander_to(f, &seed, 1000, change_words), 1000);
}

/* What was walked before it happened is of no account where the code may be another. */
static void change_code(struct fixture *f, unsigned *seed)
{
    struct registerset registers = { 0 };

    (void)seed;
    HERE(registers);
    for (enum what what = NOTHING; what < STEPS; what++) {
        happen(f, what);
        for (int i = 0; i < 3; i++) {
            uint64_t entered = f->unwinder.entered;
            check_number_of(f, &registers);
            bool anew = !i && (what == NOTHING || what == CODE || what == CODE_OF_CHILD);
            assert_int_equal(f->unwinder.entered - entered > 300, anew);
        }
        /* Where there is no code nothing is known of the stack, nor learned. */
        struct registerset elsewhere = registers;
        elsewhere.all[REGISTER_PC] = 0x1000;
        check_number_of(f, &elsewhere);
    }
}

static void test_changed_code(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 5;

    assert_int_equal(wander_to(f, &seed, 600, change_code), 600);
}

static void test_foreign_code(void **state)
{
    struct fixture *f = *state;
    struct registerset registers = { .foreign = true };

    HERE(registers);
    assert_int_equal(unwind(&f->unwinder, f->space, &f->target, &registers),
                     STACK_UNSUPPORTED_CODE);
    assert_int_equal(f->unwinder.depth, 1);
    registers.foreign = false;
    registers.all[REGISTER_PC] = 0x1000;
    assert_int_equal(unwind(&f->unwinder, f->space, &f->target, &registers), STACK_UNMAPPED_PC);
    assert_int_equal(f->unwinder.depth, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_stack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reference_agrees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memo, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spawner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forgets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_stack_pointers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_return_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_garbage_stacks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_verify_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wandering, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_code, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
