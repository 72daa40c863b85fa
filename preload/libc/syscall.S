/*
 * syscall.S - takes the place of syscall(2) for the program: the same, but that a filter of system
 * calls is noticed (seccomp.h), and a fork (forks.h). In assembly, as what is called may return twice, or on another
 * stack.
 *
 * SPDX-License-Identifier: MIT
 */
#define SYS_SECCOMP 317
#define SYS_CLONE   56
#define SYS_FORK    57
#define SYS_CLONE3  435

.text
.globl syscall
.type syscall, @function
.hidden seccomp_call, forks_call
syscall:
    .cfi_startproc
    cmpq $SYS_SECCOMP, %rdi
    je 2f
    cmpq $SYS_CLONE, %rdi
    je 4f
    cmpq $SYS_FORK, %rdi
    je 4f
    cmpq $SYS_CLONE3, %rdi
    je 4f
0:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    syscall
1:
    cmpq $-4095, %rax
    jae 3f
    ret
2:
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    call seccomp_call
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    jmp 1b
3:
    negq %rax
    pushq %rax
    .cfi_adjust_cfa_offset 8
    call *__errno_location@GOTPCREL(%rip)
    popq %rcx
    .cfi_adjust_cfa_offset -8
    movl %ecx, (%rax)
    movq $-1, %rax
    ret
4:
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    pushq %rdx
    .cfi_adjust_cfa_offset 8
    pushq %rcx
    .cfi_adjust_cfa_offset 8
    pushq %r8
    .cfi_adjust_cfa_offset 8
    pushq %r9
    .cfi_adjust_cfa_offset 8
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call forks_call
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %r9
    .cfi_adjust_cfa_offset -8
    popq %r8
    .cfi_adjust_cfa_offset -8
    popq %rcx
    .cfi_adjust_cfa_offset -8
    popq %rdx
    .cfi_adjust_cfa_offset -8
    popq %rsi
    .cfi_adjust_cfa_offset -8
    popq %rdi
    .cfi_adjust_cfa_offset -8
    jmp 0b
    .cfi_endproc
.size syscall, .-syscall

.section .note.GNU-stack, "", @progbits
