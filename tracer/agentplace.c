/* agentplace.c - has the process make the memfd, and map its parts. */
#include "agentplace.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/inside.h"
#include "meaning.h"
#include "symbolizer/image/maps.h"

enum { NEAR_SIZE = BLOCK_SIZE - BLOCK_CODE };

#define REACH (UINT64_C(1) << 30) /* of jumps, with room for what is around */
/* How far from other mappings: some grow, and below the lowest the kernel puts the next. */
#define GUARD       (UINT64_C(64) << 20)
#define GUARD_LEAST (UINT64_C(1) << 20)

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* A place for the block near an address in [start, end), far enough from what is there; 0: there is
 * none. */
static uint64_t place_in(uint64_t start, uint64_t end, uint64_t guard, uint64_t address)
{
    uint64_t ret;

    if (end - start < 2 * guard + NEAR_SIZE)
        return 0;
    ret = end <= address ? end - guard - NEAR_SIZE : start + guard;
    ret &= ~(uint64_t)(BLOCK_PAGE - 1);
    return distance(ret, address) < REACH ? ret : 0;
}

/* The place nearest to an address, by the map. Not behind the heap, which grows. */
static uint64_t choose_place(const char *text, uint64_t address, uint64_t guard)
{
    uint64_t end = GUARD_LEAST, best = 0;
    bool heap = false;
    struct mapping m;

    while (maps_next(&text, &m) > 0) {
        uint64_t place = !heap && m.start > end ? place_in(end, m.start, guard, address) : 0;
        if (place && (!best || distance(place, address) < distance(best, address)))
            best = place;
        heap = m.path_length == 6 && !memcmp(m.path, "[heap]", 6);
        end = m.end;
    }
    return best;
}

bool agentplace_find_stack(const char *text, uint64_t sp, struct block_table *table)
{
    struct mapping m;

    while (maps_next(&text, &m) > 0) {
        if (sp < m.start || sp >= m.end)
            continue;
        table->stack_start = m.start;
        table->stack_end = m.end;
        return m.readable && m.writable;
    }
    return false;
}

/* Makes the memfd in the tracee, and maps it here. Its descriptor there; negative: it cannot be. */
static int64_t make_memory(struct remote *remote, struct agent *agent)
{
    static const char name[8] = "agent";
    const uint64_t at = (remote_sp(remote) - 1024) & ~UINT64_C(7);
    char path[64], former[sizeof(name)];
    int64_t fd = -1;

    if (!remote_read(remote->tid, at, former, sizeof(former)) ||
        !remote_write(remote->tid, at, name, sizeof(name)))
        return -1;
    bool made = remote_call(remote, SYS_memfd_create, (uint64_t[6]){ at, MFD_CLOEXEC }, &fd);
    remote_write(remote->tid, at, former, sizeof(former));
    if (!made || fd < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)remote->tid, (int)fd);
    int ours = open(path, O_RDWR | O_CLOEXEC);
    if (ours < 0)
        return fd;
    void *memory = ftruncate(ours, BLOCK_SIZE)
                       ? MAP_FAILED
                       : mmap(NULL, BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ours, 0);
    close(ours);
    agent->memory = memory == MAP_FAILED ? NULL : memory;
    return fd;
}

/* One mapping of it in the tracee. */
static bool map(struct remote *remote, int64_t fd, uint64_t address, uint64_t offset, uint64_t size,
                int protection)
{
    const uint64_t args[6] = {
        address, size, (uint64_t)protection, MAP_SHARED | MAP_FIXED_NOREPLACE, (uint64_t)fd, offset
    };
    int64_t got;

    return remote_call(remote, SYS_mmap, args, &got) && (uint64_t)got == address;
}

static bool map_all(struct remote *remote, int64_t fd, uint64_t near)
{
    int64_t got;

    return map(remote, fd, WINDOW, BLOCK_STUBS, BLOCK_STUBS_SIZE, PROT_READ | PROT_EXEC) &&
           map(remote, fd, near, BLOCK_CODE, BLOCK_CODE_SIZE, PROT_READ | PROT_EXEC) &&
           map(remote, fd, near + BLOCK_AREA - BLOCK_CODE, BLOCK_AREA, BLOCK_AREA_SIZE,
               PROT_READ | PROT_WRITE) &&
           map(remote, fd, near + BLOCK_TABLE - BLOCK_CODE, BLOCK_TABLE, BLOCK_TABLE_SIZE,
               PROT_READ) &&
           remote_call(remote, SYS_madvise,
                       (uint64_t[6]){ WINDOW, BLOCK_STUBS_SIZE, MADV_DONTFORK }, &got) &&
           !got &&
           remote_call(remote, SYS_madvise, (uint64_t[6]){ near, NEAR_SIZE, MADV_DONTFORK },
                       &got) &&
           !got;
}

bool agentplace_put(struct remote *remote, struct agent *agent, const char *maps, uint64_t pc)
{
    size_t size, find;
    const void *code = inside_code(&size, &find);
    int64_t got, fd;

    agent->near = choose_place(maps, pc, GUARD);
    if (!agent->near)
        agent->near = choose_place(maps, pc, GUARD_LEAST);
    if (!agent->near || (fd = make_memory(remote, agent)) < 0)
        return false;
    bool done = agent->memory &&
                !trie_init(&agent->trie, agent_table(agent), agent_area(agent)->counters) &&
                size <= BLOCK_PAGE;
    if (done) {
        memcpy(agent->memory + BLOCK_CODE, code, size);
        agent_table(agent)->stack_start = UINT64_MAX;
        agent_table(agent)->watched_number = SYS_ioctl;
        agent_table(agent)->watched_second = IOCTL_NEW_USERFAULTFD;
        agentplace_find_stack(maps, remote_sp(remote), agent_table(agent));
        done = map_all(remote, fd, agent->near);
    }
    return remote_call(remote, SYS_close, (uint64_t[6]){ (uint64_t)fd }, &got) && done;
}
