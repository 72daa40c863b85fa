/* builtin_apis.S - the descriptions that come with the recorder, as text (builtin_apis.h). */
.section .rodata
.hidden builtin_api_proftpd, builtin_api_proftpd_end

.globl builtin_api_proftpd
builtin_api_proftpd:
    .incbin "api/proftpd.api"
.globl builtin_api_proftpd_end
builtin_api_proftpd_end:
    .byte 0

.section .note.GNU-stack, "", @progbits
