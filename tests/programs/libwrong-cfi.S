/*
 * libwrong-cfi.S - functions with one unwind entry, which says of all of their code that the
 * return address is where it is as long as the stack is not moved further. They do that, and what
 * they have there is no address of code. wrong_cfi_tail jumps to one of them.
 */
    .macro function name, number, there
    .globl \name
    .type \name, @function
\name:
.L\name:
    sub $72, %rsp
    sub $512, %rsp
    movq $\there, 72(%rsp)
    mov $\number, %eax
    syscall
    add $584, %rsp
    ret
    .size \name, . - \name
    .endm

    .cfi_startproc
    .cfi_def_cfa_offset 80
    nop
    function wrong_cfi_nothing, 110, 0
    function wrong_cfi_number, 111, 0x1234
    .cfi_endproc

    .globl wrong_cfi_tail
    .type wrong_cfi_tail, @function
wrong_cfi_tail:
    .cfi_startproc
    jmp .Lwrong_cfi_number
    .cfi_endproc
    .size wrong_cfi_tail, . - wrong_cfi_tail

    .section .note.GNU-stack, "", @progbits
