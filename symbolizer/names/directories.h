/*
 * directories.h - from which source directory the functions of a program are, by the compile units
 * of its own DWARF. Names do not depend on where the sources lay when they were compiled.
 */
#ifndef SYSTRACE_DIRECTORIES_H
#define SYSTRACE_DIRECTORIES_H

#include <elfutils/libdw.h>

struct directories;

/*
 * Reads the compile units of an ELF file whose function main() is at `main`. `*ret` is NULL if they
 * are not of several directories, or if the program was optimized across them: then code of one may
 * be in a function of another. 0; -ENOMEM.
 */
int directories_open(struct directories **ret, Elf *elf, Dwarf_Addr main);
void directories_close(struct directories *directories);

/*
 * The directory of the code at this address, relative to the innermost that all directories are in;
 * but absolute if it has not even the first element of its path in common with main()'s. "" for
 * the innermost itself. NULL: no compile unit has this code.
 */
const char *directories_find(const struct directories *directories, Dwarf_Addr address);

#endif
