/*
 * libinside.S - two functions that leave by a jump to libc, of which one unwind entry covers both;
 * and a call whose bytes are also those of another one, `call *disp(%rsp)`: the function that it
 * names leaves by a jump, too.
 */
        .text
        .cfi_startproc
        .globl  inside_first, inside_second
        .type   inside_first, @function
inside_first:
        jmp     getpgid@PLT
        .size   inside_first, . - inside_first
        .type   inside_second, @function
inside_second:
        xorl    %edi, %edi
        jmp     getsid@PLT
        .size   inside_second, . - inside_second
        .cfi_endproc

        .globl  inside_far
        .type   inside_far, @function
inside_far:
        .cfi_startproc
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    far_function /* e8 ff 54 00 00 */
.Lbehind:
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size   inside_far, . - inside_far
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
