/*
 * eh_frame.h - the unwind tables of a mapped image (.eh_frame_hdr, .eh_frame): where a function
 * begins and ends, and how to step from one of its instructions to its caller.
 *
 * Reads mapped memory only; takes no lock, allocates nothing; async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_EH_FRAME_H
#define PRELOAD_CODE_EH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum unwind_kind {
    UNWIND_UNKNOWN, /* no table covers the address */
    UNWIND_NORMAL,  /* CFA = base register + cfa_offset; the return address is at CFA - 8 */
    UNWIND_END,     /* the outermost frame: there is no caller */
    UNWIND_SIGNAL,  /* what a signal handler returns to: the interrupted state is above it */
    UNWIND_COMPLEX, /* needs more than this: libunwind's work */
    UNWIND_NO_TABLE /* nobody knows: what was asked for is in no image that has a table of it */
};

/* Fits one word, so that a cache of these needs no lock. */
struct unwind_rule {
    int32_t cfa_offset; /* bytes */
    int16_t rbp_offset; /* words from the CFA to where the caller's rbp was saved; 0: unchanged */
    uint8_t kind;       /* enum unwind_kind */
    bool from_rbp : 1;  /* the base register is rbp, else rsp */
    bool last : 1; /* of the function's last instruction: what seems to return behind it need not */
    bool ours : 1; /* in the recorder itself or one of its stubs: preload/unwind/rules.c's */
};

struct function_bounds {
    uint64_t start, end; /* end: one past the last byte */
};

/* HEADER is the image's mapped .eh_frame_hdr. False: no table entry covers ADDRESS. */
bool eh_frame_function(const void *header, uint64_t address, struct function_bounds *bounds);

/* The rule at the instruction at ADDRESS. */
struct unwind_rule eh_frame_rule(const void *header, uint64_t address);

#endif
