/*
 * fast_pools.h - the fast path of calls that make, name and end pools, where their values are words
 * of the frame: what hooks_try() does for HOOK_CREATES, HOOK_NAMES and HOOK_ENDS.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FAST_POOLS_H
#define PRELOAD_HOOKS_FAST_POOLS_H

#include "preload/hooks/hook.h"

/* True: the call is dealt with. Else nothing was done. */
bool fast_create(const struct hook *hook, const struct entry_frame *frame);
bool fast_set_name(const struct hook *hook, const struct entry_frame *frame);
bool fast_destroy(const struct hook *hook, const struct entry_frame *frame);

#endif
