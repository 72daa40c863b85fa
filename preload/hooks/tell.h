/*
 * tell.h - tells the trace what was hooked and how, or why it was not: lifeguard info shows it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_TELL_H
#define PRELOAD_HOOKS_TELL_H

#include "preload/code/image.h"
#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

#define TELL_PARTS 5 /* of what is told */

/* How the function NAME of IMAGE, at ADDRESS, was hooked or, as TRACE_RECORD_SKIPPED, why it was
 * not: in PARTS pieces, of which there may be TELL_PARTS. */
void tell_hook(struct stream *stream, const struct image *image, enum trace_record_type type,
               const struct hook *hook, struct slice name, uint64_t address,
               const struct slice *how, unsigned parts);

/* Of the roots of SYSTEM, those that code had to be read for: a symbol's place is plain. */
void tell_roots(struct stream *stream, const struct pool_system *system, const struct image *image);

/* Whether the memory of destroyed pools is poisoned, which was asked for. */
void tell_poison(struct stream *stream, const struct image *image, bool can);

/* TEXT, which may be NULL. */
struct slice words(const char *text);

#endif
