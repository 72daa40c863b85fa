/* agreed.c - what the walk before has found (agreed.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/agreed.h"

#include "preload/util/address_space.h"
#include "preload/util/forked.h"

#define FOUND_MAX 512 /* that are remembered; of more, some are told later */

struct found {
    uint64_t trace; /* that they are of */
    unsigned counts[2];
    uint64_t items[2][FOUND_MAX];
};

FORKED static struct found *found;
FORKED static unsigned now;   /* which of the two is that of the walk that is run */
FORKED static uint64_t at_it; /* the trace of the process that is: what its parent was at is not */

bool agreed_begin(uint64_t trace)
{
    uint64_t before = __atomic_load_n(&at_it, __ATOMIC_RELAXED);
    if (before == trace || !__atomic_compare_exchange_n(&at_it, &before, trace, false,
                                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return false;
    if (!found)
        found = address_space_map(sizeof(*found));
    if (!found) {
        __atomic_store_n(&at_it, 0, __ATOMIC_RELEASE);
        return false;
    }
    if (found->trace != trace)
        found->counts[0] = found->counts[1] = 0;
    found->trace = trace;
    found->counts[now] = 0;
    return true;
}

bool agreed_before(uint64_t what)
{
    if (found->counts[now] < FOUND_MAX)
        found->items[now][found->counts[now]++] = what;
    for (unsigned i = 0; i < found->counts[!now]; i++) {
        if (found->items[!now][i] == what)
            return true;
    }
    return false;
}

void agreed_end(void)
{
    now = !now;
    __atomic_store_n(&at_it, 0, __ATOMIC_RELEASE);
}
