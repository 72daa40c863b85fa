/* other_stack.S - runs a function on another stack; see other_stack.h. */
/* SPDX-License-Identifier: MIT */
.text
.hidden call_on_stack
.globl call_on_stack
.type call_on_stack, @function
call_on_stack:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    movq %rdx, %rsp
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    movq %rbp, %rsp
    popq %rbp
    .cfi_def_cfa %rsp, 8
    .cfi_restore %rbp
    ret
    .cfi_endproc
.size call_on_stack, .-call_on_stack

.section .note.GNU-stack, "", @progbits
