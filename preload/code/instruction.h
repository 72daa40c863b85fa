/*
 * instruction.h - what the recorder has to know of a machine instruction: how long it is, where it
 * branches to, and what it refers to relative to itself.
 *
 * For code in 64-bit mode, as compilers and glibc's assembly have it: with legacy, VEX and EVEX
 * encodings. An opcode that is not known is refused, and so is a prefix whose effect depends on the
 * processor; of a known opcode, a combination of operands that no processor runs is not. A decoder
 * of our own: the recorder is loaded into programs of other systems than the one it was built on,
 * where a library that it needs may be another or missing, and then no program would start.
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_INSTRUCTION_H
#define PRELOAD_CODE_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTRUCTION_MAX 15 /* bytes */

enum instruction_kind {
    INSTRUCTION_OTHER,
    INSTRUCTION_CALL,
    INSTRUCTION_JUMP,
    INSTRUCTION_BRANCH,  /* a jump on a condition, or the start of a transaction */
    INSTRUCTION_RETURN,  /* to where a near call came from */
    INSTRUCTION_NOTHING, /* nop */
    INSTRUCTION_ENDBR64,
};

/* What is done with the memory at an address relative to the instruction. */
enum instruction_access {
    ACCESS_NONE, /* there is no such operand, or only its address is taken */
    ACCESS_8_BYTES,
    ACCESS_OTHER,   /* of another size */
    ACCESS_UNKNOWN, /* of a size that is not known here */
};

struct instruction {
    uint8_t length;      /* bytes, 1 to INSTRUCTION_MAX */
    uint8_t opcode_at;   /* where the prefixes end */
    uint8_t branch_size; /* of the relative target that a branch ends in: 1 or 4; 0: it has none */
    uint8_t rip_at;      /* where the 4 bytes of an address relative to rip are; 0: nowhere */
    enum instruction_kind kind;
    enum instruction_access access;
    int32_t relative; /* the target or the address, from the end of the instruction on */
};

/*
 * Decodes what lies at CODE, of which SIZE bytes may be read. False: it is no instruction that is
 * known, or longer than that; *TO is undefined then.
 */
bool instruction_decode(const void *code, size_t size, struct instruction *to);

#endif
