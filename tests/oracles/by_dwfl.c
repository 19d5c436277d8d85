/* by_dwfl.c - unwinds by elfutils' libdwfl, which reads the map, the files and their CFI itself. */
#include "sampled.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

struct walk {
    uint64_t *pcs;
    size_t count;
};

static pid_t walked; /* find_elf is not told */

/* The file of a mapping, in the root of the process. */
static int find_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                    char **file_name, Elf **elf)
{
    char path[PATH_MAX + 64];

    if (*name == '/') {
        snprintf(path, sizeof(path), "/proc/%d/root%s", (int)walked, name);
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0)
            return fd;
    }
    return dwfl_linux_proc_find_elf(module, data, name, base, file_name, elf);
}

/* What debug files add is not unwind information. */
static int find_no_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                              const char *file, const char *link, GElf_Word crc, char **ret)
{
    (void)module, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)ret;
    return -1;
}

static pid_t next_thread(Dwfl *dwfl, void *argument, void **thread)
{
    (void)dwfl;
    if (*thread)
        return 0;
    *thread = argument;
    return walked;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *ret, void *argument)
{
    const struct sampled *sampled = argument;

    (void)dwfl;
    return sampled->target->read(sampled->target->context, address, ret, sizeof(*ret)) ==
           sizeof(*ret);
}

/* By their DWARF numbers (psABI figure 3.36). */
static bool set_registers(Dwfl_Thread *thread, void *argument)
{
    const struct user_regs_struct *r = &((const struct sampled *)argument)->registers;
    const Dwarf_Word registers[] = { r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi,
                                     r->rbp, r->rsp, r->r8,  r->r9,  r->r10, r->r11,
                                     r->r12, r->r13, r->r14, r->r15, r->rip };

    return dwfl_thread_state_registers(thread, 0, sizeof(registers) / sizeof(*registers),
                                       registers);
}

static int add_frame(Dwfl_Frame *frame, void *argument)
{
    struct walk *walk = argument;
    Dwarf_Addr pc;

    if (walk->count == SAMPLED_MAX || !dwfl_frame_pc(frame, &pc, NULL))
        return DWARF_CB_ABORT;
    walk->pcs[walk->count++] = pc;
    return DWARF_CB_OK;
}

size_t by_dwfl(const struct sampled *sampled, uint64_t pcs[static SAMPLED_MAX], const char **ret)
{
    static const Dwfl_Callbacks files = { .find_elf = find_elf,
                                          .find_debuginfo = find_no_debug_file };
    static const Dwfl_Thread_Callbacks threads = { .next_thread = next_thread,
                                                   .memory_read = read_word,
                                                   .set_initial_registers = set_registers };
    struct walk walk = { pcs, 0 };
    Dwfl *dwfl = dwfl_begin(&files);
    bool failed = true;

    walked = sampled->tid;
    dwfl_errno();
    if (dwfl && !dwfl_linux_proc_report(dwfl, sampled->tid) && !dwfl_report_end(dwfl, NULL, NULL) &&
        dwfl_attach_state(dwfl, NULL, sampled->tid, &threads, (void *)sampled))
        failed = dwfl_getthread_frames(dwfl, sampled->tid, add_frame, &walk) != 0;
    *ret = failed ? dwfl_errmsg(-1) : "";
    if (dwfl)
        dwfl_end(dwfl);
    return walk.count;
}
