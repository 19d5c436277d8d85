/* fuzz.c - what the fuzz targets share. */
#include "fuzz.h"

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t take_number(struct input *input, size_t bytes)
{
    uint64_t number = 0;
    size_t size;
    const uint8_t *at = take_bytes(input, bytes, &size);

    memcpy(&number, at, size);
    return number;
}

const uint8_t *take_bytes(struct input *input, size_t wanted, size_t *ret)
{
    size_t left = (size_t)(input->end - input->at);

    *ret = wanted < left ? wanted : left;
    input->at += *ret;
    return input->at - *ret;
}

int make_file(const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    CHECK(fd >= 0);
    CHECK(pwrite(fd, bytes, size, 0) == (ssize_t)size);
    return fd;
}

uint32_t next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* ---- ELF files ---- */

struct range {
    uint64_t offset, size;
};

enum { RANGES_MAX = 128 };

static void add_range(struct range *ranges, size_t *count, size_t size, uint64_t offset,
                      uint64_t length)
{
    if (*count < RANGES_MAX && length && offset < size)
        ranges[(*count)++] =
            (struct range){ offset, length < size - offset ? length : size - offset };
}

/* The file's header and tables, and what the tables name. */
static size_t list_ranges(const uint8_t *bytes, size_t size, struct range ranges[RANGES_MAX])
{
    Elf64_Ehdr header;
    size_t count = 0;

    if (size < sizeof(header))
        return 0;
    memcpy(&header, bytes, sizeof(header));
    add_range(ranges, &count, size, 0, sizeof(header));
    add_range(ranges, &count, size, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr));
    add_range(ranges, &count, size, header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr));
    for (size_t i = 0; i < header.e_phnum && i < 32; i++) {
        Elf64_Phdr segment;
        uint64_t at = header.e_phoff + i * sizeof(segment);
        if (at > size || size - at < sizeof(segment))
            break;
        memcpy(&segment, bytes + at, sizeof(segment));
        add_range(ranges, &count, size, segment.p_offset, segment.p_filesz);
    }
    for (size_t i = 0; i < header.e_shnum && i < 64; i++) {
        Elf64_Shdr section;
        uint64_t at = header.e_shoff + i * sizeof(section);
        if (at > size || size - at < sizeof(section))
            break;
        memcpy(&section, bytes + at, sizeof(section));
        if (section.sh_type != SHT_NOBITS)
            add_range(ranges, &count, size, section.sh_offset, section.sh_size);
    }
    return count;
}

/* Overwrites an aligned field with a number that is likely to matter. */
static void set_field(uint8_t *bytes, size_t size, unsigned *seed)
{
    size_t width = (size_t)1 << next_random(seed) % 4;
    if (size < width)
        return;
    size_t at = next_random(seed) % (size / width) * width;
    uint64_t old = 0, numbers[] = {
        0,
        1,
        UINT64_MAX,
        UINT64_MAX - 7,
        (uint64_t)INT64_MAX,
        (uint64_t)INT64_MAX + 1,
        INT32_MAX,
        UINT32_MAX,
        (uint64_t)1 << next_random(seed) % 64,
        size,
        size - 1,
        0,
        0,
        0,
    };

    memcpy(&old, bytes + at, width);
    numbers[11] = old + 1;
    numbers[12] = old - 1;
    numbers[13] = old + next_random(seed) % 512 - 256;
    memcpy(bytes + at, &numbers[next_random(seed) % LENGTH(numbers)], width);
}

/* Copies a field over another: an offset in place of an offset, a size in place of a size. */
static void copy_field(uint8_t *bytes, size_t size, unsigned *seed)
{
    if (size < 16)
        return;
    size_t from = next_random(seed) % (size / 8) * 8, to = next_random(seed) % (size / 8) * 8;
    memmove(bytes + to, bytes + from, 8);
}

static void mutate_range(uint8_t *bytes, size_t size, unsigned *seed)
{
    enum { PIECE = 64 };
    size_t at = size > PIECE ? next_random(seed) % (size - PIECE) : 0;

    switch (next_random(seed) % 4) {
    case 0:
        copy_field(bytes, size, seed);
        break;
    case 1:
        LLVMFuzzerMutate(bytes + at, size < PIECE ? size : PIECE, size < PIECE ? size : PIECE);
        break;
    default:
        set_field(bytes, size, seed);
    }
}

size_t mutate_elf(uint8_t *bytes, size_t size, size_t max_size, unsigned seed)
{
    struct range ranges[RANGES_MAX];
    size_t count = list_ranges(bytes, size, ranges);

    if (!count || next_random(&seed) % 16 == 0)
        return LLVMFuzzerMutate(bytes, size, max_size);
    for (uint32_t times = 1 + next_random(&seed) % 4; times; times--) {
        const struct range *range = &ranges[next_random(&seed) % count];
        mutate_range(bytes + range->offset, range->size, &seed);
    }
    return size;
}
