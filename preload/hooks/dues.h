/*
 * dues.h - what is due in the trace before a call on young pools, of which fates.h says that it is
 * not clear what becomes of it.
 *
 * All is async-signal-safe, for the one thread that has the young pools to itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_DUES_H
#define PRELOAD_HOOKS_DUES_H

#include "preload/hooks/fates.h"

/* Whatever NOW has at ADDRESS is written. SURVIVES: see survivors_write(). */
void dues_touch(struct stream *stream, struct generation *now, uint64_t address, bool survives);

/* Writes what is due before CALL. False: CALL is dealt with, and not to be written. */
bool dues_meet(struct stream *stream, struct generation *now, const struct generation_call *call);

#endif
