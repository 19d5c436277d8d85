/*
 * siginfo.c - signals of every origin arrive with the siginfo that the kernel made: this prints
 * number, code and what belongs to it, for a tracer to leave alone. SIGTRAP, too: by int3, by kill,
 * and by the trap flag, once for each instruction, a system call's among them.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { MOST = 16, TRAP_FLAG = 0x100 };

static siginfo_t got[MOST];
static volatile int count;
static volatile int steps, step_codes;
static volatile uint64_t trap_at;
static void *fault_at;

static void take(int number, siginfo_t *info, void *context)
{
    ucontext_t *user = context;

    (void)number;
    if (count < MOST)
        got[count++] = *info;
    if (info->si_signo == SIGSEGV) /* what was not readable becomes so */
        mprotect(fault_at, 4096, PROT_READ);
    else if (info->si_signo == SIGILL || info->si_signo == SIGFPE) /* both are 2 bytes long */
        user->uc_mcontext.gregs[REG_RIP] += 2;
    else if (info->si_signo == SIGTRAP)
        trap_at = (uint64_t)user->uc_mcontext.gregs[REG_RIP];
}

static void step(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    steps++;
    step_codes |= 1 << info->si_code;
}

static const char *sender(const siginfo_t *info)
{
    return info->si_pid == getpid() ? "self" : info->si_pid == 0 ? "nobody" : "other";
}

static void show(const char *origin)
{
    for (int i = 0; i < count; i++) {
        const siginfo_t *info = &got[i];
        int number = info->si_signo;

        printf("%s: signal %d code %d errno %d", origin,
               number >= SIGRTMIN ? number - SIGRTMIN + 1000 : number, info->si_code,
               info->si_errno);
        if (number == SIGCHLD && info->si_code > 0)
            printf(" status %d", info->si_status);
        else if (number == SIGSEGV && info->si_code > 0)
            printf(" address %s", info->si_addr == fault_at ? "right" : "wrong");
        else if (info->si_code == SI_TIMER)
            printf(" value %d", info->si_int);
        else if (info->si_code <= 0)
            printf(" from %s value %d", sender(info), info->si_code == SI_QUEUE ? info->si_int : 0);
        putchar('\n');
    }
    if (count == 0)
        printf("%s: nothing\n", origin);
    count = 0;
    fflush(stdout);
}

static void wait_for(int n)
{
    for (int i = 0; count < n && i < 20000; i++)
        usleep(1000);
}

static void block(int how, int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(how, &set, NULL);
}

static void send_to_self(void)
{
    kill(getpid(), SIGUSR1);
    show("kill");
    syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
    show("tgkill");
    sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 42 });
    show("sigqueue");
    pthread_sigqueue(pthread_self(), SIGRTMIN + 2, (union sigval){ .sival_int = -7 });
    show("pthread_sigqueue");

    siginfo_t forged = { .si_signo = SIGRTMIN, .si_errno = 5, .si_code = -77 };
    forged.si_pid = getpid();
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &forged);
    show("rt_sigqueueinfo");
}

/* Real-time signals queue, the lowest first, those of one number in order; others do not queue. */
static void send_queued(void)
{
    static const int numbers[] = { 3, 1, 2, 1, 3, 1 };

    for (int i = 1; i <= 3; i++)
        block(SIG_BLOCK, SIGRTMIN + i);
    block(SIG_BLOCK, SIGUSR1);
    for (int i = 0; i < 6; i++)
        sigqueue(getpid(), SIGRTMIN + numbers[i], (union sigval){ .sival_int = i });
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    for (int i = 1; i <= 3; i++)
        block(SIG_UNBLOCK, SIGRTMIN + i);
    show("queued");
    block(SIG_UNBLOCK, SIGUSR1);
    show("not queued");
}

static void send_from_child(void)
{
    pid_t child = fork();

    if (child == 0) {
        kill(getppid(), SIGUSR1);
        _exit(3);
    }
    wait_for(2);
    /* In which order they come is chance. */
    if (count == 2 && got[0].si_signo == SIGCHLD) {
        siginfo_t first = got[0];
        got[0] = got[1];
        got[1] = first;
    }
    show("child");
    waitpid(child, NULL, 0);
}

static void send_by_timers(void)
{
    struct itimerval soon = { .it_value = { 0, 1000 } };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
                              .sigev_signo = SIGRTMIN + 4,
                              .sigev_value.sival_int = 99 };
    struct itimerspec once = { .it_value = { 0, 1000000 } };
    timer_t timer;

    setitimer(ITIMER_REAL, &soon, NULL);
    wait_for(1);
    show("setitimer");
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &once, NULL);
    wait_for(1);
    show("timer");
    timer_delete(timer);
}

static void fault(void)
{
    fault_at = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)fault_at;
    show("no access");
    __asm__ volatile("ud2");
    show("ud2");
    __asm__ volatile("xorl %%edx, %%edx; movl $1, %%eax; xorl %%ecx, %%ecx; divl %%ecx" ::
                         : "eax", "ecx", "edx");
    show("division");

    int ends[2];
    if (pipe(ends))
        exit(2);
    close(ends[0]);
    if (write(ends[1], "", 1) >= 0 || errno != EPIPE)
        exit(2);
    show("pipe");
}

static void trap(void)
{
    uint64_t after;

    __asm__ volatile("int3; 1: leaq 1b(%%rip), %0" : "=r"(after));
    show("int3");
    printf("int3: rip %s\n", trap_at == after ? "right" : "wrong");
    kill(getpid(), SIGTRAP);
    show("kill SIGTRAP");

    struct sigaction action = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };
    sigaction(SIGTRAP, &action, NULL);
    long result = SYS_getppid;
    __asm__ volatile("pushfq\n .cfi_adjust_cfa_offset 8\n"
                     "orq %1, (%%rsp)\n"
                     "popfq\n .cfi_adjust_cfa_offset -8\n"
                     "nop; nop; syscall; nop; movl %3, %%eax; syscall; nop\n"
                     "pushfq\n .cfi_adjust_cfa_offset 8\n"
                     "andq %2, (%%rsp)\n"
                     "popfq\n .cfi_adjust_cfa_offset -8\n"
                     : "+a"(result)
                     : "i"(TRAP_FLAG), "i"(~TRAP_FLAG), "i"(SYS_getppid)
                     : "rcx", "r11", "memory", "cc");
    printf("trap flag: %d steps, codes %#x\n", steps, step_codes);
}

int main(void)
{
    static const int numbers[] = { SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, SIGSEGV,
                                   SIGILL,  SIGFPE,  SIGTRAP, SIGPIPE };
    struct sigaction action = { .sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        sigaction(numbers[i], &action, NULL);
    for (int number = SIGRTMIN; number < SIGRTMIN + 5; number++)
        sigaction(number, &action, NULL);
    send_to_self();
    send_queued();
    send_from_child();
    send_by_timers();
    fault();
    trap();
    return 0;
}
