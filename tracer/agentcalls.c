/* agentcalls.c - by their meanings (meaning.h), and some by their numbers. */
#include "agentcalls.h"

#include <asm/prctl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

enum { LAST_KNOWN = SYS_futex_waitv }; /* of the calls of which it is known what they do */

bool agentcalls_copies_memory(const struct syscall *call, const struct clone_call *clone)
{
    switch (call->meaning) {
    case CALL_FORK:
        return true;
    case CALL_CLONE:
    case CALL_CLONE3:
        return !clone->known || !(clone->flags & CLONE_VM);
    default:
        return false;
    }
}

/* What io_uring interrupts is made again without a stop; by shadow stacks nobody could leave
 * inside_find() but by its return; and a process may have its calls sent back to it, by where they
 * are made, or use %gs itself. */
bool agentcalls_ends_agent(const struct syscall *call)
{
    enum { SHADOW_STACKS = 0x5001 }; /* and higher: arch_prctl's numbers for these */
    const bool prctl = call->nr == SYS_arch_prctl;
    uint64_t flags;

    return meaning_installs_filter(call->meaning, call->args, &flags) ||
           meaning_makes_userfaultfd(call->meaning, call->args) || call->abi != ABI_X86_64 ||
           (call->meaning == CALL_SHMAT && (call->args[1] || call->args[2] & SHM_EXEC)) ||
           call->nr == SYS_io_uring_setup || call->nr == SYS_personality ||
           (prctl && (call->args[0] == ARCH_SET_GS || call->args[0] >= SHADOW_STACKS)) ||
           (call->meaning == CALL_PRCTL && call->args[0] == PR_SET_SYSCALL_USER_DISPATCH);
}

struct ranges agentcalls_ranges(const struct syscall *call)
{
    const uint64_t *args = call->args;
    struct ranges ret = { .count = 0 };

    switch (call->meaning) {
    case CALL_MMAP:
        ret.count = args[3] & MAP_FIXED ? 1 : 0; /* else the address is a wish */
        break;
    case CALL_MPROTECT:
    case CALL_MUNMAP:
        ret.count = 1;
        break;
    case CALL_MREMAP: /* (of shared memory it makes a copy, if the size is 0) */
        ret.count = args[3] & MREMAP_FIXED ? 2 : 1;
        ret.all[1].start = args[4];
        ret.all[1].size = args[2];
        break;
    default:
        return ret;
    }
    ret.all[0].start = args[0];
    ret.all[0].size = args[1] + (call->meaning == CALL_MREMAP);
    return ret;
}

bool agentcalls_is_of_base(const struct syscall *call)
{
    return call->abi == ABI_X86_64 && call->nr == SYS_arch_prctl &&
           (call->args[0] == ARCH_GET_GS || call->args[0] == ARCH_SET_GS);
}

bool agentcalls_is_countable(const struct syscall *call)
{
    if (call->abi != ABI_X86_64 || (call->meaning != CALL_OTHER && call->meaning != CALL_READ &&
                                    call->meaning != CALL_AFFINITY && call->meaning != CALL_IOCTL))
        return false;
    switch (call->nr) {
    case SYS_rt_sigreturn:
    case SYS_restart_syscall:
    case SYS_arch_prctl:
    case SYS_ptrace:
    case SYS_process_vm_writev:
    case SYS_unshare:
    case SYS_setns:
    case SYS_io_uring_enter:
        return false;
    default:
        return call->nr <= LAST_KNOWN;
    }
}
