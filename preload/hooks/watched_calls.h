/*
 * watched_calls.h - system calls with what is guarded (preload/guard/slots.h): where the kernel
 * would fail with EFAULT, which is no signal, the touch is told before the call, and let through.
 * And those that fork without the C library's telling, where pages are shared
 * (preload/guard/stale.h).
 *
 * By hooks of the C library's functions; what calls the kernel otherwise is not seen.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_WATCHED_CALLS_H
#define PRELOAD_HOOKS_WATCHED_CALLS_H

#include "preload/hooks/entry.h"

struct hook;

/* Hooks the ones where something is GUARDED, the others where it is SHARED; once, while there is
 * one thread, right before detour_finish(). */
void watched_calls_begin(bool guarded, bool shared);

/* The function of HOOK, one of these, is called. Async-signal-safe; errno stays. */
void watched_calls_look(const struct hook *hook, const struct entry_frame *frame);

#endif
