/*
 * remote.c - the first call takes the place of the one that the tracee is about to make; for each
 * further one it is set back to the instruction, and stops at our filter again.
 *
 * On the way there, which leads through user mode, it stops for whatever no mask holds back:
 * SIGSTOP, and stops of its process. These are passed over (PTRACE_CONT takes a thread out of a
 * stop of its process, and leaves it pending that the process is stopped: PTRACE_INTERRUPT has it
 * report that again, as what it is by then; do_jobctl_trap() in kernel/signal.c).
 */
#include "tracer/remote.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "symbolizer/processor/processor.h"
#include "tracer/request.h"
#include "tracer/stop.h"

_Static_assert(sizeof(struct user_regs_struct) <= sizeof(uint64_t[REMOTE_REGISTERS]),
               "it has room");

static struct user_regs_struct former(const struct remote *remote)
{
    struct user_regs_struct ret;

    memcpy(&ret, remote->registers, sizeof(ret));
    return ret;
}

static bool set(struct remote *remote, struct user_regs_struct *registers)
{
    remote->stopped = request_send(PTRACE_SETREGS, remote->tid, 0, (uintptr_t)registers);
    return remote->stopped;
}

static bool set_mask(const struct remote *remote, uint64_t mask)
{
    return request_send(PTRACE_SETSIGMASK, remote->tid, sizeof(mask), (uintptr_t)&mask);
}

bool remote_begin(struct remote *remote, pid_t tid)
{
    struct user_regs_struct registers;

    *remote = (struct remote){ .tid = tid };
    if (!request_send(PTRACE_GETREGS, tid, 0, (uintptr_t)&registers) ||
        !request_send(PTRACE_GETSIGMASK, tid, sizeof(remote->mask), (uintptr_t)&remote->mask) ||
        !set_mask(remote, UINT64_MAX))
        return false;
    memcpy(remote->registers, &registers, sizeof(registers));
    remote->stopped = true;
    return true;
}

/* Is it a stop that is passed over? If it is the delivery of SIGSTOP, that is for *signal. */
static bool is_passed(struct remote *remote, struct stop stop, int *signal)
{
    const bool of_process = stop.kind == STOP_GROUP || stop.kind == STOP_START;

    remote->interrupted |= of_process;
    *signal = stop.kind == STOP_SIGNAL && stop.value == SIGSTOP ? SIGSTOP : 0;
    return of_process || *signal;
}

/* Resumes it until the stop that is expected. */
static bool go_to(struct remote *remote, int request, enum stop_kind expected)
{
    int status, signal = 0;
    struct stop stop;

    remote->stopped = false;
    do {
        if (!request_send(request, remote->tid, 0, (uintptr_t)signal) ||
            !request_wait(remote->tid, &status))
            return false;
        stop = stop_classify(status);
    } while (is_passed(remote, stop, &signal));
    remote->stopped = stop.kind == expected;
    if (!remote->stopped)
        remote->status = status;
    return remote->stopped;
}

/* To the entry of one more call, at the instruction of its own. */
static bool enter_again(struct remote *remote, struct user_regs_struct *registers)
{
    registers->rax = registers->orig_rax;
    registers->orig_rax = (unsigned long long)-1;
    registers->rip -= SYSCALL_SIZE;
    return set(remote, registers) && go_to(remote, PTRACE_CONT, STOP_SECCOMP);
}

bool remote_call(struct remote *remote, long nr, const uint64_t args[static 6], int64_t *ret)
{
    struct user_regs_struct registers = former(remote);

    if (!remote->stopped)
        return false;
    registers.orig_rax = (unsigned long long)nr;
    registers.rdi = args[0];
    registers.rsi = args[1];
    registers.rdx = args[2];
    registers.r10 = args[3];
    registers.r8 = args[4];
    registers.r9 = args[5];
    bool entered = remote->calls++ ? enter_again(remote, &registers) : set(remote, &registers);
    if (!entered || !go_to(remote, PTRACE_SYSCALL, STOP_SYSCALL) ||
        !request_send(PTRACE_GETREGS, remote->tid, 0, (uintptr_t)&registers))
        return false;
    *ret = (int64_t)registers.rax;
    return true;
}

void remote_end(struct remote *remote)
{
    struct user_regs_struct registers = former(remote);

    if (!remote->stopped && stop_classify(remote->status).kind != STOP_SIGNAL)
        return;
    if (remote->calls) {
        registers.rax = registers.orig_rax;
        registers.orig_rax = (unsigned long long)-1;
        registers.rip -= SYSCALL_SIZE;
        request_send(PTRACE_SETREGS, remote->tid, 0, (uintptr_t)&registers);
    }
    set_mask(remote, remote->mask);
}

/* Goes over the words around some bytes. */
static bool go_over(pid_t tid, uint64_t address, uint8_t *buffer, size_t size, bool write)
{
    for (size_t done = 0; done < size;) {
        uint64_t at = (address + done) & ~UINT64_C(7), skip = address + done - at;
        size_t part = 8 - skip < size - done ? 8 - skip : size - done;
        errno = 0;
        long word = ptrace(PTRACE_PEEKTEXT, tid, at, 0);
        if (errno)
            return false;
        if (write) {
            memcpy((uint8_t *)&word + skip, buffer + done, part);
            if (ptrace(PTRACE_POKETEXT, tid, at, word) < 0)
                return false;
        } else {
            memcpy(buffer + done, (uint8_t *)&word + skip, part);
        }
        done += part;
    }
    return true;
}

bool remote_read(pid_t tid, uint64_t address, void *buffer, size_t size)
{
    return go_over(tid, address, buffer, size, false);
}

bool remote_write(pid_t tid, uint64_t address, const void *bytes, size_t size)
{
    return go_over(tid, address, (uint8_t *)(uintptr_t)bytes, size, true);
}
