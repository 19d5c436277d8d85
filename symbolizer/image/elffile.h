/*
 * elffile.h - reads what attribution and unwinding need of an ELF file.
 */
#ifndef SYSTRACE_ELFFILE_H
#define SYSTRACE_ELFFILE_H

#include "symbolizer/image/image.h"

/* Reads the image behind fd or bytes, unwind tables only if they are wanted. What cannot be read is
 * not known of it, should that be all but its name. 0, -ENOEXEC, -ENOMEM. */
int elf_file_read(struct image *image, bool tables);

#endif
