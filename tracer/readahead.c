/* readahead.c - keeps lists of what walks read, and reads by them. */
#include "readahead.h"

#include <string.h>
#include <sys/uio.h>

enum { WORTHWHILE = 3 }; /* pieces; for fewer the list costs more than it saves */

static struct ahead_list *list_of(struct readahead *ahead, const void *space, uint64_t first)
{
    uint64_t hash = ((uintptr_t)space ^ first) * 0x9e3779b97f4a7c15u;
    return &ahead->lists[hash >> 32 & (AHEAD_LISTS - 1)];
}

static bool is_of(const struct ahead_list *list, const void *space, uint64_t first)
{
    return list->count && list->space == space && list->pieces[0].address == first;
}

/* Have two walks read much the same? */
static bool agree(const struct ahead_list *a, const struct ahead_list *b)
{
    uint32_t count = a->count < b->count ? a->count : b->count, same = 0;

    for (uint32_t i = 0; i < count; i++)
        same += a->pieces[i].address == b->pieces[i].address;
    return 2 * same >= a->count && 2 * same >= b->count;
}

/* Keeps what the last walk has read. */
static void keep(struct readahead *ahead)
{
    struct ahead_list *now = &ahead->now;

    if (now->count < WORTHWHILE)
        return;
    struct ahead_list *list = list_of(ahead, now->space, now->pieces[0].address);
    bool again = is_of(list, now->space, now->pieces[0].address);
    list->trusted = again && agree(list, now);
    if (again && list->trusted && list->count == now->count)
        return;
    list->space = now->space;
    list->count = now->count;
    memcpy(list->pieces, now->pieces, now->count * sizeof(*now->pieces));
}

void readahead_begin(struct readahead *ahead, const void *space)
{
    keep(ahead);
    ahead->now.space = space;
    ahead->now.count = 0;
    ahead->begun = false;
    ahead->list = NULL;
    ahead->ready = ahead->next = 0;
}

static void read_list(struct readahead *ahead, pid_t tid, const struct ahead_list *list)
{
    struct iovec local = { ahead->bytes, 0 }, remote[AHEAD_PIECES];
    uint32_t count;

    for (count = 0; count < list->count; count++) {
        const struct ahead_piece *piece = &list->pieces[count];
        if (piece->size > AHEAD_BYTES - local.iov_len)
            break;
        remote[count] = (struct iovec){ (void *)(uintptr_t)piece->address, piece->size };
        ahead->starts[count] = (uint32_t)local.iov_len;
        local.iov_len += piece->size;
    }
    ssize_t got = process_vm_readv(tid, &local, 1, remote, count, 0);
    for (size_t end = 0; got > 0 && ahead->ready < count; ahead->ready++) {
        end += list->pieces[ahead->ready].size;
        if (end > (size_t)got)
            break;
    }
    ahead->list = list;
}

/* In the order of the list, if the walk goes on as that one did. */
static const uint8_t *find(struct readahead *ahead, uint64_t address, size_t size)
{
    for (uint32_t i = 0; i < ahead->ready; i++) {
        uint32_t at = (ahead->next + i) % ahead->ready;
        const struct ahead_piece *piece = &ahead->list->pieces[at];
        uint64_t skipped = address - piece->address;
        if (skipped <= piece->size && size <= piece->size - skipped) {
            ahead->next = at + 1;
            return ahead->bytes + ahead->starts[at] + skipped;
        }
    }
    return NULL;
}

size_t readahead_take(struct readahead *ahead, pid_t tid, uint64_t address, void *buffer,
                      size_t size)
{
    if (!ahead->begun) {
        ahead->begun = true;
        const struct ahead_list *list = list_of(ahead, ahead->now.space, address);
        if (is_of(list, ahead->now.space, address) && list->trusted)
            read_list(ahead, tid, list);
    }
    const uint8_t *bytes = find(ahead, address, size);
    if (!bytes)
        return 0;
    memcpy(buffer, bytes, size);
    readahead_note(ahead, address, size);
    return size;
}

void readahead_note(struct readahead *ahead, uint64_t address, size_t size)
{
    struct ahead_list *now = &ahead->now;

    if (now->count < AHEAD_PIECES && size <= AHEAD_BYTES / 4)
        now->pieces[now->count++] = (struct ahead_piece){ address, (uint32_t)size };
}
