/*
 * libfault.c - for LD_PRELOAD: makes system calls or allocations of a program fail, one or all from
 * one on; or the program itself, where it allocates; or sends signals to what it traces. In the
 * environment:
 *
 * FAULT_CALL=NR:ERRNO:WHEN: the WHENth system call NR fails with ERRNO, and is not executed.
 *
 * FAULT_MEMORY=WHEN: the WHENth allocation fails.
 *
 * FAULT_CRASH=KIND:WHEN: at the WHENth allocation the program reads from address 0 (KIND segv),
 * divides by 0 (fpe), executes no instruction (ill), reads behind the end of a file (bus), calls
 * abort (abrt), recurses for ever (stack), or writes before what it had allocated, which malloc
 * finds out while it holds the lock of the main arena (heap) or of the thread's own (own-heap).
 *
 * FAULT_SIGNAL=NUMBER:WHEN: right before the WHENth call of ptrace(2) the first process that was
 * traced gets this signal; and after SIGSTOP, before the third wait from then on, SIGCONT.
 *
 * FAULT_COUNTS=FILE: a file that is told at the exit how many there were: "NR COUNT" a line,
 * "memory COUNT" the last.
 *
 * WHEN is a number from 1 on; "N+" is the Nth and all later, in forked children too. What the
 * loader does is not counted. The programs that the program starts have nothing of it.
 *
 * Calls are caught by syscall user dispatch (prctl(2), Linux 5.11): every one outside of the few
 * instructions below raises SIGSYS, whose handler makes the call, or does not. So it sees all
 * calls, those from within libc too, and no other process has a part in it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { NUMBERS = 512, SYSCALL_SIZE = 2, MASK_SIZE = 8, RESTORER = 0x04000000 };
enum { WAITS_STOPPED = 3 }; /* after SIGSTOP, as long as they do not block: it, then the stop */
enum { DISPATCH = 59, DISPATCH_ON = 1, ALLOW = 0, BLOCK = 1 }; /* of linux/prctl.h */

/* The calls that are let through. */
long fault_raw(long nr, long a, long b, long c, long d, long e, long f);
void fault_restore(void);
extern const char fault_raw_begin[], fault_raw_end[];
__asm__("    .text\n"
        "fault_raw_begin:\n"
        "fault_raw:\n"
        "    mov %rdi, %rax\n"
        "    mov %rsi, %rdi\n"
        "    mov %rdx, %rsi\n"
        "    mov %rcx, %rdx\n"
        "    mov %r8, %r10\n"
        "    mov %r9, %r8\n"
        "    mov 8(%rsp), %r9\n"
        "    syscall\n"
        "    ret\n"
        "fault_restore:\n"
        "    mov $15, %eax\n" /* rt_sigreturn */
        "    syscall\n"
        "    nop\n"
        "fault_raw_end:\n");

/* As the kernel has it. */
struct kernel_sigaction {
    void *handler;
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* What fails. */
struct turn {
    unsigned long first; /* 0: nothing */
    bool onwards;
};

static struct turn call_turn, memory_turn, crash_turn, signal_turn;
static long signal_number;
static pid_t traced;
static int waits_stopped; /* until it is continued */
static char crash_kind;
static pid_t process;
static long call_number = -1, call_error;
static unsigned long calls[NUMBERS], allocations;
static unsigned long later_allocations; /* after a thread was started */
static bool armed;
static char counts_path[4096];
static _Thread_local volatile char selector;

static bool is_turn(const struct turn *turn, unsigned long count)
{
    return turn->first && (turn->onwards ? count >= turn->first : count == turn->first);
}

static struct turn parse_turn(const char *text)
{
    char *end;
    unsigned long first = strtoul(text, &end, 10);
    return (struct turn){ first, *end == '+' };
}

/* ---- System calls ---- */

/* The handlers of the program return through us. */
static long set_action(const greg_t *r)
{
    struct kernel_sigaction action;

    if (!r[REG_RSI])
        return fault_raw(SYS_rt_sigaction, r[REG_RDI], 0, r[REG_RDX], r[REG_R10], 0, 0);
    memcpy(&action, (const void *)r[REG_RSI], sizeof(action));
    action.restorer = fault_restore;
    return fault_raw(SYS_rt_sigaction, r[REG_RDI], (long)&action, r[REG_RDX], r[REG_R10], 0, 0);
}

/* The mask holds from the end of the handler on, and never blocks SIGSYS. */
static long set_mask(const greg_t *r, ucontext_t *context)
{
    long result =
        fault_raw(SYS_rt_sigprocmask, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], 0, 0);

    fault_raw(SYS_rt_sigprocmask, SIG_SETMASK, 0, (long)&context->uc_sigmask, MASK_SIZE, 0, 0);
    *(uint64_t *)&context->uc_sigmask &= ~(UINT64_C(1) << (SIGSYS - 1));
    return result;
}

/* Before a call. */
static void send_signal(long nr, long tid)
{
    if (nr == SYS_ptrace && !traced)
        traced = (pid_t)tid;
    if (nr == SYS_ptrace && is_turn(&signal_turn, calls[nr])) {
        fault_raw(SYS_kill, traced, signal_number, 0, 0, 0, 0);
        waits_stopped = signal_number == SIGSTOP ? WAITS_STOPPED : 0;
    }
    if (nr == SYS_wait4 && waits_stopped && !--waits_stopped)
        fault_raw(SYS_kill, traced, SIGCONT, 0, 0, 0, 0);
}

static void on_call(int number, siginfo_t *info, void *opaque)
{
    ucontext_t *context = opaque;
    greg_t *r = context->uc_mcontext.gregs;
    long nr = r[REG_RAX];

    (void)number, (void)info;
    if (nr >= 0 && nr < NUMBERS)
        calls[nr]++;
    send_signal(nr, r[REG_RSI]);
    if (nr == call_number && is_turn(&call_turn, calls[nr])) {
        r[REG_RAX] = -call_error;
    } else if (nr == SYS_clone || nr == SYS_clone3 || nr == SYS_vfork) {
        /* Not on this stack: again, where it was. fork and pthread_create below end the leave. */
        selector = ALLOW;
        r[REG_RIP] -= SYSCALL_SIZE;
    } else if (nr == SYS_rt_sigaction) {
        r[REG_RAX] = r[REG_RDI] == SIGSYS ? 0 : set_action(r); /* that one is ours */
    } else if (nr == SYS_rt_sigprocmask) {
        r[REG_RAX] = set_mask(r, context);
    } else {
        r[REG_RAX] =
            fault_raw(nr, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]);
    }
}

/* Catches the calls of this thread. */
static void catch_calls(void)
{
    if (prctl(DISPATCH, DISPATCH_ON, fault_raw_begin, fault_raw_end - fault_raw_begin, &selector)) {
        perror("libfault: syscall user dispatch");
        _exit(EXIT_FAILURE);
    }
    selector = BLOCK;
}

/* Looked up when first needed: the loader allocates before any constructor runs. */
#define NEXT(name)                 \
    static __typeof__(&name) next; \
    if (!next)                     \
    *(void **)&next = dlsym(RTLD_NEXT, #name)

pid_t fork(void)
{
    NEXT(fork);
    pid_t child = next();

    if (child)
        selector = armed ? BLOCK : ALLOW;
    return child;
}

pid_t _Fork(void)
{
    NEXT(_Fork);
    pid_t child = next();

    if (child)
        selector = armed ? BLOCK : ALLOW;
    return child;
}

struct start {
    void *(*routine)(void *);
    void *argument;
};

static struct start starts[16]; /* of the threads, one after the other */
static size_t start_count;

static void *run_thread(void *argument)
{
    const struct start *start = argument;

    catch_calls();
    return start->routine(start->argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
                   void *argument)
{
    NEXT(pthread_create);
    struct start *start = &starts[start_count++ % (sizeof(starts) / sizeof(*starts))];

    *start = (struct start){ routine, argument };
    int result = armed ? next(thread, attributes, run_thread, start)
                       : next(thread, attributes, routine, argument);

    selector = armed ? BLOCK : ALLOW;
    return result;
}

/* ---- Memory ---- */

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int recurse(volatile char *frame)
{
    volatile char next[256] = { 0 }; /* less than the guard page */
    return frame[0] + recurse(next) + next[1];
}

static void read_behind_end(void)
{
    char name[] = "/tmp/libfault.XXXXXX";
    int fd = mkstemp(name);
    const volatile char *memory = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

    unlink(name);
    if (fd >= 0 && memory != MAP_FAILED)
        (void)memory[0];
}

/* The chunk gets a size that cannot be, and by a flag in it belongs to the main arena, or to that
 * of its thread; free(3) fails while it has that locked. (No data is overwritten: what results have
 * must be true, and of such nobody could tell.) */
static void damage_heap(char size)
{
    NEXT(malloc);
    char *volatile memory = next(2000);
    memset(memory - sizeof(size_t), size, sizeof(size_t));
    free(memory);
}

static void crash(void)
{
    static volatile int zero;
    const volatile int *volatile nowhere = NULL;

    switch (crash_kind) {
    case 's':
        (void)*nowhere;
        break;
    case 'f':
        zero = 12345 / zero;
        break;
    case 'i':
        __builtin_trap();
    case 'b':
        read_behind_end();
        break;
    case 'r':
        zero = recurse(&(char){ 0 });
        break;
    case 'h':
        damage_heap('A');
        break;
    case 'o':
        damage_heap('D');
        break;
    default:
        abort();
    }
}

static bool fails(void)
{
    unsigned long count = ++allocations;

    if (start_count && is_turn(&crash_turn, ++later_allocations) &&
        (crash_turn.onwards || getpid() == process))
        crash();
    if (!is_turn(&memory_turn, count))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    NEXT(malloc);
    return fails() ? NULL : next(size);
}

void *calloc(size_t elements, size_t size)
{
    NEXT(calloc);
    return fails() ? NULL : next(elements, size);
}

void *realloc(void *memory, size_t size)
{
    NEXT(realloc);
    return fails() ? NULL : next(memory, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    NEXT(posix_memalign);
    return fails() ? ENOMEM : next(ret, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    NEXT(aligned_alloc);
    return fails() ? NULL : next(alignment, size);
}

/* ---- Beginning and end ---- */

__attribute__((constructor)) static void begin(void)
{
    const char *call = getenv("FAULT_CALL"), *memory = getenv("FAULT_MEMORY");
    const char *crash_at = getenv("FAULT_CRASH");
    const char *signal_at = getenv("FAULT_SIGNAL");
    const char *counts = getenv("FAULT_COUNTS");
    struct kernel_sigaction action = { on_call, SA_SIGINFO | SA_NODEFER | RESTORER, fault_restore,
                                       0 };
    char *end;

    if (counts && strlen(counts) < sizeof(counts_path))
        strcpy(counts_path, counts);
    if (call) {
        call_number = strtol(call, &end, 10);
        call_error = strtol(end + 1, &end, 10);
        call_turn = parse_turn(end + 1);
    }
    if (memory)
        memory_turn = parse_turn(memory);
    if (crash_at && strchr(crash_at, ':')) {
        crash_kind = strncmp(crash_at, "stack", 5) ? *crash_at : 'r';
        crash_turn = parse_turn(strchr(crash_at, ':') + 1);
    }
    if (signal_at) {
        signal_number = strtol(signal_at, &end, 10);
        signal_turn = parse_turn(end + 1);
    }
    process = getpid();
    armed = call || signal_at || counts;
    unsetenv("FAULT_CALL");
    unsetenv("FAULT_MEMORY");
    unsetenv("FAULT_CRASH");
    unsetenv("FAULT_SIGNAL");
    unsetenv("FAULT_COUNTS");
    unsetenv("LD_PRELOAD");
    allocations = 0;
    if (armed) {
        fault_raw(SYS_rt_sigaction, SIGSYS, (long)&action, 0, MASK_SIZE, 0, 0);
        catch_calls();
    }
}

__attribute__((destructor)) static void finish(void)
{
    selector = ALLOW;
    memory_turn.first = crash_turn.first = 0;
    FILE *file = *counts_path ? fopen(counts_path, "we") : NULL;

    for (int nr = 0; file && nr < NUMBERS; nr++)
        if (calls[nr])
            fprintf(file, "%d %lu\n", nr, calls[nr]);
    if (file) {
        fprintf(file, "memory %lu\n", allocations);
        fclose(file);
    }
}
