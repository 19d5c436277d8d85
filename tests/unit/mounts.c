/* mounts.c - the lines of mountinfo: who serves a device, and what the way to a path leads through.
 */
#include "test.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "tracer/mounts.h"

static struct mounts parse(const char *text)
{
    struct mounts mounts;

    assert_int_equal(mounts_init(&mounts, strdup(text)), 0);
    return mounts;
}

static void test_devices(void **state)
{
    struct mounts mounts =
        parse("22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw\n"
              "23 22 0:40 / /home/me/my\\040files rw - fuse.sshfs me@host: rw,user_id=0\n"
              "24 22 8:1 / /ntfs rw - fuseblk /dev/sda1 rw\n"
              "25 22 43:0 / /nbd rw - ext4 /dev/nbd0 rw\n"
              "26 22 0:50 / /net rw - nfs4 host:/ rw\n"
              "27 22 0:51 /sub /data rw - btrfs /dev/sdb rw,subvol=/sub\n");
    (void)state;
    assert_int_equal(mounts.count, 6);
    assert_int_equal(mounts_find(&mounts, makedev(254, 0)), MOUNTS_KERNEL);
    assert_int_equal(mounts_find(&mounts, makedev(0, 40)), MOUNTS_SERVED);
    assert_int_equal(mounts_find(&mounts, makedev(8, 1)), MOUNTS_SERVED);
    assert_int_equal(mounts_find(&mounts, makedev(43, 0)), MOUNTS_SERVED);
    assert_int_equal(mounts_find(&mounts, makedev(0, 50)), MOUNTS_SERVED);
    assert_int_equal(mounts_find(&mounts, makedev(0, 51)), MOUNTS_KERNEL);
    assert_int_equal(mounts_find(&mounts, makedev(0, 4)), MOUNTS_UNKNOWN);
    assert_int_equal(mounts_find_id(&mounts, 22), MOUNTS_KERNEL);
    assert_int_equal(mounts_find_id(&mounts, 23), MOUNTS_SERVED);
    assert_int_equal(mounts_find_id(&mounts, 28), MOUNTS_UNKNOWN);
    mounts_deinit(&mounts);
}

static void test_paths(void **state)
{
    struct mounts mounts = parse("22 1 254:0 / / rw - ext4 /dev/root rw\n"
                                 "23 22 0:40 / /home/me/my\\040files rw - fuse f rw\n"
                                 "24 23 0:41 / /home/me/my\\040files/tmp rw - tmpfs t rw\n");
    (void)state;
    assert_false(mounts_lead_to_served(&mounts, "/home/me"));
    assert_false(mounts_lead_to_served(&mounts, "/home/me/my files2/lib.so"));
    assert_true(mounts_lead_to_served(&mounts, "/home/me/my files/lib.so"));
    assert_true(mounts_lead_to_served(&mounts, "/home/me/my files"));
    assert_true(mounts_lead_to_served(&mounts, "/home/me/my files/tmp/lib.so"));
    mounts_deinit(&mounts);
    mounts = parse("22 1 0:40 / / rw - fuse.fuse-overlayfs f rw\n");
    assert_true(mounts_lead_to_served(&mounts, "/lib.so"));
    mounts_deinit(&mounts);
}

static void test_overlays(void **state)
{
    struct mounts mounts =
        parse("22 1 254:0 / / rw - ext4 /dev/root rw\n"
              "23 22 0:40 / /top rw - overlay o rw,lowerdir=/middle,upperdir=/u,workdir=/w\n"
              "24 22 0:41 / /middle rw - overlay o ro,lowerdir=/a:/fuse/b\n"
              "25 22 0:42 / /other rw - overlay o rw,lowerdir=/a:/b,upperdir=/u,workdir=/w\n"
              "26 22 0:43 / /relative rw - overlay o rw,lowerdir=l/a,upperdir=/u\n"
              "27 22 0:44 / /fuse rw - fuse f rw\n");
    (void)state;
    assert_int_equal(mounts_find(&mounts, makedev(0, 40)), MOUNTS_SERVED);
    assert_int_equal(mounts_find(&mounts, makedev(0, 41)), MOUNTS_SERVED);
    assert_int_equal(mounts_find(&mounts, makedev(0, 42)), MOUNTS_KERNEL);
    assert_int_equal(mounts_find(&mounts, makedev(0, 43)), MOUNTS_SERVED);
    mounts_deinit(&mounts);
    mounts = parse("22 1 0:43 / / rw - overlay o rw,lowerdir=l/a:l/b,upperdir=/var/u\n");
    assert_int_equal(mounts_find(&mounts, makedev(0, 43)), MOUNTS_KERNEL);
    mounts_deinit(&mounts);
}

static void test_nonsense(void **state)
{
    struct mounts mounts = parse("\n - \n22\n22 1 254:0 / /\n22 1 x / / - ext4 /dev/root rw\n"
                                 "22 1 0:1 / /a\\ - ext4 \n23 1 0:2 / /b\\19 - ext4 none");
    (void)state;
    assert_int_equal(mounts.count, 2);
    assert_string_equal(mounts.all[0].point, "/a\\");
    assert_string_equal(mounts.all[1].point, "/b\\19");
    mounts_deinit(&mounts);
    mounts = parse("");
    assert_int_equal(mounts.count, 0);
    mounts_deinit(&mounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_overlays),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
