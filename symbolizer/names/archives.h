/*
 * archives.h - what the static archives of the C libraries and of gcc define: a line for each
 * member, its name and those of its functions that other members can call, a ? before a weak one:
 * "read.o ?__read ?read __libc_read". A member without any has static ones.
 */
#ifndef SYSTRACE_ARCHIVES_H
#define SYSTRACE_ARCHIVES_H

extern const char archives_glibc[], archives_musl[], archives_gcc[];

#endif
