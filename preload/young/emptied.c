/* emptied.c - pools that are cleared with nothing in them; see emptied.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/emptied.h"

#define POOLS  16u /* by a hash of their addresses; of others that have it less is known */
#define STACKS 4u  /* of each, the last ones */

static struct emptied {
    uint64_t pool;
    uint32_t stacks[STACKS];
    uint32_t next;
} known[POOLS];

static struct emptied *place_of(uint64_t pool)
{
    return &known[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 4)];
}

_Static_assert(POOLS == 1u << 4, "as many as there are hashes");

bool emptied_again(uint64_t pool, uint32_t stack)
{
    struct emptied *emptied = place_of(pool);
    if (emptied->pool != pool)
        *emptied = (struct emptied){.pool = pool};
    for (unsigned i = 0; i < STACKS; i++)
        if (emptied->stacks[i] == stack)
            return stack != 0;
    emptied->stacks[emptied->next++ % STACKS] = stack;
    return false;
}

void emptied_forget(uint64_t pool)
{
    struct emptied *emptied = place_of(pool);
    if (emptied->pool == pool)
        *emptied = (struct emptied){0};
}

void emptied_forget_all(void)
{
    for (unsigned i = 0; i < POOLS; i++)
        if (known[i].pool)
            known[i] = (struct emptied){0};
}
