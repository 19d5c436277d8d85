/* versions.c - looks through what the dynamic section leads to, for sections may be stripped. */
#include "versions.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DYNAMIC_MAX = 4096,     /* entries */
    DEFINITIONS_MAX = 1024, /* glibc's libc.so.6 has about 40 */
    STRINGS_MAX = 1 << 20,  /* bytes; musl's libc.so has 13,000 */
};

/* Where the dynamic section says that things are, vaddrs; 0: nowhere. */
struct dynamic {
    uint64_t strings, strings_size, definitions;
};

static void read_entries(const struct image *image, Elf *elf, const GElf_Phdr *phdr,
                         struct dynamic *ret)
{
    GElf_Dyn dyn;
    size_t size = phdr->p_filesz < image->size ? phdr->p_filesz : image->size;
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, size, ELF_T_DYN);

    for (int i = 0; data && i < DYNAMIC_MAX && gelf_getdyn(data, i, &dyn); i++) {
        if (dyn.d_tag == DT_NULL)
            return;
        if (dyn.d_tag == DT_STRTAB)
            ret->strings = dyn.d_un.d_ptr;
        else if (dyn.d_tag == DT_STRSZ)
            ret->strings_size = dyn.d_un.d_val;
        else if (dyn.d_tag == DT_VERDEF)
            ret->definitions = dyn.d_un.d_ptr;
    }
}

/* False: it cannot be read. */
static bool read_dynamic(const struct image *image, struct dynamic *ret)
{
    GElf_Phdr phdr;
    int fd = image_open(image);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
    bool read = elf && elf_kind(elf) == ELF_K_ELF;

    for (int i = 0; read && gelf_getphdr(elf, i, &phdr); i++) {
        if (phdr.p_type == PT_DYNAMIC) {
            read_entries(image, elf, &phdr, ret);
            break;
        }
    }
    elf_end(elf);
    if (fd >= 0)
        close(fd);
    return read;
}

static bool read_at(const struct image *image, uint64_t vaddr, void *buffer, size_t size)
{
    uint64_t offset;
    return image_offset(image, vaddr, &offset) && image_bytes(image, offset, buffer, size);
}

static bool begins_with(const struct image *image, uint64_t vaddr, const char *wanted)
{
    char text[16];
    size_t size = strlen(wanted);

    return size <= sizeof(text) && read_at(image, vaddr, text, size) && !memcmp(text, wanted, size);
}

/* The set of the first version definition that is of one. (They look the same in 32-bit files.) Of
 * an image from memory not all may be there. */
static enum runtime_set find_definition(const struct image *image, const struct dynamic *dynamic)
{
    uint64_t at = dynamic->definitions;
    Elf64_Verdef definition;
    Elf64_Verdaux name;

    for (int i = 0; i < DEFINITIONS_MAX; i++) {
        if (!read_at(image, at, &definition, sizeof(definition)) ||
            !read_at(image, at + definition.vd_aux, &name, sizeof(name)))
            return image->fd >= 0 ? SET_NONE : SET_UNKNOWN;
        uint64_t text = dynamic->strings + name.vda_name;
        if (!(definition.vd_flags & VER_FLG_BASE) && begins_with(image, text, "GLIBC_"))
            return SET_GLIBC;
        if (!(definition.vd_flags & VER_FLG_BASE) && begins_with(image, text, "GCC_3"))
            return SET_GCC;
        if (!definition.vd_next)
            return SET_NONE;
        at += definition.vd_next;
    }
    return SET_NONE;
}

/* musl has no versions, but its loader, which is in libc.so, has stages. */
static bool is_musl(const struct image *image, const struct dynamic *dynamic)
{
    static const char stage[] = "\0__dls3";
    size_t size = dynamic->strings_size;
    char *strings = size <= STRINGS_MAX ? malloc(size + 1) : NULL;
    bool found = strings && read_at(image, dynamic->strings, strings, size) &&
                 memmem(strings, size, stage, sizeof(stage));

    free(strings);
    return found;
}

enum runtime_set versions_find_set(const struct image *image)
{
    struct dynamic dynamic = { 0 };

    if (!image->size || image_has_endless_sections(image) || !read_dynamic(image, &dynamic))
        return SET_UNKNOWN;
    if (dynamic.definitions)
        return find_definition(image, &dynamic);
    return is_musl(image, &dynamic) ? SET_MUSL : SET_NONE;
}
