/*
 * libhard-frames.S - functions whose frames no simple rule of unwind information describes. Each
 * makes one system call, by the function that it is given, in rdi: so the frames between may have
 * saved what its rules need.
 */
#define DW_CFA_def_cfa_expression 0x0f
#define DW_CFA_expression         0x10
#define DW_CFA_val_expression     0x16
#define DW_OP_deref               0x06
#define DW_OP_minus               0x1c
#define DW_OP_plus_uconst         0x23
#define DW_OP_lit16               0x40
#define DW_OP_breg0               0x70
#define BREG(number) (DW_OP_breg0 + number)
#define RBX 3
#define RBP 6
#define RSP 7

        .macro  function name
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        .endm

        .macro  end name
        .cfi_endproc
        .size   \name, . - \name
        .endm

        .text

/* The CFA is by a register that inner frames have saved and changed. */
        function hard_register
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_offset %rbx, -16
        movq    %rsp, %rbx
        .cfi_def_cfa_register %rbx
        andq    $-64, %rsp
        call    *%rdi
        movq    %rbx, %rsp
        .cfi_def_cfa_register %rsp
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        end     hard_register

/* The CFA is in memory, as are addresses of what was saved: gcc's way to realign a stack. */
        function hard_expression
        leaq    8(%rsp), %r10
        andq    $-64, %rsp
        pushq   -8(%r10)
        pushq   %rbp
        movq    %rsp, %rbp
        pushq   %r10
        pushq   %rbx
        .cfi_escape DW_CFA_def_cfa_expression, 3, BREG(RBP), 0x78, DW_OP_deref
        .cfi_escape DW_CFA_expression, RBP, 2, BREG(RBP), 0
        .cfi_escape DW_CFA_expression, RBX, 2, BREG(RBP), 0x70
        xorl    %ebx, %ebx
        call    *%rdi
        popq    %rbx
        popq    %r10
        movq    (%rbp), %rbp
        leaq    -8(%r10), %rsp
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbx
        .cfi_restore %rbp
        ret
        end     hard_expression

/* What the caller had in rbx and rbp is a sum. */
        function hard_value
        incq    %rbx
        addq    $16, %rbp
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        .cfi_escape DW_CFA_val_expression, RBX, 2, BREG(RBX), 0x7f
        .cfi_escape DW_CFA_val_expression, RBP, 4, BREG(RBP), 0, DW_OP_lit16, DW_OP_minus
        call    *%rdi
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        subq    $16, %rbp
        .cfi_restore %rbp
        decq    %rbx
        .cfi_restore %rbx
        ret
        end     hard_value

/* The return address is in a register. */
        function hard_return
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_offset %r12, -16
        movq    8(%rsp), %r12
        .cfi_register %rip, %r12
        movq    $0, 8(%rsp)
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    *%rdi
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        movq    %r12, 8(%rsp)
        .cfi_offset %rip, -8
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        ret
        end     hard_return

/* It goes on on another stack, at a lower or higher address: rsi. Its caller's rsp is kept there. */
        function hard_stack
        movq    %rsp, -16(%rsi)
        leaq    -16(%rsi), %rsp
        .cfi_escape DW_CFA_def_cfa_expression, 2, BREG(RSP), 16
        .cfi_escape DW_CFA_val_expression, RSP, 5, BREG(RSP), 0, DW_OP_deref, DW_OP_plus_uconst, 8
        .cfi_escape DW_CFA_expression, 16, 3, BREG(RSP), 0, DW_OP_deref
        call    *%rdi
        movq    (%rsp), %rsp
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rsp
        .cfi_restore %rip
        ret
        end     hard_stack

/* Vector registers are saved, and one of them by a rule of its own: Windows' convention. */
        function hard_vector
        subq    $40, %rsp
        .cfi_adjust_cfa_offset 40
        movups  %xmm6, (%rsp)
        .cfi_escape DW_CFA_expression, 23, 2, BREG(RSP), 0
        .cfi_offset %xmm7, -32
        call    *%rdi
        movups  (%rsp), %xmm6
        addq    $40, %rsp
        .cfi_adjust_cfa_offset -40
        .cfi_restore %xmm6
        ret
        end     hard_vector

/* A signal comes where the CFA is by a register: all of them are in its frame. */
        function hard_signal
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_offset %r13, -16
        movq    %rsp, %r13
        .cfi_def_cfa_register %r13
        int3
        movq    %r13, %rsp
        .cfi_def_cfa_register %rsp
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        ret
        end     hard_signal

        .section .note.GNU-stack, "", @progbits
