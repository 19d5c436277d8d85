/* agentplace.c - has the process make the memfd, and map its parts. */
#include "agentplace.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "agent/inside.h"
#include "meaning.h"
#include "symbolizer/image/maps.h"

enum { NEAR_SIZE = BLOCK_SIZE - BLOCK_CODE };

/* Of jumps, with room for what is around: images, and the block. */
#define REACH ((UINT64_C(1) << 31) - (UINT64_C(1) << 28))
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

/* The place nearest to an address, by the map. Not behind the heap, which grows, but for what is as
 * far from programs that are linked to an address as the window: there it is behind that. */
static uint64_t choose_place(const char *text, uint64_t address, uint64_t guard)
{
    const uint64_t behind = WINDOW + WINDOW_SIZE;
    const bool low = distance(behind, address) < REACH;
    uint64_t end = GUARD_LEAST, best = 0;
    bool heap = false;
    struct mapping m;

    while (maps_next(&text, &m) > 0) {
        if (low && end <= WINDOW && m.start >= behind + NEAR_SIZE + GUARD_LEAST)
            return behind;
        uint64_t place = !heap && m.start > end ? place_in(end, m.start, guard, address) : 0;
        if (place && (!best || distance(place, address) < distance(best, address)))
            best = place;
        heap = m.path_length == 6 && !memcmp(m.path, "[heap]", 6);
        end = m.end;
    }
    return best;
}

/* The same, as far from others as can be; 0: there is none. */
static uint64_t find_place(const char *maps, uint64_t address)
{
    uint64_t ret = choose_place(maps, address, GUARD);
    return ret ? ret : choose_place(maps, address, GUARD_LEAST);
}

/* A call with up to six arguments; false: it could not be made, or has failed. */
#define CALL(remote, got, nr, ...) \
    (remote_call((remote), (nr), (const uint64_t[6]){ __VA_ARGS__ }, (got)) && *(got) >= 0)

/* The place is the agent's from now on; its first bytes are the name of the memfd. */
static bool reserve(struct remote *remote, uint64_t near)
{
    static const char name[8] = "agent";
    int64_t got;

    return CALL(remote, &got, SYS_mmap, near, NEAR_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, UINT64_MAX, 0) &&
           (uint64_t)got == near && remote_write(remote->tid, near, name, sizeof(name));
}

/* Maps the memfd here. */
static bool map_ours(const struct remote *remote, int64_t fd, struct agent *agent)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)remote->tid, (int)fd);
    int ours = open(path, O_RDWR | O_CLOEXEC);
    if (ours < 0)
        return false;
    void *memory = ftruncate(ours, BLOCK_SIZE)
                       ? MAP_FAILED
                       : mmap(NULL, BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ours, 0);
    close(ours);
    agent->memory = memory == MAP_FAILED ? NULL : memory;
    return agent->memory && !trie_init(&agent->trie, agent_table(agent), agent_counters(agent));
}

/* One mapping of it in the tracee. */
static bool map(struct remote *remote, int64_t fd, uint64_t address, uint64_t offset, uint64_t size,
                int protection, int how)
{
    int64_t got;

    return CALL(remote, &got, SYS_mmap, address, size, (uint64_t)protection,
                (uint64_t)(MAP_SHARED | how), (uint64_t)fd, offset) &&
           (uint64_t)got == address;
}

/* All of them. Those who are forked do without. */
static bool map_all(struct remote *remote, int64_t fd, uint64_t near)
{
    enum { DATA = BLOCK_AREAS, DATA_SIZE = BLOCK_TABLE - BLOCK_AREAS };
    int64_t got;

    return map(remote, fd, WINDOW, BLOCK_STUBS, BLOCK_STUBS_SIZE, PROT_READ | PROT_EXEC,
               MAP_FIXED_NOREPLACE) &&
           map(remote, fd, near, BLOCK_CODE, BLOCK_CODE_SIZE, PROT_READ | PROT_EXEC, MAP_FIXED) &&
           map(remote, fd, near + DATA - BLOCK_CODE, DATA, DATA_SIZE, PROT_READ | PROT_WRITE,
               MAP_FIXED) &&
           map(remote, fd, near + BLOCK_TABLE - BLOCK_CODE, BLOCK_TABLE, BLOCK_TABLE_SIZE,
               PROT_READ, MAP_FIXED) &&
           CALL(remote, &got, SYS_madvise, WINDOW, BLOCK_STUBS_SIZE, MADV_DONTFORK) &&
           CALL(remote, &got, SYS_madvise, near, NEAR_SIZE, MADV_DONTFORK);
}

static void fill(struct agent *agent)
{
    size_t size, find;
    const void *code = inside_code(&size, &find);

    memcpy(agent->memory + BLOCK_CODE, code, size < BLOCK_PAGE ? size : BLOCK_PAGE);
    agent_table(agent)->watched_number = SYS_ioctl;
    agent_table(agent)->watched_second = IOCTL_NEW_USERFAULTFD;
    agent->processors = (unsigned)get_nprocs_conf();
}

bool agentplace_put(struct remote *remote, struct agent *agent, const char *maps, uint64_t pc)
{
    const uint64_t near = find_place(maps, pc);
    int64_t got, fd;

    /* (For agentcode.c.) */
    if (!near || !CALL(remote, &got, SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0) ||
        !reserve(remote, near) || !CALL(remote, &fd, SYS_memfd_create, near, MFD_CLOEXEC))
        return false;
    agent->near[agent->near_count++] = near;
    bool done = map_ours(remote, fd, agent);
    if (done) {
        fill(agent);
        done = map_all(remote, fd, near);
    }
    return CALL(remote, &got, SYS_close, (uint64_t)fd) && done;
}

/* The pages of a shared mapping, there as well (mremap(2), "if old_size is zero"). */
static bool map_again(struct remote *remote, uint64_t from, uint64_t to, uint64_t size)
{
    int64_t got;

    return CALL(remote, &got, SYS_mremap, from, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) &&
           (uint64_t)got == to;
}

bool agentplace_extend(struct remote *remote, struct agent *agent, const char *maps, uint64_t pc)
{
    enum { DATA = BLOCK_AREAS - BLOCK_CODE, TABLE = BLOCK_TABLE - BLOCK_CODE };
    const uint64_t near = find_place(maps, pc), first = agent->near[0];

    if (!near || !reserve(remote, near))
        return false;
    agent->near[agent->near_count++] = near;
    return map_again(remote, first, near, BLOCK_CODE_SIZE) &&
           map_again(remote, first + DATA, near + DATA, TABLE - DATA) &&
           map_again(remote, first + TABLE, near + TABLE, BLOCK_TABLE_SIZE);
}
