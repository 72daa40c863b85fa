/*
 * fast_young.h - lives of young pools as most are: a pool is made where another one has ended, is
 * named, and ends by itself, and others have been seen to do so.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FAST_YOUNG_H
#define PRELOAD_HOOKS_FAST_YOUNG_H

#include "preload/hooks/hook.h"

/* As those of fast_pools.h, which they call where something is otherwise, for where pools may be
 * young. */
bool fast_young_create(const struct hook *hook, const struct entry_frame *frame);
bool fast_young_name(const struct hook *hook, const struct entry_frame *frame);
bool fast_young_destroy(const struct hook *hook, const struct entry_frame *frame);

#endif
