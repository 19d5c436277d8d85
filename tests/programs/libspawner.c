/* libspawner.c - the library that needs execve and write in the experiment of compartments.c: each
 * function makes the one call, and has a frame of 8 bytes while it does.
 */
#include "libcompartments.h"

#define FUNCTION(name, calls)                                                               \
    __asm__(".globl " #name ", " #name "_returned\n"                                        \
            ".type " #name ", @function\n.type " #name "_returned, @function\n" #name ":\n" \
            "    .cfi_startproc\n"                                                          \
            "    sub $8, %rsp\n"                                                            \
            "    .cfi_adjust_cfa_offset 8\n"                                                \
            "    call " #calls "@PLT\n" #name "_returned:\n"                                \
            "    add $8, %rsp\n"                                                            \
            "    .cfi_adjust_cfa_offset -8\n"                                               \
            "    ret\n"                                                                     \
            "    .cfi_endproc\n"                                                            \
            ".size " #name ", . - " #name "\n")

FUNCTION(spawner_execve, execve);
FUNCTION(spawner_write, write);
