/* eh_frame.c - the unwind tables of a mapped image (.eh_frame_hdr, .eh_frame); see eh_frame.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/eh_frame.h"

#include "preload/code/cursor.h"
#include "preload/code/eh_expression.h"

#include <stddef.h>

/* Pointer encodings (Linux Standard Base, DWARF extensions). */
enum {
    PE_ABSPTR = 0x00,
    PE_UDATA2 = 0x02,
    PE_UDATA4 = 0x03,
    PE_UDATA8 = 0x04,
    PE_SDATA2 = 0x0a,
    PE_SDATA4 = 0x0b,
    PE_SDATA8 = 0x0c,
    PE_PCREL = 0x10,
    PE_OMIT = 0xff,
    PE_SORTED_TABLE = 0x3b /* sdata4, relative to the header: what every linker writes */
};

#define STATES_MAX 8 /* DW_CFA_remember_state nests this deep at most */

struct header {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
};

struct table_entry {
    int32_t start, fde; /* both relative to the header */
};

struct cie {
    uint64_t code_align;
    int64_t data_align;
    uint64_t return_register;
    uint8_t pointer_encoding;
    bool has_augmentation, signal_frame, plain;
    struct cursor program;
};

/* What the call frame instructions have established for the rows that matter here. */
struct state {
    bool cfa_known, cfa_from_rbp, complex, end;
    int64_t cfa_offset;
    int64_t rbp_offset; /* bytes from the CFA, 0: unchanged */
    int64_t return_offset;
};

struct machine {
    const struct cie *cie;
    struct state state, initial, saved[STATES_MAX];
    unsigned depth;
    uint64_t location, target;
};

static uint64_t read_encoded(struct cursor *from, uint8_t encoding)
{
    uint64_t place = (uint64_t)(uintptr_t)from->at;
    uint64_t value;
    switch (encoding & 0x0f) {
    case PE_UDATA2:
        value = read_word(from, 2);
        break;
    case PE_SDATA2:
        value = (uint64_t)(int16_t)read_word(from, 2);
        break;
    case PE_UDATA4:
        value = read_word(from, 4);
        break;
    case PE_SDATA4:
        value = (uint64_t)(int32_t)read_word(from, 4);
        break;
    default:
        value = read_word(from, 8);
    }
    return (encoding & 0x70) == PE_PCREL ? value + place : value;
}

/* The record (CIE or FDE) at AT, without its length; empty at the terminator. */
static struct cursor record_at(const uint8_t *at)
{
    struct cursor header = {at, at + 12};
    uint64_t length = read_word(&header, 4);
    if (length == UINT32_MAX)
        length = read_word(&header, 8);
    return (struct cursor){header.at, header.at + length};
}

static void read_augmentation(struct cursor *from, const char *letters, struct cie *cie)
{
    if (*letters != 'z') {
        cie->plain = *letters == '\0';
        return;
    }
    cie->has_augmentation = true;
    uint64_t length = read_uleb(from);
    const uint8_t *end = from->at + length;
    for (letters++; *letters; letters++) {
        if (*letters == 'R') {
            cie->pointer_encoding = (uint8_t)read_word(from, 1);
        } else if (*letters == 'S') {
            cie->signal_frame = true;
        } else if (*letters == 'P') {
            uint8_t encoding = (uint8_t)read_word(from, 1);
            read_encoded(from, encoding);
        } else if (*letters == 'L') {
            read_word(from, 1);
        } else {
            cie->plain = false;
        }
    }
    from->at = end;
}

static struct cie read_cie(const uint8_t *at)
{
    struct cie cie = {.plain = true, .pointer_encoding = PE_ABSPTR};
    struct cursor from = record_at(at);
    read_word(&from, 4); /* id, 0 */
    uint8_t version = (uint8_t)read_word(&from, 1);
    const char *letters = (const char *)from.at;
    while (from.at < from.end && *from.at)
        from.at++;
    from.at++;
    cie.code_align = read_uleb(&from);
    cie.data_align = read_sleb(&from);
    cie.return_register = version == 1 ? read_word(&from, 1) : read_uleb(&from);
    read_augmentation(&from, letters, &cie);
    cie.program = from;
    return cie;
}

/* The last entry of the sorted table that starts at or before ADDRESS, or NULL. */
static const uint8_t *find_fde(const void *header, uint64_t address)
{
    const struct header *fixed = header;
    if (!header || fixed->version != 1 || fixed->table_encoding != PE_SORTED_TABLE ||
        fixed->count_encoding != PE_UDATA4 || fixed->frame_encoding == PE_OMIT)
        return NULL;
    struct cursor from = {(const uint8_t *)(fixed + 1), (const uint8_t *)(fixed + 1) + 16};
    read_encoded(&from, fixed->frame_encoding);
    uint64_t count = read_word(&from, 4);
    const struct table_entry *table = (const struct table_entry *)from.at;
    int64_t wanted = (int64_t)(address - (uint64_t)(uintptr_t)header);
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (table[middle].start <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? (const uint8_t *)header + table[low - 1].fde : NULL;
}

/* Reads the FDE that covers ADDRESS: its bounds, its CIE, and its instructions into *PROGRAM. */
static bool read_fde(const void *header, uint64_t address, struct function_bounds *bounds,
                     struct cie *cie, struct cursor *program)
{
    const uint8_t *at = find_fde(header, address);
    if (!at)
        return false;
    struct cursor from = record_at(at);
    const uint8_t *id_place = from.at;
    uint64_t distance = read_word(&from, 4);
    if (distance == 0)
        return false;
    *cie = read_cie(id_place - distance);
    bounds->start = read_encoded(&from, cie->pointer_encoding);
    bounds->end = bounds->start + read_encoded(&from, cie->pointer_encoding & 0x0f);
    if (cie->has_augmentation) {
        uint64_t length = read_uleb(&from);
        from.at += length;
    }
    *program = from;
    return address >= bounds->start && address < bounds->end;
}

bool eh_frame_function(const void *header, uint64_t address, struct function_bounds *bounds)
{
    struct cie cie;
    struct cursor program;
    return read_fde(header, address, bounds, &cie, &program);
}

static void set_offset(struct machine *machine, uint64_t reg, int64_t offset)
{
    if (reg == DWARF_RBP)
        machine->state.rbp_offset = offset;
    else if (reg == DWARF_RETURN)
        machine->state.return_offset = offset;
}

static void restore(struct machine *machine, uint64_t reg)
{
    if (reg == DWARF_RBP)
        machine->state.rbp_offset = machine->initial.rbp_offset;
    else if (reg == DWARF_RETURN)
        machine->state.return_offset = machine->initial.return_offset;
}

static void set_cfa_register(struct machine *machine, uint64_t reg)
{
    machine->state.cfa_known = reg == DWARF_RBP || reg == DWARF_RSP;
    machine->state.cfa_from_rbp = reg == DWARF_RBP;
}

static void save_state(struct machine *machine)
{
    if (machine->depth < STATES_MAX)
        machine->saved[machine->depth] = machine->state;
    else
        machine->state.complex = true;
    machine->depth++;
}

static void restore_state(struct machine *machine)
{
    if (machine->depth == 0 || --machine->depth >= STATES_MAX)
        machine->state.complex = true;
    else
        machine->state = machine->saved[machine->depth];
}

static struct cursor read_block(struct cursor *from)
{
    uint64_t length = read_uleb(from);
    uint64_t left = (uint64_t)(from->end - from->at);
    struct cursor block = {from->at, from->at + (length < left ? length : left)};
    from->at = block.end;
    return block;
}

static void set_cfa_expression(struct machine *machine, struct cursor expression)
{
    struct state *state = &machine->state;
    struct eh_value cfa;
    state->cfa_known =
        eh_expression_value(expression, machine->target, &cfa) && cfa.base != EH_CONSTANT;
    state->cfa_from_rbp = state->cfa_known && cfa.base == EH_RBP;
    state->cfa_offset = state->cfa_known ? (int64_t)cfa.offset : 0;
}

/* A rule by expression, or in another register: simple only where it does not matter here. */
static void set_elsewhere(struct machine *machine, uint64_t reg)
{
    if (reg == DWARF_RBP || reg == DWARF_RETURN)
        machine->state.complex = true;
}

enum {
    CFA_ADVANCE_LOC = 0x40, /* the three with an operand in their low six bits */
    CFA_OFFSET = 0x80,
    CFA_RESTORE = 0xc0,
    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE_LOC1 = 0x02,
    CFA_ADVANCE_LOC2 = 0x03,
    CFA_ADVANCE_LOC4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER_STATE = 0x0a,
    CFA_RESTORE_STATE = 0x0b,
    CFA_DEF_CFA = 0x0c,
    CFA_DEF_CFA_REGISTER = 0x0d,
    CFA_DEF_CFA_OFFSET = 0x0e,
    CFA_DEF_CFA_EXPRESSION = 0x0f,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_GNU_ARGS_SIZE = 0x2e
};

/* The instructions that define the CFA; false: OPCODE is another one. */
static bool define_cfa(struct machine *machine, struct cursor *from, uint8_t opcode)
{
    struct state *state = &machine->state;
    switch (opcode) {
    case CFA_DEF_CFA:
        set_cfa_register(machine, read_uleb(from));
        state->cfa_offset = (int64_t)read_uleb(from);
        return true;
    case CFA_DEF_CFA_SF:
        set_cfa_register(machine, read_uleb(from));
        state->cfa_offset = read_sleb(from) * machine->cie->data_align;
        return true;
    case CFA_DEF_CFA_REGISTER:
        set_cfa_register(machine, read_uleb(from));
        return true;
    case CFA_DEF_CFA_OFFSET:
        state->cfa_offset = (int64_t)read_uleb(from);
        return true;
    case CFA_DEF_CFA_OFFSET_SF:
        state->cfa_offset = read_sleb(from) * machine->cie->data_align;
        return true;
    case CFA_DEF_CFA_EXPRESSION:
        set_cfa_expression(machine, read_block(from));
        return true;
    default:
        return false;
    }
}

/* The instructions that say where registers were saved; false: OPCODE is another one. */
static bool define_register(struct machine *machine, struct cursor *from, uint8_t opcode)
{
    uint64_t reg;
    switch (opcode) {
    case CFA_OFFSET_EXTENDED:
        reg = read_uleb(from);
        set_offset(machine, reg, (int64_t)read_uleb(from) * machine->cie->data_align);
        return true;
    case CFA_OFFSET_EXTENDED_SF:
        reg = read_uleb(from);
        set_offset(machine, reg, read_sleb(from) * machine->cie->data_align);
        return true;
    case CFA_RESTORE_EXTENDED:
        restore(machine, read_uleb(from));
        return true;
    case CFA_UNDEFINED:
        /* No return address: there is no caller. */
        machine->state.end |= read_uleb(from) == DWARF_RETURN;
        return true;
    case CFA_SAME_VALUE:
        set_offset(machine, read_uleb(from), 0);
        return true;
    case CFA_REGISTER:
        set_elsewhere(machine, read_uleb(from));
        read_uleb(from);
        return true;
    case CFA_EXPRESSION:
    case CFA_VAL_EXPRESSION:
        set_elsewhere(machine, read_uleb(from));
        read_block(from);
        return true;
    default:
        return false;
    }
}

static void execute(struct machine *machine, struct cursor *from, uint8_t opcode)
{
    if (define_cfa(machine, from, opcode) || define_register(machine, from, opcode))
        return;
    if (opcode == CFA_REMEMBER_STATE)
        save_state(machine);
    else if (opcode == CFA_RESTORE_STATE)
        restore_state(machine);
    else if (opcode == CFA_GNU_ARGS_SIZE)
        read_uleb(from);
    else if (opcode != CFA_NOP)
        machine->state.complex = true;
}

/* Moves on by an advance; false: OPCODE is another instruction. */
static bool advance(struct machine *machine, struct cursor *from, uint8_t opcode)
{
    uint64_t delta;
    if ((opcode & 0xc0) == CFA_ADVANCE_LOC)
        delta = opcode & 0x3f;
    else if (opcode == CFA_ADVANCE_LOC1)
        delta = read_word(from, 1);
    else if (opcode == CFA_ADVANCE_LOC2)
        delta = read_word(from, 2);
    else if (opcode == CFA_ADVANCE_LOC4)
        delta = read_word(from, 4);
    else
        return false;
    machine->location += delta * machine->cie->code_align;
    return true;
}

static void run(struct machine *machine, struct cursor program)
{
    while (program.at < program.end) {
        uint8_t opcode = *program.at++;
        if (advance(machine, &program, opcode)) {
            if (machine->location > machine->target)
                return;
        } else if ((opcode & 0xc0) == CFA_OFFSET) {
            set_offset(machine, opcode & 0x3f,
                       (int64_t)read_uleb(&program) * machine->cie->data_align);
        } else if ((opcode & 0xc0) == CFA_RESTORE) {
            restore(machine, opcode & 0x3f);
        } else if (opcode == CFA_SET_LOC) {
            machine->location = read_encoded(&program, machine->cie->pointer_encoding);
            if (machine->location > machine->target)
                return;
        } else {
            execute(machine, &program, opcode);
        }
    }
}

static struct unwind_rule make_rule(const struct cie *cie, const struct state *state)
{
    struct unwind_rule rule = {.kind = UNWIND_COMPLEX};
    if (cie->signal_frame)
        rule.kind = UNWIND_SIGNAL;
    else if (state->end)
        rule.kind = UNWIND_END;
    else if (state->cfa_known && !state->complex && cie->plain && state->return_offset == -8 &&
             cie->return_register == DWARF_RETURN && state->rbp_offset % 8 == 0 &&
             state->rbp_offset / 8 == (int16_t)(state->rbp_offset / 8) &&
             state->cfa_offset == (int32_t)state->cfa_offset)
        rule = (struct unwind_rule){.kind = UNWIND_NORMAL,
                                    .cfa_offset = (int32_t)state->cfa_offset,
                                    .rbp_offset = (int16_t)(state->rbp_offset / 8),
                                    .from_rbp = state->cfa_from_rbp};
    return rule;
}

struct unwind_rule eh_frame_rule(const void *header, uint64_t address)
{
    struct cie cie;
    struct cursor program;
    struct function_bounds bounds;
    if (!read_fde(header, address, &bounds, &cie, &program))
        return (struct unwind_rule){.kind = UNWIND_UNKNOWN};
    struct machine machine = {.cie = &cie, .location = bounds.start, .target = address};
    run(&machine, cie.program);
    machine.initial = machine.state;
    machine.location = bounds.start;
    run(&machine, program);
    struct unwind_rule rule = make_rule(&cie, &machine.state);
    rule.last = address + 1 == bounds.end;
    return rule;
}
