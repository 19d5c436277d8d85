/*
 * syscalls.h - system calls as (ABI, number) and their names, from libseccomp.
 */
#ifndef SYSTRACE_SYSCALLS_H
#define SYSTRACE_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum abi { ABI_X86_64, ABI_I386, ABI_X32, ABI_COUNT };

enum { SYSCALL_NAME_MAX = 64 };

/* "x86_64", "i386", "x32"; its inverse, or -1. */
const char *abi_name(enum abi abi);
int abi_parse(const char *name);

/* The name of a number (for x32 without bit 30), or "syscall_470" for one without a name. Writes to
 * `buffer` and returns it; NULL: no memory. */
const char *syscall_name(enum abi abi, uint32_t nr, char buffer[static SYSCALL_NAME_MAX]);

/* Is the text a name, and not what stands for a number without one? */
bool syscall_is_named(const char *text);

/* Does the ABI have a call of this name, as far as libseccomp knows? Those that i386 has as
 * requests of socketcall(2) or ipc(2) are among them. */
bool syscall_exists(enum abi abi, const char *name);

/* The number of what syscall_name() calls so, or -1. */
int64_t syscall_number(enum abi abi, const char *name);

#endif
