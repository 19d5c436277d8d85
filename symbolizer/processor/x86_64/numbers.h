/*
 * numbers.h - what processor.h asks for, of x86-64 (psABI, figure 3.36, and tables of chapter 4).
 */
#ifndef SYSTRACE_NUMBERS_H
#define SYSTRACE_NUMBERS_H

#include <elf.h>

#define PROCESSOR_NAME "x86-64"

enum {
    DWARF_RAX,
    DWARF_RDX,
    DWARF_RCX,
    DWARF_RBX,
    DWARF_RSI,
    DWARF_RDI,
    DWARF_RBP,
    DWARF_RSP,
    DWARF_RIP = 16,
    DWARF_REGISTERS,

    REGISTER_PC = DWARF_RIP,
    REGISTER_RETURN = DWARF_RIP,
    REGISTER_SP = DWARF_RSP,
    REGISTER_FP = DWARF_RBP,
    REGISTER_OF_VFORK = DWARF_RDI,
};

enum {
    RETURN_AT_CFA = -8,
    SYSCALL_SIZE = 2, /* `syscall`, `int $0x80` and `sysenter` all are */
    INSTRUCTION_MAX = 15,
    EMULATED_REGISTERS = 16,
    /* nop; __restore_rt: mov $15,%rax; syscall */
    TRAMPOLINE_LEAD = 1,
    TRAMPOLINE_SIZE = 10,
};

enum {
    PROCESSOR_ELF = EM_X86_64,
    SECTION_UNWIND = SHT_X86_64_UNWIND,
    RELOCATION_RELATIVE = R_X86_64_RELATIVE,
    RELOCATION_ADDRESS = R_X86_64_64,
    RELOCATION_GOT = R_X86_64_GLOB_DAT,
    RELOCATION_PLT = R_X86_64_JUMP_SLOT,
};

#endif
