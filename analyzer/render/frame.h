/*
 * frame.h - a backtrace's frames for people and for programs, and what else is
 * told alike in JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_FRAME_H
#define ANALYZER_RENDER_FRAME_H

#include "analyzer/symbols/symbols.h"
#include "analyzer/util/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_TEXT_MAX 1024 /* bytes, room for any frame's text; longer ones are cut */

/* A moment, ns since 1970; null for 0. New reference. */
json_t *time_json(uint64_t ns);

/* All frames of stack NUMBER, innermost first, inlined ones expanded; 0: empty. New reference. */
json_t *stack_json(const struct stacks *stacks, struct symbols *symbols, uint32_t number);

/*
 * "module!function file:line", "module!function", or "module+0xoffset" without a name, escaped.
 * Returns TEXT.
 */
char *frame_text(const struct symbol_frame *frame, char *text, size_t size);

#endif
