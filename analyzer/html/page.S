/* page.S - the page around the data, as html/assemble puts it together (page.h). */
/* SPDX-License-Identifier: MIT */
.section .rodata

.globl page_before_data, page_before_data_end, page_after_data, page_after_data_end
page_before_data:
    .incbin "before.html"
page_before_data_end:
    .byte 0
page_after_data:
    .incbin "after.html"
page_after_data_end:
    .byte 0

.section .note.GNU-stack, "", @progbits
