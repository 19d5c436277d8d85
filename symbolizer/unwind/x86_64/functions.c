/* functions.c - collects starts of functions: from symbols, calls, addresses taken, and pointers.
 */
#include "symbolizer/unwind/functions.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gelf.h>

#include "record/array.h"
#include "record/bisect.h"

enum {
    SYMBOLS_MAX = 64 << 20, /* bytes of a symbol table */
    SWEPT_MAX = 8 << 20,    /* bytes of an image that are swept for pointers to code */
    PIECE = 1 << 16,        /* of them at once */
    OVERLAP = 8,            /* more than any of the patterns has */
};

struct starts {
    struct functions *to;
    size_t capacity;
};

static void add_start(struct starts *starts, uint64_t vaddr)
{
    struct functions *to = starts->to;

    if (ARRAY_ROOM(to->starts, to->count, starts->capacity))
        to->starts[to->count++] = vaddr;
}

static int compare_starts(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort_starts(struct functions *functions)
{
    size_t count = 0;

    if (functions->count)
        qsort(functions->starts, functions->count, sizeof(*functions->starts), compare_starts);
    for (size_t i = 0; i < functions->count; i++) {
        if (!count || functions->starts[i] != functions->starts[count - 1])
            functions->starts[count++] = functions->starts[i];
    }
    functions->count = count;
}

/* The section with symbols: all of them, else those that the loader needs. */
static bool find_symbols(Elf *elf, GElf_Shdr *ret)
{
    Elf_Scn *scn = NULL;
    GElf_Shdr shdr;
    bool found = false;

    while ((scn = elf_nextscn(elf, scn))) {
        if (!gelf_getshdr(scn, &shdr) || (shdr.sh_type != SHT_SYMTAB && shdr.sh_type != SHT_DYNSYM))
            continue;
        *ret = shdr;
        found = true;
        if (shdr.sh_type == SHT_SYMTAB)
            break;
    }
    return found;
}

static void add_symbol(struct starts *starts, const Elf64_Sym *symbol)
{
    int type = ELF64_ST_TYPE(symbol->st_info);

    if ((type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF)
        add_start(starts, symbol->st_value);
}

static void add_symbols(struct starts *starts, const struct image *image, Elf *elf)
{
    Elf64_Sym symbols[PIECE / sizeof(Elf64_Sym)];
    GElf_Shdr shdr;

    if (gelf_getclass(elf) != ELFCLASS64 || !find_symbols(elf, &shdr) || shdr.sh_size > SYMBOLS_MAX)
        return;
    for (uint64_t at = 0, size; at < shdr.sh_size; at += size) {
        size = shdr.sh_size - at < sizeof(symbols) ? shdr.sh_size - at : sizeof(symbols);
        if (!image_bytes(image, shdr.sh_offset + at, symbols, size))
            return;
        for (size_t i = 0; i < size / sizeof(*symbols); i++)
            add_symbol(starts, &symbols[i]);
    }
}

static bool is_code(const struct image *image, uint64_t vaddr)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];
        if (s->executable && vaddr >= s->vaddr && vaddr - s->vaddr < s->size)
            return true;
    }
    return false;
}

/* What an instruction at these bytes would name that has 32 bits of address as its last: `call
 * rel32` and `lea rel32(%rip), register`; where code is at fixed addresses, `mov $address,
 * register` as well. 0: it is none. Other bytes that look the same hardly ever name code. */
static uint64_t named_by_code(const uint8_t *bytes, uint64_t vaddr, bool fixed)
{
    bool wide = (*bytes & 0xfb) == 0x48;
    size_t length = *bytes == 0xe8 || (*bytes & 0xf8) == 0xb8 ? 5 : 7;
    bool lea = wide && bytes[1] == 0x8d && (bytes[2] & 0xc7) == 5;
    bool mov = wide && bytes[1] == 0xc7 && (bytes[2] & 0xf8) == 0xc0;
    int32_t value;

    memcpy(&value, bytes + length - 4, sizeof(value));
    if (*bytes == 0xe8 || lea)
        return vaddr + length + (uint64_t)(int64_t)value;
    return fixed && (length == 5 || mov) ? (uint32_t)value : 0;
}

/* An address in data, where the loader leaves that as it is. */
static uint64_t named_by_data(const uint8_t *bytes, uint64_t vaddr, bool fixed)
{
    uint64_t ret;

    if (vaddr % 8 || !fixed)
        return 0;
    memcpy(&ret, bytes, sizeof(ret));
    return ret;
}

static void sweep(struct starts *starts, const struct image *image, const struct segment *segment,
                  uint64_t *left)
{
    uint8_t bytes[PIECE];
    uint64_t (*named)(const uint8_t *, uint64_t, bool) =
        segment->executable ? named_by_code : named_by_data;
    bool fixed = image->segments[0].vaddr;

    if (segment->size > *left)
        return;
    *left -= segment->size;
    for (uint64_t at = 0; at + OVERLAP < segment->size; at += PIECE - OVERLAP) {
        size_t size = segment->size - at < PIECE ? segment->size - at : PIECE;
        if (!image_bytes(image, segment->offset + at, bytes, size))
            return;
        for (size_t i = 0; i + OVERLAP <= size; i++) {
            uint64_t vaddr = named(bytes + i, segment->vaddr + at + i, fixed);
            if (vaddr && is_code(image, vaddr))
                add_start(starts, vaddr);
        }
    }
}

/* Pointers that the loader makes: what they are relative to is where the image is loaded. */
static void add_relocations(struct starts *starts, const struct image *image, Elf *elf)
{
    Elf64_Rela entries[PIECE / sizeof(Elf64_Rela)];
    Elf_Scn *scn = NULL;
    GElf_Shdr shdr;
    uint64_t left = SWEPT_MAX;

    while ((scn = elf_nextscn(elf, scn))) {
        if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_RELA || shdr.sh_size > left)
            continue;
        left -= shdr.sh_size;
        for (uint64_t at = 0, size; at < shdr.sh_size; at += size) {
            size = shdr.sh_size - at < sizeof(entries) ? shdr.sh_size - at : sizeof(entries);
            if (!image_bytes(image, shdr.sh_offset + at, entries, size))
                return;
            for (size_t i = 0; i < size / sizeof(*entries); i++) {
                uint64_t vaddr = (uint64_t)entries[i].r_addend;
                if (ELF64_R_TYPE(entries[i].r_info) == R_X86_64_RELATIVE && is_code(image, vaddr))
                    add_start(starts, vaddr);
            }
        }
    }
}

static void read_functions(struct image *image, struct functions *functions)
{
    struct starts starts = { .to = functions };
    int fd = image_has_endless_sections(image) ? -1 : image_open(image);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
    uint64_t left = SWEPT_MAX;

    if (image->entry)
        add_start(&starts, image->entry);
    if (elf)
        add_symbols(&starts, image, elf);
    if (elf)
        add_relocations(&starts, image, elf);
    for (size_t i = 0; i < image->segment_count; i++)
        sweep(&starts, image, &image->segments[i], &left);
    sort_starts(functions);
    elf_end(elf);
    if (fd >= 0)
        close(fd);
}

/* How many start at or below `vaddr`. */
static size_t count_below(const struct functions *functions, uint64_t vaddr)
{
    return BISECT(i, functions->count, functions->starts[i] <= vaddr);
}

static void deinit(struct fact *fact)
{
    free(((struct functions *)fact)->starts);
}

uint64_t function_start(struct images *images, struct image *image, uint64_t vaddr)
{
    struct functions *functions = image_fact(image, FACT_FUNCTIONS, sizeof(*functions), deinit);

    if (!functions)
        return 0;
    if (!functions->read && images_have_room(images)) {
        read_functions(image, functions);
        images->held += functions->count * sizeof(*functions->starts);
    }
    functions->read = true;
    size_t below = count_below(functions, vaddr);
    return below ? functions->starts[below - 1] : 0;
}

bool functions_has(const struct image *image, uint64_t vaddr)
{
    const struct functions *functions = (struct functions *)image->facts[FACT_FUNCTIONS];
    size_t below = functions ? count_below(functions, vaddr) : 0;

    return below && functions->starts[below - 1] == vaddr;
}
