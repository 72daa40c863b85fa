/* opcodes.c - the opcodes of x86-64 in 64-bit mode, as tables; see opcodes.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/opcodes.h"

#include <stddef.h>

#define MAPS     7
#define PREFIXES 4

/* By map and opcode: see enum opcode_operands. */
static const char operands[2][16][17] = {{
                                             "mmmmbz  mmmmbz x",
                                             "mmmmbz  mmmmbz  ",
                                             "mmmmbzx mmmmbzx ",
                                             "mmmmbzx mmmmbzx ",
                                             "xxxxxxxxxxxxxxxx",
                                             "................",
                                             "  xmxxxxzZbB....",
                                             "rrrrrrrrrrrrrrrr",
                                             "BZ Bmmmmmmmmmmmm",
                                             ".......... .....",
                                             "oooo....bz......",
                                             "bbbbbbbbvvvvvvvv",
                                             "BBw.xxBZe.w..b .",
                                             "mmmm   .mmmmmmmm",
                                             "rrrrbbbbRR r....",
                                             "x.xx..TU......mm",
                                         },
                                         {
                                             "mmmm ..... . m. ",
                                             "mmmmmmmmmmmmmmmm",
                                             "        mmmmmmmm",
                                             "...... .x x     ",
                                             "mmmmmmmmmmmmmmmm",
                                             "mmmmmmmmmmmmmmmm",
                                             "mmmmmmmmmmmmmmmm",
                                             "BBBBmmm.mmmmmmmm",
                                             "RRRRRRRRRRRRRRRR",
                                             "mmmmmmmmmmmmmmmm",
                                             "...mBmmm...mBmmm",
                                             "mmmmmmmmmmBmmmmm",
                                             "mmBmBBBm........",
                                             "mmmmmmmmmmmmmmmm",
                                             "mmmmmmmmmmmmmmmm",
                                             "mmmmmmmmmmmmmmmm",
                                         }};

/* Which opcodes there are, one bit each: a word for every 16, the lowest bit first. Those of one
 * byte do not depend on prefixes, and are in the table above. */
static const uint16_t defined[3][MAPS][PREFIXES][16] = {
    [ENCODING_LEGACY][1][PREFIX_NONE] = {0x6bef, 0xffff, 0xff00, 0x05bf, 0xffff, 0xffff, 0xcfff,
                                         0xc3ff, 0xffff, 0xffff, 0xffbf, 0xfeff, 0xffff, 0xffbe,
                                         0xffbf, 0xfffe},
    [ENCODING_LEGACY][1][PREFIX_66] = {0x6bef, 0xffff, 0xff00, 0x053f, 0xffff, 0xfff3, 0xffff,
                                       0xf07f, 0xffff, 0xffff, 0xffbf, 0xfeff, 0xfff7, 0xffff,
                                       0xffff, 0xfffe},
    [ENCODING_LEGACY][1][PREFIX_F3] = {0x6bef, 0xff47, 0x3c00, 0x013f, 0xffff, 0xff0e, 0x8000,
                                       0xc001, 0xffff, 0xffff, 0xffff, 0xffff, 0xff87, 0x0040,
                                       0x0040, 0x8000},
    [ENCODING_LEGACY][1][PREFIX_F2] = {0x6bef, 0xff07, 0x3c00, 0x013f, 0xffff, 0xf702, 0x0000,
                                       0x3001, 0xffff, 0xffff, 0xff3f, 0xfeff, 0xff87, 0x0041,
                                       0x0040, 0x8001},
    [ENCODING_LEGACY][2][PREFIX_NONE] = {0x0fff, 0x7000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                         0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x3f00, 0x0000,
                                         0x0000, 0x0243},
    [ENCODING_LEGACY][2][PREFIX_66] = {0x0fff, 0x70b1, 0x0f3f, 0xffbf, 0x0003, 0x0000, 0x0000,
                                       0x0000, 0x0007, 0x0000, 0x0000, 0x0000, 0x8000, 0xf800,
                                       0x0000, 0x0163},
    [ENCODING_LEGACY][2][PREFIX_F3] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0xf100,
                                       0x0000, 0x0d40},
    [ENCODING_LEGACY][2][PREFIX_F2] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0103},
    [ENCODING_LEGACY][3][PREFIX_NONE] = {0x8000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                         0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x1000, 0x0000,
                                         0x0000, 0x0000},
    [ENCODING_LEGACY][3][PREFIX_66] = {0xff00, 0x00f0, 0x0007, 0x0000, 0x0017, 0x0000, 0x000f,
                                       0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0xc000, 0x8000,
                                       0x0000, 0x0000},
    [ENCODING_LEGACY][3][PREFIX_F3] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0001},
    [ENCODING_VEX][1][PREFIX_NONE] = {0x0000, 0x00ff, 0xcb00, 0x0000, 0x0cf6, 0xffff, 0x0000,
                                      0x0080, 0x0000, 0x030f, 0x4000, 0x0000, 0x0044, 0x0000,
                                      0x0000, 0x0000},
    [ENCODING_VEX][1][PREFIX_66] = {0x0000, 0x00ff, 0xcb00, 0x0000, 0x0cf6, 0xfff3, 0xffff, 0xf07f,
                                    0x0000, 0x030f, 0x0000, 0x0000, 0x0074, 0xffff, 0xffff, 0x7ffe},
    [ENCODING_VEX][1][PREFIX_F3] = {0x0000, 0x0047, 0x3400, 0x0000, 0x0000, 0xff0e, 0x8000, 0xc001,
                                    0x0000, 0x0000, 0x0000, 0x0000, 0x0004, 0x0000, 0x0040, 0x0000},
    [ENCODING_VEX][1][PREFIX_F2] = {0x0000, 0x0007, 0x3400, 0x0000, 0x0000, 0xf702, 0x0000, 0x3001,
                                    0x0000, 0x000c, 0x0000, 0x0000, 0x0004, 0x0001, 0x0040, 0x0001},
    [ENCODING_VEX][2][PREFIX_NONE] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0200, 0x4000, 0x0000,
                                      0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                      0x0000, 0x00ac},
    [ENCODING_VEX][2][PREFIX_66] = {0xffff, 0x77c8, 0xff3f, 0xffff, 0x0ae3, 0x470f, 0x0000, 0x0300,
                                    0x5000, 0xffcf, 0xffc0, 0xffc0, 0x8000, 0xf800, 0x0000, 0x0080},
    [ENCODING_VEX][2][PREFIX_F3] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0800, 0x5000, 0x0000, 0x0000,
                                    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00a0},
    [ENCODING_VEX][2][PREFIX_F2] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0a00, 0x4000, 0x0000, 0x0000,
                                    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00e0},
    [ENCODING_VEX][3][PREFIX_66] = {0xff77, 0x23f0, 0x0007, 0x430f, 0x1f57, 0xf000, 0xff0f, 0xff00,
                                    0x0000, 0x0000, 0x0000, 0x0000, 0xc000, 0x8000, 0x0000, 0x0000},
    [ENCODING_VEX][3][PREFIX_F2] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                    0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001},
    [ENCODING_EVEX][1][PREFIX_NONE] = {0x0000, 0x00ff, 0xcb00, 0x0000, 0x0000, 0xfff2, 0x0000,
                                       0x0300, 0x0000, 0x0000, 0x0000, 0x0000, 0x0044, 0x0000,
                                       0x0000, 0x0000},
    [ENCODING_EVEX][1][PREFIX_66] = {0x0000, 0x00ff, 0xcb00, 0x0000, 0x0000, 0xfff2, 0xffff, 0xcf7f,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0074, 0xff7e, 0xffff,
                                     0x7f7e},
    [ENCODING_EVEX][1][PREFIX_F3] = {0x0000, 0x0047, 0x3400, 0x0000, 0x0000, 0xff02, 0x8000, 0xcf01,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0004, 0x0000, 0x0040,
                                     0x0000},
    [ENCODING_EVEX][1][PREFIX_F2] = {0x0000, 0x0007, 0x3400, 0x0000, 0x0000, 0xf702, 0x8000, 0x8f01,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0004, 0x0000, 0x0040,
                                     0x0000},
    [ENCODING_EVEX][2][PREFIX_66] = {0x3811, 0xff7f, 0x3fff, 0xffff, 0xf0fd, 0x0f3f, 0x007c, 0xffef,
                                     0xaf08, 0xffcf, 0xffcf, 0xfff0, 0xbdd0, 0xf000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][2][PREFIX_F3] = {0x0000, 0x003f, 0x07ff, 0x073f, 0x0000, 0x0004, 0x0000, 0x0004,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][2][PREFIX_F2] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x000c, 0x0100, 0x0004,
                                     0x0000, 0x0c00, 0x0c00, 0x0000, 0x0000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][3][PREFIX_NONE] = {0x0500, 0x0000, 0x00c0, 0x0000, 0x0000, 0x00c0, 0x00c0,
                                       0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0004, 0x0000,
                                       0x0000, 0x0000},
    [ENCODING_EVEX][3][PREFIX_66] = {0x8f3b, 0xeff0, 0x00ef, 0xcf00, 0x001c, 0x00f3, 0x00c0, 0x000f,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0xc000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][3][PREFIX_F3] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0004, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][5][PREFIX_NONE] = {0x0000, 0x2000, 0xc000, 0x0000, 0x0000, 0xff02, 0x0000,
                                       0x3300, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0000},
    [ENCODING_EVEX][5][PREFIX_66] = {0x0000, 0x2000, 0x0000, 0x0000, 0x0000, 0x0c00, 0x4000, 0x7f00,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][5][PREFIX_F3] = {0x0000, 0x0003, 0x3400, 0x0000, 0x0000, 0xff02, 0x0000, 0x2b00,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][5][PREFIX_F2] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0400, 0x0000, 0x2400,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][6][PREFIX_NONE] = {0x0000, 0x0008, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
                                       0x0000, 0x0000},
    [ENCODING_EVEX][6][PREFIX_66] = {0x0000, 0x0008, 0x3000, 0x0000, 0xf00c, 0x0000, 0x0000, 0x0000,
                                     0x0000, 0xffc0, 0xffc0, 0xffc0, 0x0000, 0x0000, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][6][PREFIX_F3] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00c0, 0x0000, 0x0000,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00c0, 0x0000,
                                     0x0000},
    [ENCODING_EVEX][6][PREFIX_F2] = {0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00c0, 0x0000, 0x0000,
                                     0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00c0, 0x0000,
                                     0x0000},
};

enum opcode_operands opcode_operands(uint8_t map, uint8_t number)
{
    if (map < 2)
        return (enum opcode_operands)operands[map][number >> 4][number & 15];
    return map == 3 ? OPERANDS_MODRM_IMM8 : OPERANDS_MODRM;
}

/* ModRM's reg selects among the instructions of some opcodes of one byte. */
static bool is_defined_of_group(uint8_t number, uint8_t modrm)
{
    const unsigned reg = modrm >> 3 & 7;
    const bool is_register = modrm >> 6 == 3;
    switch (number) {
    case 0x8c: /* mov from a segment register */
        return reg < 6;
    case 0x8d: /* lea */
        return !is_register;
    case 0x8e: /* mov to a segment register */
        return reg < 6 && reg != 1;
    case 0x8f: /* pop; other numbers are AMD's XOP */
        return reg == 0;
    case 0xc6: /* mov, xabort */
    case 0xc7: /* mov, xbegin */
        return reg == 0 || modrm == 0xf8;
    case 0xfe: /* inc, dec */
        return reg < 2;
    case 0xff: /* inc, dec, call, jmp, push */
        return reg < 7 && !(is_register && (reg == 3 || reg == 5));
    default:
        return true;
    }
}

bool opcode_is_defined(const struct opcode *opcode)
{
    if (opcode->map == 0)
        return opcode->encoding == ENCODING_LEGACY &&
               is_defined_of_group(opcode->number, opcode->modrm);
    return opcode->map < MAPS &&
           (defined[opcode->encoding][opcode->map][opcode->prefix][opcode->number >> 4] >>
                (opcode->number & 15) &
            1) != 0;
}

enum { NP = 1 << PREFIX_NONE, P66 = 1 << PREFIX_66, PF3 = 1 << PREFIX_F3, PF2 = 1 << PREFIX_F2 };
enum { ANY_PREFIX = NP | P66 | PF3 | PF2, ANY_REG = 0xff };
enum { LEGACY = 1 << ENCODING_LEGACY, VEX = 1 << ENCODING_VEX, BOTH = LEGACY | VEX };

enum condition { ALWAYS, IF_W, UNLESS_W, UNLESS_L };

/* Opcodes that access 8 bytes of memory. */
static const struct access {
    uint8_t encodings, map, first, last, prefixes;
    enum condition condition;
    uint8_t regs; /* values of ModRM's reg, one bit each */
} accesses[] = {
    {LEGACY, 0, 0x69, 0x69, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x6b, 0x6b, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x81, 0x81, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x83, 0x83, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x85, 0x85, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x87, 0x87, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x89, 0x89, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x8b, 0x8b, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0x8f, 0x8f, NP, ALWAYS, ANY_REG}, /* pop */
    {LEGACY, 0, 0x8f, 0x8f, P66, IF_W, ANY_REG},
    {LEGACY, 0, 0xc1, 0xc1, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0xc7, 0xc7, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0xd1, 0xd1, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0xd3, 0xd3, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0xdc, 0xdc, ANY_PREFIX, ALWAYS, ANY_REG}, /* double */
    {LEGACY, 0, 0xdd, 0xdd, ANY_PREFIX, ALWAYS, 0x0f},
    {LEGACY, 0, 0xdf, 0xdf, ANY_PREFIX, ALWAYS, 0xa0},
    {LEGACY, 0, 0xf7, 0xf7, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 0, 0xff, 0xff, ANY_PREFIX, IF_W, 0x43},
    {LEGACY, 0, 0xff, 0xff, ANY_PREFIX, ALWAYS, 0x14}, /* call, jmp */
    {LEGACY, 0, 0xff, 0xff, NP, ALWAYS, 0x40},         /* push */
    {BOTH, 1, 0x10, 0x11, PF2, ALWAYS, ANY_REG},       /* movsd */
    {BOTH, 1, 0x12, 0x13, NP | P66, ALWAYS, ANY_REG},  /* movlps, movlpd */
    {BOTH, 1, 0x12, 0x12, PF2, UNLESS_L, ANY_REG},     /* movddup */
    {BOTH, 1, 0x16, 0x17, NP | P66, ALWAYS, ANY_REG},  /* movhps, movhpd */
    {LEGACY, 1, 0x01, 0x01, PF3, ALWAYS, 0x20},        /* of shadow stacks */
    {LEGACY, 1, 0xae, 0xae, PF3, ALWAYS, 0x40},
    {LEGACY, 1, 0xae, 0xae, PF3, IF_W, 0x10}, /* ptwrite */
    {LEGACY, 1, 0x2b, 0x2b, PF2, ALWAYS, ANY_REG},
    {LEGACY, 1, 0x2a, 0x2a, NP | P66, ALWAYS, ANY_REG}, /* from and to MMX's registers */
    {BOTH, 1, 0x2a, 0x2a, PF3 | PF2, IF_W, ANY_REG},    /* cvtsi2sd */
    {LEGACY, 1, 0x2c, 0x2d, NP, ALWAYS, ANY_REG},
    {BOTH, 1, 0x2c, 0x2d, PF2, ALWAYS, ANY_REG},
    {BOTH, 1, 0x2e, 0x2f, P66, ALWAYS, ANY_REG},
    {LEGACY, 1, 0x40, 0x4f, ANY_PREFIX, IF_W, ANY_REG}, /* cmov */
    {BOTH, 1, 0x51, 0x51, PF2, ALWAYS, ANY_REG},
    {BOTH, 1, 0x58, 0x5f, PF2, ALWAYS, ANY_REG},
    {BOTH, 1, 0x5a, 0x5a, NP, UNLESS_L, ANY_REG},
    {LEGACY, 1, 0x63, 0x6b, NP, ALWAYS, ANY_REG},
    {BOTH, 1, 0x6e, 0x6e, NP | P66, IF_W, ANY_REG}, /* movq */
    {LEGACY, 1, 0x6f, 0x70, NP, ALWAYS, ANY_REG},
    {LEGACY, 1, 0x74, 0x76, NP, ALWAYS, ANY_REG},
    {LEGACY, 1, 0x78, 0x79, NP, ALWAYS, ANY_REG},
    {BOTH, 1, 0x7e, 0x7e, PF3, ALWAYS, ANY_REG}, /* movq */
    {BOTH, 1, 0x7e, 0x7e, NP | P66, IF_W, ANY_REG},
    {LEGACY, 1, 0x7f, 0x7f, NP, ALWAYS, ANY_REG},
    {VEX, 1, 0x90, 0x91, NP, IF_W, ANY_REG}, /* kmovq */
    {LEGACY, 1, 0xa3, 0xa5, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xab, 0xad, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xaf, 0xaf, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xb1, 0xb1, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xb3, 0xb3, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xb8, 0xb8, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xba, 0xbd, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 1, 0xc1, 0xc1, ANY_PREFIX, IF_W, ANY_REG},
    {BOTH, 1, 0xc2, 0xc2, PF2, ALWAYS, ANY_REG},
    {LEGACY, 1, 0xc3, 0xc3, NP, IF_W, ANY_REG},
    {LEGACY, 1, 0xc7, 0xc7, ANY_PREFIX, UNLESS_W, 0x02},   /* cmpxchg8b */
    {LEGACY, 1, 0xc7, 0xc7, NP | P66 | PF3, ALWAYS, 0x40}, /* of virtual machines */
    {LEGACY, 1, 0xc7, 0xc7, NP, ALWAYS, 0x80},
    {BOTH, 1, 0xd6, 0xd6, P66, ALWAYS, ANY_REG},  /* movq */
    {LEGACY, 1, 0xd1, 0xfe, NP, ALWAYS, ANY_REG}, /* MMX */
    {BOTH, 1, 0xe6, 0xe6, PF3, UNLESS_L, ANY_REG},
    {LEGACY, 2, 0x00, 0x0b, NP, ALWAYS, ANY_REG}, /* MMX */
    {VEX, 2, 0x13, 0x13, P66, UNLESS_L, ANY_REG},
    {VEX, 2, 0x19, 0x19, P66, ALWAYS, ANY_REG}, /* vbroadcastsd */
    {LEGACY, 2, 0x1c, 0x1e, NP, ALWAYS, ANY_REG},
    {BOTH, 2, 0x20, 0x20, P66, UNLESS_L, ANY_REG}, /* pmovsx, pmovzx */
    {BOTH, 2, 0x23, 0x23, P66, UNLESS_L, ANY_REG},
    {BOTH, 2, 0x25, 0x25, P66, UNLESS_L, ANY_REG},
    {BOTH, 2, 0x30, 0x30, P66, UNLESS_L, ANY_REG},
    {BOTH, 2, 0x33, 0x33, P66, UNLESS_L, ANY_REG},
    {BOTH, 2, 0x35, 0x35, P66, UNLESS_L, ANY_REG},
    {VEX, 2, 0x59, 0x59, P66, ALWAYS, ANY_REG}, /* vpbroadcastq */
    {VEX, 2, 0xf2, 0xf7, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 2, 0xf0, 0xf0, NP | P66, IF_W, ANY_REG}, /* movbe */
    {LEGACY, 2, 0xf1, 0xf6, ANY_PREFIX, IF_W, ANY_REG},
    {LEGACY, 2, 0xf9, 0xf9, NP, IF_W, ANY_REG},
    {LEGACY, 3, 0x0f, 0x0f, NP, ALWAYS, ANY_REG},
    {BOTH, 3, 0x0b, 0x0b, P66, ALWAYS, ANY_REG},
    {BOTH, 3, 0x16, 0x16, P66, IF_W, ANY_REG}, /* pextrq, pinsrq */
    {BOTH, 3, 0x22, 0x22, P66, IF_W, ANY_REG},
    {VEX, 3, 0x1d, 0x1d, P66, UNLESS_L, ANY_REG},
    {VEX, 3, 0x6b, 0x6b, P66, ALWAYS, ANY_REG}, /* AMD's fused multiply-add */
    {VEX, 3, 0x6f, 0x6f, P66, ALWAYS, ANY_REG},
    {VEX, 3, 0x7b, 0x7b, P66, ALWAYS, ANY_REG},
    {VEX, 3, 0x7f, 0x7f, P66, ALWAYS, ANY_REG},
    {VEX, 3, 0xf0, 0xf0, PF2, IF_W, ANY_REG}, /* rorx */
};

static bool meets(enum condition condition, const struct opcode *opcode)
{
    return condition == ALWAYS || (condition == IF_W && opcode->w) ||
           (condition == UNLESS_W && !opcode->w) || (condition == UNLESS_L && !opcode->l);
}

static bool is_access(const struct access *access, const struct opcode *opcode)
{
    return access->encodings >> opcode->encoding & 1 && access->map == opcode->map &&
           opcode->number >= access->first && opcode->number <= access->last &&
           access->prefixes >> opcode->prefix & 1 && access->regs >> (opcode->modrm >> 3 & 7) & 1 &&
           meets(access->condition, opcode);
}

/* Fused multiply-add of one number: all that are odd, from 9 to f, in three rows. */
static bool is_scalar_fma(const struct opcode *opcode)
{
    return opcode->encoding == ENCODING_VEX && opcode->map == 2 && opcode->number >= 0x90 &&
           opcode->number < 0xc0 && (opcode->number & 9) == 9;
}

bool opcode_accesses_8_bytes(const struct opcode *opcode)
{
    if (opcode->map == 0 && opcode->number < 0x40) /* add, or, adc ... : of a byte, then not */
        return opcode->w && opcode->number & 1;
    if (is_scalar_fma(opcode))
        return opcode->w;
    for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        if (is_access(&accesses[i], opcode))
            return true;
    }
    return false;
}
