/*
 * crash_json.h - a signal that a program gets for a fault of its own, in the JSON of a finding.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_CRASH_JSON_H
#define ANALYZER_RENDER_CRASH_JSON_H

#include "analyzer/rules/crash_note.h"
#include "analyzer/symbols/logical_stack.h"

#include <jansson.h>

/* null: of another rule, NOTE is NULL. */
json_t *crash_json(const struct crash_note *note, const struct name_source *names);

/* "SIGSEGV"; null of 0. */
json_t *signal_json(int signal);

#endif
