/*
 * libnocfi.S - a library of hand-written assembly without unwind information: nocfi_ask executes
 * the instruction itself (getppid), nocfi_call calls a function, with a frame of its own.
 */
    .text
    .globl nocfi_ask
    .type nocfi_ask, @function
nocfi_ask:
    push %rbx
    mov $110, %eax
    syscall
    pop %rbx
    ret
    .size nocfi_ask, . - nocfi_ask

    .globl nocfi_call
    .type nocfi_call, @function
nocfi_call:
    push %rbx
    sub $32, %rsp
    call *%rdi
    add $32, %rsp
    pop %rbx
    ret
    .size nocfi_call, . - nocfi_call

    .section .note.GNU-stack, "", @progbits
