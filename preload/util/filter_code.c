/* filter_code.c - what a filter of system calls answers (filter_code.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/util/filter_code.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

/* A filter at work. */
struct machine {
    uint32_t a, x, memory[BPF_MEMWORDS];
};

static uint32_t load_data(const struct seccomp_data *data, uint32_t offset)
{
    uint32_t word = 0;
    if (offset % sizeof(word) == 0 && offset < sizeof(*data))
        memcpy(&word, (const char *)data + offset, sizeof(word));
    return word;
}

static uint32_t calculate(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_DIV:
        return b ? a / b : 0;
    case BPF_OR:
        return a | b;
    case BPF_AND:
        return a & b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return b < 32 ? a << b : 0;
    case BPF_RSH:
        return b < 32 ? a >> b : 0;
    default: /* BPF_NEG */
        return -a;
    }
}

static bool holds(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    default: /* BPF_JSET */
        return (a & b) != 0;
    }
}

/* What BPF_LD and BPF_LDX load. */
static uint32_t load_word(const struct machine *machine, const struct sock_filter *at,
                          const struct seccomp_data *data)
{
    switch (BPF_MODE(at->code)) {
    case BPF_ABS:
        return load_data(data, at->k);
    case BPF_MEM:
        return at->k < BPF_MEMWORDS ? machine->memory[at->k] : 0;
    case BPF_LEN:
        return sizeof(*data);
    default: /* BPF_IMM */
        return at->k;
    }
}

/* One instruction that is no BPF_RET; returns how many more are left out. */
static uint32_t execute(struct machine *machine, const struct sock_filter *at,
                        const struct seccomp_data *data)
{
    const uint32_t operand = BPF_SRC(at->code) == BPF_X ? machine->x : at->k;
    switch (BPF_CLASS(at->code)) {
    case BPF_LD:
        machine->a = load_word(machine, at, data);
        return 0;
    case BPF_LDX:
        machine->x = load_word(machine, at, data);
        return 0;
    case BPF_ST:
    case BPF_STX:
        if (at->k < BPF_MEMWORDS)
            machine->memory[at->k] = BPF_CLASS(at->code) == BPF_ST ? machine->a : machine->x;
        return 0;
    case BPF_ALU:
        machine->a = calculate(BPF_OP(at->code), machine->a, operand);
        return 0;
    case BPF_JMP:
        if (BPF_OP(at->code) == BPF_JA)
            return at->k;
        return holds(BPF_OP(at->code), machine->a, operand) ? at->jt : at->jf;
    default: /* BPF_MISC */
        *(BPF_MISCOP(at->code) == BPF_TAX ? &machine->x : &machine->a) =
            BPF_MISCOP(at->code) == BPF_TAX ? machine->a : machine->x;
        return 0;
    }
}

/* It is the kernel's affair that it is a sound one. */
static uint32_t answer(const struct sock_filter *code, size_t count,
                       const struct seccomp_data *data)
{
    struct machine machine = {0};
    for (uint64_t i = 0; i < count; i++) {
        const struct sock_filter *at = &code[i];
        if (BPF_CLASS(at->code) == BPF_RET)
            return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
        i += execute(&machine, at, data);
    }
    return SECCOMP_RET_KILL_PROCESS;
}

bool filter_code_allows(const struct sock_filter *code, size_t count,
                        const struct seccomp_data *data)
{
    const uint32_t action = answer(code, count, data) & SECCOMP_RET_ACTION_FULL;
    return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

bool filter_code_lets(const struct sock_filter *code, size_t count, const struct seccomp_data *data)
{
    const uint32_t action = answer(code, count, data) & SECCOMP_RET_ACTION_FULL;
    return action == SECCOMP_RET_ERRNO || filter_code_allows(code, count, data);
}
