/*
 * last_uses.h - sums up, over a recording, what sampled allocations were used after their unit of
 * work, and tells findings.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LAST_USES_H
#define ANALYZER_RULES_LAST_USES_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/finding.h"

#include <stdint.h>

struct last_uses;

/* Sums; PID: of that process alone, 0: of each. */
struct last_uses *last_uses_new(int32_t pid);
void last_uses_free(struct last_uses *uses);

/* Sees what one thread replays, whatever process. */
struct replay_observer last_uses_observer(struct last_uses *uses);

/* Adds FROM, which is empty then. */
void last_uses_add(struct last_uses *to, struct last_uses *from);

/* Adds to FINDING what is known of what it is about. APIS may be NULL. */
void last_uses_tell(const struct last_uses *uses, struct finding *finding,
                    const struct api_set *apis);

#endif
