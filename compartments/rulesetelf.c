/*
 * rulesetelf.c - a section more for an ELF file. libelf reads and checks it; written are only,
 * behind all that is there, the text, the names of sections and their headers, and in the header
 * where these are: what is loaded is not touched, and a build-id stays what it was.
 */
#include "rulesetelf.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char section_name[] = ".systrace.rules";

enum { TEXT_MAX = 4 << 20, ALIGNMENT = 8 };

static int fail(char *error, int number, const char *text)
{
    snprintf(error, RULESETELF_ERROR_MAX, "%s", text);
    return number;
}

/* ---- Reading ---- */

static int read_all(int fd, size_t size, char *bytes)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);
        if (got <= 0)
            return got ? -errno : -EIO;
        done += (size_t)got;
    }
    return 0;
}

/* The bytes of a regular file. */
static int load(const char *path, struct rulesetelf *ret, char *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat file;
    int number = fd < 0 || fstat(fd, &file) ? -errno : 0;

    if (!number && !S_ISREG(file.st_mode))
        number = S_ISDIR(file.st_mode) ? -EISDIR : -EINVAL;
    char *bytes = number ? NULL : malloc((size_t)file.st_size + 1);
    if (!number)
        number = bytes ? read_all(fd, (size_t)file.st_size, bytes) : -ENOMEM;
    if (fd >= 0)
        close(fd);
    if (number) {
        free(bytes);
        return fail(error, number, strerror(-number));
    }
    *ret = (struct rulesetelf){ bytes, (size_t)file.st_size, file.st_mode & 0777u };
    return 0;
}

static bool is_native(const struct rulesetelf *file)
{
    const unsigned char *ident = (const unsigned char *)file->bytes;
    const unsigned char order = __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

    return file->size >= sizeof(Elf64_Ehdr) && !memcmp(ident, ELFMAG, SELFMAG) &&
           ident[EI_CLASS] == ELFCLASS64 && ident[EI_DATA] == order;
}

/* Why nothing can be added, or NULL; else the headers, of a file that has all their bytes. */
static const char *find_headers(const struct rulesetelf *file, Elf64_Ehdr *ret)
{
    if (!is_native(file))
        return "it is no ELF file of 64 bits in this machine's byte order";
    memcpy(ret, file->bytes, sizeof(*ret));
    if (!ret->e_shnum || ret->e_shnum >= SHN_LORESERVE - 1 || ret->e_shstrndx >= ret->e_shnum)
        return "it has no section headers, or too many";
    if (ret->e_shentsize != sizeof(Elf64_Shdr) || ret->e_shoff > file->size ||
        ret->e_shnum * sizeof(Elf64_Shdr) > file->size - ret->e_shoff)
        return "its section headers are not all there";
    return NULL;
}

/* The section with the rules, or NULL. */
static Elf_Scn *find_section(Elf *elf)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    size_t names;

    if (elf_getshdrstrndx(elf, &names))
        return NULL;
    while ((section = elf_nextscn(elf, section))) {
        const char *name =
            gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name && !strcmp(name, section_name))
            return section;
    }
    return NULL;
}

static int copy_text(Elf *elf, char **ret, size_t *length, char *error)
{
    Elf_Scn *section = elf ? find_section(elf) : NULL;
    const Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

    if (!data || !data->d_buf)
        return fail(error, -ENOENT,
                    "it has no rules in it ('systrace-lib rules --into=ELF' adds them)");
    if (data->d_size > TEXT_MAX)
        return fail(error, -EFBIG, "its rules are larger than 4 MiB");
    char *text = strndup(data->d_buf, data->d_size);
    if (!text)
        return fail(error, -ENOMEM, strerror(ENOMEM));
    *length = strlen(text);
    *ret = text;
    return 0;
}

static int read_text(struct rulesetelf *file, char **ret, size_t *length, char *error)
{
    Elf64_Ehdr header;
    const char *wrong = find_headers(file, &header);

    if (wrong)
        return fail(error, -EINVAL, wrong);
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory(file->bytes, file->size);
    int number = copy_text(elf, ret, length, error);
    elf_end(elf);
    return number;
}

int rulesetelf_read(const char *path, char **ret, size_t *length,
                    char error[static RULESETELF_ERROR_MAX])
{
    struct rulesetelf file;
    int number = load(path, &file, error);

    if (number)
        return number;
    number = read_text(&file, ret, length, error);
    rulesetelf_deinit(&file);
    return number;
}

void rulesetelf_deinit(struct rulesetelf *elf)
{
    free(elf->bytes);
    *elf = (struct rulesetelf){ 0 };
}

/* ---- Adding ---- */

static const char *find_names(const struct rulesetelf *file, const Elf64_Ehdr *header,
                              Elf64_Shdr *ret)
{
    memcpy(ret, file->bytes + header->e_shoff + header->e_shstrndx * sizeof(*ret), sizeof(*ret));
    if (ret->sh_type != SHT_STRTAB || ret->sh_offset > file->size ||
        ret->sh_size > file->size - ret->sh_offset || ret->sh_size > TEXT_MAX)
        return "the names of its sections are not all there";
    return NULL;
}

static uint64_t append(struct rulesetelf *file, const void *bytes, size_t size)
{
    uint64_t offset = file->size;

    memcpy(file->bytes + offset, bytes, size);
    file->size += size;
    return offset;
}

static void align(struct rulesetelf *file)
{
    while (file->size % ALIGNMENT)
        file->bytes[file->size++] = '\0';
}

static void add_section(struct rulesetelf *file, Elf64_Ehdr *header, Elf64_Shdr *names,
                        const char *text, size_t length)
{
    Elf64_Shdr added = { .sh_name = (Elf64_Word)names->sh_size,
                         .sh_type = SHT_PROGBITS,
                         .sh_offset = append(file, text, length),
                         .sh_size = length,
                         .sh_addralign = 1 };
    const uint64_t headers = header->e_shoff;

    names->sh_offset = append(file, file->bytes + names->sh_offset, names->sh_size);
    append(file, section_name, sizeof(section_name));
    names->sh_size += sizeof(section_name);
    align(file);
    header->e_shoff = append(file, file->bytes + headers, header->e_shnum * sizeof(Elf64_Shdr));
    memcpy(file->bytes + header->e_shoff + header->e_shstrndx * sizeof(*names), names,
           sizeof(*names));
    append(file, &added, sizeof(added));
    header->e_shnum++;
    memcpy(file->bytes, header, sizeof(*header));
}

/* The most that is added: the text, names, headers. */
static int make_room(struct rulesetelf *file, const Elf64_Ehdr *header, const Elf64_Shdr *names,
                     size_t length)
{
    size_t more = length + names->sh_size + sizeof(section_name) + ALIGNMENT +
                  (header->e_shnum + 1u) * sizeof(Elf64_Shdr);
    char *grown = realloc(file->bytes, file->size + more);

    if (!grown)
        return -ENOMEM;
    file->bytes = grown;
    return 0;
}

static bool has_rules(const struct rulesetelf *file)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory(file->bytes, file->size);
    bool ret = elf && find_section(elf);

    elf_end(elf);
    return ret;
}

int rulesetelf_init(struct rulesetelf *elf, const char *path, const char *text, size_t length,
                    char error[static RULESETELF_ERROR_MAX])
{
    Elf64_Ehdr header;
    Elf64_Shdr names;
    int number = load(path, elf, error);

    if (number)
        return number;
    const char *wrong = find_headers(elf, &header);
    wrong = wrong ? wrong : find_names(elf, &header, &names);
    wrong = wrong || !has_rules(elf) ? wrong : "it has rules in it already: take the file without";
    if (wrong)
        number = fail(error, -EINVAL, wrong);
    else if (make_room(elf, &header, &names, length))
        number = fail(error, -ENOMEM, strerror(ENOMEM));
    else
        add_section(elf, &header, &names, text, length);
    if (!number && !has_rules(elf))
        number = fail(error, -EINVAL, "its headers are damaged: what is added would not be found");
    if (number)
        rulesetelf_deinit(elf);
    return number;
}
