/*
 * libfalse-returns.S - false_returns_ask(region, seed): a call from code without unwind
 * information, whose frame has a size that is not in its instructions, full of addresses in a
 * region of 16 MiB; returns the next seed.
 */
        .text
        .globl  false_returns_ask
        .type   false_returns_ask, @function
false_returns_ask:
        pushq   %r12
        movq    %rsp, %r12
        movl    $4096, %eax
        subq    %rax, %rsp
        movl    $512, %ecx
1:      imulq   $1103515245, %rsi, %rsi
        addq    $12345, %rsi
        movq    %rsi, %rdx
        shrq    $8, %rdx
        andl    $0xffffff, %edx
        addq    %rdi, %rdx
        movq    %rdx, -8(%rsp,%rcx,8)
        decl    %ecx
        jnz     1b
        movl    $111, %eax /* getpgrp */
        syscall
        movq    %r12, %rsp
        popq    %r12
        movq    %rsi, %rax
        ret
        .size   false_returns_ask, . - false_returns_ask
        .section .note.GNU-stack, "", @progbits
