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

/* The number that libseccomp and the kernel (AUDIT_ARCH_) have for an ABI, which x32 shares with
 * x86_64 in the kernel; and libseccomp's name of it, "SCMP_ARCH_X86_64". */
uint32_t abi_architecture(enum abi abi);
const char *abi_constant(enum abi abi);

/* The ABI of a call, by the kernel's number of the architecture and of the call, as it came. *nr:
 * the same for x32 without bit 30. */
enum abi abi_read(uint32_t architecture, uint64_t came, uint32_t *nr);

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
