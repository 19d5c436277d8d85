/*
 * hot-code.c - code and stacks of unusual form, code that comes and goes, and what a program may
 * have arranged with the kernel about its own calls, while threads make the calls of hot.h.
 */
#include <alloca.h>
#include <asm/prctl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include "hot.h"

enum { THREADS = 3, PAGE = 4096 };

/* ---- Jumps ---- */

/* getsid, straight; getuid, by a jump to the very `syscall` of that; getpgrp, so many times, by
 * jumps back to the instruction before the `syscall`. */
long jump_straight(void);
long jump_past(void);
long jump_back(long times);
__asm__(".text\n"
        ".type jump_straight, @function\n"
        "jump_straight:\n"
        ".cfi_startproc\n"
        "    xor %edi, %edi\n"
        "    mov $124, %eax\n"
        "jump_to:\n"
        "    syscall\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size jump_straight, . - jump_straight\n"
        ".type jump_past, @function\n"
        "jump_past:\n"
        ".cfi_startproc\n"
        "    mov $102, %eax\n"
        "    jmp jump_to\n"
        ".cfi_endproc\n"
        ".size jump_past, . - jump_past\n"
        ".type jump_back, @function\n"
        "jump_back:\n"
        ".cfi_startproc\n"
        "1:  mov $111, %eax\n"
        "    syscall\n"
        "    dec %rdi\n"
        "    jnz 1b\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size jump_back, . - jump_back\n");

static void *jump_often(void *unused)
{
    enum { TIMES = 300, LOOPS = 7 };

    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < TIMES; i++) {
        jump_straight();
        if (jump_past() != (long)getuid())
            errx(1, "a wrong user");
        jump_back(LOOPS);
    }
    hot_count(HOT_GETSID, TIMES);
    hot_count(HOT_GETUID, 2 * TIMES);
    hot_count(HOT_GETPGRP, TIMES * LOOPS);
    return unused;
}

static void jumps(const char *argument)
{
    (void)argument;
    hot_run(THREADS, jump_often);
}

/* ---- Registers that are no integers ---- */

/* All xmm registers, the control words, and one of the x87's are kept over the call. */
static __attribute__((noinline)) int is_kept(uint64_t seed)
{
    uint64_t in[32], out[32];
    uint32_t mxcsr_in, mxcsr_out;
    uint16_t control_in, control_out;
    double on_top;

    for (unsigned i = 0; i < 32; i++)
        in[i] = seed * (i + 1);
    fesetround(seed % 2 ? FE_UPWARD : FE_TOWARDZERO);
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr_in), "=m"(control_in));
    __asm__ volatile(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
                     "movdqu 16 * \\n(%[in]), %%xmm\\n\n\t"
                     ".endr\n\t"
                     "fldpi\n\t"
                     "mov $110, %%eax\n\t"
                     "syscall\n\t"
                     "fstpl %[top]\n\t"
                     ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
                     "movdqu %%xmm\\n, 16 * \\n(%[out])\n\t"
                     ".endr"
                     : [top] "=m"(on_top)
                     : [in] "r"(in), [out] "r"(out)
                     : "rax", "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                       "xmm14", "xmm15");
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr_out), "=m"(control_out));
    fesetround(FE_TONEAREST);
    return !memcmp(in, out, sizeof(in)) && mxcsr_in == mxcsr_out && control_in == control_out &&
           on_top > 3.14 && on_top < 3.15;
}

static int kept;

static void *keep_often(void *number)
{
    pthread_barrier_wait(&hot_barrier);
    for (unsigned i = 0; i < 400; i++)
        __atomic_fetch_add(&kept, is_kept(((uint64_t)number << 32) + i + 1), __ATOMIC_RELAXED);
    hot_count(HOT_GETPPID, 400);
    return NULL;
}

static void vectors(const char *argument)
{
    (void)argument;
    hot_run_hammered(THREADS, keep_often);
    printf("%d kept\n", kept);
}

/* ---- Frames and stacks ---- */

/* getppid, with this in the frame pointer, which says nothing of the stack here. */
long ask_with_garbage(uint64_t frame_pointer);
/* getpgrp, where unwind tables say that the frame pointer leads outwards. It does, if it is 0;
 * otherwise it is this. */
long ask_misled(uint64_t frame_pointer);
__asm__(".text\n"
        ".type ask_with_garbage, @function\n"
        "ask_with_garbage:\n"
        ".cfi_startproc\n"
        "    push %rbp\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".cfi_rel_offset %rbp, 0\n"
        "    mov %rdi, %rbp\n"
        "    mov $110, %eax\n"
        "    syscall\n"
        "    pop %rbp\n"
        ".cfi_adjust_cfa_offset -8\n"
        ".cfi_restore %rbp\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size ask_with_garbage, . - ask_with_garbage\n"
        ".type ask_misled, @function\n"
        "ask_misled:\n"
        ".cfi_startproc\n"
        "    push %rbp\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".cfi_rel_offset %rbp, 0\n"
        "    mov %rsp, %rbp\n"
        ".cfi_def_cfa_register %rbp\n"
        "    push %rbx\n"
        "    mov %rbp, %rbx\n"
        "    test %rdi, %rdi\n"
        "    cmovnz %rdi, %rbp\n"
        "    mov $111, %eax\n"
        "    syscall\n"
        "    mov %rbx, %rbp\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        ".cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size ask_misled, . - ask_misled\n");

/* Its stack is between two pages that nobody may touch. */
static void *ask_between_guards(void *stack)
{
    const uint64_t low = (uintptr_t)stack, high = low + HOT_STACK;
    const uint64_t pointers[] = {
        1, low - 8, low, high - 8, high, high + 8, 8, UINT64_MAX, UINT64_C(1) << 63, high - 16 + 1,
    };
    enum { COUNT = sizeof(pointers) / sizeof(*pointers), TIMES = 30 };

    for (int i = 0; i < TIMES; i++) {
        for (int j = 0; j < COUNT; j++) {
            ask_with_garbage(pointers[j]);
            ask_misled(0);
        }
    }
    for (int j = 0; j < COUNT; j++)
        ask_misled(pointers[j]);
    hot_count(HOT_GETPPID, TIMES * COUNT);
    hot_count(HOT_GETPGRP, TIMES * COUNT + COUNT);
    return NULL;
}

static void *start_between_guards(void *unused)
{
    char *pages = mmap(NULL, HOT_STACK + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t own;
    pthread_t thread;

    if (pages == MAP_FAILED || mprotect(pages + PAGE, HOT_STACK, PROT_READ | PROT_WRITE))
        err(1, "a stack");
    pthread_attr_init(&own);
    pthread_attr_setstack(&own, pages + PAGE, HOT_STACK);
    if (pthread_create(&thread, &own, ask_between_guards, pages + PAGE))
        errx(1, "no thread");
    pthread_join(thread, NULL);
    return unused;
}

static void guards(const char *argument)
{
    (void)argument;
    hot_run_hammered(2, start_between_guards);
}

/* The same return addresses, by frames of another size each time. */
static __attribute__((noinline)) void ask_above(size_t size)
{
    volatile char *room = alloca(size);

    room[0] = room[size - 1] = 1;
    hot_ask(HOT_GETPPID, 3);
    room[0] = 0;
}

static void *ask_by_sizes(void *unused)
{
    for (size_t i = 0; i < 300; i++)
        ask_above(1 + i * 37 % 4000);
    return unused;
}

static void sizes(const char *argument)
{
    (void)argument;
    hot_run(THREADS, ask_by_sizes);
    ask_by_sizes(NULL);
}

/* Down to where no stack has been before. */
static __attribute__((noinline)) int grow(int depth)
{
    volatile char room[16 * 1024];
    int sum = depth;

    room[0] = 1;
    hot_ask(HOT_GETPPID, 2);
    if (depth)
        sum += grow(depth - 1);
    hot_ask(HOT_GETPPID, 2);
    return sum + room[0];
}

static void *grow_often(void *depth)
{
    for (int i = 0; i < 5; i++)
        if (grow((int)(long)depth) < 0)
            errx(1, "a sum");
    return NULL;
}

static void growing(const char *argument)
{
    pthread_t other;

    (void)argument;
    if (pthread_create(&other, NULL, grow_often, (void *)100L))
        errx(1, "no thread");
    grow_often((void *)150L);
    pthread_join(other, NULL);
}

/* Coroutines, of which each thread has some. */
static __thread ucontext_t outside, inside[3];

static void ask_and_yield(int number)
{
    for (;;) {
        hot_ask(HOT_GETPPID, 3);
        hot_ask(HOT_GETSID, 2);
        swapcontext(&inside[number], &outside);
    }
}

static void *switch_often(void *unused)
{
    enum { ROUNDS = 60, COROUTINES = 3, ROOM = 16 * 1024 };
    char *stacks = malloc((size_t)ROOM * COROUTINES);

    for (int i = 0; i < COROUTINES; i++) {
        getcontext(&inside[i]);
        inside[i].uc_stack.ss_sp = stacks + (size_t)i * ROOM;
        inside[i].uc_stack.ss_size = ROOM;
        makecontext(&inside[i], (void (*)(void))ask_and_yield, 1, i);
    }
    for (int i = 0; i < ROUNDS * COROUTINES; i++) {
        hot_ask(HOT_GETPPID, 1);
        swapcontext(&outside, &inside[i % COROUTINES]);
    }
    free(stacks);
    return unused;
}

static void contexts(const char *argument)
{
    (void)argument;
    hot_run_hammered(THREADS, switch_often);
}

/* ---- Code that comes and goes ---- */

/* Beside this program. */
static void *load(int number, long (**function)(void))
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 32);

    path[length < 0 ? 0 : length] = 0;
    char *name = strrchr(path, '/');
    if (!name)
        err(1, "readlink");
    snprintf(name, 32, "/libhot%d.so", number);
    void *library = dlopen(path, RTLD_NOW);
    if (!library)
        errx(1, "%s", dlerror());
    *function = (long (*)(void))dlsym(library, "hot_plugin_ask");
    return library;
}

static long (*plugin)(void);

static void *ask_plugin(void *unused)
{
    for (int i = 0; i < 40; i++)
        plugin();
    return unused;
}

/* One after the other, mostly at the same address. */
static void *load_often(void *unused)
{
    pthread_t threads[2];

    for (int i = 0; i < 16; i++) {
        void *library = load(1 + i % 2, &plugin);
        hot_start_all(threads, 2, ask_plugin);
        ask_plugin(NULL);
        hot_join_all(threads, 2);
        hot_count(i % 2 ? HOT_GETEGID : HOT_GETEUID, 120);
        dlclose(library);
    }
    return unused;
}

static void libraries(const char *argument)
{
    (void)argument;
    hot_run_hammered(1, load_often);
}

/* Never writable and executable at once. */
static void *make_code(void *unused)
{
    static const struct {
        enum hot_call call;
        uint8_t nr;
    } made[] = { { HOT_GETUID, SYS_getuid },
                 { HOT_GETGID, SYS_getgid },
                 { HOT_GETPGRP, SYS_getpgrp } };
    uint8_t code[] = { 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3 }; /* mov, syscall, ret */
    uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < 15; i++) {
        code[1] = made[i % 3].nr;
        if (mprotect(page, PAGE, PROT_READ | PROT_WRITE))
            err(1, "mprotect");
        memcpy(page, code, sizeof(code));
        if (mprotect(page, PAGE, PROT_READ | PROT_EXEC))
            err(1, "mprotect");
        for (int j = 0; j < 30; j++)
            ((long (*)(void))page)();
        hot_count(made[i % 3].call, 30);
    }
    munmap(page, PAGE);
    return unused;
}

static void made(const char *argument)
{
    (void)argument;
    hot_run_hammered(2, make_code);
}

static void ask_at(const void *page, int times)
{
    for (int i = 0; i < times; i++)
        ((long (*)(void))page)();
    hot_count(HOT_GETEUID, times);
}

/* The page of a hot site is moved away and back, and replaced by what it was at first. */
static void *move_often(void *unused)
{
    long (*function)(void);
    static char first[PAGE];

    load(1, &function); /* and never unload it */
    char *page = (char *)function;
    char *elsewhere = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(first, page, PAGE);
    for (int i = 0; i < 5; i++) {
        ask_at(page, 60);
        if (mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) != elsewhere)
            err(1, "mremap");
        ask_at(elsewhere, 30);
        if (mremap(elsewhere, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) != page)
            err(1, "mremap");
        ask_at(page, 30);
        if (madvise(page, PAGE, MADV_DONTNEED)) /* it is as it is in the file, then */
            err(1, "madvise");
        ask_at(page, 30);
    }
    for (int i = 0; i < 5; i++) {
        if (munmap(page, PAGE) || mmap(page, PAGE, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page)
            err(1, "munmap");
        memcpy(page, first, PAGE);
        if (mprotect(page, PAGE, PROT_READ | PROT_EXEC))
            err(1, "mprotect");
        ask_at(page, 30);
    }
    return unused;
}

static void moved(const char *argument)
{
    (void)argument;
    hot_run_hammered(1, move_often);
}

static void *ask_all_at_once(void *unused)
{
    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < 10; i++)
        hot_ask_all(10);
    return unused;
}

/* `argument`: what nobody may do any more: `exec`, make memory executable that was not; `seal`,
 * change the mapping of code. */
static void hardened(const char *argument)
{
    enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1, MSEAL = 462 };
    char *code = (char *)((uintptr_t)getppid & ~(uintptr_t)(PAGE - 1));
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long set;

    hot_run(THREADS, ask_all_at_once);
    if (!strcmp(argument, "exec"))
        set = prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0);
    else
        set = syscall(MSEAL, code, PAGE, 0);
    hot_run(THREADS, ask_all_at_once);
    printf("set: %ld; executable: %d; changed: %d\n", set,
           mprotect(page, PAGE, PROT_READ | PROT_EXEC),
           mprotect(code, PAGE, PROT_READ | PROT_EXEC));
    hot_run(THREADS, ask_all_at_once);
}

/* ---- Filters of its own ---- */

/* For getuid. */
static void install(unsigned action, unsigned flags)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program))
        err(1, "a filter");
}

static long denials(int times)
{
    long denied = 0;

    for (int i = 0; i < times; i++)
        denied += syscall(SYS_getuid) == -1 && errno == EPERM;
    hot_count(HOT_GETUID, times);
    return denied;
}

static long denied_here, denied_there;

static void *be_filtered(void *flags)
{
    denials(200);
    install(SECCOMP_RET_ERRNO | EPERM, (unsigned)(long)flags);
    denied_here = denials(200);
    return NULL;
}

static void *be_killed(void *unused)
{
    denials(200);
    install(SECCOMP_RET_KILL_THREAD, 0);
    hot_count(HOT_GETUID, 1);
    getuid();
    return unused; /* never */
}

static void *be_bystander(void *unused)
{
    while (!__atomic_load_n(&hot_stop, __ATOMIC_ACQUIRE)) {
        hot_ask(HOT_GETPPID, 10);
        denials(10);
    }
    __atomic_fetch_add(&denied_there, denials(200), __ATOMIC_RELAXED);
    return unused;
}

/* `argument`: `thread`: one has a filter; `all`: one gives it to all; `kill`: it kills the one. */
static void filter(const char *argument)
{
    const long flags = !strcmp(argument, "all") ? SECCOMP_FILTER_FLAG_TSYNC : 0;
    pthread_t others[THREADS], one;

    hot_start_all(others, THREADS, be_bystander);
    one = hot_start(strcmp(argument, "kill") ? be_filtered : be_killed, (void *)flags);
    pthread_join(one, NULL);
    __atomic_store_n(&hot_stop, 1, __ATOMIC_RELEASE);
    hot_join_all(others, THREADS);
    printf("denied: %ld, others %ld\n", denied_here, denied_there);
}

static int astray, answered;

static void answer_trap(int number, siginfo_t *info, void *context)
{
    ucontext_t *c = context;
    Dl_info at;

    (void)number;
    hot_ask(HOT_GETEUID, 1);
    const bool known = dladdr(info->si_call_addr, &at) && at.dli_sname &&
                       strstr(at.dli_sname, "getuid") &&
                       (uintptr_t)info->si_call_addr == (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
    __atomic_fetch_add(&astray, !known, __ATOMIC_RELAXED);
    c->uc_mcontext.gregs[REG_RAX] = 4242;
}

static void *be_trapped(void *unused)
{
    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < 50; i++) {
        __atomic_fetch_add(&answered, getuid() == 4242, __ATOMIC_RELAXED);
        hot_ask(HOT_GETPPID, 10);
    }
    hot_count(HOT_GETUID, 50);
    return unused;
}

static void trap(const char *argument)
{
    const struct sigaction action = { .sa_sigaction = answer_trap, .sa_flags = SA_SIGINFO };

    (void)argument;
    hot_run(THREADS, ask_all_at_once);
    sigaction(SIGSYS, &action, NULL);
    install(SECCOMP_RET_TRAP, 0);
    hot_run(THREADS, be_trapped);
    printf("%d answered, %d astray\n", answered, astray);
}

/* ---- Syscall User Dispatch ---- */

static __thread volatile char selector;
static int dispatched;

static void answer_dispatch(int number, siginfo_t *info, void *context)
{
    ucontext_t *c = context;
    Dl_info at;

    (void)number;
    selector = PR_SYS_DISPATCH_OFF;
    astray += !dladdr(info->si_call_addr, &at) || !at.dli_sname || !strstr(at.dli_sname, "getuid");
    c->uc_mcontext.gregs[REG_RAX] = 4242;
    dispatched++;
}

/* One has it; the calls that come back to it are none. */
static void *dispatch(void *unused)
{
    const struct sigaction action = { .sa_sigaction = answer_dispatch, .sa_flags = SA_SIGINFO };
    Dl_info at;

    hot_ask(HOT_GETUID, 400);
    dladdr((void *)getuid, &at); /* which binds it */
    sigaction(SIGSYS, &action, NULL);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector))
        err(1, "prctl");
    for (int i = 0; i < 50; i++) {
        selector = PR_SYS_DISPATCH_ON;
        answered += getuid() == 4242;
        hot_ask(HOT_GETUID, 5);
    }
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    hot_ask(HOT_GETUID, 400);
    return unused;
}

static void dispatches(const char *argument)
{
    (void)argument;
    hot_run_hammered(1, dispatch);
    printf("%d dispatched, %d answered, %d astray\n", dispatched, answered, astray);
}

/* ---- The other segment ---- */

static uint64_t segment_base(void)
{
    uint64_t base = 1;

    if (syscall(SYS_arch_prctl, ARCH_GET_GS, &base))
        err(1, "ARCH_GET_GS");
    return base;
}

static uint64_t segment_word(void)
{
    uint64_t word;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(word));
    return word;
}

static int wrong;

static void expect(bool right)
{
    __atomic_fetch_add(&wrong, !right, __ATOMIC_RELAXED);
}

static __thread uint64_t segment[1024]; /* as much as an area has, in which nobody may write */

static void *inherit_segment(void *base)
{
    hot_ask_all(20);
    expect(segment_base() == (uintptr_t)base && segment_word() == 42);
    hot_ask_all(20);
    return NULL;
}

static void ask_by_segment(void)
{
    for (int i = 0; i < 10; i++) {
        hot_ask_all(4);
        expect(segment_base() == (uintptr_t)segment && segment_word() == 42);
    }
    for (size_t i = 1; i < sizeof(segment) / sizeof(*segment); i++)
        expect(!segment[i]);
}

/* Which threads and children inherit. */
static void *set_segment(void *unused)
{
    pthread_barrier_wait(&hot_barrier);
    hot_ask_all(20);
    expect(segment_base() == 0);
    segment[0] = 42;
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, segment))
        err(1, "ARCH_SET_GS");
    ask_by_segment();
    pthread_join(hot_start(inherit_segment, segment), NULL);
    const pid_t child = fork();
    if (!child) {
        ask_by_segment();
        _exit(7);
    }
    hot_await(child, 7);
    syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
    hot_ask_all(20);
    expect(segment_base() == 0);
    return unused;
}

/* Without asking the kernel, where that allows it; and by the selector. */
static void *write_segment(void *unused)
{
    uint64_t base = (uintptr_t)segment;
    const bool may_write = getauxval(AT_HWCAP2) & 2;

    pthread_barrier_wait(&hot_barrier);
    hot_ask_all(20);
    segment[0] = 42;
    for (int i = 0; i < 5 && may_write; i++) {
        __asm__ volatile("wrgsbase %0" : : "r"(base));
        ask_by_segment();
        __asm__ volatile("rdgsbase %0" : "=r"(base));
        expect(base == (uintptr_t)segment);
        __asm__ volatile("wrgsbase %0" : : "r"(UINT64_C(0)));
        hot_ask_all(4);
    }
    __asm__ volatile("mov %0, %%gs" : : "r"(0));
    hot_ask_all(20);
    return unused;
}

/* `argument`: `asked`, by arch_prctl; `written`, by instructions. */
static void segments(const char *argument)
{
    hot_run_hammered(THREADS, !strcmp(argument, "asked") ? set_segment : write_segment);
    printf("%d wrong\n", wrong);
}

/* ---- Restartable sequences ---- */

enum { PROCESSORS = 1024 };

static long per_processor[PROCESSORS];

/* One more on the processor on which this is. False: it was interrupted. */
static __attribute__((noinline)) bool add_here(struct rseq *own)
{
    __asm__ volatile goto(
        ".pushsection .data.sequences, \"aw\"\n\t"
        ".balign 32\n\t"
        "1: .long 0, 0\n\t"
        ".quad 2f, 3f - 2f, 4f\n\t"
        ".popsection\n\t"
        "lea 1b(%%rip), %%rax\n\t"
        "mov %%rax, %[sequence]\n\t"
        "2: mov %[cpu], %%eax\n\t"
        "incq (%[counts], %%rax, 8)\n\t"
        "3:\n\t"
        ".pushsection .text.aborted, \"ax\"\n\t"
        ".byte 0x0f, 0xb9, 0x3d\n\t" /* as an instruction, undefined */
        ".long 0x53053053\n\t"
        "4: jmp %l[aborted]\n\t"
        ".popsection"
        :
        : [sequence] "m"(own->rseq_cs), [cpu] "m"(own->cpu_id), [counts] "r"(per_processor)
        : "rax", "memory", "cc"
        : aborted);
    return true;
aborted:
    return false;
}

static void *add_often(void *unused)
{
    struct rseq *own = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);

    pthread_barrier_wait(&hot_barrier);
    for (int i = 0; i < 1000; i++) {
        while (!add_here(own))
            ;
        hot_ask(HOT_GETPPID, 1);
        hot_ask(HOT_GETSID, 1);
    }
    return unused;
}

static void sequences(const char *argument)
{
    long sum = 0;

    (void)argument;
    if (__rseq_size) /* it is not, if an environment variable says so */
        hot_run_hammered(THREADS, add_often);
    for (int i = 0; i < PROCESSORS; i++)
        sum += per_processor[i];
    printf("%ld\n", sum);
}

int main(int argc, char **argv)
{
    static const struct hot_kind kinds[] = {
        { "jumps", jumps, true },           { "vectors", vectors, true },
        { "guards", guards, true },         { "sizes", sizes, true },
        { "growing", growing, true },       { "contexts", contexts, true },
        { "libraries", libraries, true },   { "made", made, true },
        { "moved", moved, true },           { "hardened", hardened, true },
        { "filter", filter, true },         { "trap", trap, true },
        { "dispatches", dispatches, true }, { "segments", segments, true },
        { "sequences", sequences, true },
    };

    return hot_main(argc, argv, kinds, sizeof(kinds) / sizeof(*kinds));
}
