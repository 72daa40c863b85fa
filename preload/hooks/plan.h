/*
 * plan.h - what the calls of a hook mean: which values are read, from where and when, and how fast.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_PLAN_H
#define PRELOAD_HOOKS_PLAN_H

#include "preload/api/pool_api.h"
#include "preload/code/image.h"
#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

/* What the calls of HOOK, one for FUNCTION of IMAGE, mean. False: a variable that its values need
 * was not found, which the trace is told. */
bool plan_calls(struct stream *stream, struct hook *hook, const struct image *image,
                const struct api_function *function);

/* What tells where FUNCTION's allocation is; empty: nothing does. Where addresses are asked for,
 * that is what the function returns, if that might lie anywhere. */
const struct expression *plan_object(const struct api_function *function);

/* What a pool grew by is measured, before and after the calls of HOOK. */
void plan_measure(struct hook *hook);

/* Is what ends in pools of API overwritten? */
bool plan_poisons(const struct api *api);

#endif
