/*
 * opcodes.h - the opcodes of x86-64 in 64-bit mode, as tables: which there are, what follows them,
 * and how much memory they access. See Intel's Software Developer's Manual, volume 2, appendix A.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_OPCODES_H
#define PRELOAD_CODE_OPCODES_H

#include <stdbool.h>
#include <stdint.h>

enum opcode_encoding { ENCODING_LEGACY, ENCODING_VEX, ENCODING_EVEX };

/* The prefix that selects among the instructions of an opcode, as VEX numbers them. */
enum opcode_prefix { PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2 };

/* In map 0 are opcodes of one byte, in 1 those behind 0f, in 2 behind 0f 38, in 3 behind 0f 3a; 5
 * and 6 are of EVEX only. */
struct opcode {
    enum opcode_encoding encoding;
    enum opcode_prefix prefix;
    uint8_t map, number;
    bool w;        /* REX.W, VEX.W, EVEX.W */
    bool l;        /* VEX.L: vectors of 32 bytes */
    uint8_t modrm; /* 0 where there is none */
};

/* What follows an opcode. */
enum opcode_operands {
    OPERANDS_UNDEFINED = ' ', /* there is no such instruction */
    OPERANDS_PREFIX = 'x',    /* it is no opcode but a prefix or an escape */
    OPERANDS_NONE = '.',
    OPERANDS_IMM8 = 'b',
    OPERANDS_IMM16 = 'w',
    OPERANDS_IMM24 = 'e',   /* of enter */
    OPERANDS_IMM = 'z',     /* of 4 bytes, or 2 with the prefix 66 */
    OPERANDS_IMM_W = 'v',   /* the same, or 8 with REX.W */
    OPERANDS_ADDRESS = 'o', /* of 8 bytes, or 4 with the prefix 67 */
    OPERANDS_REL8 = 'r',
    OPERANDS_REL32 = 'R',
    OPERANDS_MODRM = 'm',
    OPERANDS_MODRM_IMM8 = 'B',
    OPERANDS_MODRM_IMM = 'Z',
    OPERANDS_TEST_IMM8 = 'T', /* ModRM, and an immediate operand where its reg says "test" */
    OPERANDS_TEST_IMM = 'U',
};

/* Whatever its prefixes and its ModRM byte are. */
enum opcode_operands opcode_operands(uint8_t map, uint8_t number);

/* Is there an instruction of that encoding, map, prefix, number and, of those of one byte, ModRM?
 */
bool opcode_is_defined(const struct opcode *opcode);

/* Does it access 8 bytes, where it has an operand in memory? Not for EVEX. */
bool opcode_accesses_8_bytes(const struct opcode *opcode);

#endif
