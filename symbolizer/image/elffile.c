/* elffile.c - reads an ELF file with libelf, from a file or memory. */
#include "elffile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gelf.h>

#include "symbolizer/image/debugframe.h"
#include "symbolizer/image/go/gofind.h"
#include "symbolizer/image/section.h"

/* libiberty has it (sha1.h), but Debian's libiberty-dev does not ship that header. */
extern void *sha1_buffer(const char *buffer, size_t size, void *digest);

enum {
    SHA1_SIZE = 20,
    HEADERS_MAX = 1024,         /* program headers; linkers write a dozen */
    NOTES_MAX = 1 << 20,        /* bytes of all PT_NOTE */
    DEBUG_FRAME_MAX = 32 << 20, /* bytes of .debug_frame */
    DYNAMIC_MAX = 1 << 20,      /* bytes of PT_DYNAMIC */
    SONAME_MAX = 4096,
};

static int read_segments(struct image *image, Elf *elf)
{
    GElf_Phdr phdr;
    size_t count;

    if (elf_getphdrnum(elf, &count) < 0 || count > HEADERS_MAX)
        return -ENOEXEC;
    image->segments = calloc(count + 1, sizeof(*image->segments));
    if (!image->segments)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &phdr))
            return -EIO;
        if (phdr.p_type == PT_LOAD)
            image->segments[image->segment_count++] =
                (struct segment){ phdr.p_offset, phdr.p_vaddr, phdr.p_filesz, phdr.p_flags & PF_X };
    }
    return 0;
}

static char *format_identity(const char *kind, const uint8_t *bytes, size_t size, bool text)
{
    size_t prefix = strlen(kind);
    char *identity = malloc(prefix + 2 * size + 1);

    if (!identity)
        return NULL;
    memcpy(identity, kind, prefix + 1);
    if (text) {
        memcpy(identity + prefix, bytes, size);
        identity[prefix + strnlen((const char *)bytes, size)] = '\0';
        return identity;
    }
    for (size_t i = 0; i < size; i++)
        snprintf(identity + prefix + 2 * i, 3, "%02x", bytes[i]);
    return identity;
}

/* Looks through one PT_NOTE for a GNU build-id, or failing that Go's. False: could not look. */
static bool read_notes(struct image *image, Elf *elf, const GElf_Phdr *phdr)
{
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, phdr->p_filesz,
                                          phdr->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    GElf_Nhdr note;
    size_t at = 0, name, desc;

    while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
        const char *owner = (const char *)data->d_buf + name;
        const uint8_t *bytes = (const uint8_t *)data->d_buf + desc;
        const char *have = image->module.identity;
        char *identity = NULL;

        if (!note.n_descsz || note.n_descsz > 4096)
            continue;
        bool go = note.n_namesz == 4 && !memcmp(owner, "Go\0", 4) && note.n_type == 4;
        image->is_go |= go;
        if (note.n_namesz == 4 && !memcmp(owner, "GNU", 4) && note.n_type == NT_GNU_BUILD_ID &&
            (!have || strncmp(have, "gnu:", 4)))
            identity = format_identity("gnu:", bytes, note.n_descsz, false);
        else if (go && !have)
            identity = format_identity("go:", bytes, note.n_descsz, true);
        else
            continue;
        if (!identity)
            return false;
        free(image->module.identity);
        image->module.identity = identity;
    }
    return data;
}

/* Does glibc's loader put an address in the place of this entry's offset, where it may write there?
 */
static bool is_relocated(int64_t tag)
{
    switch (tag) {
    case DT_HASH:
    case DT_GNU_HASH:
    case DT_STRTAB:
    case DT_SYMTAB:
    case DT_RELA:
    case DT_JMPREL:
    case DT_VERSYM:
    case DT_VERDEF:
    case DT_VERNEED:
        return true;
    default:
        return false;
    }
}

/* Makes the dynamic section of a copy from memory what the file's is. */
static void restore_dynamic(struct image *image, const GElf_Phdr *phdr)
{
    uint64_t first;
    Elf64_Dyn entry;

    if (!image_vaddr(image, 0, &first) || phdr->p_offset > image->size ||
        phdr->p_filesz > image->size - phdr->p_offset)
        return;
    for (uint64_t at = 0; phdr->p_filesz - at >= sizeof(entry); at += sizeof(entry)) {
        uint8_t *bytes = image->bytes + phdr->p_offset + at;
        memcpy(&entry, bytes, sizeof(entry));
        if (!is_relocated(entry.d_tag) || entry.d_un.d_ptr - image->base >= image->size)
            continue;
        entry.d_un.d_ptr -= image->base - first;
        memcpy(bytes, &entry, sizeof(entry));
    }
}

/* DT_SONAME; the string table is found by DT_STRTAB, since sections may be stripped. */
static void read_soname(struct image *image, Elf *elf, const GElf_Phdr *phdr)
{
    uint64_t strings = 0, soname = 0, size = 0, offset;
    Elf_Data *data = NULL;
    GElf_Dyn dyn;

    if (phdr->p_filesz <= DYNAMIC_MAX)
        data = elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, phdr->p_filesz, ELF_T_DYN);

    for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
        if (dyn.d_tag == DT_STRTAB)
            strings = dyn.d_un.d_ptr;
        else if (dyn.d_tag == DT_STRSZ)
            size = dyn.d_un.d_val;
        else if (dyn.d_tag == DT_SONAME)
            soname = dyn.d_un.d_val;
    }
    if (!soname || soname >= size || !image_offset(image, strings + soname, &offset))
        return;
    size = size - soname < SONAME_MAX ? size - soname : SONAME_MAX;
    Elf_Data *text = elf_getdata_rawchunk(elf, (int64_t)offset, size, ELF_T_BYTE);
    if (text)
        image->module.soname = strndup(text->d_buf, size);
}

/* The size of .eh_frame by its section header; else all that is left of its segment. */
static size_t frames_size(const struct image *image, Elf *elf, uint64_t vaddr)
{
    Elf_Scn *scn = NULL;
    GElf_Shdr shdr;

    while ((scn = elf_nextscn(elf, scn))) {
        if (gelf_getshdr(scn, &shdr) && shdr.sh_addr == vaddr && shdr.sh_size &&
            (shdr.sh_type == SHT_PROGBITS || shdr.sh_type == SECTION_UNWIND))
            return shdr.sh_size;
    }
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];
        if (vaddr >= s->vaddr && vaddr - s->vaddr < s->size)
            return s->size - (vaddr - s->vaddr);
    }
    return 0;
}

/* Unwind tables are optional: an image that has none, or broken ones, is still an image. */
static void read_cfi(struct image *image, Elf *elf, const GElf_Phdr *phdr)
{
    struct section header = { NULL, phdr->p_filesz, phdr->p_vaddr }, frames = { 0 };
    uint64_t offset;

    header.bytes = image_read_bytes(image, phdr->p_offset, header.size);
    if (!header.bytes)
        return;
    if (!cfi_frames_vaddr(&header, &frames.vaddr) && image_offset(image, frames.vaddr, &offset)) {
        frames.size = frames_size(image, elf, frames.vaddr);
        frames.bytes = image_read_bytes(image, offset, frames.size);
    }
    if (frames.bytes)
        cfi_init(&image->cfi, header, frames);
    else
        free(header.bytes);
}

/* Linkers make no .eh_frame_hdr for static programs: then the section itself is looked for. */
static int read_cfi_section(struct image *image, Elf *elf)
{
    GElf_Shdr shdr;

    if (!section_find(image, elf, ".eh_frame", &shdr))
        return 0;
    struct section frames = { NULL, shdr.sh_size, shdr.sh_addr };
    frames.bytes = image_read_bytes(image, shdr.sh_offset, shdr.sh_size);
    if (!frames.bytes)
        return 0;
    int result = cfi_init_without_header(&image->cfi, frames);
    return result == -ENOMEM ? result : 0;
}

/* The bytes of a debug section, unpacked if need be; size 0 if they cannot be had. They are
 * libelf's.
 */
static struct section debug_bytes(Elf_Scn *scn, const GElf_Shdr *shdr)
{
    GElf_Chdr packed;

    if (shdr->sh_size > DEBUG_FRAME_MAX ||
        (shdr->sh_flags & SHF_COMPRESSED &&
         (!gelf_getchdr(scn, &packed) || packed.ch_size > DEBUG_FRAME_MAX ||
          elf_compress(scn, 0, 0) < 0)))
        return (struct section){ 0 };
    Elf_Data *data = elf_rawdata(scn, NULL);
    return data && data->d_buf ? (struct section){ data->d_buf, data->d_size, 0 }
                               : (struct section){ 0 };
}

/* The end of the last executable segment, vaddr. */
static uint64_t code_end(const struct image *image)
{
    uint64_t end = 0;

    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];
        if (s->executable && s->vaddr + s->size > end)
            end = s->vaddr + s->size;
    }
    return end;
}

/*
 * Code without .eh_frame may have a .debug_frame, which is mapped nowhere. It is given addresses of
 * the image's beginning: what the process has there, headers and code, unwinding has no need of.
 */
static int read_debug_frame(struct image *image, Elf *elf)
{
    GElf_Shdr shdr;
    Elf_Scn *scn = section_find(image, elf, ".debug_frame", &shdr);
    struct section debug = { 0 }, frames;

    if (scn && image->segment_count)
        debug = debug_bytes(scn, &shdr);
    if (!debug.size)
        return 0;
    int result = debug_frame_convert(&debug, image->segments[0].vaddr, &frames);
    if (!result)
        result = cfi_init_without_header(&image->debug, frames);
    /* Beyond the code, it might be taken for what is on a stack. */
    if (!result && image->debug.header.vaddr + image->debug.header.size > code_end(image))
        cfi_deinit(&image->debug);
    return result == -ENOMEM ? result : 0;
}

/* The last resort for an identity: a hash of all the bytes. */
static void hash_bytes(struct image *image)
{
    uint8_t digest[SHA1_SIZE];
    uint8_t *bytes = image_read_bytes(image, 0, image->size);

    if (!bytes)
        return;
    sha1_buffer((const char *)bytes, image->size, digest);
    image->module.identity = format_identity("sha1:", digest, sizeof(digest), false);
    free(bytes);
}

int elf_file_read(struct image *image, bool tables)
{
    if (image_has_endless_sections(image))
        return 0;
    Elf *elf = image->fd >= 0 ? elf_begin(image->fd, ELF_C_READ, NULL)
                              : elf_memory((char *)image->bytes, image->size);
    GElf_Ehdr ehdr;
    GElf_Phdr phdr;
    int result = -ENOEXEC, dynamics = 0, frames = 0;
    uint64_t notes = 0;
    bool hash = true;

    if (!elf)
        return 0;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr))
        goto out;
    image->entry = ehdr.e_entry;
    tables &= ehdr.e_machine == PROCESSOR_ELF;
    result = read_segments(image, elf);
    /* Of what there can be only one, only the first counts: a hostile file must not make us read
     * for hours. */
    for (int i = 0; !result && gelf_getphdr(elf, i, &phdr); i++) {
        bool first = !(phdr.p_type == PT_DYNAMIC        ? dynamics++
                       : phdr.p_type == PT_GNU_EH_FRAME ? frames++
                                                        : 0);
        if (phdr.p_type == PT_NOTE && phdr.p_filesz <= NOTES_MAX - notes) {
            notes += phdr.p_filesz;
            hash &= read_notes(image, elf, &phdr);
        }
        if (phdr.p_type == PT_DYNAMIC && first && image->fd < 0 &&
            ehdr.e_ident[EI_CLASS] == ELFCLASS64)
            restore_dynamic(image, &phdr);
        if (phdr.p_type == PT_DYNAMIC && first &&
            image->inode) { /* the vDSO is known by its place */
            image->dynamic_offset = phdr.p_offset;
            image->dynamic_size = phdr.p_filesz;
            read_soname(image, elf, &phdr);
        }
        if (phdr.p_type == PT_GNU_EH_FRAME && first && tables)
            read_cfi(image, elf, &phdr);
        if (phdr.p_type == PT_GNU_RELRO) {
            image->relro_start = phdr.p_vaddr;
            image->relro_end = phdr.p_vaddr + phdr.p_memsz;
        }
    }
    if (!result && !image->cfi.count && tables)
        result = read_cfi_section(image, elf);
    if (!result && tables)
        result = read_debug_frame(image, elf);
    if (!result && tables)
        go_find(image, elf);
    if (!result && !image->module.identity && hash)
        hash_bytes(image);
out:
    elf_end(elf);
    return result == -EIO ? 0 : result;
}
