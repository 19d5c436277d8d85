/* syscalls.c - names of system calls in three ABIs. */
#include "test.h"

#include <inttypes.h>

#include "record/syscalls.h"

static void test_names(void **state)
{
    static const struct {
        enum abi abi;
        uint32_t nr;
        const char *name;
    } rows[] = {
        { ABI_X86_64, 0, "read" },
        { ABI_X86_64, 17, "pread64" },
        { ABI_X86_64, 59, "execve" },
        { ABI_X86_64, 219, "restart_syscall" },
        { ABI_X86_64, 231, "exit_group" },
        { ABI_I386, 0, "restart_syscall" },
        { ABI_I386, 3, "read" },
        { ABI_I386, 102, "socketcall" },
        { ABI_I386, 252, "exit_group" },
        { ABI_X32, 0, "read" },
        { ABI_X32, 520, "execve" },
        { ABI_X86_64, 9999, "syscall_9999" },
        { ABI_X86_64, UINT32_MAX, "syscall_4294967295" },
        /* libseccomp's numbers for calls that an ABI lacks are negative: no names of ours */
        { ABI_X86_64, (uint32_t)-101, "syscall_4294967195" },
        { ABI_I386, (uint32_t)-10141, "syscall_4294957155" },
        { ABI_X32, 9999, "syscall_9999" },
        { ABI_X32, UINT32_MAX, "syscall_4294967295" },
        { ABI_X32, INT32_MAX, "syscall_2147483647" },
        { ABI_X32, 1u << 30, "syscall_1073741824" },
        { ABI_X86_64, 1u << 30, "syscall_1073741824" },
    };
    char buffer[SYSCALL_NAME_MAX];
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_string_equal(syscall_name(rows[i].abi, rows[i].nr, buffer), rows[i].name);
}

static void test_abis(void **state)
{
    (void)state;
    for (int abi = 0; abi < ABI_COUNT; abi++)
        assert_int_equal(abi_parse(abi_name(abi)), abi);
    assert_string_equal(abi_name(ABI_X86_64), "x86_64");
    assert_string_equal(abi_name(ABI_I386), "i386");
    assert_string_equal(abi_name(ABI_X32), "x32");
    assert_int_equal(abi_parse("arm"), -1);
}

static void test_existence(void **state)
{
    static const struct {
        const char *name;
        bool exists[ABI_COUNT];
    } rows[] = {
        { "read", { true, true, true } },         { "rt_sigaction", { true, true, true } },
        { "socketcall", { false, true, false } }, { "mmap2", { false, true, false } },
        { "socket", { true, true, true } }, /* libseccomp has i386's as one of socketcall's */
        { "semtimedop", { true, true, true } },   { "syscall_9999", { false, false, false } },
        { "", { false, false, false } },
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (int abi = 0; abi < ABI_COUNT; abi++)
            assert_int_equal(syscall_exists((enum abi)abi, rows[i].name), rows[i].exists[abi]);
}

static void test_numbers(void **state)
{
    static const struct {
        const char *name;
        int64_t numbers[ABI_COUNT];
    } rows[] = {
        { "read", { 0, 3, 0 } },
        { "_llseek", { -1, 140, -1 } },
        { "accept4", { 288, 364, 288 } }, /* i386 has it as a request of socketcall(2), too */
        { "execve", { 59, 11, 520 } },
        { "syscall_1000", { 1000, 1000, 1000 } },
        { "syscall_1", { -1, -1, -1 } }, /* that has a name */
        { "syscall_01000", { -1, -1, -1 } },
        { "nothing", { -1, -1, -1 } },
        { "", { -1, -1, -1 } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (int abi = 0; abi < ABI_COUNT; abi++)
            assert_int_equal(syscall_number((enum abi)abi, rows[i].name), rows[i].numbers[abi]);
}

/* Each number is found again by its name. */
static void test_numbers_of_names(void **state)
{
    char name[SYSCALL_NAME_MAX];

    (void)state;
    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (uint32_t nr = 0; nr < 1024; nr++)
            if (syscall_number((enum abi)abi, syscall_name((enum abi)abi, nr, name)) != nr)
                fail_msg("%s, %" PRIu32 ": %s", abi_name((enum abi)abi), nr, name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_abis),
        cmocka_unit_test(test_existence),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_of_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
