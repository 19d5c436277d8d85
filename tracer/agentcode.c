/*
 * agentcode.c - writes over instructions that threads may be executing.
 *
 * With one thread that is a write in its stop. With several, those that run are interrupted, which
 * keeps them from going on in the program; each comes to a stop, when this is over. (Those that
 * wait in calls are not, for some calls would return.) A thread may still come out of its call just
 * then. So code is written as the kernel writes its own (text_poke_bp(),
 * arch/x86/kernel/alternative.c): first a breakpoint takes the place of the first byte, then the
 * others are written, then the first; and after each of these every processor that runs the process
 * has an interrupt, from which it comes back with nothing of the former bytes (membarrier(2), for
 * which the process was registered when the agent came). A thread that meets the breakpoint
 * meanwhile stops, and is set back to it: by then the code is whole.
 *
 * A patch that takes the place of several instructions must not be written while a thread is
 * between them: every other thread must be seen to be elsewhere when the breakpoint is there.
 */
#include "agentcode.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/inside.h"
#include "agentthreads.h"
#include "procfs.h"
#include "remote.h"
#include "request.h"
#include "resume.h"
#include "symbolizer/unwind/jumps.h"
#include "symbolizer/unwind/site.h"
#include "view.h"

enum {
    FUNCTION_MAX = 1 << 16, /* bytes of code that are decoded */
    FUNCTION_ALIGNMENT = 16,
    RETRY_EVERY = 64, /* stops after which patches that had to wait are tried again */
    ROUNDS = 3,       /* of interrupting those who have come out of calls meanwhile */
    LOOKS = 16,       /* at threads that are about to stop */
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

/* How many bytes behind a function are no other's: up to where the next would be aligned. */
static size_t find_padding(struct space *space, const struct target *target, const struct site *at)
{
    const uint64_t end = (at->end + FUNCTION_ALIGNMENT - 1) & ~(uint64_t)(FUNCTION_ALIGNMENT - 1);

    for (uint64_t i = at->end; i < end; i++) {
        const struct site *behind = site_find(space, target, i);
        if (!behind || behind->image != at->image || behind->cfi == SITE_COVERED)
            return i - at->end;
    }
    return end - at->end;
}

/* The bytes of the function around a site, as they are without the agent, and of the padding behind
 * it, for the caller to free; NULL: they are not of the kind that is patched. */
static uint8_t *read_function(const struct target *target, const struct site *site, size_t padding)
{
    if (site->writable || site->cfi != SITE_COVERED || !site->start ||
        site->end - site->start > FUNCTION_MAX || *site->image->module.name == '[')
        return NULL;
    const size_t size = site->end - site->start + padding;
    uint8_t *code = malloc(size);
    if (code && target_read_all(target, site->start, code, size)) {
        free(code);
        return NULL;
    }
    return code;
}

/* Padding that other sites of the function have is not there for another. */
static void take_padding(const struct agent *agent, uint64_t function, uint8_t *code, size_t size)
{
    for (uint32_t i = 0; i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        if (p->hop && p->hop - function < size)
            patch_take_padding(code, size, p->hop - function);
    }
}

/* Makes the code of a patch that is complete but for its places, in one place of the block. False:
 * that is out of reach. */
static bool make_code(struct agent *agent, struct patch *patch, uint64_t near)
{
    size_t code_size, find;
    uint8_t jump[PATCH_SIZE], hop[PATCH_SIZE];

    inside_code(&code_size, &find);
    patch_set_places(patch, agent->patch_count, near);
    return patch_jump(patch, jump, hop) &&
           patch_make(patch, agent->patch_count, near, near + find,
                      agent->memory + BLOCK_CODE + (patch->pad - near),
                      agent->memory + BLOCK_STUBS + (patch->stub - WINDOW));
}

/* Adds the patch of a site of a function's code that makes room. False: there are too many, or it
 * is out of reach. */
static bool add_patch(const struct target *target, struct agent *agent, struct agent_site *site,
                      uint64_t function, const uint8_t *code, const struct patch_room *room)
{
    struct patch *patch = &agent->patches[agent->patch_count];
    bool made = false;

    if (agent->patch_count == BLOCK_SITES)
        return false;
    *patch = (struct patch){ .address = site->address,
                             .start = function + room->start,
                             .hop = room->hop ? function + room->hop : 0,
                             .single = site->form != PATCH_FEW };
    memcpy(patch->moved, code + room->start, patch->address - patch->start);
    if (patch->hop && target_read_all(target, patch->hop, patch->padding, PATCH_SIZE))
        return false;
    for (unsigned i = 0; i < agent->near_count && !made; i++)
        made = make_code(agent, patch, agent->near[i]);
    if (!made && !agent->places_full)
        agent->wanted = site->address;
    if (!made)
        return false;
    agent_table(agent)->sites[agent->patch_count] =
        (struct block_site){ .slow = patch->address, .fast = patch->stub };
    agent->in_code[agent->patch_count] = false;
    site->number = agent->patch_count++;
    return true;
}

/* Is it sure that no code of the image jumps to one of [start, end)? */
static bool is_closed(const struct site *at, uint64_t start, uint64_t end)
{
    for (uint64_t i = start; i < end; i++)
        if (jumps_lead_to(at->image, i - at->bias))
            return false;
    return true;
}

/* The form of a site, with what follows from the rest of the image. (One instruction has none
 * inside that a jump could mean.) */
static enum patch_form find_form(const struct site *at, uint64_t address, const uint8_t *code,
                                 size_t padding, struct patch_room *room)
{
    enum patch_form form =
        patch_find(code, at->end - at->start, padding, address - at->start, room);
    const uint64_t start = at->start + room->start, hop = at->start + room->hop;

    if ((form == PATCH_FEW && !is_closed(at, start + 1, address)) ||
        (form == PATCH_HOP && !is_closed(at, hop, hop + PATCH_SIZE)))
        return PATCH_JUMPED_INTO;
    return form;
}

/* For the run, in place of what was decided before. */
static void count_site(struct tracer *tracer, enum patch_form form, bool again)
{
    static const enum agent_form forms[] = {
        [PATCH_ONE] = AGENT_FORM_ONE,
        [PATCH_HOP] = AGENT_FORM_HOP,
        [PATCH_FEW] = AGENT_FORM_FEW,
        [PATCH_NO_CALL] = AGENT_FORM_NO_CALL,
        [PATCH_UNDECODED] = AGENT_FORM_UNDECODED,
        [PATCH_UNMOVABLE] = AGENT_FORM_UNMOVABLE,
        [PATCH_JUMPED_INTO] = AGENT_FORM_JUMPED_INTO,
        [PATCH_NO_ROOM] = AGENT_FORM_NO_ROOM,
    };
    uint64_t *sites = tracer_execution(tracer)->agent_sites;

    sites[forms[form]]++;
    sites[AGENT_FORM_NO_ROOM] -= again;
}

void agentcode_decide(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                      struct agent_site *site)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct space *space = tracee->space->space;
    const struct site *at = site_known(space, site->address);
    const size_t padding = at && at->image ? find_padding(space, &target, at) : 0;
    uint8_t *code = at && at->image ? read_function(&target, at, padding) : NULL;
    const bool again = site->form == PATCH_NO_ROOM; /* there was not enough then */
    struct patch_room room = { 0, 0 };

    if (code)
        take_padding(agent, at->start, code, at->end - at->start + padding);
    site->known = true;
    site->form = code ? find_form(at, site->address, code, padding, &room) : PATCH_NO_CALL;
    if (patch_has_room(site->form) && !add_patch(&target, agent, site, at->start, code, &room))
        site->form = PATCH_NO_ROOM;
    count_site(tracer, site->form, again);
    free(code);
}

/* ---- Writing ---- */

/* Of one patch: what is to be at its start. */
struct change {
    const struct patch *patch;
    bool *in_code; /* of it */
    uint8_t former[PATCH_SIZE], bytes[PATCH_SIZE];
};

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

    for (struct tracee *t = NULL; (t = tracees_next_beside(&tracer->tracees, tracee, t));)
        if (!procfs_waits_at(t->tid, &pc) || (pc > patch->start && pc < patch->address))
            return false;
    return true;
}

/*
 * Lets no other thread that runs this code go on in it, unless that comes out of a call just now.
 * Who is interrupted is in the kernel when agentthreads_serialize() returns, and comes to a stop
 * from there.
 */
static void interrupt_others(const struct tracer *tracer, const struct tracee *tracee)
{
    bool all = false;
    uint64_t pc;

    for (unsigned round = 0; round < ROUNDS && !all; round++) {
        all = true;
        for (struct tracee *t = NULL; (t = tracees_next_beside(&tracer->tracees, tracee, t));) {
            if (t->interrupted || procfs_waits_at(t->tid, &pc))
                continue;
            resume_interrupt(t);
            all = false;
        }
        agentthreads_serialize();
    }
}

/*
 * May a thread meet a breakpoint? Its signal reaches it though it blocks it; but then, as if it
 * is ignored, the kernel makes what the process does on it the default (force_sig_info_to_task()).
 * A thread's mask is put right after that.
 */
static bool may_trap(const struct tracer *tracer, const struct tracee *tracee)
{
    const bool catches = procfs_catches(tracee->tid, SIGTRAP);
    bool blocked = false;

    for (struct tracee *t = NULL; (t = tracees_next_beside(&tracer->tracees, tracee, t));)
        blocked |= t->blocks_traps = procfs_blocks(t->tid, SIGTRAP);
    return !procfs_ignores(tracee->tid, SIGTRAP) && !(catches && blocked);
}

/* May it be written at this point, where the breakpoint is? Those who were interrupted may not have
 * come to their stops yet. */
static bool is_clear(const struct tracer *tracer, const struct tracee *tracee,
                     const struct patch *patch)
{
    bool ret = patch->single;

    for (unsigned i = 0; i < LOOKS && !ret; i++)
        ret = is_quiet(tracer, tracee, patch);
    return ret;
}

/* While threads run. (A write fails only if the thread is gone, or its memory is.) */
static bool write_live(struct tracer *tracer, const struct tracee *tracee, struct change *changes,
                       size_t count, bool put)
{
    static const uint8_t breakpoint = BREAKPOINT;
    const pid_t tid = tracee->tid;
    bool good = true;

    for (size_t i = 0; i < count; i++)
        good &= write_part(tid, &changes[i], &breakpoint, 0, 1);
    agentthreads_serialize();
    for (size_t i = 0; i < count; i++) {
        struct change *c = &changes[i];
        if (put && !is_clear(tracer, tracee, c->patch))
            memcpy(c->bytes, c->former, sizeof(c->bytes));
        else
            good &= write_part(tid, c, c->bytes, 1, patch_jump_size(c->patch));
    }
    agentthreads_serialize();
    for (size_t i = 0; i < count; i++)
        good &= write_part(tid, &changes[i], changes[i].bytes, 0, 1);
    agentthreads_serialize();
    return good;
}

static bool is_alone(const struct tracee *tracee)
{
    return tracee->space->references == 1;
}

static bool write_changes(struct tracer *tracer, const struct tracee *tracee,
                          struct change *changes, size_t count, bool put)
{
    bool good = true;

    if (!is_alone(tracee) && count)
        good = write_live(tracer, tracee, changes, count, put);
    else
        for (size_t i = 0; i < count; i++)
            good &= write_part(tracee->tid, &changes[i], changes[i].bytes, 0,
                               patch_jump_size(changes[i].patch));
    for (size_t i = 0; i < count; i++)
        *changes[i].in_code = put && memcmp(changes[i].bytes, changes[i].former, PATCH_SIZE) != 0;
    return good;
}

/* What padding has becomes this. Nothing leads there yet, or any more; but a thread may be there
 * still, so that it stays once it was written while there are others. */
static bool write_hop(const struct tracee *tracee, const struct patch *patch,
                      const uint8_t bytes[static PATCH_SIZE])
{
    return !patch->hop || remote_write(tracee->tid, patch->hop, bytes, PATCH_SIZE);
}

/* Is the code of a site what the patch was made of? */
static bool is_as_ever(pid_t tid, const struct patch *patch)
{
    uint8_t now[PATCH_MOVED_MAX], jump[PATCH_SIZE], hop[PATCH_SIZE];
    size_t size = patch->address - patch->start;

    if (!remote_read(tid, patch->start, now, size) || memcmp(now, patch->moved, size))
        return false;
    return !patch->hop || (remote_read(tid, patch->hop, now, PATCH_SIZE) &&
                           (!memcmp(now, patch->padding, PATCH_SIZE) ||
                            (patch_jump(patch, jump, hop) && !memcmp(now, hop, PATCH_SIZE))));
}

/* Makes other threads ready for changes. False: no code can be put there now. */
static bool prepare(const struct tracer *tracer, const struct tracee *tracee)
{
    if (is_alone(tracee))
        return true;
    interrupt_others(tracer, tracee);
    return may_trap(tracer, tracee);
}

/* Is there one that is not in the code, but can be? */
static bool has_candidate(const struct agent *agent)
{
    for (uint32_t i = 0; i < agent->patch_count; i++)
        if (!agent->in_code[i] && !was_interrupted(agent, &agent->patches[i]))
            return true;
    return false;
}

/* What is to be done to the code, for those that are not in it. Negative: it is not what it was. */
static int list_changes(const struct tracee *tracee, struct agent *agent,
                        struct change changes[static BLOCK_SITES])
{
    uint8_t hop[PATCH_SIZE];
    int count = 0;

    for (uint32_t i = 0; i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        struct change *c = &changes[count];
        if (agent->in_code[i] || was_interrupted(agent, p))
            continue;
        *c = (struct change){ .patch = p, .in_code = &agent->in_code[i] };
        memcpy(c->former, p->moved, PATCH_SIZE);
        if (!is_as_ever(tracee->tid, p) || !patch_jump(p, c->bytes, hop) ||
            !write_hop(tracee, p, hop))
            return -1;
        count++;
    }
    return count;
}

bool agentcode_put(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    struct change changes[BLOCK_SITES];
    const uint32_t before = agent->in_code_count;

    if (!has_candidate(agent)) {
        agent->retry_at = UINT64_MAX;
        return true;
    }
    int count = prepare(tracer, tracee) ? list_changes(tracee, agent, changes) : 0;
    bool good = count >= 0 && write_changes(tracer, tracee, changes, (size_t)count, true);
    agent->in_code_count = 0;
    for (uint32_t i = 0; i < agent->patch_count; i++)
        agent->in_code_count += agent->in_code[i];
    /* More and more rarely, as long as it is in vain. */
    agent->retries = agent->in_code_count > before ? 0 : agent->retries + (agent->retries < 10);
    agent->retry_at = agent->stops + (RETRY_EVERY << agent->retries);
    return good;
}

void agentcode_restore(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    struct change changes[BLOCK_SITES];
    uint8_t hop[PATCH_SIZE];
    size_t count = 0;

    for (uint32_t i = 0; i < agent->patch_count; i++) {
        struct change *c = &changes[count];
        if (!agent->in_code[i])
            continue;
        *c = (struct change){ .patch = &agent->patches[i], .in_code = &agent->in_code[i] };
        memcpy(c->bytes, c->patch->moved, PATCH_SIZE);
        count += patch_jump(c->patch, c->former, hop);
    }
    if (count)
        prepare(tracer, tracee); /* (the code must be restored, whatever that says) */
    bool good = write_changes(tracer, tracee, changes, count, false);
    for (size_t i = 0; is_alone(tracee) && i < count; i++)
        good &= write_hop(tracee, changes[i].patch, changes[i].patch->padding);
    if (!good)
        request_failed(tracee->tid, ESRCH); /* nothing else can be wrong there */
    agent->in_code_count = 0;
}

void agentcode_disinherit(const struct tracee *tracee, struct agent *agent)
{
    uint8_t now[PATCH_SIZE];

    for (size_t i = 0; i < agent->inherited_count; i++) {
        const struct agent_padding *p = &agent->inherited[i];
        if (remote_read(tracee->tid, p->address, now, sizeof(now)) &&
            memcmp(now, p->bytes, sizeof(now)))
            remote_write(tracee->tid, p->address, p->bytes, sizeof(now));
    }
    agent->inherited_count = 0;
}

bool agentcode_is_between(const struct agent *agent, bool trapped, uint64_t *pc)
{
    for (uint32_t i = 0; agent && i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        if (trapped ? *pc == p->start + 1 && p->moved[0] != BREAKPOINT : p->hop && *pc == p->hop) {
            *pc = p->start;
            return true;
        }
    }
    return false;
}
