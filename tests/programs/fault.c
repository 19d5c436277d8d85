/*
 * fault.c - `fault KIND [thread]`: makes one getppid, then commits a fault that ends it, in its
 * only thread or in a second one. segv: reads from address 0. wild: from a non-canonical one. jump:
 * jumps to address 0. fpe, ill, bus: divides by 0, executes no instruction, reads behind the end of
 * a file. int3, int-3: a breakpoint, of one byte or two. step: sets the trap flag. blocked,
 * ignored: segv, with the signal blocked or ignored. frame: a signal whose handler's stack has no
 * room. trap: a call that a filter of its own answers by RET_TRAP. abort: abort(3). handled: segv
 * with a handler, which ends it with status 7. All calls are the executable's.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void read_from(unsigned long address)
{
    const volatile int *const volatile place = (const volatile int *)address;
    (void)*place;
}

static void segv(void)
{
    read_from(0);
}

static void wild(void)
{
    read_from(0x8000000000000000);
}

static void jump(void)
{
    void (*volatile nowhere)(void) = NULL;
    nowhere();
}

static void fpe(void)
{
    volatile int zero = 0;
    zero = 12345 / zero;
}

static void ill(void)
{
    __asm__ volatile("ud2");
}

static void bus(void)
{
    const int fd = memfd_create("empty", 0);
    read_from((unsigned long)mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0));
}

static void int3(void)
{
    __asm__ volatile("int3");
}

static void int_3(void)
{
    __asm__ volatile(".byte 0xcd, 3");
}

static void step(void)
{
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop" ::: "memory", "cc");
}

static void blocked(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    segv();
}

static void ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    segv();
}

static void handler(int number)
{
    (void)number;
    _exit(7);
}

static void frame(void)
{
    const stack_t nowhere = { .ss_sp = (void *)4096, .ss_size = 65536 };
    const struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

    sigaltstack(&nowhere, NULL);
    sigaction(SIGUSR1, &action, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
}

static void trap(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    getpgid(0);
}

static void handled(void)
{
    signal(SIGSEGV, handler);
    segv();
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    { "segv", segv }, { "wild", wild },       { "jump", jump },       { "fpe", fpe },
    { "ill", ill },   { "bus", bus },         { "int3", int3 },       { "int-3", int_3 },
    { "step", step }, { "blocked", blocked }, { "ignored", ignored }, { "frame", frame },
    { "trap", trap }, { "abort", abort },     { "handled", handled },
};

static void *commit(void *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (!strcmp(kinds[i].name, name))
            kinds[i].run();
    return NULL;
}

int main(int argc, char **argv)
{
    const struct rlimit no_core = { 0, 0 };
    pthread_t thread;

    if (argc < 2)
        return 2;
    setrlimit(RLIMIT_CORE, &no_core);
    getppid();
    if (argc > 2 && !pthread_create(&thread, NULL, commit, argv[1]))
        pthread_join(thread, NULL);
    else
        commit(argv[1]);
    puts("lives on");
    return 3;
}
