/* gofind.c - by sections, or else by the first bytes of the table; and the address to which its
 * data are relative, by the record of Go's loader. */
#include "gofind.h"

#include <stdlib.h>
#include <string.h>

#include "symbolizer/image/section.h"

enum {
    DYNAMIC_MAX = 1 << 20, /* bytes of PT_DYNAMIC */
    GO_ALIGNMENT = 32,     /* of Go's table of functions */
    GO_RECORDS_MAX = 64,   /* records that may be its loader's; there is one */
};

/* The relocations of the program, found by DT_RELA, since sections may be stripped; NULL: none. */
static Elf_Data *find_relocations(const struct image *image, Elf *elf)
{
    uint64_t rela = 0, size = 0, offset;
    Elf_Data *data = NULL;
    GElf_Phdr phdr;
    GElf_Dyn dyn;

    for (int i = 0; gelf_getphdr(elf, i, &phdr); i++) {
        if (phdr.p_type != PT_DYNAMIC)
            continue;
        if (phdr.p_filesz <= DYNAMIC_MAX)
            data = elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset, phdr.p_filesz, ELF_T_DYN);
        break;
    }
    for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
        if (dyn.d_tag == DT_RELA)
            rela = dyn.d_un.d_ptr;
        else if (dyn.d_tag == DT_RELASZ)
            size = dyn.d_un.d_val;
    }
    if (!rela || size > IMAGE_MEMORY_MAX || !image_offset(image, rela, &offset))
        return NULL;
    return elf_getdata_rawchunk(elf, (int64_t)offset, size, ELF_T_RELA);
}

/* The address that the loader puts at `vaddr` by adding the base address, else what the file has
 * there; 0 if neither. */
static uint64_t pointer_at(const struct image *image, Elf_Data *relocations, uint64_t vaddr)
{
    uint64_t offset, pointer = 0;
    GElf_Rela entry;

    for (int i = 0; relocations && gelf_getrela(relocations, i, &entry); i++) {
        if (entry.r_offset == vaddr && GELF_R_TYPE(entry.r_info) == RELOCATION_RELATIVE)
            return (uint64_t)entry.r_addend;
    }
    if (!image_offset(image, vaddr, &offset) ||
        !image_bytes(image, offset, &pointer, sizeof(pointer)))
        return 0;
    return pointer;
}

/*
 * Go's data of functions is relative to an address that only its loader's record has (type
 * moduledata of runtime/symtab.go, 1.18 and later), which begins with the address of the table and
 * repeats where the text begins and how many functions there are. 0: this is no such record.
 */
static uint64_t read_go_data(const struct image *image, Elf_Data *relocations, uint64_t record)
{
    const uint64_t text = 176, functions = 136, data = image->go.has_start_line ? 320 : 304;

    if (pointer_at(image, NULL, record + functions) != image->go.count + 1 ||
        pointer_at(image, relocations, record + text) != image->go.text)
        return 0;
    uint64_t start = pointer_at(image, relocations, record + data - 8), offset;
    uint64_t ret = pointer_at(image, relocations, record + data);
    return ret >= start && image_offset(image, start, &offset) && image_offset(image, ret, &offset)
               ? ret
               : 0;
}

/* The bytes of a segment of data, to be freed. NULL: it is none, they are not to be had, or are
 * more than are left to search in all segments. */
static uint8_t *read_data(const struct image *image, const struct segment *segment, uint64_t *left)
{
    if (segment->executable || segment->size > *left)
        return NULL;
    *left -= segment->size;
    return image_read_bytes(image, segment->offset, segment->size);
}

/* Looks for that record in the segment, by its first word. */
static uint64_t search_go_data(const struct image *image, const struct segment *segment,
                               uint64_t table, uint64_t *left, int *records)
{
    uint8_t *bytes = read_data(image, segment, left);
    uint64_t ret = 0, word;

    for (size_t at = (size_t)(-segment->vaddr & 7);
         bytes && !ret && segment->size >= 8 && at <= segment->size - 8; at += 8) {
        memcpy(&word, bytes + at, sizeof(word));
        if (word == table && (*records)++ < GO_RECORDS_MAX)
            ret = read_go_data(image, NULL, segment->vaddr + at);
    }
    free(bytes);
    return ret;
}

static void find_go_data(struct image *image, Elf_Data *relocations, uint64_t table)
{
    uint64_t left = IMAGE_MEMORY_MAX;
    GElf_Rela entry;
    int records = 0;

    for (int i = 0; !image->go.data && relocations && gelf_getrela(relocations, i, &entry); i++) {
        if ((uint64_t)entry.r_addend == table && records++ < GO_RECORDS_MAX)
            image->go.data = read_go_data(image, relocations, entry.r_offset);
    }
    for (size_t i = 0; !image->go.data && i < image->segment_count; i++)
        image->go.data = search_go_data(image, &image->segments[i], table, &left, &records);
}

/* Reads the Go table at a file offset; it ends after at most `size` bytes. */
static void read_go_table(struct image *image, Elf *elf, uint64_t offset, uint64_t vaddr,
                          size_t size)
{
    Elf_Data *relocations = find_relocations(image, elf);
    uint8_t *bytes = image_read_bytes(image, offset, size);

    if (bytes &&
        !go_table_init(&image->go, bytes, size,
                       pointer_at(image, relocations, vaddr + GO_HEADER_TEXT)) &&
        image->go.relative)
        find_go_data(image, relocations, vaddr);
}

/* Looks for a Go table, which is aligned to 32 bytes, by its first bytes. */
static void search_go_table(struct image *image, Elf *elf, const struct segment *segment,
                            uint64_t *left)
{
    uint8_t *bytes = read_data(image, segment, left);
    size_t at = (size_t)(-segment->vaddr & (GO_ALIGNMENT - 1));

    if (!bytes)
        return;
    while (at < segment->size && !go_table_begins(bytes + at, segment->size - at))
        at += GO_ALIGNMENT;
    free(bytes);
    if (at < segment->size)
        read_go_table(image, elf, segment->offset + at, segment->vaddr + at, segment->size - at);
}

void go_find(struct image *image, Elf *elf)
{
    uint64_t left = IMAGE_MEMORY_MAX;
    GElf_Shdr shdr;

    if (section_find(image, elf, ".gopclntab", &shdr) ||
        section_find(image, elf, ".data.rel.ro.gopclntab", &shdr)) {
        read_go_table(image, elf, shdr.sh_offset, shdr.sh_addr, shdr.sh_size);
        return;
    }
    for (size_t i = 0; image->is_go && i < image->segment_count && !image->go.count; i++)
        search_go_table(image, elf, &image->segments[i], &left);
}
