/*
 * describe.h - what every rule says alike: which pool, in which process, when.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_DESCRIBE_H
#define ANALYZER_RULES_DESCRIBE_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/finding.h"
#include "analyzer/rules/series.h"

/* The span of ticks in which a thing was seen. */
struct span {
    uint64_t first, last;
};

/* Whether UNIT is one of work: a command, a restart, a connection. */
static inline bool unit_is_work(struct unit unit)
{
    return unit.kind <= API_MARK_CONNECTION;
}

/* Whether UNIT is one that can be counted: of work, or a moment of time. */
static inline bool unit_counts(struct unit unit)
{
    return unit_is_work(unit) || unit.kind == API_UNIT_TIME;
}

static inline bool same_unit(struct unit a, struct unit b)
{
    return a.kind == b.kind && a.index == b.index;
}

/* How many units of that kind PROCESS has begun. */
static inline uint32_t units_begun(const struct process *process, enum api_mark_kind unit)
{
    return unit == API_UNIT_TIME ? process->moments : process->units[unit];
}

/* FINDING was given back. Where time is the unit, a job that fills a pool while it goes on, and is
 * done, does the same: no more than a warning. */
void soften_job(struct finding *finding);

/* What to do about a documented cache that was not seen to be at rest. */
extern const char cache_advice[];

/* Whether POOL is a documented cache, or in one: what it takes over time is no growth. */
bool is_in_cache(const struct replay *replay, const struct pool *pool);

/* How long POOL is documented to live; API_LIFE_UNKNOWN where it is not. */
enum api_life pool_life(const struct replay *replay, const struct pool *pool);

/* Whether growth in units of that kind says anything: in time, only before any other unit, where
 * enough was done, and it was no start-up. */
bool unit_is_judged(const struct process *process, enum api_mark_kind unit);

/* Ends SERIES, over units of that kind, and judges it. */
struct series_growth end_series(struct series *series, const struct process *process,
                                enum api_mark_kind unit);

/* Whether POOL is a root pool that is used as such: not as the pool of a documented role that a
 * session has none of its own of. */
bool is_plain_root(const struct replay *replay, const struct process *process,
                   const struct pool *pool);

/* Whether POOL is but something taken straight from a root pool: an object with bytes of its own
 * and never one below it, where each object is a pool. */
bool is_straight_in_root(const struct replay *replay, const struct pool *pool);

/* The same, were PARENT its parent. */
bool is_straight_below(const struct replay *replay, const struct pool *parent,
                       const struct pool *pool);

/* Sets kind, pid, and the times of SPAN. */
void describe_process(struct finding *finding, const struct process *process, struct span span);

/* Sets the advice: TEXT, with what {command}, {restart} and {session} are called in its place. */
void describe_advice(struct finding *finding, const struct replay *replay, const char *text);

/* Sets tag, role, path and creation stack. */
void describe_pool(struct finding *finding, const struct replay *replay, const struct pool *pool);

/* The same of the pool of what was touched, alive or not. */
void describe_touched(struct finding *finding, const struct replay *replay,
                      const struct touched *touched);

#endif
