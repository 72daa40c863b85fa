/*
 * agreed.h - what two walks found alike, one after the other, while other threads ran: what one of
 * them read may have been half done.
 *
 * One thread at a time, between agreed_begin() and agreed_end(). Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_AGREED_H
#define PRELOAD_HOOKS_AGREED_H

#include <stdbool.h>
#include <stdint.h>

/* For a walk, in the process TRACE. False: there is no memory for it, or another thread is at it.
 */
bool agreed_begin(uint64_t trace);

/* WHAT was found, by a hash of all that must be the same. Did the walk before find it, too? */
bool agreed_before(uint64_t what);

/* This walk is the one before. */
void agreed_end(void);

#endif
