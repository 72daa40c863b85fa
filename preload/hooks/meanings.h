/*
 * meanings.h - what a description says of pools with a name, as far as it matters to whether they
 * may be young. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_MEANINGS_H
#define PRELOAD_HOOKS_MEANINGS_H

#include "preload/hooks/young_call.h"
#include "preload/young/only.h"

/* Of one whose end is documented, and that is not another's, it matters whether it came with
 * another's; of which there is to be one, when each was made; of which there is to be one at a
 * time, both. */
enum name_meaning { NAME_MEANS_NOTHING, NAME_MEANS_END, NAME_MEANS_ONE, NAME_MEANS_ONE_AT_A_TIME };

#define MEANINGS_IDS 4096u /* of names, whose meanings are remembered */

extern uint8_t meanings[TRACE_SYSTEMS_MAX][MEANINGS_IDS]; /* + 1; 0: not known yet */

/* Is that of the name with ID known, and does nothing but its end matter? *MEANING: which. */
static inline bool meaning_is_plain(const struct pool_system *system, uint32_t id,
                                    enum name_meaning *meaning)
{
    const uint8_t known = id < MEANINGS_IDS ? meanings[system->number][id] : 0;
    *meaning = (enum name_meaning)(known - 1);
    return known == NAME_MEANS_NOTHING + 1 || known == NAME_MEANS_END + 1;
}

/* Of NAME, whose id is ID or, where that is 0, not known. */
enum name_meaning meaning_of(const struct pool_system *system, uint32_t id, const char *name);

/* Which ones they are of which there is to be one at a time: see preload/young/only.h. */
uint32_t meaning_kind(const struct pool_system *system, const char *name);

/* Does CALL make or name one of them, while one is there that is young? */
bool meaning_is_next(const struct generation_call *call);

/* POOL was told of as one that has NAME. */
void meaning_told(const struct pool_system *system, uint64_t pool, const char *name);

#endif
