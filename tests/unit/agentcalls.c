/* What calls mean for the agent of a process. */
#include <asm/prctl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test.h"
#include "tracer/agentcalls.h"

static struct syscall make(enum meaning meaning, uint32_t nr, const uint64_t args[static 6])
{
    struct syscall ret = { .abi = ABI_X86_64, .nr = nr, .meaning = meaning };

    memcpy(ret.args, args, sizeof(ret.args));
    return ret;
}

#define CALL(meaning, nr, ...) make(meaning, nr, (const uint64_t[6]){ __VA_ARGS__ })

/* The memory that calls replace: where the address is a wish they replace none. */
static void test_ranges(void **state)
{
    static const struct {
        enum meaning meaning;
        uint64_t args[6];
        size_t count;
        uint64_t ranges[4];
    } cases[] = {
        { CALL_MMAP, { 0, 1 << 27, 0, MAP_PRIVATE }, 0, { 0 } },
        { CALL_MMAP, { 0x400000, 4096, 0, MAP_PRIVATE }, 0, { 0 } },
        { CALL_MMAP, { 0x400000, 4096, 0, MAP_FIXED }, 1, { 0x400000, 4096 } },
        { CALL_MUNMAP, { 0x400000, 4096 }, 1, { 0x400000, 4096 } },
        { CALL_MPROTECT, { 0x400000, 4096, 1 }, 1, { 0x400000, 4096 } },
        { CALL_MREMAP, { 0x400000, 4096, 8192, MREMAP_MAYMOVE, 0x500000 }, 1, { 0x400000, 4097 } },
        { CALL_MREMAP,
          { 0x400000, 0, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, 0x500000 },
          2,
          { 0x400000, 1, 0x500000, 8192 } },
        { CALL_OTHER, { 0x400000, 4096 }, 0, { 0 } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct syscall call = make(cases[i].meaning, 0, cases[i].args);
        const struct ranges ranges = agentcalls_ranges(&call);
        assert_int_equal(ranges.count, cases[i].count);
        for (size_t j = 0; j < ranges.count; j++) {
            assert_int_equal(ranges.all[j].start, cases[i].ranges[2 * j]);
            assert_int_equal(ranges.all[j].size, cases[i].ranges[2 * j + 1]);
        }
    }
}

static void test_copies(void **state)
{
    const struct clone_call unknown = { .known = false };
    const struct clone_call thread = { .known = true, .flags = CLONE_VM | CLONE_THREAD };
    const struct clone_call fork = { .known = true, .flags = 17 };
    const struct syscall calls[] = { CALL(CALL_FORK, SYS_fork, 0), CALL(CALL_CLONE, SYS_clone, 0),
                                     CALL(CALL_CLONE3, SYS_clone3, 0),
                                     CALL(CALL_VFORK, SYS_vfork, 0) };

    (void)state;
    assert_true(agentcalls_copies_memory(&calls[0], &unknown));
    for (size_t i = 1; i < 3; i++) {
        assert_true(agentcalls_copies_memory(&calls[i], &unknown));
        assert_true(agentcalls_copies_memory(&calls[i], &fork));
        assert_false(agentcalls_copies_memory(&calls[i], &thread));
    }
    assert_false(agentcalls_copies_memory(&calls[3], &unknown));
}

static void test_base(void **state)
{
    const struct syscall get = CALL(CALL_OTHER, SYS_arch_prctl, ARCH_GET_GS);
    const struct syscall set = CALL(CALL_OTHER, SYS_arch_prctl, ARCH_SET_GS);
    const struct syscall other = CALL(CALL_OTHER, SYS_arch_prctl, ARCH_SET_FS);

    (void)state;
    assert_true(agentcalls_is_of_base(&get) && !agentcalls_ends_agent(&get));
    assert_true(agentcalls_is_of_base(&set) && agentcalls_ends_agent(&set));
    assert_false(agentcalls_is_of_base(&other) || agentcalls_ends_agent(&other));
}

static void test_countable(void **state)
{
    static const struct {
        enum meaning meaning;
        uint32_t nr;
        bool countable;
    } cases[] = {
        { CALL_OTHER, SYS_getppid, true },         { CALL_READ, SYS_read, true },
        { CALL_IOCTL, SYS_ioctl, true },           { CALL_OTHER, SYS_rt_sigreturn, false },
        { CALL_OTHER, SYS_arch_prctl, false },     { CALL_EXIT, SYS_exit, false },
        { CALL_EXECVE, SYS_execve, false },        { CALL_MMAP, SYS_mmap, false },
        { CALL_CLONE, SYS_clone, false },          { CALL_SET_ID, SYS_setuid, false },
        { CALL_OTHER, SYS_futex_waitv, true },     { CALL_OTHER, SYS_futex_waitv + 1, false },
        { CALL_OTHER, SYS_io_uring_enter, false }, { CALL_OTHER, UINT32_MAX, false },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct syscall call = CALL(cases[i].meaning, cases[i].nr, 0);
        if (agentcalls_is_countable(&call) != cases[i].countable)
            fail_msg("call %u", cases[i].nr);
        call.abi = ABI_X32;
        assert_false(agentcalls_is_countable(&call));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_countable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
