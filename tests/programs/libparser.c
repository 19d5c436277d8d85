/* libparser.c - the library that an attacker takes over in the experiment of compartments.c: it
 * needs no system call. The planted error: parser_parse copies its input into `name`, however long
 * that is, and so over what it calls next, with which registers.
 */
#include "libcompartments.h"

/* Calls request->handler with these registers. With `forged` the handler returns there, and only
 * then here: as if the code there had called it. */
long parser_dispatch(const struct request *request);

__asm__(".globl parser_dispatch\n"
        ".type parser_dispatch, @function\n"
        "parser_dispatch:\n"
        "    .cfi_startproc\n"
        "    push %rbx\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset rbx, 0\n"
        "    mov %rdi, %rbx\n"
        "    mov 16(%rbx), %rax\n"
        "    mov 24(%rbx), %rdi\n"
        "    mov 32(%rbx), %rsi\n"
        "    mov 40(%rbx), %rdx\n"
        "    cmpq $0, 56(%rbx)\n"
        "    jne 2f\n"
        "    call *48(%rbx)\n"
        "1:  pop %rbx\n"
        "    .cfi_remember_state\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore rbx\n"
        "    ret\n"
        "2:  .cfi_restore_state\n"
        "    lea 1b(%rip), %rcx\n"
        "    push %rcx\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    sub $8, %rsp\n" /* the frame of functions of libspawner */
        "    .cfi_adjust_cfa_offset 8\n"
        "    push 56(%rbx)\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    jmp *48(%rbx)\n"
        "    .cfi_endproc\n"
        ".size parser_dispatch, . - parser_dispatch\n"
        ".globl parser_raw\n"
        ".type parser_raw, @function\n"
        "parser_raw:\n"
        "    .cfi_startproc\n"
        "    syscall\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size parser_raw, . - parser_raw\n");

static long nothing(void)
{
    return 0;
}

long parser_parse(const char *input, size_t length)
{
    struct request request = { .handler = (void *)nothing };
    char *to = request.name;

    for (size_t i = 0; i < length; i++)
        to[i] = input[i];
    return parser_dispatch(&request);
}
