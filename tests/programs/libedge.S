/*
 * libedge.S - built twice, as libedge1.so and libedge2.so: pages of code that are to be mapped
 * apart. What goes on at the end of one goes on in whatever is mapped behind it.
 */
    .macro page name:req
    .p2align 12
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    .endm

    .macro end name:req
    .cfi_endproc
    .size \name, . - \name
    .endm

    .text
    page edge_call                 /* (function): its last bytes are the call */
    jmp 1f
    .org edge_call + 4096 - 2
1:  call *%rdi
    end edge_call

    page edge_syscall              /* its last bytes enter the kernel: getppid */
    mov $110, %eax
    jmp 1f
    .org edge_syscall + 4096 - 2
1:  syscall
    end edge_syscall

    page edge_number               /* its last byte does nothing, with the number of getuid */
    mov $102, %eax
    jmp 1f
    .org edge_number + 4096 - 1
1:  nop
    end edge_number

    page edge_return               /* its first byte returns */
    ret
    .cfi_endproc
    .size edge_return, . - edge_return

    page edge_enter                /* its first bytes enter the kernel, with any number */
    syscall
    ret
    .cfi_endproc
    .size edge_enter, . - edge_enter
    .p2align 12

    .section .rodata
    .globl edge_version
edge_version: .long CODE           /* to tell the two apart */

    .section .note.GNU-stack, "", @progbits
