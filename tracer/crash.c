/* crash.c - catches our own faults. */
#include "crash.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "status.h"
#include "symbolizer/processor/registerset.h"

enum { TEXT_SIZE = 160 };

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };

static struct {
    pid_t process;
    pid_t thread; /* that ends alone; 0: none */
    volatile sig_atomic_t happened;
    int signal; /* 0: it gave up */
    void *address;
    uintptr_t pc;
} crash;

/* Did the kernel send it, for what an instruction of ours did; or abort(3)? What others send never
 * has a positive code, nor SI_TKILL in our name. */
static bool is_fault(int number, const siginfo_t *info)
{
    if (number == SIGABRT)
        return info->si_code == SI_TKILL && info->si_pid == getpid();
    return info->si_code > 0;
}

/* "SIGSEGV at address 0x8, in systrace-lib+0x1234" */
static const char *describe(char text[static TEXT_SIZE])
{
    Dl_info object;
    bool known = dladdr((void *)crash.pc, &object);
    const char *slash = known ? strrchr(object.dli_fname, '/') : NULL;

    snprintf(text, TEXT_SIZE, "SIG%s at address %p, in %.60s+%#lx", sigabbrev_np(crash.signal),
             crash.address,
             !known  ? ""
             : slash ? slash + 1
                     : object.dli_fname,
             (unsigned long)(crash.pc - (known ? (uintptr_t)object.dli_fbase : 0)));
    return text;
}

/* Takes no lock, of libc's neither. */
static _Noreturn void end_process(void)
{
    char text[TEXT_SIZE];
    int size = snprintf(text, sizeof(text), "systrace-lib: failed by a fault of its own (SIG%s)\n",
                        sigabbrev_np(crash.signal));

    if (write(STDERR_FILENO, text, (size_t)size) < 0)
        _exit(EXIT_OURS);
    _exit(EXIT_OURS);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    if (!is_fault(number, info))
        return;
    if (getpid() != crash.process) { /* again, and to the end; as abort(3) does by itself */
        signal(number, SIG_DFL);
        return;
    }
    crash.signal = number;
    crash.address = number == SIGABRT ? NULL : info->si_addr;
    crash.pc = (uintptr_t)registerset_interrupted_pc(context);
    if (gettid() != crash.thread)
        end_process();
    crash.happened = true;
    syscall(SYS_exit, 0); /* the thread alone, and nothing of it is touched */
}

/* For the handler of this thread: the fault may be that the stack is full. */
static void use_stack(struct crash_stack *stack)
{
    stack_t former;

    if (!sigaltstack(NULL, &former) && former.ss_flags & SS_DISABLE) /* a sanitizer has its own */
        sigaltstack(&(stack_t){ .ss_sp = stack->memory, .ss_size = sizeof(stack->memory) }, NULL);
}

void crash_watch(void)
{
    static struct crash_stack stack;
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigset_t set;

    crash.process = getpid();
    use_stack(&stack);
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        sigaction(faults[i], &action, NULL);
        sigaddset(&set, faults[i]);
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void crash_enter_thread(struct crash_stack *stack)
{
    use_stack(stack);
    crash.thread = gettid();
}

void crash_give_up(void)
{
    if (gettid() != crash.thread || getpid() != crash.process)
        return;
    crash.signal = 0;
    crash.happened = true;
    syscall(SYS_exit, 0);
}

bool crash_happened(void)
{
    return crash.happened;
}

const char *crash_text(void)
{
    static char text[TEXT_SIZE];
    return crash.signal ? describe(text) : NULL;
}
