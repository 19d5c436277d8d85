/* meaning.c - which calls can change executable memory, make tracees or install filters, by ABI and
 * arguments. */
#include "test.h"

#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include "tracer/meaning.h"

enum { PAGE = 0x1000, AT = 0x10000 };

static void test_meanings(void **state)
{
    static const struct {
        enum abi abi;
        uint32_t nr;
        enum meaning meaning;
    } cases[] = {
        { ABI_X86_64, SYS_mmap, CALL_MMAP },
        { ABI_X86_64, SYS_mprotect, CALL_MPROTECT },
        { ABI_X86_64, SYS_pkey_mprotect, CALL_MPROTECT },
        { ABI_X86_64, SYS_munmap, CALL_MUNMAP },
        { ABI_X86_64, SYS_mremap, CALL_MREMAP },
        { ABI_X86_64, SYS_remap_file_pages, CALL_MUNMAP },
        { ABI_X86_64, SYS_shmat, CALL_SHMAT },
        { ABI_X86_64, SYS_clone, CALL_CLONE },
        { ABI_X86_64, 435, CALL_CLONE3 },
        { ABI_X86_64, SYS_vfork, CALL_VFORK },
        { ABI_X86_64, SYS_seccomp, CALL_SECCOMP },
        { ABI_X86_64, SYS_prctl, CALL_PRCTL },
        { ABI_X86_64, SYS_read, CALL_READ },
        { ABI_X86_64, SYS_preadv2, CALL_READ },
        { ABI_X86_64, SYS_fork, CALL_FORK },
        { ABI_X86_64, SYS_sched_getaffinity, CALL_AFFINITY },
        { ABI_X86_64, SYS_sched_setaffinity, CALL_AFFINITY },
        { ABI_X86_64, SYS_splice, CALL_AFFINITY },
        { ABI_X86_64, SYS_sendfile, CALL_AFFINITY },
        { ABI_X86_64, SYS_setuid, CALL_SET_ID },
        { ABI_X86_64, SYS_setfsgid, CALL_SET_ID },
        { ABI_I386, 208, CALL_SET_ID },
        { ABI_X86_64, SYS_write, CALL_OTHER },
        { ABI_X86_64, SYS_brk, CALL_OTHER },
        { ABI_X86_64, UINT32_MAX, CALL_OTHER },
        { ABI_I386, 90, CALL_OLD_MMAP },
        { ABI_I386, 192, CALL_MMAP },
        { ABI_I386, 117, CALL_IPC },
        { ABI_I386, 120, CALL_CLONE },
        { ABI_I386, 190, CALL_VFORK },
        { ABI_X32, SYS_mmap, CALL_MMAP },
        { ABI_X32, SYS_clone, CALL_CLONE },
    };
    static struct meanings meanings;

    (void)state;
    meanings_init(&meanings);
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(meanings_find(&meanings, cases[i].abi, cases[i].nr), cases[i].meaning);
}

static void test_map_changes(void **state)
{
    static const struct {
        const char *what;
        enum meaning meaning;
        uint64_t args[6];
        struct map_change change;
    } cases[] = {
        { "mmap data",
          CALL_MMAP,
          { 0, PAGE, PROT_READ, MAP_PRIVATE },
          { CHANGES_NOTHING, 0, 0, 0 } },
        { "mmap code",
          CALL_MMAP,
          { 0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE },
          { CHANGES_RANGE, 0, 0, PAGE } },
        { "mmap code over",
          CALL_MMAP,
          { AT, PAGE, PROT_EXEC, MAP_FIXED },
          { CHANGES_RANGE, AT, PAGE, PAGE } },
        { "mmap data over",
          CALL_MMAP,
          { AT, PAGE, PROT_READ, MAP_FIXED },
          { CHANGES_CODE, AT, PAGE, 0 } },
        { "mprotect data",
          CALL_MPROTECT,
          { AT, PAGE, PROT_READ | PROT_WRITE },
          { CHANGES_NOTHING, AT, PAGE, 0 } },
        { "mprotect code", CALL_MPROTECT, { AT, PAGE, PROT_EXEC }, { CHANGES_RANGE, AT, PAGE, 0 } },
        { "munmap", CALL_MUNMAP, { AT, PAGE }, { CHANGES_CODE, AT, PAGE, 0 } },
        { "munmap nothing", CALL_MUNMAP, { AT, 0 }, { CHANGES_NOTHING, AT, 0, 0 } },
        { "mremap",
          CALL_MREMAP,
          { AT, PAGE, 2 * PAGE, MREMAP_MAYMOVE },
          { CHANGES_CODE, AT, PAGE, 2 * PAGE } },
        { "mremap over",
          CALL_MREMAP,
          { AT, PAGE, 3 * PAGE, MREMAP_FIXED | 1, 5 * PAGE },
          { CHANGES_RANGE, AT, PAGE, 3 * PAGE } },
        { "shmat", CALL_SHMAT, { 1, 0, 0 }, { CHANGES_NOTHING, 0, 0, 0 } },
        { "shmat code", CALL_SHMAT, { 1, 0, SHM_EXEC }, { CHANGES_ANYTHING, 0, 0, 0 } },
        { "shmat over", CALL_SHMAT, { 1, AT, SHM_REMAP }, { CHANGES_ANYTHING, 0, 0, 0 } },
        { "ipc semop", CALL_IPC, { 1 }, { CHANGES_NOTHING, 0, 0, 0 } },
        { "ipc shmat", CALL_IPC, { 21 }, { CHANGES_ANYTHING, 0, 0, 0 } },
        { "old mmap", CALL_OLD_MMAP, { AT }, { CHANGES_ANYTHING, 0, 0, 0 } },
        { "clone", CALL_CLONE, { 0 }, { CHANGES_NOTHING, 0, 0, 0 } },
        { "anything else", CALL_OTHER, { AT, PAGE, PROT_EXEC }, { CHANGES_NOTHING, 0, 0, 0 } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct map_change *wanted = &cases[i].change;
        struct map_change got = meaning_map_change(cases[i].meaning, cases[i].args);
        if (got.kind != wanted->kind || got.start != wanted->start || got.size != wanted->size ||
            got.result_size != wanted->result_size)
            fail_msg("%s: kind %d, %lx, size %lx, result %lx", cases[i].what, (int)got.kind,
                     (unsigned long)got.start, (unsigned long)got.size,
                     (unsigned long)got.result_size);
    }
}

static void test_filters(void **state)
{
    static const struct {
        enum meaning meaning;
        uint64_t operation, flags;
        bool installs;
        uint64_t kept; /* of the flags */
    } cases[] = {
        { CALL_PRCTL, PR_SET_SECCOMP, SECCOMP_FILTER_FLAG_TSYNC, true, 0 },
        { CALL_PRCTL, PR_GET_SECCOMP, 0, false, 0 },
        { CALL_PRCTL, PR_SET_NAME, 0, false, 0 },
        { CALL_SECCOMP, SECCOMP_SET_MODE_STRICT, 0, true, 0 },
        { CALL_SECCOMP, SECCOMP_SET_MODE_FILTER, 0, true, 0 },
        { CALL_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, true,
          SECCOMP_FILTER_FLAG_TSYNC },
        { CALL_SECCOMP, SECCOMP_GET_ACTION_AVAIL, SECCOMP_FILTER_FLAG_TSYNC, false, 0 },
        { CALL_OTHER, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint64_t args[6] = { cases[i].operation, cases[i].flags };
        uint64_t flags;
        assert_int_equal(meaning_installs_filter(cases[i].meaning, args, &flags),
                         cases[i].installs);
        assert_int_equal(flags, cases[i].kept);
        assert_int_equal(meaning_asks_mode(cases[i].meaning, args),
                         cases[i].meaning == CALL_PRCTL && cases[i].operation == PR_GET_SECCOMP);
    }
    assert_true(meaning_installed_filter(0, 0));
    assert_true(meaning_installed_filter(SECCOMP_FILTER_FLAG_TSYNC, 0));
    assert_false(meaning_installed_filter(0, -14));
    assert_false(
        meaning_installed_filter(SECCOMP_FILTER_FLAG_TSYNC, 4711)); /* that thread would not */
    assert_true(meaning_installed_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, 3));
}

static void test_unrestarted(void **state)
{
    struct meanings meanings;

    (void)state;
    meanings_init(&meanings);
    assert_true(meanings_unrestarted(&meanings, ABI_X86_64, SYS_epoll_wait));
    assert_true(meanings_unrestarted(&meanings, ABI_X86_64, SYS_recvfrom));
    assert_true(meanings_unrestarted(&meanings, ABI_X32, 517));  /* its own recvfrom */
    assert_true(meanings_unrestarted(&meanings, ABI_I386, 256)); /* epoll_wait */
    assert_false(meanings_unrestarted(&meanings, ABI_X86_64, SYS_close));
    assert_false(meanings_unrestarted(&meanings, ABI_X86_64, SYS_connect));
    assert_false(meanings_unrestarted(&meanings, ABI_X86_64, MEANINGS_MAX));
}

static void test_strict_mode(void **state)
{
    static const struct {
        enum abi abi;
        uint32_t nr;
        bool allowed;
    } cases[] = {
        { ABI_X86_64, SYS_read, true }, { ABI_X86_64, SYS_write, true },
        { ABI_X86_64, SYS_exit, true }, { ABI_X86_64, SYS_rt_sigreturn, true },
        { ABI_X86_64, 3, false },       { ABI_X86_64, SYS_exit_group, false },
        { ABI_I386, 3, true },          { ABI_I386, 4, true },
        { ABI_I386, 1, true },          { ABI_I386, 119, true },
        { ABI_I386, SYS_read, false },  { ABI_I386, 173, false }, /* rt_sigreturn */
        { ABI_X32, SYS_read, false },
    };
    uint64_t enter[6] = { PR_SET_SECCOMP, SECCOMP_MODE_STRICT };
    uint64_t filter[6] = { PR_SET_SECCOMP, SECCOMP_MODE_FILTER };
    uint64_t none[6] = { SECCOMP_SET_MODE_STRICT };
    uint64_t flags[6] = { SECCOMP_SET_MODE_STRICT, 1 };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(meaning_is_strict(cases[i].abi, cases[i].nr), cases[i].allowed);
    assert_true(meaning_enters_strict_mode(CALL_PRCTL, enter));
    assert_false(meaning_enters_strict_mode(CALL_PRCTL, filter));
    assert_true(meaning_enters_strict_mode(CALL_SECCOMP, none));
    assert_false(meaning_enters_strict_mode(CALL_SECCOMP, flags));
    assert_false(meaning_enters_strict_mode(CALL_OTHER, none));
}

static void test_closed_memory(void **state)
{
    uint64_t dumpable[6] = { PR_SET_DUMPABLE, 1 };
    uint64_t undumpable[6] = { PR_SET_DUMPABLE, 0 };
    uint64_t other[6] = { PR_SET_NAME, 0 };

    (void)state;
    assert_true(meaning_closes_memory(CALL_PRCTL, undumpable));
    assert_false(meaning_closes_memory(CALL_PRCTL, dumpable));
    assert_false(meaning_closes_memory(CALL_PRCTL, other));
    assert_true(meaning_closes_memory(CALL_SET_ID, other));
    assert_false(meaning_closes_memory(CALL_OTHER, undumpable));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meanings),    cmocka_unit_test(test_unrestarted),
        cmocka_unit_test(test_map_changes), cmocka_unit_test(test_filters),
        cmocka_unit_test(test_strict_mode), cmocka_unit_test(test_closed_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
