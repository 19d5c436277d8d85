/*
 * libdeeper.S - functions with one unwind entry, which says of all of their code that the return
 * address is where it is as long as the stack is not moved further. They do that, and what they have
 * there is no address of code. deeper_tail jumps to one
 * of them.
 */
    .macro deeper name, number, there
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
    deeper deeper_nothing, 110, 0
    deeper deeper_number, 111, 0x1234
    .cfi_endproc

    .globl deeper_tail
    .type deeper_tail, @function
deeper_tail:
    .cfi_startproc
    jmp .Ldeeper_number
    .cfi_endproc
    .size deeper_tail, . - deeper_tail

    .section .note.GNU-stack, "", @progbits
