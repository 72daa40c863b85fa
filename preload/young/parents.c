/* parents.c - pools in which others were made, as the trace has it; see parents.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/parents.h"

#include <stddef.h>

#define SETS 256u
#define WAYS 4u /* half a line of the cache */

/* Those that live long are few, but a program makes pools in them all the time: of two that share
 * a place each would be taken for new again and again. The latest is the first. */
static uint64_t parents[SETS][WAYS] __attribute__((aligned(64)));

_Static_assert(SETS == 1u << 8, "as many sets as there are hashes");

static uint64_t *set_of(uint64_t pool)
{
    return parents[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 8)];
}

static uint64_t *find(uint64_t pool)
{
    uint64_t *set = set_of(pool);
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i] == pool)
            return &set[i];
    }
    return NULL;
}

bool parents_have(uint64_t pool)
{
    return pool && find(pool);
}

void parents_note(uint64_t pool)
{
    uint64_t *set = set_of(pool);
    if (!pool || find(pool))
        return;
    for (unsigned i = WAYS - 1; i > 0; i--)
        set[i] = set[i - 1];
    set[0] = pool;
}

void parents_forget(uint64_t pool)
{
    uint64_t *place = pool ? find(pool) : NULL;
    if (place)
        *place = 0;
}

void parents_forget_all(void)
{
    for (unsigned i = 0; i < SETS * WAYS; i++)
        parents[i / WAYS][i % WAYS] = 0;
}
