/*
 * unit_words.h - what units of work, and the processes that serve a connection, are called in the
 * pool systems of a recording: as their descriptions say or, where these say nothing, command,
 * restart, connection and session. For people: what programs read has these words always.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_UNIT_WORDS_H
#define ANALYZER_REPLAY_UNIT_WORDS_H

#include "analyzer/replay/replay.h"
#include "analyzer/trace/api_set.h"

#include <stdint.h>

/* All of them, for who has no descriptions any more. */
struct unit_words {
    struct api_word of[API_WORDS]; /* by enum api_mark_kind, enum api_word_of; empty: the usual */
};

struct unit_words unit_words_of(const struct api_set *apis);
/* As below. */
const char *unit_words_unit(const struct unit_words *words, enum api_mark_kind kind,
                            uint64_t count);
const char *unit_words_process(const struct unit_words *words, enum process_kind kind,
                               uint64_t count);

/* "query", "queries" of a kind that is a unit of work; the first system that names it decides. APIS
 * may be NULL. */
const char *unit_word(const struct api_set *apis, enum api_mark_kind kind, uint64_t count);

/* "backend", "masters" */
const char *process_word(const struct api_set *apis, enum process_kind kind, uint64_t count);

/* Of a kind as programs read it, "command": "query"; of any other word that word itself. */
const char *unit_word_of(const struct api_set *apis, const char *name);

#endif
