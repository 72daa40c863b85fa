/*
 * pools.h - what the pools of each path hold and took, process by process, while a recording is
 * followed. Of processes that have ended, only the last ones are kept.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_POOLS_H
#define ANALYZER_TOP_POOLS_H

#include <stdint.h>

struct recording;
struct replay_observer;
struct top_snapshot;

struct top_pools;

struct top_pools *top_pools_new(void);
void top_pools_free(struct top_pools *pools);
struct replay_observer top_pools_observer(struct top_pools *pools);

/* The processes of RECORDING and their rows to SNAPSHOT, once all were told their end. PID: that
 * process, too, if it has ended; 0: no such. */
void top_pools_write(const struct top_pools *pools, const struct recording *recording, int32_t pid,
                     struct top_snapshot *snapshot);

#endif
