/* instruction.c - what the recorder has to know of a machine instruction; see instruction.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/instruction.h"

#include "preload/code/opcodes.h"

#include <string.h>

/* Prefixes of legacy encodings, and what escapes to others. */
enum {
    OPERAND_SIZE = 0x66,
    ADDRESS_SIZE = 0x67,
    LOCK = 0xf0,
    REPNE = 0xf2,
    REP = 0xf3,
    REX = 0x40,
    REX_B = 0x01,
    REX_W = 0x08,
    ESCAPE = 0x0f,
    EVEX = 0x62,
    VEX_3 = 0xc4,
    VEX_2 = 0xc5,
};

#define MODRM_MOD(modrm) ((modrm) >> 6)
#define MODRM_REG(modrm) ((modrm) >> 3 & 7)
#define MODRM_RM(modrm)  ((modrm)&7)

/* Reading an instruction. */
struct reader {
    const uint8_t *code;
    size_t size; /* bytes, not more than an instruction may have */
    size_t at;
    bool ended; /* there were no more */
    bool operand_16, address_32, lock;
    uint8_t repeat; /* the last of REP and REPNE, or 0 */
    uint8_t rex;    /* 0: none */
    struct opcode opcode;
};

static uint8_t next_byte(struct reader *reader)
{
    if (reader->at < reader->size)
        return reader->code[reader->at++];
    reader->ended = true;
    return 0;
}

static void skip(struct reader *reader, size_t bytes)
{
    if (bytes > reader->size - reader->at)
        reader->ended = true;
    else
        reader->at += bytes;
}

/* False: BYTE is none. A REX prefix counts only right before the opcode. */
static bool note_prefix(struct reader *reader, uint8_t byte)
{
    const uint8_t rex_before = reader->rex;
    reader->rex = 0;
    switch (byte) {
    case 0x26: /* segments: they change no length and no branch */
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
        return true;
    case OPERAND_SIZE:
        return reader->operand_16 = true;
    case ADDRESS_SIZE:
        return reader->address_32 = true;
    case LOCK:
        return reader->lock = true;
    case REP:
    case REPNE:
        reader->repeat = byte;
        return true;
    default:
        reader->rex = (byte & 0xf0) == REX ? byte : rex_before;
        return (byte & 0xf0) == REX;
    }
}

/* Of opcodes of one byte, F2 and F3 select none: they repeat, or say nothing. */
static enum opcode_prefix selecting_prefix(const struct reader *reader)
{
    if (reader->repeat && reader->opcode.map > 0)
        return reader->repeat == REP ? PREFIX_F3 : PREFIX_F2;
    return reader->operand_16 ? PREFIX_66 : PREFIX_NONE;
}

static void read_legacy(struct reader *reader, uint8_t byte)
{
    struct opcode *opcode = &reader->opcode;
    opcode->w = reader->rex & REX_W;
    if (byte == ESCAPE) {
        opcode->map = 1;
        byte = next_byte(reader);
        if (byte == 0x38 || byte == 0x3a) {
            opcode->map = byte == 0x38 ? 2 : 3;
            byte = next_byte(reader);
        }
    }
    opcode->prefix = selecting_prefix(reader);
    opcode->number = byte;
}

static bool read_vex(struct reader *reader, bool three_bytes)
{
    struct opcode *opcode = &reader->opcode;
    opcode->encoding = ENCODING_VEX;
    opcode->map = three_bytes ? next_byte(reader) & 31 : 1;
    const uint8_t last = next_byte(reader);
    opcode->w = three_bytes && last & 0x80;
    opcode->l = last & 4;
    opcode->prefix = last & 3;
    opcode->number = next_byte(reader);
    return true;
}

/* False: fixed bits are others, as they are in what newer processors know. */
static bool read_evex(struct reader *reader)
{
    struct opcode *opcode = &reader->opcode;
    const uint8_t first = next_byte(reader), second = next_byte(reader);
    next_byte(reader);
    opcode->encoding = ENCODING_EVEX;
    opcode->map = first & 7;
    opcode->w = second & 0x80;
    opcode->prefix = second & 3;
    opcode->number = next_byte(reader);
    return (first & 8) == 0 && (second & 4) != 0;
}

/* Prefixes and opcode. False: it is none. */
static bool read_opcode(struct reader *reader, struct instruction *to)
{
    uint8_t byte;
    do
        byte = next_byte(reader);
    while (!reader->ended && note_prefix(reader, byte));
    to->opcode_at = (uint8_t)(reader->at - 1);
    if (byte != EVEX && byte != VEX_2 && byte != VEX_3) {
        read_legacy(reader, byte);
        return true;
    }
    if (reader->rex || reader->operand_16 || reader->repeat || reader->lock)
        return false;
    return byte == EVEX ? read_evex(reader) : read_vex(reader, byte == VEX_3);
}

/* What ModRM says of an operand in memory. */
static void read_memory(struct reader *reader, struct instruction *to)
{
    const unsigned mod = MODRM_MOD(reader->opcode.modrm), rm = MODRM_RM(reader->opcode.modrm);
    if (mod == 3)
        return;
    const uint8_t sib = rm == 4 ? next_byte(reader) : 0;
    if (mod == 0 && rm == 5)
        to->rip_at = (uint8_t)reader->at;
    if (mod == 2 || to->rip_at || (mod == 0 && rm == 4 && (sib & 7) == 5))
        skip(reader, 4);
    else if (mod == 1)
        skip(reader, 1);
}

static bool has_modrm(enum opcode_operands operands)
{
    return operands == OPERANDS_MODRM || operands == OPERANDS_MODRM_IMM8 ||
           operands == OPERANDS_MODRM_IMM || operands == OPERANDS_TEST_IMM8 ||
           operands == OPERANDS_TEST_IMM;
}

/* Bytes of the immediate operand. */
static size_t immediate_size(const struct reader *reader, enum opcode_operands operands)
{
    const struct opcode *opcode = &reader->opcode;
    const size_t size = reader->operand_16 && !opcode->w ? 2 : 4;
    switch (operands) {
    case OPERANDS_IMM8:
    case OPERANDS_REL8:
    case OPERANDS_MODRM_IMM8:
        return 1;
    case OPERANDS_TEST_IMM8:
        return MODRM_REG(opcode->modrm) < 2 ? 1 : 0;
    case OPERANDS_IMM16:
        return 2;
    case OPERANDS_IMM24:
        return 3;
    case OPERANDS_IMM:
    case OPERANDS_MODRM_IMM:
        return size;
    case OPERANDS_TEST_IMM:
        return MODRM_REG(opcode->modrm) < 2 ? size : 0;
    case OPERANDS_IMM_W:
        return opcode->w ? 8 : size;
    case OPERANDS_ADDRESS:
        return reader->address_32 ? 4 : 8;
    case OPERANDS_REL32:
        return 4;
    default:
        return 0;
    }
}

static bool is_xbegin(const struct opcode *opcode)
{
    return opcode->map == 0 && opcode->number == 0xc7 && opcode->modrm == 0xf8;
}

static enum instruction_kind kind_of_byte(const struct reader *reader)
{
    const uint8_t number = reader->opcode.number, reg = MODRM_REG(reader->opcode.modrm);
    switch (number) {
    case 0x90: /* with REX.B it exchanges, and with REP it waits */
        return reader->rex & REX_B || reader->repeat == REP ? INSTRUCTION_OTHER
                                                            : INSTRUCTION_NOTHING;
    case 0xc2:
    case 0xc3:
        return INSTRUCTION_RETURN;
    case 0xe8:
        return INSTRUCTION_CALL;
    case 0xe9:
    case 0xeb:
        return INSTRUCTION_JUMP;
    case 0xff:
        return reg == 2 || reg == 3   ? INSTRUCTION_CALL
               : reg == 4 || reg == 5 ? INSTRUCTION_JUMP
                                      : INSTRUCTION_OTHER;
    default:
        return number >> 4 == 7 || (number >= 0xe0 && number <= 0xe3) || is_xbegin(&reader->opcode)
                   ? INSTRUCTION_BRANCH
                   : INSTRUCTION_OTHER;
    }
}

static enum instruction_kind kind_of(const struct reader *reader)
{
    const struct opcode *opcode = &reader->opcode;
    if (opcode->encoding != ENCODING_LEGACY || opcode->map > 1)
        return INSTRUCTION_OTHER;
    if (opcode->map == 0)
        return kind_of_byte(reader);
    if (opcode->number >> 4 == 8)
        return INSTRUCTION_BRANCH;
    if (opcode->number == 0x1e && opcode->modrm == 0xfa && opcode->prefix == PREFIX_F3)
        return INSTRUCTION_ENDBR64;
    return opcode->number == 0x1f ? INSTRUCTION_NOTHING : INSTRUCTION_OTHER;
}

static bool takes_address(const struct opcode *opcode)
{
    return opcode->encoding == ENCODING_LEGACY && opcode->map == 0 && opcode->number == 0x8d;
}

static enum instruction_access access_of(const struct opcode *opcode,
                                         const struct instruction *decoded)
{
    if (!decoded->rip_at || takes_address(opcode) || decoded->kind == INSTRUCTION_NOTHING)
        return ACCESS_NONE;
    if (opcode->encoding == ENCODING_EVEX)
        return ACCESS_UNKNOWN;
    return opcode_accesses_8_bytes(opcode) ? ACCESS_8_BYTES : ACCESS_OTHER;
}

/* The number that the branch ends in, or the one in its midst. */
static void read_relative(const struct reader *reader, struct instruction *to)
{
    if (to->branch_size == 1)
        to->relative = (int8_t)reader->code[reader->at - 1];
    else if (to->branch_size == 4)
        memcpy(&to->relative, reader->code + reader->at - 4, sizeof(to->relative));
    else if (to->rip_at)
        memcpy(&to->relative, reader->code + to->rip_at, sizeof(to->relative));
}

bool instruction_decode(const void *code, size_t size, struct instruction *to)
{
    struct reader reader = {.code = code, .size = size < INSTRUCTION_MAX ? size : INSTRUCTION_MAX};
    *to = (struct instruction){0};
    if (!read_opcode(&reader, to) || reader.ended)
        return false;
    const enum opcode_operands operands = opcode_operands(reader.opcode.map, reader.opcode.number);
    if (has_modrm(operands)) {
        reader.opcode.modrm = next_byte(&reader);
        read_memory(&reader, to);
    }
    const size_t immediate = immediate_size(&reader, operands);
    skip(&reader, immediate);
    if (reader.ended || operands == OPERANDS_UNDEFINED || operands == OPERANDS_PREFIX ||
        !opcode_is_defined(&reader.opcode))
        return false;
    if (operands == OPERANDS_REL8 || operands == OPERANDS_REL32 || is_xbegin(&reader.opcode))
        to->branch_size = (uint8_t)immediate;
    /* Intel's and AMD's processors differ, but not with REX.W, as calls for thread-local data have
     * it; and an address relative to eip no compiler emits. */
    if ((to->branch_size && reader.operand_16 && !reader.opcode.w) ||
        (to->rip_at && reader.address_32))
        return false;
    to->length = (uint8_t)reader.at;
    to->kind = kind_of(&reader);
    to->access = access_of(&reader.opcode, to);
    read_relative(&reader, to);
    return true;
}
