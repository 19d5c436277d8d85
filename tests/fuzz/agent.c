/*
 * agent.c - fuzzes the agent: any bytes as the code around a call (agent/x86_64/patch.c), and any
 * memory of the process where the tracer reads what was counted (agent/trie.c,
 * tracer/agentstate.c).
 */
#include "fuzz.h"

#include "tracer/agentstate.h"

#define NEAR UINT64_C(0x7f0000000000)
#define CODE (NEAR + BLOCK_SIZE)

enum { CODE_MAX = 512, PADDING_MAX = 16, CALL_SIZE = 2 };

static bool is_within(uint64_t address, uint64_t start, size_t size)
{
    return address - start < size;
}

/* What is replaced is before the call, or padding, and can be written back. */
static void check_room(const uint8_t *code, size_t size, size_t padding, size_t at,
                       enum patch_form form, const struct patch_room *room)
{
    uint8_t taken[CODE_MAX + PADDING_MAX], jump[PATCH_SIZE], hop[PATCH_SIZE];
    uint8_t pad[PATCH_PAD_SIZE], stub[PATCH_STUB_SIZE];
    struct patch_room again = { 0, 0 };
    struct patch patch = { .address = CODE + at, .start = CODE + room->start };

    CHECK(code[at] == 0x0f && code[at + 1] == 0x05);
    CHECK(room->start < at && at - room->start <= PATCH_MOVED_MAX);
    CHECK(at - room->start >= (form == PATCH_HOP ? PATCH_SHORT : PATCH_SIZE));
    CHECK((form == PATCH_HOP) == (room->hop != 0));
    memcpy(patch.moved, code + room->start, at - room->start);
    if (room->hop) {
        patch.hop = CODE + room->hop;
        CHECK(room->hop + PATCH_SIZE <= size + padding);
        CHECK(room->hop >= at + CALL_SIZE || room->hop + PATCH_SIZE <= room->start);
        memcpy(taken, code, size + padding);
        patch_take_padding(taken, size + padding, room->hop);
        if (patch_has_room(patch_find(taken, size, padding, at, &again)))
            CHECK(again.hop == 0 || again.hop >= room->hop + PATCH_SIZE || again.hop < room->hop);
    }
    patch_set_places(&patch, 0, NEAR);
    CHECK(patch_make(&patch, 0, NEAR, NEAR, pad, stub) && patch_jump(&patch, jump, hop));
    CHECK(!memcmp(pad, patch.moved, at - room->start));
}

static void check_code(struct input *input)
{
    const size_t at = take_number(input, 2), padding = take_number(input, 1) % PADDING_MAX;
    uint8_t code[CODE_MAX + PADDING_MAX] = { 0 };
    struct patch_room room = { 0, 0 };
    size_t size;
    const uint8_t *bytes = take_bytes(input, CODE_MAX, &size);

    if (size)
        memcpy(code, bytes, size);
    enum patch_form form = patch_find(code, size, padding, at, &room);
    if (patch_has_room(form))
        check_room(code, size, padding, at, form, &room);
}

/* Takes over all that the counters have grown by, whatever they are. */
static void check_counters(struct agent *agent, struct input *input)
{
    uint64_t *const counters = agent_counters(agent);

    agent->trie.count = (uint32_t)take_number(input, 2) % BLOCK_STACKS;
    for (uint32_t i = 0; i < agent->trie.count && input->at < input->end; i++) {
        const uint64_t value = take_number(input, 8);
        counters[i] = value;
        CHECK((uint64_t)trie_take(&agent->trie, i) == value);
        CHECK(trie_take(&agent->trie, i) == 0);
        trie_skip(&agent->trie, i);
        CHECK(trie_take(&agent->trie, i) == 0);
    }
}

/* A thread with any area and registers comes to the program's own code, or was not in ours. */
static void check_return(struct agent *agent, struct input *input)
{
    struct patch_registers registers;
    struct block_area *area;
    size_t size;

    uint32_t number = agent_take_area(agent);
    CHECK(number);
    area = agent_area(agent, number);
    const uint8_t *bytes = take_bytes(input, sizeof(*area), &size);
    if (size)
        memcpy(area, bytes, size);
    bytes = take_bytes(input, sizeof(registers), &size);
    memset(&registers, 0, sizeof(registers));
    if (size)
        memcpy(&registers, bytes, size);
    const uint64_t places[] = { WINDOW, NEAR, CODE, registers.pc };
    registers.pc = places[registers.all[0] % LENGTH(places)] + (uint32_t)registers.pc % BLOCK_SIZE;
    uint32_t site = agent_site_of(agent, number, registers.pc);
    if (site < agent->patch_count) {
        const struct patch *patch = &agent->patches[site];
        const uint64_t moved = patch->address - patch->start;
        enum patch_place place = patch_return(patch, area, &registers);
        CHECK(place != PATCH_ELSEWHERE);
        CHECK(is_within(registers.pc, patch->start, moved + CALL_SIZE + 1));
    }
    agent_free_area(agent, &number);
    CHECK(!number);
}

static void check_memory(struct input *input)
{
    struct agent *agent = agent_create();

    if (!agent)
        return;
    agent->memory = calloc(1, BLOCK_SIZE);
    if (agent->memory && !trie_init(&agent->trie, agent_table(agent), agent_counters(agent))) {
        agent->near[agent->near_count++] = NEAR;
        for (uint32_t i = 0; i < 3; i++) {
            struct patch *patch = &agent->patches[agent->patch_count];
            *patch = (struct patch){ .address = CODE + 64 * i + 5, .start = CODE + 64 * i };
            patch_set_places(patch, agent->patch_count++, NEAR);
        }
        check_return(agent, input);
        check_counters(agent, input);
        trie_deinit(&agent->trie);
    }
    free(agent->memory);
    agent->memory = NULL;
    agent_destroy(agent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, data + size };

    if (take_number(&input, 1) % 2)
        check_code(&input);
    else
        check_memory(&input);
    return 0;
}
