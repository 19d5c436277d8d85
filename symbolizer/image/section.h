/* section.h - sections of an ELF file by their names. */
#ifndef SYSTRACE_SECTION_H
#define SYSTRACE_SECTION_H

#include <gelf.h>
#include "symbolizer/image/image.h"

/* The section of this name, with bytes in the file; NULL if there is none, or if section headers
 * were stripped. */
Elf_Scn *section_find(const struct image *image, Elf *elf, const char *wanted, GElf_Shdr *ret);

#endif
