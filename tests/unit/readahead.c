/* readahead.c - what walks of this test's own memory are given, and from what time it is. */
#include "test.h"

#include <unistd.h>

#include "tracer/readahead.h"

static uint64_t words[4000]; /* that are "walked" */
static char spaces[1000];    /* only their addresses count */
static struct readahead ahead;

static int set_up(void **state)
{
    (void)state;
    memset(&ahead, 0, sizeof(ahead));
    for (size_t i = 0; i < LENGTH(words); i++)
        words[i] = i;
    return 0;
}

static uint64_t address_of(size_t i)
{
    return (uint64_t)(uintptr_t)&words[i];
}

/* Asks for a word; true: it was given what is there now, not to be read. */
static bool take(size_t i)
{
    uint64_t word = UINT64_MAX;
    size_t got = readahead_take(&ahead, getpid(), address_of(i), &word, sizeof(word));

    assert_true(got == 0 || got == sizeof(word));
    assert_int_equal(word, got ? words[i] : UINT64_MAX);
    return got;
}

/* A walk in a space over `count` words from `first` on, so far apart; how many it was given. */
static size_t walk(int space, size_t first, size_t count, size_t apart)
{
    size_t given = 0;

    readahead_begin(&ahead, &spaces[space]);
    for (size_t i = 0; i < count; i++) {
        size_t at = first + i * apart;
        if (take(at))
            given++;
        else
            readahead_note(&ahead, address_of(at), sizeof(words[at]));
        words[at] += LENGTH(words); /* what was read before is old */
    }
    return given;
}

/* Two walks must have read the same before the third is believed to. */
static void test_third_time(void **state)
{
    (void)state;
    assert_int_equal(walk(0, 5, 10, 3), 0);
    assert_int_equal(walk(0, 5, 10, 3), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(walk(0, 5, 10, 3), 10);
}

static void test_not_worthwhile(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(walk(0, 5, 2, 3), 0);
    walk(0, 5, 3, 3);
    walk(0, 5, 3, 3);
    assert_int_equal(walk(0, 5, 3, 3), 3);
}

/* The same address in another process is another. */
static void test_spaces(void **state)
{
    (void)state;
    walk(0, 5, 10, 3);
    walk(0, 5, 10, 3);
    assert_int_equal(walk(1, 5, 10, 3), 0);
    assert_int_equal(walk(1, 5, 10, 3), 0);
    assert_int_equal(walk(1, 5, 10, 3), 10);
    for (size_t i = 2; i < LENGTH(spaces); i++) /* also those that displace it */
        assert_int_equal(walk((int)i, 5, 10, 3), 0);
}

/* A walk that goes elsewhere is given nothing false, and the list is not trusted again at once. */
static void test_other_way(void **state)
{
    (void)state;
    walk(0, 5, 10, 3);
    walk(0, 5, 10, 3);
    assert_int_equal(walk(0, 5, 10, 100), 1); /* where they begin */
    assert_int_equal(walk(0, 5, 10, 100), 0);
    assert_int_equal(walk(0, 5, 10, 100), 10);
}

/* Pieces in another order, parts of pieces, and what is beyond them. */
static void test_pieces(void **state)
{
    uint64_t buffer[8];

    (void)state;
    for (int i = 0; i < 3; i++) {
        readahead_begin(&ahead, &spaces[0]);
        if (i == 2)
            break;
        for (size_t at = 0; at < 40; at += 10)
            readahead_note(&ahead, address_of(at), 4 * sizeof(*words));
    }
    assert_true(take(0));
    assert_true(take(33));
    assert_true(take(12));
    assert_true(take(11));
    assert_false(take(14));
    assert_false(take(9));
    assert_int_equal(readahead_take(&ahead, getpid(), address_of(20), buffer, 32), 32);
    assert_memory_equal(buffer, &words[20], 32);
    assert_int_equal(readahead_take(&ahead, getpid(), address_of(21), buffer, 32), 0);
}

/* Where memory cannot be read any more only what is before it is given. */
static void test_unreadable(void **state)
{
    uint64_t word;

    (void)state;
    for (int i = 0; i < 3; i++) {
        readahead_begin(&ahead, &spaces[0]);
        if (i == 2)
            break;
        for (size_t at = 0; at < 4; at++)
            readahead_note(&ahead, at == 2 ? 8 : address_of(at), sizeof(word));
    }
    assert_true(take(0));
    assert_true(take(1));
    assert_int_equal(readahead_take(&ahead, getpid(), 8, &word, sizeof(word)), 0);
    assert_false(take(3));
}

/* More than there is room for is read by the walk itself. */
static void test_much(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(walk(0, 0, AHEAD_PIECES + 10, 3), 0);
    assert_int_equal(walk(0, 0, AHEAD_PIECES + 10, 3), AHEAD_PIECES);

    static uint8_t large[AHEAD_BYTES];
    for (int i = 0; i < 3; i++) {
        readahead_begin(&ahead, &spaces[1]);
        for (int piece = 0; piece < 3 && i < 2; piece++)
            readahead_note(&ahead, (uint64_t)(uintptr_t)large, AHEAD_BYTES / 4 + 1);
    }
    assert_int_equal(
        readahead_take(&ahead, getpid(), (uint64_t)(uintptr_t)large, large, sizeof(large) / 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_third_time, set_up),
        cmocka_unit_test_setup(test_not_worthwhile, set_up),
        cmocka_unit_test_setup(test_spaces, set_up),
        cmocka_unit_test_setup(test_other_way, set_up),
        cmocka_unit_test_setup(test_pieces, set_up),
        cmocka_unit_test_setup(test_unreadable, set_up),
        cmocka_unit_test_setup(test_much, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
