/* debugfile.c - opens ELF files in libdwfl, and finds their debug files for it. */
#include "debugfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Dwarf_OOM memory_handler;

void debugfile_set_memory_handler(Dwarf_OOM handler)
{
    memory_handler = handler;
}

void debugfile_prepare(Dwarf *dwarf)
{
    if (memory_handler)
        dwarf_new_oom_handler(dwarf, memory_handler);
}

/* libdwfl's errors have numbers without names. All but one are the file's: no symbols, malformed.
 */
int debugfile_failure(void)
{
    const char *message = dwfl_errmsg(-1);
    return message && !strcmp(message, "out of memory") ? -ENOMEM : -ENOEXEC;
}

/* Is there such a file, in a place where debug files are looked for by name? */
static bool is_debug_file(const char *root, const char *path, const char *folder, const char *name)
{
    const char *slash = strrchr(path, '/');
    char *file;

    if (asprintf(&file, "%s%.*s%s/%s", root, slash ? (int)(slash - path) : 0, path, folder, name) <
        0)
        return false;
    bool found = !access(file, R_OK);
    free(file);
    return found;
}

/* By build-id, else by debuglink. libdwfl's own function for that ends by asking debuginfod
 * servers, for which it loads some thirty libraries even if it may ask none: it is called only if
 * it will find the file (whose checksum it compares). A descriptor, or -1. */
static int find_file(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                     const char *path, const char *debuglink, GElf_Word checksum, char **ret)
{
    int fd =
        dwfl_build_id_find_debuginfo(module, userdata, name, base, path, debuglink, checksum, ret);

    if (fd >= 0 || !debuglink || !path ||
        !(is_debug_file("", path, "", debuglink) || is_debug_file("", path, "/.debug", debuglink) ||
          is_debug_file("/usr/lib/debug", path, "", debuglink)))
        return fd;
    return dwfl_standard_find_debuginfo(module, userdata, name, base, path, debuglink, checksum,
                                        ret);
}

static bool has_symbol_table(Elf *elf)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(elf, section))) {
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
            return true;
    }
    return false;
}

/* The module's user data says whether its debug file has symbols: libdwfl does not tell those from
 * what .gnu_debugdata has. */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                          const char *path, const char *debuglink, GElf_Word checksum, char **ret)
{
    int fd = find_file(module, userdata, name, base, path, debuglink, checksum, ret);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;

    if (has_symbol_table(elf))
        *userdata = module;
    elf_end(elf);
    return fd;
}

enum source debugfile_source(const struct debugfile *file, Elf *elf)
{
    void **userdata;

    if (elf == file->elf)
        return file->has_symtab ? SOURCE_SYMTAB : SOURCE_DYNSYM;
    dwfl_module_info(file->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
    return *userdata ? SOURCE_DEBUG_FILE : SOURCE_DEBUGDATA;
}

/* libelf takes a look at the file for each header that it is asked for, and each symbol asks. */
static int read_segments(struct debugfile *file)
{
    size_t count;
    GElf_Phdr phdr;

    if (elf_getphdrnum(file->elf, &count))
        count = 0;
    file->segments = calloc(count + 1, sizeof(*file->segments));
    if (!file->segments)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(file->elf, (int)i, &phdr) && phdr.p_type == PT_LOAD && phdr.p_flags & PF_X)
            file->segments[file->segment_count++] = phdr;
    }
    return 0;
}

/* Names the one file, at the addresses it has itself. The descriptor is libdwfl's from here. */
static int report_file(struct debugfile *file, const char *path, int fd)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return -errno;

    dwfl_report_begin(file->dwfl);
    file->module = dwfl_report_elf(file->dwfl, path, path, own, 0, true);
    dwfl_report_end(file->dwfl, NULL, NULL);
    if (!file->module) {
        close(own);
        return debugfile_failure();
    }
    file->elf = dwfl_module_getelf(file->module, &file->bias);
    if (!file->elf)
        return debugfile_failure();
    file->has_symtab = has_symbol_table(file->elf);
    return read_segments(file);
}

int debugfile_open(struct debugfile *ret, const char *path, int fd)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };

    /* libdwfl asks debuginfod servers for what it does not find, with this as its only switch. */
    unsetenv("DEBUGINFOD_URLS");
    *ret = (struct debugfile){ .dwfl = dwfl_begin(&callbacks) };
    if (!ret->dwfl)
        return -ENOMEM;
    int error = report_file(ret, path, fd);
    if (error)
        debugfile_close(ret);
    return error;
}

void debugfile_close(struct debugfile *file)
{
    free(file->segments);
    dwfl_end(file->dwfl);
}

bool debugfile_segment(const struct debugfile *file, GElf_Addr address, GElf_Phdr *ret)
{
    for (size_t i = 0; i < file->segment_count; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        if (address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz) {
            *ret = *segment;
            return true;
        }
    }
    return false;
}

bool debugfile_address(const struct debugfile *file, uint64_t offset, GElf_Addr *ret)
{
    for (size_t i = 0; i < file->segment_count; i++) {
        const GElf_Phdr *segment = &file->segments[i];
        if (offset >= segment->p_offset && offset - segment->p_offset < segment->p_filesz)
            return !__builtin_add_overflow(segment->p_vaddr, offset - segment->p_offset, ret);
    }
    return false;
}
