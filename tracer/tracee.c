/* tracee.c - keeps the traced threads in a hash table by tid. */
#include "tracee.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

int tracees_init(struct tracees *tracees)
{
    *tracees = (struct tracees){ calloc(FIRST_SLOTS, sizeof(*tracees->slots)), FIRST_SLOTS, 0 };
    return tracees->slots ? 0 : -ENOMEM;
}

static void tracee_destroy(struct tracee *tracee)
{
    process_unref(tracee->process);
    address_space_unref(tracee->space);
    injection_state_deinit(&tracee->injections);
    free(tracee);
}

void tracees_deinit(struct tracees *tracees)
{
    for (size_t i = 0; tracees->slots && i < tracees->slot_count; i++) {
        for (struct tracee *t = tracees->slots[i], *next; t; t = next) {
            next = t->next;
            tracee_destroy(t);
        }
    }
    free(tracees->slots);
}

/* The link that leads to the tracee, or would. tids are handed out in turn: they spread by
 * themselves. */
static struct tracee **find_link(const struct tracees *tracees, pid_t tid)
{
    struct tracee **link = &tracees->slots[(size_t)tid % tracees->slot_count];

    while (*link && (*link)->tid != tid)
        link = &(*link)->next;
    return link;
}

struct tracee *tracees_find(const struct tracees *tracees, pid_t tid)
{
    return *find_link(tracees, tid);
}

struct tracee *tracees_next(const struct tracees *tracees, const struct tracee *last)
{
    size_t slot = last ? (size_t)last->tid % tracees->slot_count + 1 : 0;

    if (last && last->next)
        return last->next;
    while (slot < tracees->slot_count && !tracees->slots[slot])
        slot++;
    return slot < tracees->slot_count ? tracees->slots[slot] : NULL;
}

struct tracee *tracees_find_process(const struct tracees *tracees, pid_t pid)
{
    struct tracee *t = NULL;

    while ((t = tracees_next(tracees, t)) && !(t->process && t->process->pid == pid))
        ;
    return t;
}

/* Failure to grow only makes it slower. */
static void grow(struct tracees *tracees)
{
    struct tracees larger = { NULL, 2 * tracees->slot_count, tracees->count };

    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots)
        return;
    for (size_t i = 0; i < tracees->slot_count; i++) {
        for (struct tracee *t = tracees->slots[i], *next; t; t = next) {
            next = t->next;
            t->next = NULL;
            *find_link(&larger, t->tid) = t;
        }
    }
    free(tracees->slots);
    *tracees = larger;
}

struct tracee *tracees_next_beside(const struct tracees *tracees, const struct tracee *tracee,
                                   const struct tracee *last)
{
    struct tracee *ret = tracees_next(tracees, last);

    while (ret && (ret == tracee || ret->space != tracee->space))
        ret = tracees_next(tracees, ret);
    return ret;
}

struct tracee *tracees_add(struct tracees *tracees, pid_t tid)
{
    struct tracee *tracee = calloc(1, sizeof(*tracee));

    if (!tracee)
        return NULL;
    tracee->tid = tid;
    tracee->spawned_by = NO_STACK;
    if (++tracees->count > tracees->slot_count)
        grow(tracees);
    *find_link(tracees, tid) = tracee;
    return tracee;
}

static void unlink_tracee(struct tracees *tracees, struct tracee *tracee)
{
    *find_link(tracees, tracee->tid) = tracee->next;
    tracee->next = NULL;
    tracees->count--;
}

void tracees_remove(struct tracees *tracees, struct tracee *tracee)
{
    unlink_tracee(tracees, tracee);
    tracee_destroy(tracee);
}

void tracees_rename(struct tracees *tracees, struct tracee *tracee, pid_t tid)
{
    unlink_tracee(tracees, tracee);
    tracee->tid = tid;
    *find_link(tracees, tid) = tracee;
    tracees->count++;
}

void tracee_adopt(struct tracee *tracee, struct process *process, struct address_space *space)
{
    process_unref(tracee->process);
    address_space_unref(tracee->space);
    tracee->process = process;
    tracee->space = space;
}

void tracee_end_install(struct tracee *tracee, bool installed)
{
    struct process *process = tracee->process;

    if (!tracee->call.installs)
        return;
    tracee->call.installs = false;
    process->installers--;
    process->own_filter |= installed;
    process->watched &= process->own_filter || process->installers;
}

void tracee_end_call(struct tracee *tracee)
{
    tracee_end_install(tracee, true);
    tracee->call = (struct call_state){ 0 };
}

struct process *process_create(pid_t pid, int64_t program)
{
    struct process *process = malloc(sizeof(*process));
    if (process)
        *process = (struct process){ .references = 1, .pid = pid, .program = program };
    return process;
}

struct process *process_ref(struct process *process)
{
    process->references++;
    return process;
}

void process_unref(struct process *process)
{
    if (!process || --process->references)
        return;
    phase_state_reset(&process->phases);
    free(process);
}
