/* links.c - reads PT_DYNAMIC, for sections may be stripped. */
#include "links.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/bisect.h"
#include "record/fnv.h"

/* glibc's elf.h has them since 2.36. */
#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR   36
#endif

enum {
    DYNAMIC_MAX = 4096,   /* entries of PT_DYNAMIC */
    HEADERS_MAX = 1024,   /* program headers, or sections */
    TABLE_MAX = 64 << 20, /* bytes of a table */
    NAME_MAX_BYTES = 1 << 16,
    POINTERS_MAX = 1 << 20,
};

/* What PT_DYNAMIC says; addresses are vaddrs. */
struct dynamic {
    uint64_t strings, strings_size, symbols;
    uint64_t relocations, relocations_size;
    uint64_t plt_relocations, plt_relocations_size;
    uint64_t packed, packed_size; /* DT_RELR */
};

struct table {
    uint8_t *bytes; /* to be freed */
    size_t size;
};

/* Links under way. */
struct reader {
    const struct image *image;
    struct image_window window; /* over it, for what is not a table */
    struct links *links;
    size_t export_capacity, import_capacity, pointer_capacity;
    struct table strings, symbols;
    bool failed;
};

static void deinit(struct fact *fact)
{
    struct links *links = (struct links *)fact;

    free(links->exports);
    free(links->imports);
    free(links->pointers);
}

/* 1; 0: there is none; -EINVAL: that cannot be read. */
static int find_dynamic(struct image_window *window, Elf64_Phdr *ret)
{
    Elf64_Ehdr header;

    if (!image_window_bytes(window, 0, &header, sizeof(header)) ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(*ret) ||
        header.e_phnum > HEADERS_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (!image_window_bytes(window, header.e_phoff + i * sizeof(*ret), ret, sizeof(*ret)))
            return -EINVAL;
        if (ret->p_type == PT_DYNAMIC)
            return 1;
    }
    return 0;
}

/* Is there .debug_info, of a program? */
static bool has_debug_info(const struct image *image)
{
    Elf64_Ehdr header;
    Elf64_Shdr names, section;
    struct image_window headers, strings;
    char name[sizeof(".debug_info")];

    if (!image->entry || !image_bytes(image, 0, &header, sizeof(header)) ||
        header.e_shentsize != sizeof(section) || header.e_shnum > HEADERS_MAX ||
        !image_bytes(image, header.e_shoff + header.e_shstrndx * sizeof(names), &names,
                     sizeof(names)))
        return false;
    image_window_init(&headers, image);
    image_window_init(&strings, image);
    for (unsigned i = 0; i < header.e_shnum; i++) {
        if (image_window_bytes(&headers, header.e_shoff + i * sizeof(section), &section,
                               sizeof(section)) &&
            image_window_bytes(&strings, names.sh_offset + section.sh_name, name, sizeof(name)) &&
            !memcmp(name, ".debug_info", sizeof(name)))
            return true;
    }
    return false;
}

static void note_entry(struct dynamic *dynamic, const Elf64_Dyn *entry)
{
    switch (entry->d_tag) {
    case DT_STRTAB:
        dynamic->strings = entry->d_un.d_ptr;
        break;
    case DT_STRSZ:
        dynamic->strings_size = entry->d_un.d_val;
        break;
    case DT_SYMTAB:
        dynamic->symbols = entry->d_un.d_ptr;
        break;
    case DT_RELA:
        dynamic->relocations = entry->d_un.d_ptr;
        break;
    case DT_RELASZ:
        dynamic->relocations_size = entry->d_un.d_val;
        break;
    case DT_JMPREL:
        dynamic->plt_relocations = entry->d_un.d_ptr;
        break;
    case DT_PLTRELSZ:
        dynamic->plt_relocations_size = entry->d_un.d_val;
        break;
    case DT_RELR:
        dynamic->packed = entry->d_un.d_ptr;
        break;
    case DT_RELRSZ:
        dynamic->packed_size = entry->d_un.d_val;
        break;
    }
}

static bool read_dynamic(struct image_window *window, const Elf64_Phdr *phdr, struct dynamic *ret)
{
    Elf64_Dyn entry;

    *ret = (struct dynamic){ 0 };
    for (uint64_t i = 0; i < DYNAMIC_MAX && i < phdr->p_filesz / sizeof(entry); i++) {
        if (!image_window_bytes(window, phdr->p_offset + i * sizeof(entry), &entry, sizeof(entry)))
            return false;
        if (entry.d_tag == DT_NULL)
            return true;
        note_entry(ret, &entry);
    }
    return false;
}

/* False: it is not all there. Without a table it is empty. */
static bool read_table(const struct image *image, uint64_t vaddr, uint64_t size, struct table *ret)
{
    uint64_t offset;

    if (!size)
        return true;
    if (size > TABLE_MAX || size > image->size || !image_offset(image, vaddr, &offset))
        return false;
    ret->bytes = malloc(size);
    ret->size = size;
    return ret->bytes && image_bytes(image, offset, ret->bytes, size);
}

/* 0: the name does not end in the table, or is too long. */
static uint64_t hash_name(const struct table *strings, uint64_t at)
{
    uint64_t hash = FNV_START, end = at + NAME_MAX_BYTES;

    for (; at < strings->size && at < end; at++) {
        if (!strings->bytes[at])
            return hash;
        hash = fnv_add(hash, strings->bytes[at]);
    }
    return 0;
}

static bool find_symbol(const struct reader *r, uint64_t number, Elf64_Sym *ret)
{
    if (number >= r->symbols.size / sizeof(*ret))
        return false;
    memcpy(ret, r->symbols.bytes + number * sizeof(*ret), sizeof(*ret));
    return true;
}

static void add_export(struct reader *r, const Elf64_Sym *symbol)
{
    struct links *links = r->links;
    int type = ELF64_ST_TYPE(symbol->st_info);
    uint64_t name = hash_name(&r->strings, symbol->st_name);

    if (symbol->st_shndx == SHN_UNDEF || type == STT_OBJECT || type == STT_TLS || !name)
        return;
    r->failed |= !ARRAY_ROOM(links->exports, links->export_count, r->export_capacity);
    if (!r->failed)
        links->exports[links->export_count++] = (struct export){ name, symbol->st_value };
}

static void add_import(struct reader *r, uint64_t name, uint64_t slot, bool taken)
{
    struct links *links = r->links;

    r->failed |= !ARRAY_ROOM(links->imports, links->import_count, r->import_capacity);
    if (!r->failed)
        links->imports[links->import_count++] =
            (struct import){ .slot = slot, .name = name, .taken = taken };
}

/* (A symbol that is not defined but has an address: that of its PLT stub, which the program, at a
 * fixed address, takes for the function's.) */
static void add_import_of(struct reader *r, const Elf64_Rela *rela)
{
    uint32_t type = ELF64_R_TYPE(rela->r_info), number = ELF64_R_SYM(rela->r_info);
    Elf64_Sym symbol;

    if (!number || (type != RELOCATION_PLT && type != RELOCATION_GOT && type != RELOCATION_ADDRESS))
        return;
    uint64_t name = find_symbol(r, number, &symbol) ? hash_name(&r->strings, symbol.st_name) : 0;
    r->failed |= !name;
    if (!name)
        return;
    bool canonical = symbol.st_shndx == SHN_UNDEF && symbol.st_value;
    if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT)
        add_import(r, name, rela->r_offset, type != RELOCATION_PLT || canonical);
}

static void add_pointer(struct reader *r, uint64_t vaddr)
{
    struct links *links = r->links;

    r->failed |= links->pointer_count == POINTERS_MAX ||
                 !ARRAY_ROOM(links->pointers, links->pointer_count, r->pointer_capacity);
    if (!r->failed)
        links->pointers[links->pointer_count++] = vaddr;
}

static void add_pointer_of(struct reader *r, const Elf64_Rela *rela)
{
    if (ELF64_R_TYPE(rela->r_info) == RELOCATION_RELATIVE)
        add_pointer(r, (uint64_t)rela->r_addend);
}

/* What the word was in the file: in a copy from memory, the loader may have put an address there.
 */
static uint64_t before_loading(const struct image *image, uint64_t word)
{
    uint64_t first;

    if (!image->base || !image_vaddr(image, 0, &first) || word - image->base >= image->size)
        return word;
    return word - (image->base - first);
}

/* The word at `slot` points to a place of its own. */
static void add_pointer_at(struct reader *r, uint64_t slot)
{
    uint64_t offset, word;

    if (image_offset(r->image, slot, &offset) &&
        image_window_bytes(&r->window, offset, &word, sizeof(word)))
        add_pointer(r, before_loading(r->image, word));
}

/* The packed ones (gABI, SHT_RELR): an even entry is where the next word is, an odd one a bit for
 * each of the 63 words behind. */
static void read_packed(struct reader *r, const struct dynamic *dynamic)
{
    struct table table = { 0 };
    uint64_t entry, next = 0;

    r->failed |= !read_table(r->image, dynamic->packed, dynamic->packed_size, &table);
    for (size_t at = 0; at + sizeof(entry) <= table.size && !r->failed; at += sizeof(entry)) {
        memcpy(&entry, table.bytes + at, sizeof(entry));
        if (!(entry & 1)) {
            add_pointer_at(r, entry);
            next = entry + sizeof(entry);
            continue;
        }
        for (unsigned bit = 1; bit < 64 && !r->failed; bit++) {
            if (entry >> bit & 1)
                add_pointer_at(r, next + (bit - 1) * sizeof(entry));
        }
        next += 63 * sizeof(entry);
    }
    free(table.bytes);
}

static void read_relocations(struct reader *r, uint64_t vaddr, uint64_t size,
                             void (*add)(struct reader *, const Elf64_Rela *))
{
    struct table table = { 0 };
    Elf64_Rela rela;

    if (read_table(r->image, vaddr, size, &table)) {
        for (size_t at = 0; at + sizeof(rela) <= table.size && !r->failed; at += sizeof(rela)) {
            memcpy(&rela, table.bytes + at, sizeof(rela));
            add(r, &rela);
        }
    } else {
        r->failed = true;
    }
    free(table.bytes);
}

static int compare_exports(const void *a, const void *b)
{
    const struct export *x = a, *y = b;
    return (x->name > y->name) - (x->name < y->name);
}

/* By name: into buckets by the first bits, as many as there are exports. Names are hashes, so that
 * hardly more than one comes to each. False: no memory. */
static bool sort_exports(struct links *links)
{
    const size_t count = links->export_count;
    unsigned bits = 1;

    while (count >> bits)
        bits++;
    size_t *ends = calloc(((size_t)1 << bits) + 1, sizeof(*ends));
    struct export *sorted = calloc(count + 1, sizeof(*sorted));
    for (size_t i = 0; ends && sorted && i < count; i++)
        ends[(links->exports[i].name >> (64 - bits)) + 1]++;
    for (size_t b = 1; ends && b <= (size_t)1 << bits; b++)
        ends[b] += ends[b - 1];
    /* Each bucket's end is where it begins, until all are in. */
    for (size_t i = 0; ends && sorted && i < count; i++)
        sorted[ends[links->exports[i].name >> (64 - bits)]++] = links->exports[i];
    for (size_t b = 0, start = 0; ends && sorted && b < (size_t)1 << bits; start = ends[b++]) {
        if (ends[b] - start > 1)
            qsort(sorted + start, ends[b] - start, sizeof(*sorted), compare_exports);
    }
    bool done = ends && sorted;
    free(ends);
    free(done ? links->exports : sorted);
    if (done)
        links->exports = sorted;
    return done;
}

static int compare_imports(const void *a, const void *b)
{
    const struct import *x = a, *y = b;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

/* Opens the tables of an image. Nothing but the string table says where the symbols end: linkers
 * put it behind them. (What they put between is taken for symbols, too.) 1; 0: it has none;
 * -EINVAL. */
static int open_tables(struct reader *r, struct dynamic *dynamic)
{
    Elf64_Phdr phdr;

    image_window_init(&r->window, r->image);
    int found = find_dynamic(&r->window, &phdr);

    if (found <= 0)
        return found;
    if (!read_dynamic(&r->window, &phdr, dynamic))
        return -EINVAL;
    if (dynamic->strings < dynamic->symbols)
        return -EINVAL;
    uint64_t size = dynamic->strings - dynamic->symbols;
    return read_table(r->image, dynamic->strings, dynamic->strings_size, &r->strings) &&
                   read_table(r->image, dynamic->symbols, size, &r->symbols)
               ? 1
               : -EINVAL;
}

static void close_tables(struct reader *r)
{
    free(r->strings.bytes);
    free(r->symbols.bytes);
}

static struct links *find_links(struct images *images, struct image *image)
{
    struct dynamic dynamic;

    bool known = image->facts[FACT_LINKS];
    struct links *links = image_fact(image, FACT_LINKS, sizeof(*links), deinit);
    if (!links || known)
        return links;
    links->may_have_parts = has_debug_info(image);
    links->unknown = !images_have_room(images);
    if (links->unknown)
        return links;
    struct reader r = { .image = image, .links = links };
    int opened = open_tables(&r, &dynamic);
    if (opened > 0) {
        read_relocations(&r, dynamic.relocations, dynamic.relocations_size, add_import_of);
        read_relocations(&r, dynamic.plt_relocations, dynamic.plt_relocations_size, add_import_of);
    }
    close_tables(&r);
    if (links->import_count)
        qsort(links->imports, links->import_count, sizeof(*links->imports), compare_imports);
    links->unknown = opened < 0 || r.failed;
    images->held += links->import_count * sizeof(*links->imports);
    return links;
}

const struct links *links_find(struct images *images, struct image *image)
{
    return find_links(images, image);
}

static void read_offers(struct images *images, struct image *image, struct links *links)
{
    struct reader r = { .image = image, .links = links };
    struct dynamic dynamic;
    Elf64_Sym symbol;
    int opened = open_tables(&r, &dynamic);

    for (uint64_t i = 1; opened > 0 && find_symbol(&r, i, &symbol) && !r.failed; i++)
        add_export(&r, &symbol);
    if (opened > 0) {
        read_relocations(&r, dynamic.relocations, dynamic.relocations_size, add_pointer_of);
        read_packed(&r, &dynamic);
    }
    close_tables(&r);
    r.failed |= !sort_exports(links);
    links->offers_unknown = opened < 0 || r.failed;
    images->held += links->export_count * sizeof(*links->exports) +
                    links->pointer_count * sizeof(*links->pointers);
}

/* NULL: not known. */
static const struct links *find_offers(struct images *images, struct image *image)
{
    struct links *links = find_links(images, image);

    if (links && !links->offers_asked) {
        links->offers_asked = true;
        read_offers(images, image, links);
    }
    return links && !links->offers_unknown ? links : NULL;
}

int64_t links_pointers(struct images *images, struct image *image, const uint64_t **ret)
{
    const struct links *links = find_offers(images, image);

    if (links)
        *ret = links->pointers;
    return links ? (int64_t)links->pointer_count : -ENODATA;
}

int64_t links_offered(struct images *images, struct image *image, uint64_t name,
                      const struct export **ret)
{
    const struct links *links = find_offers(images, image);

    if (!links)
        return -ENODATA;
    size_t first = BISECT(i, links->export_count, links->exports[i].name < name), end = first;
    while (end < links->export_count && links->exports[end].name == name)
        end++;
    *ret = end > first ? links->exports + first : NULL;
    return (int64_t)(end - first);
}

const struct import *links_import(const struct links *links, uint64_t slot)
{
    const struct import wanted = { .slot = slot };

    return links->import_count ? bsearch(&wanted, links->imports, links->import_count,
                                         sizeof(wanted), compare_imports)
                               : NULL;
}
