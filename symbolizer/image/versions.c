/* versions.c - looks through what the dynamic section leads to, for sections may be stripped. */
#include "versions.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENTRIES_MAX = 4096,     /* of the dynamic section */
    DEFINITIONS_MAX = 1024, /* glibc's libc.so.6 has about 40 */
    STRINGS_MAX = 1 << 20,  /* bytes; musl's libc.so has 13,000 */
};

/* Where the dynamic section says that things are, vaddrs; 0: nowhere. */
struct dynamic {
    uint64_t strings, strings_size, definitions;
};

/* 0; -ENOENT: the file has no such place; -EIO: it cannot be read. Of an image from memory what is
 * not there may be in the file. */
static int read_at(struct image_window *window, uint64_t offset, void *buffer, size_t size)
{
    const struct image *image = window->image;

    if (offset > image->size || size > image->size - offset)
        return image->bytes ? -EIO : -ENOENT;
    return image_window_bytes(window, offset, buffer, size) ? 0 : -EIO;
}

static int read_address(struct image_window *window, uint64_t vaddr, void *buffer, size_t size)
{
    const struct image *image = window->image;
    uint64_t offset;

    if (!image_offset(image, vaddr, &offset))
        return image->bytes ? -EIO : -ENOENT;
    return read_at(window, offset, buffer, size);
}

static void note_entry(struct dynamic *dynamic, uint64_t tag, uint64_t value)
{
    if (tag == DT_STRTAB)
        dynamic->strings = value;
    else if (tag == DT_STRSZ)
        dynamic->strings_size = value;
    else if (tag == DT_VERDEF)
        dynamic->definitions = value;
}

static int read_dynamic(struct image_window *window, struct dynamic *ret)
{
    const struct image *image = window->image;
    unsigned char class = ELFCLASSNONE;
    union {
        Elf64_Dyn large;
        Elf32_Dyn small;
    } entry;
    int error = read_at(window, EI_CLASS, &class, sizeof(class));
    size_t size = class == ELFCLASS32 ? sizeof(entry.small) : sizeof(entry.large);

    *ret = (struct dynamic){ 0 };
    for (size_t i = 0; !error && i < ENTRIES_MAX && (i + 1) * size <= image->dynamic_size; i++) {
        error = read_at(window, image->dynamic_offset + i * size, &entry, size);
        uint64_t tag =
            class == ELFCLASS32 ? (uint32_t)entry.small.d_tag : (uint64_t)entry.large.d_tag;
        if (error || tag == DT_NULL)
            break;
        note_entry(ret, tag, class == ELFCLASS32 ? entry.small.d_un.d_val : entry.large.d_un.d_val);
    }
    return error;
}

/* The set of a version; SET_NONE. Negative errno. */
static int set_of_version(struct image_window *window, uint64_t name)
{
    static const struct {
        const char *prefix;
        enum runtime_set set;
    } sets[] = { { "GLIBC_", SET_GLIBC }, { "GCC_3", SET_GCC } };
    char text[8];

    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        size_t size = strlen(sets[i].prefix);
        int error = read_address(window, name, text, size);
        if (error)
            return error;
        if (!memcmp(text, sets[i].prefix, size))
            return (int)sets[i].set;
    }
    return SET_NONE;
}

/* The set of the first version definition that is of one; SET_NONE. Negative errno. (They look the
 * same in 32-bit files.) */
static int find_definition(struct image_window *window, const struct dynamic *dynamic)
{
    uint64_t at = dynamic->definitions;
    Elf64_Verdef definition = { .vd_next = 1 };
    Elf64_Verdaux name;
    int set = SET_NONE;

    for (int i = 0; i < DEFINITIONS_MAX && set == SET_NONE && definition.vd_next; i++) {
        int error = read_address(window, at, &definition, sizeof(definition));
        if (!error)
            error = read_address(window, at + definition.vd_aux, &name, sizeof(name));
        if (error)
            return error;
        if (!(definition.vd_flags & VER_FLG_BASE)) /* that is the file's name */
            set = set_of_version(window, dynamic->strings + name.vda_name);
        at += definition.vd_next;
    }
    return set;
}

/* musl has no versions, but its loader, which is in libc.so, has stages. SET_MUSL, SET_NONE, or a
 * negative errno. */
static int find_musl(struct image_window *window, const struct dynamic *dynamic)
{
    static const char stage[] = "\0__dls3";
    size_t size = dynamic->strings_size;

    if (size > STRINGS_MAX)
        return SET_NONE;
    char *strings = malloc(size + 1);
    if (!strings)
        return -ENOMEM;
    int set = read_address(window, dynamic->strings, strings, size);
    if (!set)
        set = memmem(strings, size, stage, sizeof(stage)) ? SET_MUSL : SET_NONE;
    free(strings);
    return set;
}

enum runtime_set versions_find_set(const struct image *image)
{
    struct image_window window;
    struct dynamic dynamic;

    if (!image->dynamic_size)
        return SET_UNKNOWN;
    image_window_init(&window, image);
    int set = read_dynamic(&window, &dynamic);
    if (!set)
        set =
            dynamic.definitions ? find_definition(&window, &dynamic) : find_musl(&window, &dynamic);
    return set >= 0 ? (enum runtime_set)set : set == -ENOENT ? SET_NONE : SET_UNKNOWN;
}
