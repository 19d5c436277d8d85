/* perfmap.c - fuzzes symbolizer/unwind/perfmap.c: any bytes as a perf map, in two pieces. */
#include "fuzz.h"

#include <unistd.h>

#include "tracer/perfmap.h"

/* What holds an address has it in its range, and a name of one line. */
static void check_address(const struct perfmap *map, uint64_t address)
{
    const struct perfmap_entry *entry = perfmap_find(map, address);

    if (!entry)
        return;
    CHECK(entry->size && entry->start <= address && address - entry->start < entry->size);
    CHECK(*entry->name && !strchr(entry->name, '\n') && perfmap_number(entry->name) >> 62 == 1);
    CHECK(perfmap_find(map, entry->start) == entry);
    CHECK(perfmap_find(map, entry->start + entry->size - 1) == entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/systrace-fuzz-XXXXXX"; /* a file without a name counts as removed */
    size_t first = size / 2;
    int fd = mkstemp(path);
    struct perfmap *map = perfmap_create();

    CHECK(map && fd >= 0);
    CHECK(pwrite(fd, data, first, 0) == (ssize_t)first);
    perfmap_follow(map, fd);
    CHECK(perfmap_update(map));
    CHECK(pwrite(fd, data + first, size - first, (off_t)first) == (ssize_t)(size - first));
    CHECK(perfmap_update(map));
    unlink(path);
    for (uint64_t address = 0; address < 0x4000; address += 8)
        check_address(map, address);
    for (int bit = 0; bit < 64; bit++)
        check_address(map, UINT64_C(1) << bit);
    perfmap_destroy(map);
    return 0;
}
