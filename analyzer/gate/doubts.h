/*
 * doubts.h - the doubts about a recording, after it was replayed. The caller frees them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_DOUBTS_H
#define ANALYZER_GATE_DOUBTS_H

#include "analyzer/gate/doubts_list.h"

struct recording;

/* Of the record itself; and of the work in it, too. */
struct doubts doubts_of_record(const struct recording *recording);
struct doubts doubts_of(const struct recording *recording);

/* The same of who accepts that so many percent of what pools hold were traced, 100 all. */
struct doubts doubts_accepting(const struct recording *recording, double coverage);

#endif
