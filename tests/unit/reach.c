/* reach.c - which functions of a C library (fixtures/reached.S) another library (fixtures/leaves.S)
 * may leave to. */
#include "leaves.h"

#include "symbolizer/unwind/reach.h"

/* By their numbers in fixtures/reached.S. */
enum { GETPPID = 1, GETUID, GETEUID, GETPID, INNER, POINTED };

static struct image *libc;

static int load_both(void **state)
{
    load_leaves(state);
    shell("echo 'GLIBC_2.2.5 { global: *; };' >versions");
    shell(
        "%s -shared -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script=versions -o libc.so.6 %s",
        FIXTURE_COMPILER, REACHED_SOURCE);
    char *path = path_of("libc.so.6");
    libc = load_file(&leaves.images, path);
    free(path);
    return 0;
}

static uint64_t libc_start(int number)
{
    return start_in(libc, "libc.so.6", number);
}

/* Of which images, added in this order, and followed after each. */
static int follow(struct reach *reach, struct image *image)
{
    assert_int_equal(reach_add(reach, &leaves.images, image), 0);
    return reach_follow(reach, &leaves.images);
}

static void check(const struct reach *reach, int number, struct image *caller, bool expected)
{
    if (reach_by_others(reach, &leaves.images, libc, libc_start(number), caller) != expected)
        fail_msg("%d by others than %p: not %d", number, (void *)caller, expected);
}

static void check_all(const struct reach *reach)
{
    check(reach, GETPPID, NULL, true); /* by a jump through its slot, */
    check(reach, GETUID, NULL, true);  /* to its stub, */
    check(reach, GETEUID, NULL, true); /* or a computed one: its address is known */
    check(reach, INNER, NULL, true);   /* by way of getppid */
    check(reach, GETPID, NULL, false); /* it is only called */
    check(reach, GETPPID, libc, true);
    check(reach, POINTED, NULL, true);  /* by getuid's computed jump; */
    check(reach, POINTED, libc, false); /* but what libc calls so is its own */
    for (int number = GETPPID; number <= GETPID; number++)
        check(reach, number, leaves.image, false); /* no other does */
}

static void test_order(void **state)
{
    struct reach one = { 0 }, other = { 0 };

    (void)state;
    assert_true(reach_is_runtime(&leaves.images, libc));
    assert_false(reach_is_runtime(&leaves.images, leaves.image));
    assert_int_equal(follow(&one, libc), 0); /* what it does itself is no matter */
    check(&one, GETPPID, NULL, false);
    assert_int_equal(follow(&one, leaves.image), 1);
    check_all(&one);
    assert_int_equal(follow(&one, leaves.image), 0); /* it is there already */
    assert_int_equal(one.member_count, 2);
    reach_deinit(&one);

    assert_int_equal(follow(&other, leaves.image), 0); /* there is nothing to leave to yet */
    assert_int_equal(follow(&other, libc), 1);
    check_all(&other);
    reach_deinit(&other);
    assert_int_equal(other.count, 0);
}

/* What nobody has looked at is reached by nobody. */
static void test_unfollowed(void **state)
{
    struct reach reach = { 0 };

    (void)state;
    assert_int_equal(reach_add(&reach, &leaves.images, libc), 0);
    assert_int_equal(reach_add(&reach, &leaves.images, leaves.image), 0);
    assert_true(reach.unfollowed);
    check(&reach, GETPPID, NULL, false);
    assert_int_equal(reach_follow(&reach, &leaves.images), 1);
    assert_false(reach.unfollowed);
    check_all(&reach);
    reach_deinit(&reach);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_order),
                                        cmocka_unit_test(test_unfollowed) };
    return cmocka_run_group_tests(tests, load_both, forget_leaves);
}
