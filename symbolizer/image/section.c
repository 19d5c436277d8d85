/* section.c - by their headers, where there are any. */
#include "section.h"

#include <assert.h>
#include <string.h>

/* elf_strptr(3) would give names too, but only after unpacking whatever says to be compressed ones.
 */
Elf_Scn *section_find(const struct image *image, Elf *elf, const char *wanted, GElf_Shdr *ret)
{
    char name[sizeof(".data.rel.ro.gopclntab")];
    size_t size = strlen(wanted) + 1, index;
    struct image_window window;
    Elf_Scn *scn = NULL;
    GElf_Shdr names;

    assert(size <= sizeof(name));
    if (elf_getshdrstrndx(elf, &index) < 0 || !gelf_getshdr(elf_getscn(elf, index), &names))
        return NULL;
    image_window_init(&window, image);
    while ((scn = elf_nextscn(elf, scn))) {
        uint64_t offset;
        if (gelf_getshdr(scn, ret) && ret->sh_type != SHT_NOBITS &&
            !__builtin_add_overflow(names.sh_offset, ret->sh_name, &offset) &&
            image_window_bytes(&window, offset, name, size) && !memcmp(name, wanted, size))
            return scn;
    }
    return NULL;
}
