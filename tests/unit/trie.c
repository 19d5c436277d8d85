/* Which stacks of the memo the agent is taught, and what inside_find() makes of them. */
#include "agent/trie.h"
#include "agent/inside.h"
#include "record/fnv.h"
#include "test.h"

enum {
    SITE = 7,
    NR = 39,
    OTHER_NR = 40,
    FRAMES = 3,
    SITE_CODE = 0x1000,
    CALLER = 0x2000,
    MAIN = 0x3000
};

struct fixture {
    uint8_t memory[BLOCK_SIZE] __attribute__((aligned(16)));
    uint64_t stack[32];
    uint64_t variable;
    struct memo memo;
    struct trie trie;
};

static struct fixture *f;

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    (void)context;
    memcpy(buffer, (const void *)(uintptr_t)address, size);
    return (ssize_t)size;
}

static const struct target target = { .read = read_memory };

static struct block_area *area(void)
{
    return (struct block_area *)(void *)(f->memory + BLOCK_AREAS);
}

static uint64_t *counters(void)
{
    return (uint64_t *)(void *)(f->memory + BLOCK_COUNTERS);
}

static struct block_table *table(void)
{
    return (struct block_table *)(void *)(f->memory + BLOCK_TABLE);
}

/* site <- caller (by fp) <- main: frames of 16 and 32 bytes. */
static const struct memo_node simple[FRAMES] = {
    { .address = SITE_CODE, .row = { ROW_CFA_SP, { { 16, 0 } } }, .progress = PROGRESS_NONE },
    { .address = CALLER, .row = { ROW_CFA_FP, { { 16, -16 } } }, .progress = PROGRESS_SOME },
    { .address = MAIN, .row = { ROW_OUTERMOST, { { 0, 0 } } }, .progress = PROGRESS_SOME },
};

static void prepare(void)
{
    static struct fixture fixture;

    f = &fixture;
    memset(f, 0, sizeof(*f));
    assert_int_equal(trie_init(&f->trie, table(), counters()), 0);
    area()->stack_start = (uintptr_t)f->stack;
    area()->stack_end = (uintptr_t)(f->stack + LENGTH(f->stack));
    table()->sites[SITE] = (struct block_site){ .slow = 1, .fast = 2 };
    area()->registers[BLOCK_AT_NUMBER] = NR;
    area()->registers[BLOCK_AT_SP] = (uintptr_t)f->stack;
    area()->registers[BLOCK_AT_FP] = (uintptr_t)(f->stack + 4);
    f->stack[1] = CALLER; /* CFA: stack + 2 */
    f->stack[4] = 0;      /* the caller's fp; CFA: stack + 6 */
    f->stack[5] = MAIN;
}

static void finish(void)
{
    trie_deinit(&f->trie);
    memo_deinit(&f->memo);
}

static bool add(const struct memo_node *path, const struct memo_sight *sights, uint32_t nr)
{
    uint32_t leaf;

    memo_add(&f->memo, MEMO_ROOT, path, FRAMES, sights, 5);
    leaf = memo_find(&f->memo, MEMO_ROOT, SITE_CODE);
    leaf = memo_find(&f->memo, leaf, CALLER);
    leaf = memo_find(&f->memo, leaf, MAIN);
    assert_int_not_equal(leaf, MEMO_NONE);
    return trie_add(&f->trie, &f->memo, leaf, &target, SITE, nr, 5) != TRIE_REFUSED;
}

/* Is the call counted by this counter, or not at all? */
static bool found(int counter)
{
    uint64_t *got = inside_find(area(), SITE, table());

    assert_int_equal(area()->target, got == &area()->slow ? 1 : 2);
    return got == (counter < 0 ? &area()->slow : &counters()[counter]);
}

static void test_walk(void **state)
{
    (void)state;
    prepare();
    assert_true(found(-1));
    assert_true(add(simple, NULL, NR));
    assert_true(add(simple, NULL, NR)); /* again: nothing more */
    assert_int_equal(f->trie.count, 1);
    assert_true(found(0));
    assert_true(add(simple, NULL, OTHER_NR));
    assert_true(found(0));
    area()->registers[BLOCK_AT_NUMBER] = OTHER_NR;
    assert_true(found(1));
    area()->registers[BLOCK_AT_NUMBER] = OTHER_NR | UINT64_C(1) << 32;
    assert_true(found(-1));
    area()->registers[BLOCK_AT_NUMBER] = NR;
    f->stack[5] = MAIN + 1; /* another return address */
    assert_true(found(-1));
    f->stack[5] = MAIN;
    area()->registers[BLOCK_AT_FP] -= 8; /* another frame */
    assert_true(found(-1));
    area()->registers[BLOCK_AT_FP] = 0x1234567; /* not into the stack */
    assert_true(found(-1));
    area()->registers[BLOCK_AT_FP] = (uintptr_t)f->stack - 16; /* backwards */
    assert_true(found(-1));
    area()->registers[BLOCK_AT_FP] = (uintptr_t)(f->stack + 4);
    area()->stack_end -= 8 * (LENGTH(f->stack) - 5); /* the stack ends before it */
    assert_true(found(-1));
    area()->stack_end += 8;
    assert_true(found(0));
    area()->registers[BLOCK_AT_SP] -= 8;
    assert_true(found(-1));
    area()->registers[BLOCK_AT_SP] += 8;
    table()->off = 1;
    assert_true(found(-1));
    table()->off = 0;
    assert_true(found(0));
    finish();
}

/* What is forgotten is not found, and nothing is added until no thread can be on its way there. */
static void test_forget(void **state)
{
    (void)state;
    prepare();
    const uint32_t generation = table()->generation;
    assert_true(add(simple, NULL, NR));
    assert_true(found(0));
    assert_int_equal(area()->inside, 1);
    assert_int_equal(area()->generation, generation);
    counters()[0] = 3;
    trie_forget(&f->trie);
    assert_true(found(-1));
    assert_false(add(simple, NULL, NR));
    assert_int_equal(trie_take(&f->trie, 0), 3);
    trie_renew(&f->trie);
    assert_int_equal(f->trie.count, 0);
    assert_true(found(-1));
    assert_true(add(simple, NULL, NR));
    assert_true(found(0));
    assert_int_equal(counters()[0], 0);
    assert_int_not_equal(area()->generation, generation);
    finish();
}

/* Calls that are watched, and those that are left to a stop for comparison. */
static void test_stops(void **state)
{
    (void)state;
    prepare();
    assert_true(add(simple, NULL, NR));
    table()->watched_number = NR;
    table()->watched_second = 0xaa00;
    area()->registers[BLOCK_AT_SECOND] = 0xffffffff0000aa00;
    assert_true(found(-1));
    area()->registers[BLOCK_AT_SECOND] = 1;
    assert_true(found(0));
    counters()[0] = BLOCK_CHECK_EVERY - 1;
    assert_true(found(-1));
    assert_int_equal(area()->claim, 1);
    finish();
}

static void test_variable(void **state)
{
    struct memo_node path[FRAMES];
    struct memo_sight sight = { SIGHT_MEMORY, 1, 0, 0 };

    (void)state;
    prepare();
    f->variable = 42;
    sight.at = (uintptr_t)&f->variable;
    sight.word = fnv_bytes((const uint8_t *)&f->variable, sizeof(f->variable));
    memcpy(path, simple, sizeof(path));
    path[1].sight_count = 1;
    assert_true(add(path, &sight, NR));
    assert_true(found(0));
    f->variable = 43;
    assert_true(found(-1));
    f->variable = 42;
    assert_true(found(0));
    finish();
    prepare(); /* it has changed since */
    f->variable = 43;
    assert_false(add(path, &sight, NR));
    finish();
}

/* Go's frames lose fp, which then nobody may need, unless it is in a frame. */
static void test_go(void **state)
{
    struct memo_node path[FRAMES];

    (void)state;
    prepare();
    memcpy(path, simple, sizeof(path));
    path[0].row = (struct row){ ROW_GO, { { 16, 0 } } };
    assert_false(add(path, NULL, NR));
    finish();
    prepare();
    path[1].row = (struct row){ ROW_GO, { { 32, 0 } } };
    assert_true(add(path, NULL, NR));
    assert_true(found(0));
    area()->registers[BLOCK_AT_FP] = 1;
    assert_true(found(0));
    finish();
    prepare();
    path[0] = simple[0];
    assert_true(add(path, NULL, NR));
    assert_true(found(0));
    finish();
}

/* Stacks that are not for the agent. */
static void test_refused(void **state)
{
    static const struct memo_node kinds[] = {
        { .address = CALLER, .row = { ROW_HARD, { { 0, 0 } } }, .progress = PROGRESS_SOME },
        { .address = CALLER, .row = { ROW_SIGNAL, { { 0, 0 } } }, .progress = PROGRESS_ANY },
        { .address = CALLER, .row = { ROW_CFA_SP, { { 16, 0 } } }, .progress = PROGRESS_ANY },
        { .address = CALLER,
          .row = { ROW_CFA_SP, { { 16, 0 } } },
          .progress = PROGRESS_SOME,
          .uncalled = true },
        { .address = CALLER,
          .row = { ROW_CFA_SP, { { 16, 0 } } },
          .progress = PROGRESS_SOME,
          .guessed = true },
        { .address = CALLER, .row = { ROW_CODE, { { 16, 0 } } }, .progress = PROGRESS_SOME },
        { .address = CALLER, .row = { ROW_IN_REGISTER, { { 16, 0 } } }, .progress = PROGRESS_SOME },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        struct memo_node path[FRAMES] = { simple[0], kinds[i], simple[2] };
        prepare();
        assert_false(add(path, NULL, NR));
        assert_true(found(-1));
        finish();
    }
}

static void test_take(void **state)
{
    (void)state;
    prepare();
    assert_true(add(simple, NULL, NR));
    assert_int_equal(trie_take(&f->trie, 0), 0);
    counters()[0] += 10;
    assert_int_equal(trie_take(&f->trie, 0), 10);
    assert_int_equal(trie_take(&f->trie, 0), 0);
    counters()[0]--; /* the last one will be made again */
    assert_int_equal(trie_take(&f->trie, 0), -1);
    counters()[0]++;
    assert_int_equal(trie_take(&f->trie, 0), 1);
    finish();
}

/* More beside each other than are looked through. */
static void test_many(void **state)
{
    enum { ROOM = 256 };

    (void)state;
    prepare();
    for (uint32_t nr = 1; nr <= ROOM + 10; nr++)
        assert_int_equal(add(simple, NULL, nr), nr <= ROOM);
    area()->registers[BLOCK_AT_NUMBER] = 1;
    assert_true(found(0));
    area()->registers[BLOCK_AT_NUMBER] = ROOM;
    assert_true(found(ROOM - 1));
    area()->registers[BLOCK_AT_NUMBER] = ROOM + 1;
    assert_true(found(-1));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),     cmocka_unit_test(test_go),
        cmocka_unit_test(test_forget),   cmocka_unit_test(test_stops),
        cmocka_unit_test(test_variable), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_take),     cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
