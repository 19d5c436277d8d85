/*
 * hot-calls.c - makes many calls from few places, and other things in between, by which an agent in
 * the process could come to count wrongly, or be noticed. What it prints and returns is always the
 * same.
 *
 *   hot-calls KIND [LIBRARY]
 */
#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 2000, TICK_MICROSECONDS = 2000, TICKS = 200 };

static void call(int count)
{
    for (int i = 0; i < count; i++)
        getppid();
}

static __attribute__((noinline)) int descend(int depth)
{
    int sum = depth;

    if (depth)
        sum += descend(depth - 1);
    else
        call(CALLS);
    __asm__ volatile("" : "+r"(sum)); /* no tail call */
    return sum;
}

/* From ever other depths. */
static void deep(void)
{
    for (int depth = 0; depth < 60; depth += 3)
        descend(depth);
}

/* By one of 2^depth ways, each of which is a stack of its own. */
static __attribute__((noinline)) unsigned choose(unsigned depth, unsigned way)
{
    unsigned sum = way;

    if (!depth)
        sum += (unsigned)getppid() & 1;
    else if (way & 1)
        sum += choose(depth - 1, way >> 1);
    else
        sum += choose(depth - 1, way >> 1) + 1;
    __asm__ volatile("" : "+r"(sum));
    return sum;
}

/* More stacks than there is room for, each of them often enough to become known. */
static void many(void)
{
    enum { DEPTH = 14, WAYS = 1 << DEPTH, TIMES = 5 };

    for (unsigned i = 0; i < WAYS; i++)
        for (int j = 0; j < TIMES; j++)
            choose(DEPTH, i);
}

static void writes(void)
{
    int null = open("/dev/null", O_WRONLY);

    for (int i = 0; i < CALLS; i++)
        if (write(null, "x", 1) != 1 || write(-1, "x", 1) != -1 || errno != EBADF)
            errx(1, "write");
    close(null);
}

/* ---- Signals ---- */

static volatile sig_atomic_t ticks;
static sigjmp_buf back;

static void start_ticking(void (*handler)(int), int flags)
{
    const struct itimerval often = { { 0, TICK_MICROSECONDS }, { 0, TICK_MICROSECONDS } };
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_ticking(void)
{
    signal(SIGALRM, SIG_IGN);
    setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

static void on_tick(int number)
{
    (void)number;
    getppid();
    getuid();
    ticks++;
}

static void handler(void)
{
    start_ticking(on_tick, SA_RESTART);
    while (ticks < TICKS)
        call(10);
    stop_ticking();
}

static void nested(void)
{
    start_ticking(on_tick, SA_NODEFER);
    while (ticks < TICKS)
        call(10);
    stop_ticking();
}

static void on_tick_leave(int number)
{
    (void)number;
    ticks++;
    getppid();
    siglongjmp(back, 1);
}

static void leaving(void)
{
    /* Where no mask has been saved yet, who leaves a handler would go on with its own. */
    if (!sigsetjmp(back, 1))
        start_ticking(on_tick_leave, 0);
    while (ticks < TICKS) {
        if (!sigsetjmp(back, 1))
            for (;;)
                call(10);
    }
    stop_ticking();
}

/* A handler sees only addresses of the program and its libraries. */
static volatile sig_atomic_t astray;

static void on_tick_look(int number, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;
    uint64_t pc = (uint64_t)interrupted->uc_mcontext.gregs[REG_RIP];
    Dl_info known;

    (void)number;
    (void)info;
    ticks++;
    astray += !dladdr((void *)pc, &known);
}

static void looking(void)
{
    const struct itimerval often = { { 0, TICK_MICROSECONDS }, { 0, TICK_MICROSECONDS } };
    struct sigaction action = { .sa_sigaction = on_tick_look, .sa_flags = SA_SIGINFO };

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (ticks < TICKS)
        call(10);
    stop_ticking();
    printf("%d handlers saw an address of nobody\n", (int)astray);
}

/* Calls that wait, and are interrupted. */
static void waiting(void)
{
    int ends[2], interrupted = 0;
    char byte;

    if (pipe(ends))
        err(1, "pipe");
    call(CALLS);
    for (int i = 0; i < CALLS; i++)
        if (write(ends[1], "x", 1) != 1 || pread(ends[0], &byte, 1, 0) != -1 ||
            read(ends[0], &byte, 1) != 1)
            errx(1, "a pipe");
    start_ticking(on_tick, 0);
    while (ticks < TICKS)
        interrupted += usleep(1000) && errno == EINTR;
    stop_ticking();
    printf("%s\n", interrupted ? "interrupted" : "never interrupted");
}

/* Faults of the program's own. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    ticks += info->si_addr == (void *)8;
    siglongjmp(back, 1);
}

static void faults(void)
{
    volatile int *volatile fault_at = (volatile int *)8;
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

    sigaction(SIGSEGV, &action, NULL);
    for (volatile int i = 0; i < 100; i++) {
        call(20);
        if (!sigsetjmp(back, 1))
            *fault_at = 1;
    }
    printf("%d faults\n", (int)ticks);
}

/* Single-steps itself over calls: by the trap flag. */
static volatile sig_atomic_t traps;

static void on_trap(int number)
{
    (void)number;
    traps++;
}

static __attribute__((noinline)) long step(void)
{
    long result = SYS_getppid;

    __asm__ volatile("mov $110, %%eax\n\t"
                     "syscall"
                     : "=a"(result)
                     :
                     : "rcx", "r11", "memory");
    return result;
}

static void stepping(void)
{
    signal(SIGTRAP, on_trap);
    for (int i = 0; i < CALLS; i++)
        step();
    __asm__ volatile("pushfq\n\t"
                     ".cfi_adjust_cfa_offset 8\n\t"
                     "orl $0x100, (%%rsp)\n\t"
                     "popfq\n\t"
                     ".cfi_adjust_cfa_offset -8\n\t"
                     "mov $110, %%eax\n\t"
                     "syscall\n\t"
                     "nop\n\t"
                     "pushfq\n\t"
                     ".cfi_adjust_cfa_offset 8\n\t"
                     "andl $~0x100, (%%rsp)\n\t"
                     "popfq\n\t"
                     ".cfi_adjust_cfa_offset -8"
                     :
                     :
                     : "rax", "rcx", "r11", "memory", "cc");
    printf("%d traps\n", (int)traps);
}

/* Two short instructions before the call, and signals between them. */
static __attribute__((noinline)) long call_with_two(long number)
{
    long result;

    __asm__ volatile("mov %1, %%rax\n\t"
                     "xor %%esi, %%esi\n\t"
                     "syscall"
                     : "=&a"(result)
                     : "D"(number)
                     : "rcx", "rsi", "r11", "memory");
    return result;
}

static void two(void)
{
    start_ticking(on_tick, 0);
    while (ticks < TICKS)
        for (int i = 0; i < 10; i++)
            call_with_two(SYS_getppid);
    stop_ticking();
}

/* ---- Registers ---- */

struct state {
    uint64_t before[16], after[16], flags_before, flags_after, red_zone[16], behind;
};

/* Makes the call with all registers set, and the red zone, and tells what they are behind it: by
 * two ways to it, straight and by a jump over the number. */
static __attribute__((noinline)) void call_with(struct state *s, long way)
{
    __asm__ volatile("mov %%rax, %%r15\n\t"
                     "mov %%rdi, %%r14\n\t"
                     "lea 3f(%%rip), %%rax\n\t"
                     "mov %%rax, 400(%%r15)\n\t"
                     "sub $256, %%rsp\n\t" /* what the compiler may have there stays */
                     ".cfi_adjust_cfa_offset 256\n\t"
                     "mov $0x1111111111111111, %%rax\n\t"
                     "mov %%rax, -8(%%rsp)\n\t"
                     "mov %%rax, -64(%%rsp)\n\t"
                     "mov %%rax, -128(%%rsp)\n\t"
                     "mov $0x2222222222222222, %%rbx\n\t"
                     "mov $0x3333333333333333, %%rdx\n\t"
                     "mov $0x4444444444444444, %%rsi\n\t"
                     "mov $0x5555555555555555, %%rdi\n\t"
                     "mov $0x6666666666666666, %%r8\n\t"
                     "mov $0x7777777777777777, %%r9\n\t"
                     "mov $0x8888888888888888, %%r10\n\t"
                     "mov $0x9999999999999999, %%r12\n\t"
                     "mov $0xaaaaaaaaaaaaaaaa, %%r13\n\t"
                     "movq %%rbx, %%xmm3\n\t"
                     "push $0xcd7\n\t" /* CF, PF, AF, ZF, SF, DF, OF */
                     "popfq\n\t"
                     "mov $110, %%eax\n\t"
                     "jmp 2f\n\t"
                     "nop\n\t"
                     "1: mov $110, %%eax\n\t"
                     "2: syscall\n\t"
                     "3: pushfq\n\t"
                     "pop 264(%%r15)\n\t"
                     "cld\n\t"
                     "mov %%rbx, 128(%%r15)\n\t"
                     "mov %%rcx, 136(%%r15)\n\t"
                     "mov %%rdx, 144(%%r15)\n\t"
                     "mov %%rsi, 152(%%r15)\n\t"
                     "mov %%rdi, 160(%%r15)\n\t"
                     "mov %%r8, 168(%%r15)\n\t"
                     "mov %%r9, 176(%%r15)\n\t"
                     "mov %%r10, 184(%%r15)\n\t"
                     "mov %%r12, 192(%%r15)\n\t"
                     "mov %%r13, 200(%%r15)\n\t"
                     "movq %%xmm3, 208(%%r15)\n\t"
                     "mov %%r14, 216(%%r15)\n\t"
                     "mov -64(%%rsp), %%rax\n\t"
                     "mov %%rax, 272(%%r15)\n\t"
                     "mov -128(%%rsp), %%rax\n\t"
                     "mov %%rax, 280(%%r15)\n\t"
                     "dec %%r14\n\t"
                     "mov $0xcd7, %%eax\n\t"
                     "push %%rax\n\t"
                     "popfq\n\t"
                     "cld\n\t"
                     "test %%r14, %%r14\n\t"
                     "jg 1b\n\t"
                     "add $256, %%rsp\n\t"
                     ".cfi_adjust_cfa_offset -256\n\t"
                     : "+a"(s), "+D"(way)
                     :
                     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "xmm3", "memory", "cc");
}

static uint64_t sum_of_registers(void)
{
    struct state s = { .behind = 0 };
    uint64_t sum = 0;

    for (int i = 0; i < CALLS; i++) {
        memset(&s, 0, sizeof(s));
        call_with(&s, 1 + i % 2); /* the second time by the jump back */
        for (int j = 0; j < 12; j++)
            sum += j == 1 ? s.after[j] - s.behind : s.after[j] * (unsigned)(j + 1);
        sum += s.flags_after & 0xcd5;
        sum ^= s.red_zone[0] + s.red_zone[1];
    }
    return sum;
}

static void registers(void)
{
    printf("%llx\n", (unsigned long long)sum_of_registers());
}

/* While signals come, which may be anywhere: with the registers of one of the threads. */
static void *sum_often(void *differs)
{
    const uint64_t expected = sum_of_registers();

    while (ticks < TICKS)
        if (sum_of_registers() != expected)
            *(volatile int *)differs = 1;
    return NULL;
}

static void registers_in_threads(void)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    volatile int differs = 0;

    start_ticking(on_tick, SA_RESTART);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, sum_often, (void *)&differs))
            errx(1, "no thread");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    stop_ticking();
    printf("%s\n", differs ? "different" : "the same");
}

/* ---- Processes and threads ---- */

static void forks(void)
{
    for (int i = 0; i < 10; i++) {
        call(CALLS / 10);
        pid_t child = fork();
        if (!child) {
            call(CALLS / 5);
            _exit(i);
        }
        int status;
        call(100);
        if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != i)
            errx(1, "a child ended otherwise");
    }
}

static void vforks(void)
{
    for (volatile int i = 0; i < 10; i++) {
        call(CALLS / 10);
        pid_t child = vfork();
        if (!child) {
            call(200);
            _exit(i);
        }
        int status;
        if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != i)
            errx(1, "a child ended otherwise");
    }
}

/* Another process with the same memory forks after the first has ended. */
static int fork_later(void *parent)
{
    int status = 0;

    while (getppid() == *(pid_t *)parent)
        usleep(1000);
    pid_t child = fork();
    if (!child) {
        call(CALLS);
        _exit(7);
    }
    waitpid(child, &status, 0);
    dprintf(1, "the child has ended with %x\n", (unsigned)status);
    _exit(0);
}

static void sharers(void)
{
    enum { STACK = 1 << 16 };
    static char stack[STACK] __attribute__((aligned(16)));
    static pid_t self;
    int ends[2];
    char byte;

    if (pipe(ends))
        err(1, "pipe");
    if (!fork()) {
        self = getpid();
        call(CALLS);
        if (clone(fork_later, stack + STACK, CLONE_VM | SIGCHLD, &self) < 0)
            err(1, "clone");
        call(CALLS);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1)) /* until all of them have ended */
        err(1, "read");
}

/* It uses %gs itself, from some time on. */
static uint64_t gs_base(void)
{
    uint64_t base;

    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void *tell_base(void *expected)
{
    printf("%d\n", gs_base() == (uintptr_t)expected);
    return NULL;
}

static void bases(void)
{
    static uint64_t words[32];
    uint64_t told = 0;
    pthread_t thread;

    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
        return;
    call(CALLS);
    __asm__ volatile("wrgsbase %0" : : "r"(words));
    if (pthread_create(&thread, NULL, tell_base, words))
        errx(1, "no thread");
    pthread_join(thread, NULL);
    fflush(stdout);
    if (!fork()) {
        tell_base(words);
        exit(0);
    }
    wait(NULL);
    syscall(SYS_arch_prctl, ARCH_GET_GS, &told);
    printf("%d %d\n", told == (uintptr_t)words, gs_base() == (uintptr_t)words);
}

/* A thread closes the memory to others while another makes calls, and forks then. */
static void *call_on(void *unused)
{
    for (;;)
        getppid();
    return unused;
}

static void close_and_fork(void)
{
    pthread_t thread;

    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread, NULL, call_on, NULL))
            errx(1, "no thread");
    usleep(20000);
    prctl(PR_SET_DUMPABLE, 0);
    usleep(1000);
    pid_t child = fork();
    if (!child) {
        call(5);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status)
        errx(1, "a child ended otherwise");
    _exit(0);
}

static void closing(void)
{
    int status;

    for (int i = 0; i < 40; i++) {
        if (!fork())
            close_and_fork();
        if (wait(&status) < 0 || status)
            errx(1, "a process ended otherwise");
    }
}

static void execs(char **argv)
{
    int left = argv[2] ? atoi(argv[2]) : 5;
    char text[16], *words[] = { argv[0], argv[1], text, NULL };

    call(CALLS);
    if (!left)
        return;
    snprintf(text, sizeof(text), "%d", left - 1);
    execv("/proc/self/exe", words);
    err(1, "execv");
}

static void *work(void *unused)
{
    call(CALLS);
    return unused;
}

static void threads(void)
{
    pthread_t thread;

    for (int i = 0; i < 3; i++) {
        call(CALLS);
        if (pthread_create(&thread, NULL, work, NULL))
            errx(1, "no thread");
        call(CALLS);
        pthread_join(thread, NULL);
        call(CALLS);
    }
}

static void read_zeros(void)
{
    char byte;
    int zeros = open("/dev/zero", O_RDONLY);

    for (int i = 0; i < CALLS; i++)
        if (read(zeros, &byte, 1) != 1)
            err(1, "/dev/zero");
    close(zeros);
}

static void *wait_for_byte(void *end)
{
    char byte;
    return read(*(int *)end, &byte, 1) == 1 ? NULL : end;
}

/* By the other of the two sites of read(2) while there is a thread. */
static void reads(void)
{
    pthread_t thread;
    int ends[2];

    read_zeros();
    if (pipe(ends) || pthread_create(&thread, NULL, wait_for_byte, &ends[0]))
        errx(1, "no thread");
    read_zeros();
    if (write(ends[1], "x", 1) != 1)
        err(1, "a pipe");
    pthread_join(thread, NULL);
}

static void kills(void)
{
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (!child)
            for (;;)
                call(1000);
        usleep(3000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

/* ---- Code that comes and goes ---- */

static void library(const char *path)
{
    for (int i = 0; i < 5; i++) {
        call(CALLS / 5);
        void *plugin = dlopen(path, RTLD_NOW);
        if (!plugin)
            errx(1, "%s", dlerror());
        int (*function)(void) = (int (*)(void))dlsym(plugin, "plugin_ask");
        for (int j = 0; function && j < 100; j++)
            function();
        call(CALLS / 5);
        dlclose(plugin);
        call(CALLS / 5);
    }
}

/* The page of the code that calls is made writable and back, unmapped and mapped again by others.
 */
static void protection(void)
{
    const long page = sysconf(_SC_PAGESIZE);
    char *code = (char *)((uintptr_t)getppid & ~(uintptr_t)(page - 1));

    for (int i = 0; i < 5; i++) {
        call(CALLS / 5);
        if (mprotect(code, (size_t)page, PROT_READ | PROT_WRITE | PROT_EXEC) ||
            mprotect(code, (size_t)page, PROT_READ | PROT_EXEC))
            err(1, "mprotect");
    }
    call(CALLS);
}

static void deny(int denied)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)denied, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        err(1, "a filter");
}

static void filter(void)
{
    int denied = 0;

    call(CALLS);
    deny(SYS_getppid);
    for (int i = 0; i < CALLS; i++)
        denied += getppid() < 0;
    printf("%d denied\n", denied);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } kinds[] = {
        { "deep", deep },
        { "writes", writes },
        { "many", many },
        { "handler", handler },
        { "nested", nested },
        { "leaving", leaving },
        { "looking", looking },
        { "waiting", waiting },
        { "faults", faults },
        { "stepping", stepping },
        { "registers", registers },
        { "forks", forks },
        { "vforks", vforks },
        { "threads", threads },
        { "reads", reads },
        { "kills", kills },
        { "protection", protection },
        { "filter", filter },
        { "two", two },
        { "registers-in-threads", registers_in_threads },
        { "sharers", sharers },
        { "bases", bases },
        { "closing", closing },
    };

    if (argc > 1 && !strcmp(argv[1], "execs"))
        execs(argv);
    if (argc > 2 && !strcmp(argv[1], "library"))
        library(argv[2]);
    for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(*kinds); i++)
        if (!strcmp(argv[1], kinds[i].name))
            kinds[i].run();
    printf("done\n");
    return 0;
}
