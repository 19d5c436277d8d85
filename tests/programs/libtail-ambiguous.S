/*
 * libtail-ambiguous.S - two functions that leave by a jump to libc, of which one unwind entry
 * covers both; and a call whose bytes are also those of another one, `call *disp(%rsp)`: the
 * function that it names leaves by a jump, too.
 */
        .text
        .cfi_startproc
        .globl  ambiguous_first, ambiguous_second
        .type   ambiguous_first, @function
ambiguous_first:
        jmp     getpgid@PLT
        .size   ambiguous_first, . - ambiguous_first
        .type   ambiguous_second, @function
ambiguous_second:
        xorl    %edi, %edi
        jmp     getsid@PLT
        .size   ambiguous_second, . - ambiguous_second
        .cfi_endproc

        .globl  ambiguous_far
        .type   ambiguous_far, @function
ambiguous_far:
        .cfi_startproc
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    far_function /* e8 ff 54 00 00 */
.Lbehind:
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size   ambiguous_far, . - ambiguous_far
        .org    .Lbehind + 0x54ff
        .type   far_function, @function
far_function:
        .cfi_startproc
        xorl    %edi, %edi
        xorl    %esi, %esi
        jmp     getpriority@PLT
        .cfi_endproc
        .size   far_function, . - far_function
        .section .note.GNU-stack, "", @progbits
