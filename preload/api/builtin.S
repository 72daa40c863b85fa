/* builtin.S - the descriptions that come with the recorder, as text (builtin.h). */
/* SPDX-License-Identifier: MIT */
.section .rodata

.macro builtin name
    .hidden builtin_api_\name, builtin_api_\name\()_end
    .globl builtin_api_\name, builtin_api_\name\()_end
builtin_api_\name:
    .incbin "preload/api/\name\().api"
builtin_api_\name\()_end:
    .byte 0
.endm

builtin proftpd
builtin apr
builtin nginx
builtin talloc
builtin postgresql

.section .note.GNU-stack, "", @progbits
