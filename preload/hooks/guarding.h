/*
 * guarding.h - which hooks serve allocations from pages of their own (serve.h), and which end what
 * was served.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_GUARDING_H
#define PRELOAD_HOOKS_GUARDING_H

#include "preload/code/image.h"
#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

/* For a system with the description API, which IMAGE has: begins to guard, where that is asked for
 * and can be, and tells the trace whether it is so. */
void guarding_begin(struct stream *stream, const struct api *api, const struct image *image);

/* What HOOK, which is planned but for this, for FUNCTION, does about it. */
void guarding_plan(struct hook *hook, const struct api_function *function);

#endif
