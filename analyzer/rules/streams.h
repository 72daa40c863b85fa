/*
 * streams.h - pools that pile up in a unit of work that goes on and on: a web socket, a
 * replication, a session that reads no more commands. Units do not tell of it, so time does.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_STREAMS_H
#define ANALYZER_RULES_STREAMS_H

#include "analyzer/rules/ledger.h"

/*
 * What piled up, by place, since the unit began that PROCESS, which is judged, is in: pools that
 * are still there, and those below them. A finding each, with its growth in slices of time, but
 * without advice; none where less was done in that unit than tells. The caller frees the items.
 * LEDGER is leaked-subpool's.
 */
struct findings streams_find(const struct ledger *ledger, const struct process *process);

#endif
