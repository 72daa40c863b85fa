/*
 * libunwind_remote.h - libunwind, used as for another process: its own memory reads, locks and
 * look-ups would not do in a hook, so it is given ours.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_LIBUNWIND_REMOTE_H
#define PRELOAD_UNWIND_LIBUNWIND_REMOTE_H

#include "preload/unwind/backtrace.h"

struct scratch;

/* Before main only: loads the library. False: it cannot be had, backtraces may end early. */
bool libunwind_setup(void);

/*
 * Puts what begins at START behind the frames that BACKTRACE has. As libunwind has it: the
 * recorder's own frames included, interrupted addresses as they are. It ends at a stub that a
 * signal interrupted, of which libunwind knows nothing and would guess. False, and nothing
 * changed, when libunwind is not there. It works in SCRATCH, with all signals blocked.
 */
bool libunwind_take(struct scratch *scratch, const struct unwind_start *start,
                    struct backtrace *backtrace);

/*
 * In a forked child: a thread that is not there any more may have been in libunwind, and its lock
 * be held for ever. Then the child does without.
 */
void libunwind_forked(void);

#endif
