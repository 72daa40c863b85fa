/*
 * serve.h - an allocation that is made in place of the function that would, on a page of its own
 * (preload/guard/slots.h).
 *
 * Async-signal-safe.
 */
#ifndef PRELOAD_HOOKS_SERVE_H
#define PRELOAD_HOOKS_SERVE_H

#include "preload/hooks/hook.h"

/* Is the call of HOOK, which serves, one that serve_call() is to be asked for? */
bool serve_asks(const struct hook *hook, const struct entry_frame *frame);

/* The allocation, recorded; 0: it is to be made as ever. */
uint64_t serve_call(const struct hook *hook, const struct entry_frame *frame);

#endif
