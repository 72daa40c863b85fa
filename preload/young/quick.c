/* quick.c - the young pool that was taken from last; see quick.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/quick.h"

#include "preload/util/forked.h"

/* What entry.S knows. */
_Static_assert(offsetof(struct young_quick, pool) == 8, "layout");
_Static_assert(offsetof(struct young_quick, busy) == 16, "layout");
_Static_assert(offsetof(struct young_quick, alone) == 24, "layout");
_Static_assert(offsetof(struct young_quick, known) == 32, "layout");
_Static_assert(offsetof(struct young_pool, allocations) == 24, "layout");
_Static_assert(offsetof(struct young_pool, bytes) == 28, "layout");
_Static_assert(offsetof(struct young_pool, most) == 36, "layout");
_Static_assert(offsetof(struct young_pool, look_at) == 44, "layout");
_Static_assert(offsetof(struct young_pool, part) == 63, "layout");
_Static_assert(YOUNG_BYTES_MAX == 16 << 20, "size");

FORKED struct young_quick young_quick = {.address = QUICK_NONE};
