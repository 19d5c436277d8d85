/*
 * processor.h - the numbers by which DWARF, ELF and the kernel speak of the processor, under names
 * that say what they are for:
 *
 *     PROCESSOR_NAME         as users know it
 *     REGISTER_PC, _SP, _FP  DWARF's numbers, which are libunwind's: where code runs, the stack
 *                            pointer, the frame pointer
 *     REGISTER_RETURN        whose rule in CFI leads to the return address
 *     REGISTER_OF_VFORK      which has it in the C library's vfork(2)
 *     DWARF_REGISTERS        how many CFI may speak of that matter to a walk; higher ones, vector
 *                            registers mostly, do not
 *     RETURN_AT_CFA          where a call puts the return address: in bytes from the CFA
 *     SYSCALL_SIZE           of the instruction that makes a system call, in bytes
 *     INSTRUCTION_MAX        of the longest instruction
 *     EMULATED_REGISTERS     how many code is run with in our head
 *     TRAMPOLINE_SIZE, _LEAD of the C library's signal trampoline, whose symbol has no size, and of
 *                            what stands before it, for who looks up the byte before
 *     PROCESSOR_ELF          e_machine
 *     SECTION_UNWIND         sh_type that .eh_frame may have, beside SHT_PROGBITS
 *     RELOCATION_RELATIVE    adds the base address; of these others,
 *     RELOCATION_ADDRESS     puts the address of a symbol anywhere,
 *     RELOCATION_GOT         into the GOT,
 *     RELOCATION_PLT         into the slot of a PLT stub
 */
#ifndef SYSTRACE_PROCESSOR_H
#define SYSTRACE_PROCESSOR_H

#if defined(__x86_64__) && defined(__LP64__)
#include "symbolizer/processor/x86_64/numbers.h"
#else
#error "no folder of symbolizer/processor/ knows this processor"
#endif

#endif
