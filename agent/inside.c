/*
 * inside.c - goes outwards over the stack of its own thread, from frame to frame as the tracer's
 * memo does (memo.h), and as that compares every return address.
 *
 * Nothing here may lead out of the section: no call, no constant elsewhere (tests/unit/inside.c).
 * No memory is read but what the tracer has written, the thread's stack, and words that were read
 * before. What the tracer adds while a thread reads is complete before anything leads to it.
 */
#include "inside.h"

extern const char __start_inside[], __stop_inside[];

#define INSIDE __attribute__((section("inside"), noinline))

static inline uint64_t load(uint64_t address)
{
    return *(const volatile uint64_t *)(uintptr_t)address;
}

/* The node of this address among those beside each other. */
static inline uint32_t among(const struct block_node *nodes, uint32_t node, uint64_t address)
{
    while (node && nodes[node].address != address)
        node = nodes[node].beside;
    return node;
}

static inline int is_watched(const struct block_table *table, const uint64_t *registers)
{
    return registers[BLOCK_AT_NUMBER] == table->watched_number &&
           (uint32_t)registers[BLOCK_AT_SECOND] == table->watched_second;
}

static inline int in_stack(const struct block_area *area, uint64_t address)
{
    return address % 8 == 0 && address >= area->stack_start && address <= area->stack_end - 8;
}

/* The tracer looks at `inside` before it uses parts of the table anew. What is read of that must be
 * read behind this (the tracer sees to the order in the processor, by membarrier(2)). */
static inline void enter(struct block_area *area, const struct block_table *table)
{
    *(volatile uint32_t *)&area->inside = 1;
    __asm__ volatile("" ::: "memory");
    area->generation = table->generation;
}

INSIDE uint64_t *inside_find(struct block_area *area, uint32_t site,
                             const struct block_table *table)
{
    uint64_t *const counters =
        (uint64_t *)(uintptr_t)((uintptr_t)table - (BLOCK_TABLE - BLOCK_COUNTERS));
    const struct block_node *nodes = table->nodes;
    uint64_t sp = area->registers[BLOCK_AT_SP], fp = area->registers[BLOCK_AT_FP];

    enter(area, table);
    area->target = table->sites[site].slow;
    if (table->off || !in_stack(area, sp) || is_watched(table, area->registers))
        return &area->slow;
    uint32_t node = among(nodes, table->sites[site].first, area->registers[BLOCK_AT_NUMBER]);
    while (node) {
        const struct block_node *n = &nodes[node];
        const struct block_variable *variable = &table->variables[n->variable - 1];
        if (n->variable && load(variable->address) != variable->word)
            return &area->slow;
        if (n->counter) {
            uint64_t *counter = &counters[n->counter - 1];
            if (*counter % BLOCK_CHECK_EVERY == BLOCK_CHECK_EVERY - 1) {
                area->claim = n->counter;
                return &area->slow;
            }
            area->target = table->sites[site].fast;
            return counter;
        }
        uint64_t cfa = (n->by_fp ? fp : sp) + (uint64_t)(int64_t)n->cfa_offset;
        uint64_t fp_at = cfa + (uint64_t)(int64_t)n->fp_offset;
        if (cfa <= sp || !in_stack(area, cfa - 8) || (n->fp_offset && !in_stack(area, fp_at)))
            return &area->slow;
        if (n->fp_offset)
            fp = load(fp_at);
        sp = cfa;
        node = among(nodes, n->outer, load(cfa - 8));
    }
    return &area->slow;
}

const void *inside_code(size_t *size, size_t *find)
{
    *size = (size_t)(__stop_inside - __start_inside);
    *find = (size_t)((const char *)inside_find - __start_inside);
    return __start_inside;
}
