/*
 * debugfile.h - one ELF file and what separate debug files hold of it, opened by libdwfl: found by
 * build-id and debuglink where distributions have them. Used after the run, never in the hot path,
 * and only in a process that may come to harm (names.h).
 */
#ifndef SYSTRACE_DEBUGFILE_H
#define SYSTRACE_DEBUGFILE_H

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/source.h"

struct debugfile {
    Dwfl *dwfl;
    Dwfl_Module *module;
    Elf *elf;            /* the file itself */
    GElf_Addr bias;      /* of the module's addresses over those in the file */
    GElf_Phdr *segments; /* its executable ones, which turn addresses into file offsets */
    size_t segment_count;
    bool has_symtab; /* it has not only dynamic symbols */
};

/*
 * Opens the file that is open as `fd` (duplicated; the caller keeps it), whose name was `path` (for
 * debuglink look-up). Never touches the network (debuginfod). 0, -ENOMEM, -ENOEXEC (no ELF file) or
 * another negative errno.
 */
int debugfile_open(struct debugfile *ret, const char *path, int fd);
void debugfile_close(struct debugfile *file);

/* libdw reports that there is no memory by a handler that must not return; its own prints a message
 * and aborts. This one takes its place in what is
 * passed to debugfile_prepare from then on. */
void debugfile_set_memory_handler(Dwarf_OOM handler);
void debugfile_prepare(Dwarf *dwarf);

/* What libdwfl's last failure means: -ENOMEM, or -ENOEXEC for a file that lacks what was asked for,
 * or is malformed. */
int debugfile_failure(void);

/* The executable segment that holds an address of the file, not of the module. False: none does. */
bool debugfile_segment(const struct debugfile *file, GElf_Addr address, GElf_Phdr *ret);

/* The address of the file that a file offset in an executable segment has. */
bool debugfile_address(const struct debugfile *file, uint64_t offset, GElf_Addr *ret);

/* The table that a symbol is from which libdwfl found in this ELF file: the file itself or another.
 */
enum source debugfile_source(const struct debugfile *file, Elf *elf);

#endif
