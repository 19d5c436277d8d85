/* image.c - reads what attribution and unwinding need of an ELF file: with libelf, from a file or
 * memory. */
#include "image.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gelf.h>

#include "record/array.h"
#include "symbolizer/image/debugframe.h"
#include "record/library.h"
#include "symbolizer/image/links.h"
#include "symbolizer/image/versions.h"

/* libiberty has it (sha1.h), but Debian's libiberty-dev does not ship that header. */
extern void *sha1_buffer(const char *buffer, size_t size, void *digest);

enum {
    SHA1_SIZE = 20,
    IMAGE_MEMORY_MAX = 256 << 20, /* largest image copied from memory, and largest unwind table */
    HELD_MAX = 1 << 30,  /* bytes of these in all images; later ones are known by name only, or have
                            no tables. (A file with holes can be large and cost nothing.) */
    HEADERS_MAX = 1024,  /* program headers; linkers write a dozen */
    NOTES_MAX = 1 << 20, /* bytes of all PT_NOTE */
    DEBUG_FRAME_MAX = 32 << 20, /* bytes of .debug_frame */
    DYNAMIC_MAX = 1 << 20,      /* bytes of PT_DYNAMIC */
    SONAME_MAX = 4096,
    PAGE = 4096,
    GO_ALIGNMENT = 32,   /* of Go's table of functions */
    GO_RECORDS_MAX = 64, /* records that may be its loader's; there is one */
};

void images_init(struct images *images, int64_t (*add_module)(void *, const struct module *),
                 void *context)
{
    *images = (struct images){ .add_module = add_module, .context = context };
    elf_version(EV_CURRENT);
}

static void image_destroy(struct image *image)
{
    if (!image)
        return;
    rows_deinit(&image->rows);
    if (image->fd >= 0)
        close(image->fd);
    cfi_deinit(&image->cfi);
    go_table_deinit(&image->go);
    cfi_deinit(&image->debug);
    free(image->module.name);
    free(image->module.path);
    free(image->module.soname);
    free(image->module.identity);
    free(image->maps_path);
    free(image->bytes);
    free(image->segments);
    if (image->learned)
        image->forget(image->learned);
    links_deinit(image);
    free(image);
}

void images_deinit(struct images *images)
{
    for (size_t i = 0; i < images->count; i++)
        image_destroy(images->images[i]);
    free(images->images);
}

bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret)
{
    /* The last page of one segment may also be the first of the next: code is in the executable
     * one. */
    for (int executable = 1; executable >= 0; executable--) {
        for (size_t i = 0; i < image->segment_count; i++) {
            const struct segment *s = &image->segments[i];
            if (s->executable == executable && offset >= s->offset &&
                offset - s->offset < s->size) {
                *ret = s->vaddr + (offset - s->offset);
                return true;
            }
        }
    }
    return false;
}

bool image_offset(const struct image *image, uint64_t vaddr, uint64_t *ret)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];
        if (vaddr >= s->vaddr && vaddr - s->vaddr < s->size) {
            *ret = s->offset + (vaddr - s->vaddr);
            return true;
        }
    }
    return false;
}

/* Is this the file of the image, and as it was when that was read? */
static bool is_file_of(const struct image *image, int fd)
{
    const struct stat *then = &image->file;
    struct stat now;

    return !fstat(fd, &now) && now.st_ino == then->st_ino && now.st_dev == then->st_dev &&
           now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

/* Opens a parked file by its path, if it is still there. */
static int reopen(const struct image *image)
{
    struct stat st;

    if (stat(image->module.path, &st) < 0 || !S_ISREG(st.st_mode))
        return -ENOENT;
    int fd = open(image->module.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == EACCES ? -ENOENT : -errno;
    if (is_file_of(image, fd))
        return fd;
    close(fd);
    return -ENOENT;
}

int image_find_fde(const struct image *image, uint64_t vaddr, const struct cfi **tables,
                   struct fde *ret)
{
    struct fde fde;
    int found = cfi_find(&image->cfi, vaddr, ret);

    *tables = &image->cfi;
    if (found == -ENOENT && !cfi_find(&image->debug, vaddr, &fde)) {
        *tables = &image->debug;
        *ret = fde;
        return 0;
    }
    return found;
}

int image_open(const struct image *image)
{
    int fd;

    if (image->fd >= 0)
        return (fd = fcntl(image->fd, F_DUPFD_CLOEXEC, 0)) < 0 ? -errno : fd;
    if (image->parked)
        return reopen(image);
    fd = memfd_create("image", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, image->bytes, image->size) != (ssize_t)image->size) {
        close(fd);
        return -EIO;
    }
    return fd;
}

bool image_bytes(const struct image *image, uint64_t offset, void *buffer, size_t size)
{
    if (offset > image->size || size > image->size - offset)
        return false;
    if (image->bytes) {
        memcpy(buffer, image->bytes + offset, size);
        return true;
    }
    int fd = image->parked ? reopen(image) : image->fd;
    bool all = fd >= 0 && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
    if (image->parked && fd >= 0)
        close(fd);
    return all;
}

/* The same, to be freed; NULL if they are not there or too many. */
static uint8_t *read_bytes(const struct image *image, uint64_t offset, size_t size)
{
    if (!size || size > IMAGE_MEMORY_MAX || size > image->size)
        return NULL;
    uint8_t *bytes = malloc(size);
    if (bytes && image_bytes(image, offset, bytes, size))
        return bytes;
    free(bytes);
    return NULL;
}

bool image_has_endless_sections(const struct image *image)
{
    union {
        Elf64_Ehdr large;
        Elf32_Ehdr small;
    } header;

    if (!image_bytes(image, 0, &header, sizeof(header)))
        return false;
    return header.large.e_ident[EI_CLASS] == ELFCLASS64
               ? header.large.e_shoff && !header.large.e_shnum
               : header.small.e_shoff && !header.small.e_shnum;
}

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
            (shdr.sh_type == SHT_PROGBITS || shdr.sh_type == SHT_X86_64_UNWIND))
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

    header.bytes = read_bytes(image, phdr->p_offset, header.size);
    if (!header.bytes)
        return;
    if (!cfi_frames_vaddr(&header, &frames.vaddr) && image_offset(image, frames.vaddr, &offset)) {
        frames.size = frames_size(image, elf, frames.vaddr);
        frames.bytes = read_bytes(image, offset, frames.size);
    }
    if (frames.bytes)
        cfi_init(&image->cfi, header, frames);
    else
        free(header.bytes);
}

/* The section of this name, with bytes in the file; NULL if there is none, or if section headers
 * were stripped. elf_strptr(3) would give names too, but only after unpacking whatever says to be
 * compressed ones. */
static Elf_Scn *find_section(const struct image *image, Elf *elf, const char *wanted,
                             GElf_Shdr *ret)
{
    char name[sizeof(".data.rel.ro.gopclntab")];
    size_t size = strlen(wanted) + 1, index;
    Elf_Scn *scn = NULL;
    GElf_Shdr names;

    assert(size <= sizeof(name));
    if (elf_getshdrstrndx(elf, &index) < 0 || !gelf_getshdr(elf_getscn(elf, index), &names))
        return NULL;
    while ((scn = elf_nextscn(elf, scn))) {
        uint64_t offset;
        if (gelf_getshdr(scn, ret) && ret->sh_type != SHT_NOBITS &&
            !__builtin_add_overflow(names.sh_offset, ret->sh_name, &offset) &&
            image_bytes(image, offset, name, size) && !memcmp(name, wanted, size))
            return scn;
    }
    return NULL;
}

/* Linkers make no .eh_frame_hdr for static programs: then the section itself is looked for. */
static int read_cfi_section(struct image *image, Elf *elf)
{
    GElf_Shdr shdr;

    if (!find_section(image, elf, ".eh_frame", &shdr))
        return 0;
    struct section frames = { NULL, shdr.sh_size, shdr.sh_addr };
    frames.bytes = read_bytes(image, shdr.sh_offset, shdr.sh_size);
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
    Elf_Scn *scn = find_section(image, elf, ".debug_frame", &shdr);
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
        if (entry.r_offset == vaddr && GELF_R_TYPE(entry.r_info) == R_X86_64_RELATIVE)
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
    return read_bytes(image, segment->offset, segment->size);
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
    uint8_t *bytes = read_bytes(image, offset, size);

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

/* By its section, which has a longer name in position-independent programs; else, in what a note
 * says is Go's, by a search: sections may be stripped, and C's linkers merge this one with others.
 */
static void read_go(struct image *image, Elf *elf)
{
    uint64_t left = IMAGE_MEMORY_MAX;
    GElf_Shdr shdr;

    if (find_section(image, elf, ".gopclntab", &shdr) ||
        find_section(image, elf, ".data.rel.ro.gopclntab", &shdr)) {
        read_go_table(image, elf, shdr.sh_offset, shdr.sh_addr, shdr.sh_size);
        return;
    }
    for (size_t i = 0; image->is_go && i < image->segment_count && !image->go.count; i++)
        search_go_table(image, elf, &image->segments[i], &left);
}

/* The last resort for an identity: a hash of all the bytes. */
static void hash_bytes(struct image *image)
{
    uint8_t digest[SHA1_SIZE];
    uint8_t *bytes = read_bytes(image, 0, image->size);

    if (!bytes)
        return;
    sha1_buffer((const char *)bytes, image->size, digest);
    image->module.identity = format_identity("sha1:", digest, sizeof(digest), false);
    free(bytes);
}

/* Reads the image behind fd or bytes, unwind tables only if they are wanted. What cannot be read is
 * not known of it, should that be all but its name. 0, -ENOEXEC, -ENOMEM. */
static int image_read(struct image *image, bool tables)
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
    tables &= ehdr.e_machine == EM_X86_64;
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
        read_go(image, elf);
    if (!result && !image->module.identity && hash)
        hash_bytes(image);
out:
    elf_end(elf);
    return result == -EIO ? 0 : result;
}

static struct image *image_create(const struct mapping *mapping)
{
    struct image *image = calloc(1, sizeof(*image));

    if (!image)
        return NULL;
    image->fd = -1;
    image->device = mapping->device;
    image->inode = mapping->inode;
    image->maps_path = mapping_path(mapping);
    if (!image->maps_path) {
        image_destroy(image);
        return NULL;
    }
    return image;
}

/* Opens the mapped file. 0; -ENOENT if it is not to be had; -EINPROGRESS. */
static int open_file(struct image *image, const struct target *target,
                     const struct mapping *mapping)
{
    int fd = target->open_mapped(target->context, mapping, image->maps_path);

    image->copied = fd == -EREMOTE && target->open_copy;
    if (image->copied)
        fd = target->open_copy(target->context, mapping, image->maps_path);
    if (fd < 0)
        return fd == -EINPROGRESS ? fd : -ENOENT;
    if (fstat(fd, &image->file) < 0) {
        close(fd);
        return -ENOENT;
    }
    image->fd = fd;
    image->size = (size_t)image->file.st_size;
    return 0;
}

static bool same_file(const struct mapping *a, const struct mapping *b)
{
    return a->device == b->device && a->inode == b->inode && a->path_length == b->path_length &&
           !memcmp(a->path, b->path, a->path_length);
}

/* Is the beginning of the file mapped, and that of an ELF file? 0, -ENOEXEC, or another negative
 * errno if it cannot be read. (A JIT compiler's memory file may be large.) */
static int check_magic(const char *maps, const struct target *target, const struct mapping *wanted)
{
    char magic[SELFMAG];
    struct mapping m;

    while (maps_next(&maps, &m) > 0) {
        if (!same_file(&m, wanted) || m.offset)
            continue;
        ssize_t got = target->read(target->context, m.start, magic, SELFMAG);
        if (got == SELFMAG)
            return memcmp(magic, ELFMAG, SELFMAG) ? -ENOEXEC : 0;
        if (got < 0)
            return (int)got;
    }
    return -ENOEXEC;
}

/* Is the mapping of this file, not too far from its beginning? */
static bool is_part(const struct mapping *m, const struct mapping *wanted, uint64_t *end)
{
    *end = m->offset + (m->end - m->start);
    return same_file(m, wanted) && *end >= m->offset && *end <= IMAGE_MEMORY_MAX && m->readable;
}

/* Copies what can be read of a mapping. 0; negative errno. */
static int copy_mapping(struct image *image, const struct target *target, const struct mapping *m)
{
    uint64_t address = m->start;

    while (address < m->end) {
        ssize_t got =
            target->read(target->context, address, image->bytes + m->offset + (address - m->start),
                         m->end - address);
        if (got < 0 && got != -EFAULT)
            return (int)got;
        address = got > 0 ? address + (uint64_t)got : (address & ~(uint64_t)(PAGE - 1)) + PAGE;
    }
    return 0;
}

/* Copies what is mapped of an ELF file into a buffer that looks like the file; where nothing is
 * mapped it has zeros, and takes no memory. 0; -ENOEXEC: it is none; or another negative errno. */
static int copy_memory(struct image *image, const struct target *target,
                       const struct mapping *wanted)
{
    struct mapping m;
    const char *text;
    char *maps;
    uint64_t end;
    int result = target->read_maps(target->context, &maps);

    if (result < 0)
        return result;
    result = check_magic(maps, target, wanted);
    for (text = maps; !result && maps_next(&text, &m) > 0;)
        if (is_part(&m, wanted, &end) && end > image->size)
            image->size = end;
    if (!result && image->size && !(image->bytes = calloc(1, image->size)))
        result = -ENOMEM;
    for (text = maps; !result && maps_next(&text, &m) > 0;) {
        if (!is_part(&m, wanted, &end))
            continue;
        if (!m.offset)
            image->base = m.start;
        result = copy_mapping(image, target, &m);
    }
    free(maps);
    return result;
}

/* Names the module: its path without the kernel's " (deleted)", which is no part of it: unless the
 * file is there, with links, and so called by its user. */
static int name_module(struct image *image)
{
    static const char deleted[] = " (deleted)";
    struct module *module = &image->module;
    size_t length = strlen(image->maps_path), suffix = sizeof(deleted) - 1;

    bool gone = image->fd < 0 || !image->file.st_nlink;
    if (gone && length > suffix && !strcmp(image->maps_path + length - suffix, deleted))
        length -= suffix;
    module->path = strndup(image->maps_path, length);
    if (!module->path)
        return -ENOMEM;
    const char *slash = strrchr(module->path, '/');
    module->name = strdup(slash && slash[1] ? slash + 1 : module->path);
    if (!module->soname)
        module->soname = strdup("");
    if (!module->identity)
        module->identity = strdup("");
    module->size = image->size;
    return module->name && module->soname && module->identity ? 0 : -ENOMEM;
}

/* Fills the image from the mapped file, or failing that from memory; if neither can be read, only
 * its name is known. If the images are `full`, it must take little memory. 0, -ENOEXEC, -ENOMEM,
 * -EINPROGRESS. */
static int image_find(struct image *image, const struct target *target,
                      const struct mapping *mapping, bool full)
{
    int result = mapping->inode ? open_file(image, target, mapping) : -ENOENT;
    if (result != -ENOENT)
        return result ? result : image_read(image, !full);
    result = full ? -EFBIG : copy_memory(image, target, mapping);
    if (result == -ENOMEM || result == -ENOEXEC)
        return result;
    if (result < 0) {
        free(image->bytes);
        image->bytes = NULL;
        image->size = 0;
        return 0;
    }
    return image->bytes ? image_read(image, true) : -ENOEXEC;
}

/* The same of a parked image: the mapped file is opened to see that. */
static bool is_parked_file(const struct image *image, const struct target *target,
                           const struct mapping *mapping)
{
    int fd = target->open_mapped(target->context, mapping, image->maps_path);
    bool same = fd >= 0 && is_file_of(image, fd);

    if (fd >= 0)
        close(fd);
    return same;
}

/* Each open file keeps its inode number from being reused, but there must be some left for all
 * else. */
static void park(struct images *images, struct image *image)
{
    struct rlimit limit;

    if (image->fd < 0 || image->copied)
        return;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && images->open >= limit.rlim_cur / 2) {
        close(image->fd);
        image->fd = -1;
        image->parked = true;
    } else {
        images->open++;
    }
}

/* Is the mapping a copy of what the image has? 32-bit programs have another [vdso] than 64-bit
 * ones, and where no open file keeps an inode number from being reused, another file may have it by
 * now. */
static bool has_same_bytes(const struct image *image, const struct target *target,
                           const struct mapping *mapping)
{
    uint8_t piece[4096];
    uint64_t size = mapping->end - mapping->start;

    if (mapping->offset > image->size || size > image->size - mapping->offset)
        return false;
    for (uint64_t at = 0; at < size; at += sizeof(piece)) {
        size_t want = size - at < sizeof(piece) ? size - at : sizeof(piece);
        if (target->read(target->context, mapping->start + at, piece, want) != (ssize_t)want ||
            memcmp(piece, image->bytes + mapping->offset + at, want))
            return false;
    }
    return true;
}

static struct image *images_find(const struct images *images, const struct target *target,
                                 const struct mapping *mapping)
{
    for (size_t i = 0; i < images->count; i++) {
        struct image *image = images->images[i];
        if (image->inode == mapping->inode && image->device == mapping->device &&
            strlen(image->maps_path) == mapping->path_length &&
            !memcmp(image->maps_path, mapping->path, mapping->path_length) &&
            (image->fd >= 0  ? is_file_of(image, image->fd)
             : image->parked ? is_parked_file(image, target, mapping)
             : image->bytes  ? has_same_bytes(image, target, mapping)
                             : true))
            return image;
    }
    return NULL;
}

static int images_append(struct images *images, struct image *image)
{
    struct image **array =
        array_with_room(images->images, images->count, &images->capacity, sizeof(*array));

    if (!array)
        return -ENOMEM;
    images->images = array;
    array[images->count++] = image;
    images->held += image->cfi.header.size + image->cfi.frames.size + image->go.size;
    images->held += image->debug.header.size + image->debug.frames.size;
    images->held += image->bytes || image->copied ? image->size : 0;
    return 0;
}

bool images_have_room(const struct images *images)
{
    return images->held < HELD_MAX;
}

int images_load(struct images *images, const struct target *target, const struct mapping *mapping,
                struct image **ret)
{
    bool vdso = mapping->path_length == 6 && !memcmp(mapping->path, "[vdso]", 6);
    int result;

    if (!mapping->inode && !vdso)
        return 0;
    struct image *image = images_find(images, target, mapping);
    if (!image) {
        image = image_create(mapping);
        if (!image)
            return -ENOMEM;
        result = image_find(image, target, mapping, !images_have_room(images));
        if (!result)
            result = name_module(image);
        if (!result && library_has_runtime_name(&image->module))
            image->module.set = versions_find_set(image);
        if (!result) {
            int64_t number = images->add_module(images->context, &image->module);
            image->number = (uint32_t)number;
            result = number < 0 ? (int)number : images_append(images, image);
        }
        if (result < 0) {
            image_destroy(image);
            return result == -ENOEXEC ? 0 : result;
        }
        park(images, image);
    }
    image->module.loads++;
    *ret = image;
    return 1;
}
