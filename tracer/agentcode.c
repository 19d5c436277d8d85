/*
 * agentcode.c - writes over instructions that threads may be executing.
 *
 * With one thread that is a write in its stop. With several it is done as the kernel does it with
 * its own code (text_poke_bp(), arch/x86/kernel/alternative.c): first a breakpoint takes the place
 * of the first byte, then the others are written, then the first; and after each of these every
 * processor that runs the process has an interrupt, from which it comes back with nothing of the
 * former bytes (membarrier(2), for which the process was registered when the agent came). A thread
 * that runs into the breakpoint meanwhile stops, and is set back to it: by then the code is whole.
 *
 * A patch that takes the place of several instructions must not be written while a thread is
 * between them. Every other thread is to wait for something then, elsewhere; and still, or again,
 * when the breakpoint is there.
 */
#include "agentcode.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/inside.h"
#include "procfs.h"
#include "remote.h"
#include "request.h"
#include "symbolizer/unwind/jumps.h"
#include "symbolizer/unwind/site.h"
#include "view.h"

enum {
    FUNCTION_MAX = 1 << 16, /* bytes of code that are decoded */
    RETRY_EVERY = 64,       /* stops after which patches that had to wait are tried again */
    BREAKPOINT = 0xcc,
};

/* ---- Which sites ---- */

/* May it go on between two instructions that are to be moved? */
static bool was_interrupted(const struct agent *agent, const struct patch *patch)
{
    for (size_t i = 0; !patch->single && i < agent->interrupted_count; i++)
        if (agent->interrupted[i] > patch->start && agent->interrupted[i] < patch->address)
            return true;
    return !patch->single && agent->interrupted_anywhere;
}

/* The bytes of the function around a site, as they are without the agent, for the caller to free;
 * NULL: they are not of the kind that is patched. */
static uint8_t *read_function(const struct target *target, const struct site *site)
{
    if (!site || !site->image || site->writable || site->cfi != SITE_COVERED || !site->start ||
        site->end - site->start > FUNCTION_MAX || *site->image->module.name == '[')
        return NULL;
    uint8_t *code = malloc(site->end - site->start);
    if (code && target_read_all(target, site->start, code, site->end - site->start)) {
        free(code);
        return NULL;
    }
    return code;
}

/* Adds the patch of a site that has a form. False: there is no room for it, or none in reach. */
static bool add_patch(struct agent *agent, struct agent_site *site, const uint8_t *moved,
                      size_t size)
{
    size_t code_size, find;
    struct patch *patch = &agent->patches[agent->patch_count];
    uint8_t jump[PATCH_SIZE];

    if (agent->patch_count == BLOCK_SITES)
        return false;
    inside_code(&code_size, &find);
    *patch = (struct patch){ .address = site->address,
                             .start = site->address - size,
                             .single = site->form == PATCH_ONE };
    memcpy(patch->moved, moved, size);
    patch_set_places(patch, agent->patch_count, agent->near);
    if (was_interrupted(agent, patch) || !patch_jump(patch, jump) ||
        !patch_make(patch, agent->patch_count, agent->near, agent->near + find,
                    agent->memory + BLOCK_CODE + (patch->pad - agent->near),
                    agent->memory + BLOCK_STUBS + (patch->stub - WINDOW)))
        return false;
    agent_table(agent)->sites[agent->patch_count] =
        (struct block_site){ .slow = patch->address, .fast = patch->stub };
    agent->in_code[agent->patch_count] = false;
    site->number = agent->patch_count++;
    return true;
}

/* Is it sure that no code of the image jumps to one of (start, end), of which one instruction has
 * none inside that could be meant? */
static bool is_closed(const struct site *at, uint64_t start, uint64_t end)
{
    for (uint64_t i = start + 1; i < end; i++)
        if (jumps_lead_to(at->image, i - at->bias))
            return false;
    return true;
}

void agentcode_decide(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                      struct agent_site *site)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    const struct site *at = site_known(tracee->space->space, site->address);
    uint8_t *code = read_function(&target, at);
    size_t start;

    site->known = true;
    site->form = PATCH_NO_CALL;
    if (code)
        site->form = patch_find(code, at->end - at->start, site->address - at->start, &start);
    site->patched = site->form == PATCH_ONE || site->form == PATCH_FEW;
    if (site->form == PATCH_FEW && !is_closed(at, at->start + start, site->address))
        site->form = PATCH_JUMPED_INTO;
    else if (site->patched &&
             !add_patch(agent, site, code + start, site->address - at->start - start))
        site->form = PATCH_NO_ROOM;
    site->patched = site->form == PATCH_ONE || site->form == PATCH_FEW;
    free(code);
}

/* ---- Writing ---- */

/* Of one patch: whether its jump is to be there. */
struct change {
    const struct patch *patch;
    bool *in_code; /* of it */
    uint8_t former[PATCH_SIZE], bytes[PATCH_SIZE];
};

/* All processors that run one of its threads have left what they had of its code. */
static void serialize(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
}

static bool write_part(pid_t tid, const struct change *c, const uint8_t *bytes, size_t from,
                       size_t to)
{
    return remote_write(tid, c->patch->start + from, bytes + from, to - from);
}

/* Does every other thread that runs this code wait for something, and not within the patch? */
static bool is_quiet(const struct tracer *tracer, const struct tracee *tracee,
                     const struct patch *patch)
{
    uint64_t pc;

    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));)
        if (t != tracee && t->space == tracee->space &&
            (!procfs_waits_at(t->tid, &pc) || (pc > patch->start && pc < patch->address)))
            return false;
    return true;
}

/* A thread that blocks the breakpoint's signal gets it nevertheless, and blocks it no more: that is
 * to be put right then. */
static void note_masks(const struct tracer *tracer, const struct tracee *tracee)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));)
        if (t != tracee && t->space == tracee->space)
            t->blocks_traps = procfs_blocks(t->tid, SIGTRAP);
}

/* While threads run. (A write fails only if the thread is gone, or its memory is.) */
static bool write_live(struct tracer *tracer, const struct tracee *tracee, struct change *changes,
                       size_t count, bool put)
{
    static const uint8_t breakpoint = BREAKPOINT;
    const pid_t tid = tracee->tid;
    bool good = true;

    note_masks(tracer, tracee);
    for (size_t i = 0; i < count; i++)
        good &= write_part(tid, &changes[i], &breakpoint, 0, 1);
    serialize();
    for (size_t i = 0; i < count; i++) {
        struct change *c = &changes[i];
        if (put && !c->patch->single && !is_quiet(tracer, tracee, c->patch))
            memcpy(c->bytes, c->former, sizeof(c->bytes));
        else
            good &= write_part(tid, c, c->bytes, 1, PATCH_SIZE);
    }
    serialize();
    for (size_t i = 0; i < count; i++)
        good &= write_part(tid, &changes[i], changes[i].bytes, 0, 1);
    serialize();
    return good;
}

static bool write_changes(struct tracer *tracer, const struct tracee *tracee,
                          struct change *changes, size_t count, bool put)
{
    bool good = true;

    if (tracee->space->references > 1 && count)
        good = write_live(tracer, tracee, changes, count, put);
    else
        for (size_t i = 0; i < count; i++)
            good &= write_part(tracee->tid, &changes[i], changes[i].bytes, 0, PATCH_SIZE);
    for (size_t i = 0; i < count; i++)
        *changes[i].in_code = put && memcmp(changes[i].bytes, changes[i].former, PATCH_SIZE) != 0;
    return good;
}

/* Is the code of a site what the patch was made of? */
static bool is_as_ever(pid_t tid, const struct patch *patch)
{
    uint8_t now[PATCH_MOVED_MAX];
    size_t size = patch->address - patch->start;

    return remote_read(tid, patch->start, now, size) && !memcmp(now, patch->moved, size);
}

/* May it be written now? (With other threads, only if a breakpoint does not change what the process
 * does on its signal.) */
static bool may_put(const struct tracer *tracer, const struct tracee *tracee,
                    const struct agent *agent, uint32_t patch, bool traps)
{
    const struct patch *p = &agent->patches[patch];

    return traps && !agent->in_code[patch] && !was_interrupted(agent, p) &&
           (p->single || is_quiet(tracer, tracee, p));
}

bool agentcode_put(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    struct change changes[BLOCK_SITES];
    const bool alone = tracee->space->references == 1;
    const bool traps = alone || procfs_leaves(tracee->tid, SIGTRAP);
    size_t count = 0;

    agent->retry_at = agent->stops + RETRY_EVERY;
    for (uint32_t i = 0; i < agent->patch_count; i++) {
        struct change *c = &changes[count];
        if (!may_put(tracer, tracee, agent, i, traps))
            continue;
        *c = (struct change){ .patch = &agent->patches[i], .in_code = &agent->in_code[i] };
        if (!is_as_ever(tracee->tid, c->patch) || !patch_jump(c->patch, c->bytes))
            return false;
        memcpy(c->former, c->patch->moved, PATCH_SIZE);
        count++;
    }
    bool good = write_changes(tracer, tracee, changes, count, true);
    agent->in_code_count = 0;
    for (uint32_t i = 0; i < agent->patch_count; i++)
        agent->in_code_count += agent->in_code[i];
    return good;
}

void agentcode_restore(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    struct change changes[BLOCK_SITES];
    size_t count = 0;

    for (uint32_t i = 0; i < agent->patch_count; i++) {
        struct change *c = &changes[count];
        if (!agent->in_code[i])
            continue;
        *c = (struct change){ .patch = &agent->patches[i], .in_code = &agent->in_code[i] };
        memcpy(c->bytes, c->patch->moved, PATCH_SIZE);
        count += patch_jump(c->patch, c->former);
    }
    if (!write_changes(tracer, tracee, changes, count, false))
        request_failed(tracee->tid, ESRCH); /* nothing else can be wrong there */
    agent->in_code_count = 0;
}

bool agentcode_is_trap(const struct agent *agent, uint64_t *pc)
{
    for (uint32_t i = 0; agent && i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        if (*pc == p->start + 1 && p->moved[0] != BREAKPOINT) {
            *pc = p->start;
            return true;
        }
    }
    return false;
}
