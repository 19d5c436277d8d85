/* agentstate.c - storage, and what is not to be seen of the agent by the walks. */
#include "agentstate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "record/array.h"
#include "symbolizer/image/maps.h"

struct agent *agent_create(void)
{
    return calloc(1, sizeof(struct agent));
}

/* (A thread may have been on its way from there when the rest was made what it was.) */
static bool inherit_padding(struct agent *agent, const struct agent *parent)
{
    agent->inherited = malloc((parent->patch_count + 1) * sizeof(*agent->inherited));
    for (uint32_t i = 0; agent->inherited && i < parent->patch_count; i++) {
        const struct patch *p = &parent->patches[i];
        struct agent_padding *padding = &agent->inherited[agent->inherited_count];
        if (!p->hop)
            continue;
        padding->address = p->hop;
        memcpy(padding->bytes, p->padding, PATCH_SIZE);
        agent->inherited_count++;
    }
    return agent->inherited;
}

struct agent *agent_fork(const struct agent *parent)
{
    struct agent *ret = agent_create();

    if (!ret || !inherit_padding(ret, parent)) {
        agent_destroy(ret);
        return NULL;
    }
    if (parent->state == AGENT_NEVER)
        ret->state = AGENT_NEVER;
    memcpy(ret->interrupted, parent->interrupted, sizeof(ret->interrupted));
    ret->interrupted_count = parent->interrupted_count;
    ret->interrupted_anywhere = parent->interrupted_anywhere;
    return ret;
}

void agent_destroy(struct agent *agent)
{
    if (!agent)
        return;
    if (agent->memory) {
        munmap(agent->memory, BLOCK_SIZE);
        trie_deinit(&agent->trie);
    }
    code_unref(agent->code);
    slots_deinit(&agent->site_slots);
    free(agent->sites);
    free(agent->inherited);
    free(agent);
}

struct agent_site *agent_find_site(struct agent *agent, uint64_t address)
{
    uint64_t hash = slots_mix(0, address);
    uint32_t found = SLOTS_FIND(i, &agent->site_slots, hash, agent->sites[i].address == address);

    if (found != SLOTS_NONE)
        return &agent->sites[found];
    if (agent->site_count == AGENT_SITES_MAX ||
        !ARRAY_ROOM(agent->sites, agent->site_count, agent->site_capacity) ||
        slots_add(&agent->site_slots, hash, (uint32_t)agent->site_count))
        return NULL;
    agent->sites[agent->site_count] = (struct agent_site){ .address = address };
    return &agent->sites[agent->site_count++];
}

uint32_t agent_site_of(const struct agent *agent, uint32_t area, uint64_t pc)
{
    uint32_t ret = BLOCK_SITES;

    for (unsigned i = 0; i < agent->near_count && ret == BLOCK_SITES; i++)
        ret = patch_site(agent_area(agent, area), agent->near[i], pc);
    return ret;
}

uint32_t agent_take_area(struct agent *agent)
{
    uint32_t n = 0;

    while (n < BLOCK_THREADS && agent->threads[n])
        n++;
    if (n == BLOCK_THREADS)
        return 0;
    agent->threads[n] = true;
    struct block_area *area = agent_area(agent, n + 1);
    memset(area, 0, offsetof(struct block_area, stack));
    area->mark = BLOCK_MARK;
    area->stack_start = UINT64_MAX;
    return n + 1;
}

void agent_free_area(struct agent *agent, uint32_t *area)
{
    struct block_area *a = agent_area(agent, *area);

    if (!a)
        return;
    a->mark = a->inside = 0;
    agent->threads[*area - 1] = false;
    *area = 0;
}

/* The size of a range, as far as there are addresses. */
static uint64_t clip(uint64_t start, uint64_t size)
{
    return start + size < start ? UINT64_MAX - start : size;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

enum { NEAR_SIZE = BLOCK_SIZE - BLOCK_CODE };

bool agent_overlaps(const struct agent *agent, uint64_t start, uint64_t size)
{
    if (!agent || agent->state != AGENT_PRESENT || !size)
        return false;
    size = clip(start, size);
    for (uint32_t i = 0; i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        if (overlap(p->start, p->address + SYSCALL_SIZE - p->start, start, size) ||
            (p->hop && overlap(p->hop, PATCH_SIZE, start, size)))
            return true;
    }
    for (unsigned i = 0; i < agent->near_count; i++)
        if (overlap(agent->near[i], NEAR_SIZE, start, size))
            return true;
    return overlap(WINDOW, WINDOW_SIZE, start, size);
}

bool agent_reads(const struct agent *agent, uint64_t start, uint64_t size)
{
    if (!agent || agent->state != AGENT_PRESENT || !size)
        return false;
    const struct block_table *table = agent_table(agent);
    size = clip(start, size);
    for (uint32_t i = 0; i < agent->trie.variables; i++)
        if (overlap(table->variables[i].address, sizeof(uint64_t), start, size))
            return true;
    return false;
}

void agent_forget_bounds(struct agent *agent, uint64_t start, uint64_t size)
{
    if (!agent || agent->state != AGENT_PRESENT || !size)
        return;
    size = clip(start, size);
    for (uint32_t i = 0; i < BLOCK_THREADS; i++) {
        struct block_area *area = agent_area(agent, i + 1);
        if (agent->threads[i] && area->stack_start < start + size && start < area->stack_end)
            area->stack_start = UINT64_MAX;
    }
}

bool agent_maps(const struct agent *agent, uint64_t address, uint64_t *end)
{
    if (!agent || !agent->memory)
        return false;
    *end = WINDOW + BLOCK_STUBS_SIZE;
    if (address - WINDOW < BLOCK_STUBS_SIZE)
        return true;
    for (unsigned i = 0; i < agent->near_count; i++) {
        *end = agent->near[i] + NEAR_SIZE;
        if (address - agent->near[i] < NEAR_SIZE)
            return true;
    }
    return false;
}

/* What was read of [start, start + size) are these. */
static void hide(uint64_t start, const uint8_t *former, size_t size, uint64_t address,
                 uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < size; i++) {
        uint64_t at = start + i - address;
        if (at < count)
            bytes[at] = former[i];
    }
}

void agent_hide(const struct agent *agent, uint64_t address, void *bytes, size_t size)
{
    for (uint32_t i = 0; agent && i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        if (agent->in_code[i])
            hide(p->start, p->moved, patch_jump_size(p), address, bytes, size);
        if (p->hop) /* (it may stay when the rest is not there) */
            hide(p->hop, p->padding, PATCH_SIZE, address, bytes, size);
    }
}

void agent_hide_mappings(const struct agent *agent, char *text)
{
    uint64_t end;

    if (!agent || !agent->memory)
        return;
    for (char *line = text; *line; line++) { /* "start-end rwxp ..." */
        char *rights = strchr(line, ' ');
        if (rights && agent_maps(agent, strtoull(line, NULL, 16), &end) && rights[3] == 'x')
            rights[3] = '-';
        line = strchr(line, '\n');
        if (!line)
            break;
    }
}
