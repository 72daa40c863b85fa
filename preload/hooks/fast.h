/*
 * fast.h - the fast path: what hooks_try() does about the calls of a hook.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FAST_H
#define PRELOAD_HOOKS_FAST_H

#include "preload/hooks/hook.h"

/* For hooks that go that way. True: the call is dealt with. Else nothing was done. */
hook_try *fast_try(enum hook_way way);

/* The one for HOOK_FAST. */
bool fast_other(const struct hook *hook, const struct entry_frame *frame);

#endif
