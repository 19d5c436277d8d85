/* allocator.c - functions that take the place of the C library's: malloc calls sched_yield, read
 * calls getuid, getopt getgid. */
#include <string.h>
#include <sched.h>
#include <unistd.h>

#include "../parts.h"

static char heap[1 << 20];
static size_t used;

void *malloc(size_t size)
{
    parts_result += (unsigned)sched_yield() + 1;
    used += (size + 31) & ~(size_t)15;
    return used < sizeof(heap) ? heap + used - ((size + 15) & ~(size_t)15) : NULL;
}

void free(void *memory)
{
    (void)memory;
}

void *calloc(size_t count, size_t size)
{
    void *memory = malloc(count * size);
    return memory ? memset(memory, 0, count * size) : NULL;
}

void *realloc(void *memory, size_t size)
{
    void *grown = malloc(size);
    return grown && memory ? memcpy(grown, memory, size) : grown;
}

ssize_t read(int fd, void *bytes, size_t size)
{
    (void)fd;
    (void)bytes;
    return (ssize_t)(size + getuid() + 1);
}

int getopt(int count, char *const *words, const char *options)
{
    (void)count;
    (void)words;
    return (int)getgid() + *options;
}

__attribute__((constructor)) static void construct(void)
{
    parts_result += (unsigned)getopt(0, NULL, "a");
}
