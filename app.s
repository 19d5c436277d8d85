 .text
 .globl go
 .type go,@function
 .skip 0x30000, 0x90
go: .cfi_startproc
 subq $8,%rsp
 .cfi_adjust_cfa_offset 8
 movl $-7777,%edi
 call my_close@PLT
here: addq $8,%rsp
 .cfi_adjust_cfa_offset -8
 ret
 .cfi_endproc
 .globl here
 .size go,.-go
