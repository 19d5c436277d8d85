/* What is moved of a function's code, and that a thread is back where it was from every instruction
 * of a pad, of inside_find() and of a stub: by stepping through all of them. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/inside.h"
#include "agent/patch.h"
#include "test.h"

#define CALL   "\x0f\x05"
#define NUMBER "\xb8\x6e\x00\x00\x00" /* mov $110,%eax */

/* Where a jump can go on that is too short. */
static void test_hop(void **state)
{
#define ZERO "\x31\xc0"                                 /* xor %eax,%eax */
#define LONG "\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00" /* nopw of ten bytes */
#define NOPS "\x90\x90\x90\x90\x90"
    static const struct {
        const char *what, *code;
        size_t size, padding, at;
        enum patch_form form;
        size_t hop;
    } cases[] = {
        { "behind a return", ZERO CALL "\xc3" LONG "\xc3", 16, 0, 2, PATCH_HOP, 5 },
        { "several", ZERO CALL "\xc3" NOPS "\xc3", 11, 0, 2, PATCH_HOP, 5 },
        { "behind a jump", ZERO CALL "\xeb\xfa" LONG "\xc3", 17, 0, 2, PATCH_HOP, 6 },
        { "before it", "\xeb\x05" NOPS ZERO CALL "\xc3", 12, 0, 9, PATCH_HOP, 2 },
        { "behind the function", ZERO CALL "\xc3" LONG, 5, 10, 2, PATCH_HOP, 5 },
        { "breakpoints", ZERO CALL "\xc3\xcc\xcc\xcc\xcc\xcc", 5, 5, 2, PATCH_HOP, 5 },
        { "too little", ZERO CALL "\xc3\x90\x90\x90\x90", 5, 4, 2, PATCH_UNMOVABLE, 0 },
        { "reached", ZERO CALL LONG "\xc3", 15, 0, 2, PATCH_UNMOVABLE, 0 },
        { "reached behind a call", ZERO CALL "\xe8\x00\x00\x00\x00" LONG "\xc3", 20, 0, 2,
          PATCH_UNMOVABLE, 0 },
        { "reached behind a breakpoint", ZERO CALL "\xcc" LONG "\xc3", 16, 0, 2, PATCH_UNMOVABLE,
          0 },
        { "jumped to", "\xeb\x05" ZERO CALL "\xc3" LONG "\xc3", 18, 0, 4, PATCH_UNMOVABLE, 0 },
        { "a function with a table", ZERO CALL "\xff\xe0" LONG, 6, 10, 2, PATCH_UNMOVABLE, 0 },
        { "rather than several instructions", "\x48\x89\xf8\x31\xf6" CALL "\xc3" LONG, 8, 10, 5,
          PATCH_HOP, 8 },
        { "rather one that is long enough", NUMBER CALL "\xc3" LONG, 8, 10, 5, PATCH_ONE, 0 },
    };
    static uint8_t far[256];
    struct patch_room room;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        room.hop = 0;
        enum patch_form form = patch_find((const uint8_t *)cases[i].code, cases[i].size,
                                          cases[i].padding, cases[i].at, &room);
        if (form != cases[i].form || room.hop != cases[i].hop)
            fail_msg("%s: form %d by %zu", cases[i].what, form, room.hop);
    }
    uint8_t shared[] = ZERO CALL ZERO CALL "\xc3" LONG LONG;
    for (size_t hop = 9; hop < 29; hop += 5) { /* each gets its own */
        assert_int_equal(patch_find(shared, 9, 20, 6, &room), PATCH_HOP);
        assert_int_equal(room.hop, hop);
        patch_take_padding(shared, 29, hop);
    }
    assert_int_equal(patch_find(shared, 9, 20, 6, &room), PATCH_UNMOVABLE);
    memset(far, 0x98, sizeof(far)); /* cltq */
    memcpy(far, ZERO CALL, 4);
    memcpy(far + 128, "\xc3" NOPS, 6);
    assert_int_equal(patch_find(far, 134, 0, 2, &room), PATCH_HOP);
    assert_int_equal(room.hop, 129);
    far[128] = 0x98;
    memcpy(far + 129, "\xc3" NOPS, 6);
    assert_int_equal(patch_find(far, 135, 0, 2, &room), PATCH_UNMOVABLE);
}

static void test_form(void **state)
{
    static const struct {
        const char *what, *code;
        size_t size, at;
        enum patch_form form;
        size_t start;
    } cases[] = {
        { "mov", NUMBER CALL "\xc3", 8, 5, PATCH_ONE, 0 },
        { "behind others", "\x31\xff" NUMBER CALL "\xc3", 10, 7, PATCH_ONE, 2 },
        { "mov of 64 bits", "\x48\xc7\xc0\x6e\x00\x00\x00" CALL "\xc3", 10, 7, PATCH_ONE, 0 },
        { "two", "\x48\x89\xf8\x31\xf6" CALL "\xc3", 8, 5, PATCH_FEW, 0 },
        { "three", "\x90\x48\x89\xf8\x31\xf6\x31\xd2" CALL "\xc3", 11, 8, PATCH_FEW, 1 },
        { "two, jumped into", "\xeb\x03\x48\x89\xf8\x31\xf6" CALL "\xc3", 10, 7, PATCH_JUMPED_INTO,
          0 },
        { "two, jumped to", "\xeb\x00\x48\x89\xf8\x31\xf6" CALL "\xc3", 10, 7, PATCH_FEW, 2 },
        { "two, and a jump to the call", "\xeb\x05\x48\x89\xf8\x31\xf6" CALL "\xc3", 10, 7,
          PATCH_FEW, 2 },
        { "two, in a function with a table", "\x48\x89\xf8\x31\xf6" CALL "\xff\xe0", 9, 5,
          PATCH_JUMPED_INTO, 0 },
        { "too short", "\x31\xc0" CALL "\xc3", 5, 2, PATCH_UNMOVABLE, 0 },
        { "the stack, to be read", "\x48\x8b\x44\x24\x08" CALL "\xc3", 8, 5, PATCH_ONE, 0 },
        { "the stack, at an index", "\x4a\x8b\x44\x24\x08" CALL "\xc3", 8, 5, PATCH_UNMOVABLE, 0 },
        { "the stack, to be written", "\x48\x89\x44\x24\x08" CALL "\xc3", 8, 5, PATCH_UNMOVABLE,
          0 },
        { "memory", "\x48\x8b\x44\x17\x08" CALL "\xc3", 8, 5, PATCH_UNMOVABLE, 0 },
        { "memory beside itself", "\x48\x8b\x05\x00\x00\x00\x00" CALL "\xc3", 10, 7,
          PATCH_UNMOVABLE, 0 },
        { "its own address", "\x48\x8d\x05\x00\x00\x00\x00" CALL "\xc3", 10, 7, PATCH_UNMOVABLE,
          0 },
        { "a jump", "\x0f\x84\x00\x00\x00\x00" CALL "\xc3", 9, 6, PATCH_UNMOVABLE, 0 },
        { "a call", "\xe8\x00\x00\x00\x00" CALL "\xc3", 8, 5, PATCH_UNMOVABLE, 0 },
        { "the stack", "\x48\x81\xec\x00\x01\x00\x00" CALL "\xc3", 10, 7, PATCH_UNMOVABLE, 0 },
        { "the stack pointer", "\xbc\x00\x00\x00\x00" CALL "\xc3", 8, 5, PATCH_UNMOVABLE, 0 },
        { "push", "\x68\x00\x00\x00\x00" CALL "\xc3", 8, 5, PATCH_UNMOVABLE, 0 },
        { "a segment", "\x64\x8b\x04\x25\x18\x00\x00\x00" CALL "\xc3", 11, 8, PATCH_UNMOVABLE, 0 },
        { "mov within another", "\xc7\x05\x00\x00\x00\x00" NUMBER CALL "\xc3", 14, 11,
          PATCH_UNDECODED, 0 },
        { "the call within another", "\xb8\x00\x00" CALL "\xc3", 6, 3, PATCH_UNDECODED, 0 },
        { "no call", NUMBER "\x90\x90", 7, 5, PATCH_NO_CALL, 0 },
        { "cut off", NUMBER "\x0f", 6, 5, PATCH_NO_CALL, 0 },
        { "no instruction", "\x06" NUMBER CALL, 8, 6, PATCH_UNDECODED, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct patch_room room = { 0, 0 };
        enum patch_form form =
            patch_find((const uint8_t *)cases[i].code, cases[i].size, 0, cases[i].at, &room);
        if (form != cases[i].form || (patch_has_room(form) && room.start != cases[i].start))
            fail_msg("%s: form %d from %zu", cases[i].what, form, room.start);
    }
}

/* ---- Stepping ---- */

#define NEAR UINT64_C(0x6e0000000000)
#define CODE (NEAR - UINT64_C(0x100000)) /* the function: mov, call, ret */

#define AREA (NEAR + BLOCK_AREAS - BLOCK_CODE)

static uint8_t *block; /* shared with the child */
static struct patch patch = { .address = CODE + 5, .start = CODE, .moved = NUMBER };

static void map(int fd, uint64_t address, off_t offset, size_t size, int protection)
{
    void *got =
        mmap((void *)address, size, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, offset);
    assert_ptr_equal(got, (void *)address);
}

static void make_block(void)
{
    int fd = (int)syscall(SYS_memfd_create, "block", 0);
    size_t size, find;
    const void *inside = inside_code(&size, &find);
    uint8_t jump[PATCH_SIZE], hop[PATCH_SIZE], *code;

    assert_return_code(ftruncate(fd, BLOCK_SIZE), 0);
    block = mmap(NULL, BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    map(fd, WINDOW, BLOCK_STUBS, BLOCK_STUBS_SIZE, PROT_READ | PROT_EXEC);
    map(fd, NEAR, BLOCK_CODE, BLOCK_CODE_SIZE, PROT_READ | PROT_EXEC);
    map(fd, NEAR + BLOCK_AREAS - BLOCK_CODE, BLOCK_AREAS, BLOCK_TABLE - BLOCK_AREAS,
        PROT_READ | PROT_WRITE);
    map(fd, NEAR + BLOCK_TABLE - BLOCK_CODE, BLOCK_TABLE, BLOCK_TABLE_SIZE, PROT_READ);
    close(fd);
    assert_in_range(size, 1, BLOCK_PAGE);
    memcpy(block + BLOCK_CODE, inside, size);
    patch_set_places(&patch, 3, NEAR);
    assert_true(patch_make(&patch, 3, NEAR, NEAR + find, block + BLOCK_CODE + (patch.pad - NEAR),
                           block + BLOCK_STUBS + (patch.stub - WINDOW)));
    code = mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(code, (void *)CODE);
    memcpy(code, NUMBER CALL "\xc3", 8);
    assert_true(patch_jump(&patch, jump, hop));
    memcpy(code, jump, sizeof(jump));
}

static struct block_area *area(void)
{
    return (struct block_area *)(void *)(block + BLOCK_AREAS);
}

static uint64_t *counters(void)
{
    return (uint64_t *)(void *)(block + BLOCK_COUNTERS);
}

/* The site knows the stack of a call from this return address. */
static void teach(uint64_t sp, uint64_t address)
{
    struct block_table *table = (struct block_table *)(void *)(block + BLOCK_TABLE);

    area()->stack_start = sp - 4096;
    area()->stack_end = sp + 4096;
    table->sites[3] = (struct block_site){ patch.address, patch.stub, 1 };
    table->nodes[1] = (struct block_node){ .address = SYS_getppid, .cfa_offset = 8, .outer = 2 };
    table->nodes[2] = (struct block_node){ .address = address, .counter = 6 };
}

/* A thread that has an area, if `base` is where that is. */
static pid_t start_child(uint64_t base)
{
    int status;
    pid_t child = fork();

    if (!child) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        ((long (*)(void))CODE)();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    assert_return_code(
        ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, gs_base), base), 0);
    return child;
}

/* One instruction; the registers after it. False: the child has ended. */
static bool step(pid_t child, struct user_regs_struct *ret)
{
    int status;

    assert_return_code(ptrace(PTRACE_SINGLESTEP, child, 0, 0), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSTOPPED(status) && !ptrace(PTRACE_GETREGS, child, 0, ret);
}

/* (Not those that the call destroys.) */
static struct patch_registers convert(const struct user_regs_struct *r)
{
    return (struct patch_registers){
        .all = { r->rax, 0, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi, r->r8, r->r9, r->r10, 0,
                 r->r12, r->r13, r->r14, r->r15 },
        .pc = r->rip,
        .flags = r->eflags & ~UINT64_C(0x100), /* the debugger's own step */
    };
}

/* Steps through a call, and checks at every instruction where a thread would be set back to. How
 * many of them were counted and uncounted before the call, and behind it. */
static void step_through(uint64_t base, bool known, unsigned seen[static PATCH_CALLED + 1])
{
    struct user_regs_struct now;
    struct patch_registers entered = { .pc = 0 };
    pid_t child = start_child(base);

    while (step(child, &now)) {
        struct patch_registers r = convert(&now);
        if (now.rip == patch.pad) {
            entered = r;
            if (known)
                teach(now.rsp, (uint64_t)ptrace(PTRACE_PEEKDATA, child, now.rsp, 0));
        }
        if (patch_site(area(), NEAR, now.rip) != 3)
            continue;
        uint64_t counted = counters()[5] + area()->slow;
        enum patch_place place = patch_return(&patch, area(), &r);
        seen[place]++;
        if (place == PATCH_CALLED) {
            assert_int_equal(r.pc, patch.address + 2);
            assert_int_equal(r.all[1], patch.address + 2);
            assert_int_equal(area()->inside, 0);
            continue;
        }
        assert_int_equal(counted, place == PATCH_COUNTED);
        entered.pc = place == PATCH_MOVED ? patch.start : patch.address;
        entered.all[0] = place == PATCH_MOVED ? entered.all[0] : SYS_getppid;
        r.flags &= ~UINT64_C(0x100);
        r.all[1] = r.all[11] = 0;
        if (memcmp(&r, &entered, sizeof(r)))
            fail_msg("at pad + %llu the registers are others", now.rip - patch.pad);
    }
}

static void test_return(void **state)
{
    unsigned seen[PATCH_CALLED + 1] = { 0 };

    (void)state;
    make_block();
    area()->mark = BLOCK_MARK;
    step_through(AREA, true, seen);
    assert_int_equal(counters()[5], 1);
    assert_int_equal(seen[PATCH_MOVED], 1);
    assert_in_range(seen[PATCH_INSIDE], 50, 200);
    assert_in_range(seen[PATCH_COUNTED], 18, 30);
    assert_int_equal(seen[PATCH_CALLED], 2);
    memset(seen, 0, sizeof(seen));
    counters()[5] = 0;
    ((struct block_table *)(void *)(block + BLOCK_TABLE))->sites[3].first = 0;
    step_through(AREA, false, seen);
    assert_int_equal(counters()[5], 0);
    assert_int_equal(area()->slow, 1);
    assert_int_equal(seen[PATCH_CALLED], 0);
}

/* It goes to the call, whatever its %gs is. */
static void test_no_area(void **state)
{
    const uint64_t other =
        (uintptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned seen[PATCH_CALLED + 1] = { 0 };

    (void)state;
    area()->slow = 0;
    step_through(0, false, seen);
    assert_int_equal(seen[PATCH_INSIDE], 3);
    step_through(other, false, seen);
    assert_int_equal(seen[PATCH_INSIDE], 3 + 7);
    assert_int_equal(seen[PATCH_COUNTED], 0);
    assert_int_equal(seen[PATCH_CALLED], 0);
    assert_int_equal(area()->slow, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_hop),
        cmocka_unit_test(test_return),
        cmocka_unit_test(test_no_area),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
