/* stepped.c - the processor's trap flag; see stepped.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/stepped.h"

__asm__(".pushsection .text\n .globl run_stepped, run_stepped_end, begin_stepping\n"
        "run_stepped: .cfi_startproc\n sub $8, %rsp\n .cfi_adjust_cfa_offset 8\n"
        "pushfq\n .cfi_adjust_cfa_offset 8\n orq $0x100, (%rsp)\n"
        "popfq\n .cfi_adjust_cfa_offset -8\n call *%rdi\n"
        "pushfq\n .cfi_adjust_cfa_offset 8\n andq $~0x100, (%rsp)\n"
        "popfq\n .cfi_adjust_cfa_offset -8\n add $8, %rsp\n .cfi_adjust_cfa_offset -8\n ret\n"
        ".cfi_endproc\n run_stepped_end:\n"
        "begin_stepping: .cfi_startproc\n pushfq\n .cfi_adjust_cfa_offset 8\n orq $0x100, (%rsp)\n"
        "popfq\n .cfi_adjust_cfa_offset -8\n ret\n .cfi_endproc\n"
        ".popsection\n");
