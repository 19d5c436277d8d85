/*
 * clone-flags.c - children by clone and clone3, with every flag that concerns a tracer or the
 * address space and several signals to send at their end; those that share memory have a stack of
 * 512 bytes. Each calls getsid once. The registers of the call, and clone3's arguments, are
 * afterwards what they were: in the parent and, by its status, in the child. Prints a line for
 * each; the calls are the executable's.
 */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RIGHT = 7, WRONG = 8, SMALL = 512 };

static char stack[SMALL] __attribute__((aligned(16)));
static volatile int thread_status;
static volatile int thread_runs; /* the kernel clears it when the thread is done */
static struct clone_args *passed, wanted;

/*
 * raw_clone(nr, first, second, after): the call with these arguments and &thread_runs as the
 * fourth; the first two registers afterwards in after[]. A child goes on in child(after[0],
 * after[1], first, second), its outermost frame but one.
 */
long raw_clone(long nr, uint64_t first, uint64_t second, uint64_t after[2]);
__asm__(".text\n"
        "raw_clone:\n"
        ".cfi_startproc\n"
        "    pushq %r12\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %r12, 0\n"
        "    pushq %r13\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %r13, 0\n"
        "    pushq %rbx\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %rbx, 0\n"
        "    movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    movq %rdx, %rsi\n"
        "    movq %rcx, %rbx\n"
        "    movq %rdi, %r12\n"
        "    movq %rsi, %r13\n"
        "    xorl %edx, %edx\n"
        "    leaq thread_runs(%rip), %r10\n"
        "    xorl %r8d, %r8d\n"
        "    syscall\n"
        "    testq %rax, %rax\n"
        "    jz child_start\n"
        "    movq %rdi, (%rbx)\n"
        "    movq %rsi, 8(%rbx)\n"
        "    popq %rbx\n .cfi_adjust_cfa_offset -8\n"
        "    popq %r13\n .cfi_adjust_cfa_offset -8\n"
        "    popq %r12\n .cfi_adjust_cfa_offset -8\n"
        "    ret\n"
        ".cfi_endproc\n"
        "child_start:\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n"
        "    movq %r12, %rdx\n"
        "    movq %r13, %rcx\n"
        "    andq $-16, %rsp\n"
        "    call child\n"
        "    hlt\n"
        ".cfi_endproc\n");

static bool same_arguments(void)
{
    return !passed || (passed->flags == wanted.flags && passed->exit_signal == wanted.exit_signal &&
                       passed->stack == wanted.stack && passed->stack_size == wanted.stack_size);
}

void child(uint64_t rdi, uint64_t rsi, uint64_t first, uint64_t second);
__attribute__((used)) void child(uint64_t rdi, uint64_t rsi, uint64_t first, uint64_t second)
{
    /* With CLONE_VM clone3's arguments are the parent's, which may be in the call yet. */
    bool right = rdi == first && rsi == second && ((wanted.flags & CLONE_VM) || same_arguments());
    long result = SYS_getsid;

    __asm__ volatile("syscall" : "+a"(result) : "D"(0) : "rcx", "r11", "memory");
    thread_status = right ? RIGHT : WRONG;
    __asm__ volatile("syscall"
                     :
                     : "a"(SYS_exit), "D"(right ? RIGHT : WRONG)
                     : "rcx", "r11", "memory");
}

static long make(bool clone3, uint64_t flags, int signal, bool *unchanged)
{
    struct clone_args args = { .flags = flags, .exit_signal = (uint64_t)signal };
    uint64_t after[2], first = flags | (uint64_t)signal;
    uint64_t second = flags & CLONE_VM && !(flags & CLONE_VFORK) ? (uintptr_t)(stack + SMALL) : 0;

    if (second) {
        args.stack = (uintptr_t)stack;
        args.stack_size = SMALL;
    }
    args.child_tid = flags & CLONE_CHILD_CLEARTID ? (uintptr_t)&thread_runs : 0;
    wanted = args;
    passed = clone3 ? &args : NULL;
    if (clone3) {
        first = (uintptr_t)&args;
        second = sizeof(args);
    }
    long tid = raw_clone(clone3 ? SYS_clone3 : SYS_clone, first, second, after);
    *unchanged = after[0] == first && after[1] == second && same_arguments();
    return tid;
}

/* Of a child that CLONE_PARENT makes the sibling of its maker. */
static bool try_parent(bool clone3, uint64_t flags, int signal)
{
    int status, right = 0;
    bool unchanged;
    pid_t maker = fork();

    if (maker == 0) {
        make(clone3, flags, signal, &unchanged);
        _exit(unchanged ? RIGHT : WRONG);
    }
    while (waitpid(-1, &status, __WALL) > 0)
        right += WIFEXITED(status) && WEXITSTATUS(status) == RIGHT;
    return right == 2;
}

static bool try(bool clone3, uint64_t flags, int signal)
{
    bool unchanged;
    int status = 0;

    if (flags & CLONE_PARENT)
        return try_parent(clone3, flags, signal);
    thread_runs = 1;
    long tid = make(clone3, flags, signal, &unchanged);
    if (tid < 0 || !unchanged)
        return false;
    if (flags & CLONE_THREAD) {
        while (thread_runs)
            usleep(1000);
        return thread_status == RIGHT;
    }
    return waitpid((pid_t)tid, &status, __WALL) == tid && WIFEXITED(status) &&
           WEXITSTATUS(status) == RIGHT;
}

int main(void)
{
    static const uint64_t sets[] = {
        0,
        CLONE_UNTRACED,
        CLONE_PTRACE,
        CLONE_PTRACE | CLONE_UNTRACED,
        CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_IO,
        CLONE_VFORK,
        CLONE_VFORK | CLONE_UNTRACED,
        CLONE_VM,
        CLONE_VM | CLONE_UNTRACED,
        CLONE_VM | CLONE_PTRACE,
        CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND,
        CLONE_PARENT,
        CLONE_PARENT | CLONE_UNTRACED,
        CLONE_PARENT | CLONE_VM | CLONE_UNTRACED,
        CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID,
        CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID | CLONE_UNTRACED,
    };
    static const int signals[] = { SIGCHLD, 0, SIGURG };

    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        for (size_t j = 0; j < sizeof(signals) / sizeof(*signals); j++) {
            /* The signal of a thread, or of a sibling, is not the call's to choose. */
            if (signals[j] != 0 && sets[i] & (CLONE_THREAD | CLONE_PARENT))
                continue;
            for (int clone3 = 0; clone3 < 2; clone3++)
                printf("%s flags %#jx signal %d: %s\n", clone3 ? "clone3" : "clone",
                       (uintmax_t)sets[i], signals[j],
                       try(clone3, sets[i], signals[j]) ? "right" : "wrong");
        }
    }
    return 0;
}
