/*
 * traces.h - the traces of a recording that is looked after: what their processes have written to
 * the end of a block is taken out and kept, those of processes that have ended are packed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_TRACES_H
#define ANALYZER_KEEP_TRACES_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct traces;

/* Those of the recording in DIR, which must be the user's own; FULL: see past.h. NULL with *ERROR
 * set. The caller frees it. */
struct traces *traces_open(const char *dir, uint64_t full, struct error *error);
void traces_free(struct traces *traces);

/* Whether the directory is still the one of that name. False with *ERROR set. */
bool traces_are_there(const struct traces *traces, struct error *error);

/* How many there are. */
size_t traces_count(const struct traces *traces);

/* Whether a process still writes one of them. */
bool traces_are_written(const struct traces *traces);

/* How often one of them got no more room, as all together have reached their limit. */
uint64_t traces_refused(const struct traces *traces);

/* Looks at all of them, and gives back what it can: where this is not the LAST look, of each trace
 * only when it is enough to be packed well. While another one packs, or where the directory is not
 * there any more, nothing is done. False with
 * *ERROR set: it failed with some, of which it tells one; nothing of the recording is lost. */
bool traces_look(struct traces *traces, bool last, struct error *error);

/* Bytes that were given back, of processes that go on, and what is kept instead. */
struct traces_sizes {
    uint64_t out, kept;
};
struct traces_sizes traces_sizes(const struct traces *traces);

#endif
