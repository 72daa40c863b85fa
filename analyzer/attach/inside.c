/* inside.c - whether a thread is inside the recorder; see inside.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/inside.h"

#define DEPTH_MASK 15u

static bool is_in(uint64_t address, uint64_t begin, uint64_t size)
{
    return address - begin < size;
}

/* In the recorder's code, or in that which leads to it. */
static bool is_recorders(const struct control *control, uint64_t address)
{
    bool is = is_in(address, control->code_begin, control->code_end - control->code_begin) &&
              !is_in(address, control->waits_begin, control->waits_end - control->waits_begin);
    for (unsigned i = 0; i < CONTROL_REGIONS && control->regions[i]; i++)
        is |= is_in(address, control->regions[i], control->region_size);
    return is;
}

/* Who left by a long jump is known by a stack that ends above where it entered. */
bool is_inside_recorder(const struct control *control, const struct target_memory *memory,
                        const struct user_regs_struct *registers)
{
    const uint64_t entered = target_word(memory, registers->fs_base + (uint64_t)control->entered) &
                             ~(uint64_t)DEPTH_MASK;
    return is_recorders(control, registers->rip) || (entered && entered >= registers->rsp);
}
