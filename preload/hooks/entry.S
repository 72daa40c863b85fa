/*
 * entry.S - from a stub (preload/code/detour.c) into C and back, with every register as it was: the
 * vector registers are as they were, because the recorder touches none (preload/util/vectors.h). The unwind
 * tables lead from here to the hooked function's caller, so that a debugger and the backtrace of
 * a signal handler find their way.
 *
 * Layout of struct entry_frame, entry.h:
 *
 * SPDX-License-Identifier: MIT
 */
#define IP          0
#define SP          8
#define RBP         16
#define RBX         24
#define R12         32
#define R13         40
#define R14         48
#define R15         56
#define RAX         64
#define R10         72
#define R11         80
#define RESULT      88
#define RESULT2     96
#define LEFT        104
#define KEPT        144
#define ORIGINAL    192
#define ARGUMENTS   200
#define FRAME_SIZE  248

/* Around a function the frame is made larger, so that the stack is aligned: by a word, above it,
 * that r11 is kept in for a moment. While the function runs only the upper part of it stays. */
#define AROUND_SIZE (FRAME_SIZE+8)

.macro save_arguments frame
    movq %rdi, \frame+ARGUMENTS+0(%rsp)
    movq %rsi, \frame+ARGUMENTS+8(%rsp)
    movq %rdx, \frame+ARGUMENTS+16(%rsp)
    movq %rcx, \frame+ARGUMENTS+24(%rsp)
    movq %r8, \frame+ARGUMENTS+32(%rsp)
    movq %r9, \frame+ARGUMENTS+40(%rsp)
.endm

/* caller_sp: what to add to rsp for the caller's stack pointer, the frame being on the stack. */
.macro save_caller caller_sp
    movq %rbp, RBP(%rsp)
    leaq \caller_sp(%rsp), %r11
    movq %r11, SP(%rsp)
    movq -8(%r11), %r11
    movq %r11, IP(%rsp)
.endm

.macro save_registers caller_sp
    save_arguments 0
    movq %rax, RAX(%rsp)
    movq %r10, R10(%rsp)
    movq %r11, R11(%rsp)
    save_caller \caller_sp
.endm

/* What hooks_try() left as it was. */
.macro save_others
    movq %rbx, RBX(%rsp)
    movq %r12, R12(%rsp)
    movq %r13, R13(%rsp)
    movq %r14, R14(%rsp)
    movq %r15, R15(%rsp)
.endm

.macro restore_registers
    movq ARGUMENTS+0(%rsp), %rdi
    movq ARGUMENTS+8(%rsp), %rsi
    movq ARGUMENTS+16(%rsp), %rdx
    movq ARGUMENTS+24(%rsp), %rcx
    movq ARGUMENTS+32(%rsp), %r8
    movq ARGUMENTS+40(%rsp), %r9
    movq RAX(%rsp), %rax
    movq R10(%rsp), %r10
    movq R11(%rsp), %r11
.endm

/* The function that a stub with CONTEXT, which is above the frame, stands for. gone: how much of the
 * frame is not on the stack. */
.macro call_original gone
    movq %r11, FRAME_SIZE-\gone(%rsp)
    movq AROUND_SIZE-\gone(%rsp), %r11
    movq (%r11), %r11
    movq %r11, ORIGINAL-\gone(%rsp)
    movq FRAME_SIZE-\gone(%rsp), %r11
    call *ORIGINAL-\gone(%rsp)
.endm

/* What the function returned, and what a compiler that knows it has seen it leave as it was. */
.macro save_returned
    movq %rax, RESULT(%rsp)
    movq %rdx, RESULT2(%rsp)
    movq %rdi, LEFT+0(%rsp)
    movq %rsi, LEFT+8(%rsp)
    movq %rcx, LEFT+16(%rsp)
    movq %r8, LEFT+24(%rsp)
    movq %r9, LEFT+32(%rsp)
    movq %r10, R10(%rsp)
    movq %r11, R11(%rsp)
.endm

.macro restore_returned
    movq RESULT(%rsp), %rax
    movq RESULT2(%rsp), %rdx
    movq LEFT+0(%rsp), %rdi
    movq LEFT+8(%rsp), %rsi
    movq LEFT+16(%rsp), %rcx
    movq LEFT+24(%rsp), %r8
    movq LEFT+32(%rsp), %r9
    movq R10(%rsp), %r10
    movq R11(%rsp), %r11
.endm

/* A compiler that knows a function to need no aligned stack may call it without; what is called here
 * needs one. rbp is in the frame, and leads to it meanwhile. */
.macro call_aligned function
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    .cfi_rel_offset %rbp, RBP
    andq $-16, %rsp
    call \function
    movq %rbp, %rsp
    .cfi_def_cfa_register %rsp
    movq RBP(%rsp), %rbp
    .cfi_restore %rbp
.endm

.text
.hidden entry_before, entry_young, entry_around, entry_twice, entry_instead, entry_or_before
.hidden entry_or_twice
.hidden young_quick, stream_self, streams_epoch
.hidden hooks_young, hooks_try, hooks_before, hooks_after, hooks_ask, hooks_serve

/* On the stack: return address into the stub, context, return address into the caller. */
.globl entry_before
.type entry_before, @function
entry_before:
    .cfi_startproc
    .cfi_def_cfa_offset 24
    subq $FRAME_SIZE, %rsp
    .cfi_adjust_cfa_offset FRAME_SIZE
    save_registers FRAME_SIZE+24
    movq FRAME_SIZE+8(%rsp), %rdi
    movq %rsp, %rsi
    call hooks_try
    testb %al, %al
    jz 2f
1:
    restore_registers
    addq $FRAME_SIZE, %rsp
    .cfi_remember_state
    .cfi_adjust_cfa_offset -FRAME_SIZE
    ret
2:
    .cfi_restore_state
    save_others
    movq FRAME_SIZE+8(%rsp), %rdi
    movq %rsp, %rsi
    call_aligned hooks_before
    jmp 1b
    .cfi_endproc
.size entry_before, .-entry_before

/* Layout of struct young_quick and struct young_pool (preload/young/quick.c), and how many bytes a
 * young pool holds at most. */
#define QUICK_POOL       8
#define QUICK_BUSY       16
#define QUICK_ALONE      24
#define QUICK_KNOWN      32
#define POOL_ALLOCATIONS 24
#define POOL_BYTES       28
#define POOL_MOST        36
#define POOL_LOOK_AT     44
#define POOL_PART        63
#define MOST_BYTES       0x1000000

/* The same, of a function whose first two arguments are what it allocates from, and how much. Most
 * take from the young pool that was taken from last: if that is all that is to be known, they are
 * counted here, as generation_take_rounded() does, with the stream entered meanwhile, as by
 * stream_enter_fast(). What hooks_young() knows all about takes no more than its registers. */
#define LOST_SIZE 72
.globl entry_young
.type entry_young, @function
entry_young:
    .cfi_startproc
    .cfi_def_cfa_offset 24
    cmpq young_quick(%rip), %rdi
    jne .Lother
    cmpq $MOST_BYTES, %rsi
    ja .Lother
    pushq %rax
    .cfi_adjust_cfa_offset 8
    pushq %rcx
    .cfi_adjust_cfa_offset 8
    pushq %rdx
    .cfi_adjust_cfa_offset 8
    movq young_quick+QUICK_KNOWN(%rip), %rax
    movq young_quick+QUICK_ALONE(%rip), %rcx
    cmpl $1, (%rax)
    jne .Lnot_quick
    cmpb $0, (%rcx)
    je .Lnot_quick
    cmpl $1, streams_epoch(%rip)
    jne .Lnot_quick
    movq stream_self@gottpoff(%rip), %rdx
    cmpq $0, %fs:(%rdx)
    jne .Lnot_quick
    movq %rsp, %rax
    andq $-16, %rax
    incq %rax
    movq %rax, %fs:(%rdx)
    cmpq young_quick(%rip), %rdi /* a handler may have come */
    jne .Lleave
    movq young_quick+QUICK_BUSY(%rip), %rax
    cmpb $0, (%rax)
    jne .Lleave
    movb $1, (%rax)
    movq young_quick+QUICK_POOL(%rip), %rdx
    movzbl POOL_PART(%rdx), %ecx
    leaq (%rsi,%rcx), %rax
    notq %rcx
    andq %rcx, %rax
    movl POOL_MOST(%rdx), %ecx
    subl POOL_BYTES(%rdx), %ecx
    cmpq %rcx, %rax
    ja .Ltoo_much
    movl POOL_ALLOCATIONS(%rdx), %ecx
    incl %ecx
    cmpl POOL_LOOK_AT(%rdx), %ecx
    jae .Ltoo_much
    shlq $32, %rax
    incq %rax
    addq %rax, POOL_ALLOCATIONS(%rdx)
    movq young_quick+QUICK_BUSY(%rip), %rax
    movb $0, (%rax)
    movq stream_self@gottpoff(%rip), %rdx
    movq $0, %fs:(%rdx)
    popq %rdx
    .cfi_remember_state
    .cfi_adjust_cfa_offset -8
    popq %rcx
    .cfi_adjust_cfa_offset -8
    popq %rax
    .cfi_adjust_cfa_offset -8
    ret
.Ltoo_much:
    .cfi_restore_state
    movq young_quick+QUICK_BUSY(%rip), %rax
    movb $0, (%rax)
.Lleave:
    movq stream_self@gottpoff(%rip), %rdx
    movq $0, %fs:(%rdx)
.Lnot_quick:
    popq %rdx
    .cfi_adjust_cfa_offset -8
    popq %rcx
    .cfi_adjust_cfa_offset -8
    popq %rax
    .cfi_adjust_cfa_offset -8
.Lother:
    subq $LOST_SIZE, %rsp
    .cfi_adjust_cfa_offset LOST_SIZE
    movq %rax, 0(%rsp)
    movq %rdi, 8(%rsp)
    movq %rsi, 16(%rsp)
    movq %rdx, 24(%rsp)
    movq %rcx, 32(%rsp)
    movq %r8, 40(%rsp)
    movq %r9, 48(%rsp)
    movq %r10, 56(%rsp)
    movq %r11, 64(%rsp)
    movq %rsp, %rdx
    call hooks_young
    testb %al, %al
    movq 0(%rsp), %rax
    movq 8(%rsp), %rdi
    movq 16(%rsp), %rsi
    movq 24(%rsp), %rdx
    movq 32(%rsp), %rcx
    movq 40(%rsp), %r8
    movq 48(%rsp), %r9
    movq 56(%rsp), %r10
    movq 64(%rsp), %r11
    leaq LOST_SIZE(%rsp), %rsp
    .cfi_adjust_cfa_offset -LOST_SIZE
    jz entry_before
    ret
    .cfi_endproc
.size entry_young, .-entry_young

/* On the stack: context, return address into the caller. */
.globl entry_around
.type entry_around, @function
entry_around:
    .cfi_startproc
    .cfi_def_cfa_offset 16
    subq $AROUND_SIZE-ORIGINAL, %rsp
    .cfi_adjust_cfa_offset AROUND_SIZE-ORIGINAL
    save_arguments -ORIGINAL
    call_original ORIGINAL
    subq $ORIGINAL, %rsp
    .cfi_adjust_cfa_offset ORIGINAL
.Lreturned:
    save_returned
    save_caller AROUND_SIZE+16
    movq AROUND_SIZE(%rsp), %rdi
    movq %rsp, %rsi
    call hooks_try
    testb %al, %al
    jz 2f
1:
    restore_returned
    addq $AROUND_SIZE+8, %rsp
    .cfi_remember_state
    .cfi_def_cfa_offset 8
    ret
2:
    .cfi_restore_state
.Lslow_after:
    save_others
    movq AROUND_SIZE(%rsp), %rdi
    movq %rsp, %rsi
    call_aligned hooks_after
    jmp 1b
    .cfi_endproc
.size entry_around, .-entry_around

/* Calls hooks_before() and then the original, with the same registers; the context is above what is
 * kept around that. */
.macro ask_before_original
    save_others
    movq AROUND_SIZE(%rsp), %rdi
    movq %rsp, %rsi
    call_aligned hooks_before
    restore_registers
    addq $KEPT, %rsp
    .cfi_adjust_cfa_offset -KEPT
    call_original KEPT
    subq $KEPT, %rsp
    .cfi_adjust_cfa_offset KEPT
.endm

/* On the stack: context, return address into the caller. */
.globl entry_twice
.type entry_twice, @function
entry_twice:
    .cfi_startproc
    .cfi_def_cfa_offset 16
    subq $AROUND_SIZE, %rsp
    .cfi_adjust_cfa_offset AROUND_SIZE
    save_registers AROUND_SIZE+16
    ask_before_original
    jmp .Lreturned
    .cfi_endproc
.size entry_twice, .-entry_twice

/* At the entry of a function that may be served, or be entered twice; on the stack: context, return
 * address. What HOOK returns is left in the flags. */
.macro ask hook
    subq $AROUND_SIZE, %rsp
    .cfi_adjust_cfa_offset AROUND_SIZE
    save_registers AROUND_SIZE+16
    movq AROUND_SIZE(%rsp), %rdi
    movq %rsp, %rsi
    call \hook
    testb %al, %al
.endm

/* The function takes the recorder's place: the last word that is taken off the stack is still there,
 * as no handler writes so near. */
.macro leave_to_original
    movq AROUND_SIZE(%rsp), %r11
    movq (%r11), %r11
    movq %r11, AROUND_SIZE(%rsp)
    restore_registers
    addq $AROUND_SIZE+8, %rsp
    .cfi_remember_state
    .cfi_adjust_cfa_offset -AROUND_SIZE-8
    jmp *-8(%rsp)
    .cfi_restore_state
.endm

/* Returns to the caller what the call is served with; goes to RUN where it is not. */
.macro serve_or run
    save_others
    movq AROUND_SIZE(%rsp), %rdi
    movq %rsp, %rsi
    call_aligned hooks_serve
    testq %rax, %rax
    jz \run
    movq %rax, RAX(%rsp)
    restore_registers
    addq $AROUND_SIZE+8, %rsp
    .cfi_def_cfa_offset 8
    ret
.endm

/* On the stack: context, return address into the caller. */
.globl entry_instead
.type entry_instead, @function
entry_instead:
    .cfi_startproc
    .cfi_def_cfa_offset 16
    ask hooks_ask
    jnz 2f
1:
    restore_registers
    addq $ORIGINAL, %rsp
    .cfi_adjust_cfa_offset -ORIGINAL
    call_original ORIGINAL
    subq $ORIGINAL, %rsp
    .cfi_adjust_cfa_offset ORIGINAL
    jmp .Lreturned
2:
    serve_or 1b
    .cfi_endproc
.size entry_instead, .-entry_instead

/* On the stack: context, return address into the caller. */
.globl entry_or_before
.type entry_or_before, @function
entry_or_before:
    .cfi_startproc
    .cfi_def_cfa_offset 16
    ask hooks_ask
    jnz 2f
1:
    leave_to_original
2:
    serve_or 1b
    .cfi_endproc
.size entry_or_before, .-entry_or_before

/* The same, before which all may be done that is to be, as is usual; else it is entered twice. */
.globl entry_or_twice
.type entry_or_twice, @function
entry_or_twice:
    .cfi_startproc
    .cfi_def_cfa_offset 16
    ask hooks_try
    jz 2f
    leave_to_original
2:
    ask_before_original
    save_returned
    save_caller AROUND_SIZE+16
    jmp .Lslow_after
    .cfi_endproc
.size entry_or_twice, .-entry_or_twice

.section .note.GNU-stack, "", @progbits
