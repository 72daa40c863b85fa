/* doubts.c - why a recording is not good enough to judge by; see doubts.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/doubts.h"

#include "analyzer/gate/doubts_hooks.h"
#include "analyzer/gate/doubts_work.h"
#include "analyzer/replay/folded.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <string.h>

#define DAMAGES_LISTED 3

static size_t hooked(const struct recording_stats *stats)
{
    size_t count = 0;
    for (size_t i = 0; i < stats->hook_count; i++)
        count += !stats->hooks[i].skipped;
    return count;
}

static void doubt_content(struct doubts *doubts, const struct recording_stats *stats)
{
    if (!stats->api)
        doubts_add(doubts, "No pool API was found in the program: nothing was hooked.");
    else if (hooked(stats) == 0)
        doubts_add(doubts, "Nothing was hooked.");
    if (stats->pool_events == 0)
        doubts_add(doubts, "No pool event was recorded.");
}

static const char *const lost_words[TRACE_LOST_KINDS] = {
    [TRACE_LOST_STOPPED] = "after recording had stopped",
    [TRACE_LOST_NESTING] = "in signal handlers nested too deeply",
    [TRACE_LOST_THREADS] = "in more threads than there are streams",
    [TRACE_LOST_BEGINNING] = "in threads that came before their process's trace",
    [TRACE_LOST_STACK] = "on stacks that had no room left",
};

static const char *const stop_words[TRACE_STOP_KINDS] = {
    [TRACE_STOP_DISK_FULL] = "the disk had no room for more of the trace, or refused it",
    [TRACE_STOP_SIZE_LIMIT] = "the trace reached its limit (LIFEGUARD_MAX_SIZE, or the "
                              "program's own limit on the size of files)",
    [TRACE_STOP_ADDRESS_SPACE] = "the program's own limit on its address space left no room",
    [TRACE_STOP_FILTER] = "the program's filter of system calls (seccomp) would have ended it for "
                          "a larger trace",
};

static void doubt_stops(struct doubts *doubts, const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    char text[UNITS_TEXT];
    if (recording_total_reached(recording))
        doubts_add(
            doubts,
            "All traces of the directory together have reached their limit (%s, --max-total): "
            "recording stopped in %zu of %zu processes, and later ones have a trace only once "
            "lifeguard keep has made room.",
            bytes_text(recording_total_reached(recording), text), stats->stops[TRACE_STOP_TOTAL],
            stats->processes);
    for (size_t i = 0; i < TRACE_STOP_KINDS; i++) {
        const bool refused = i == TRACE_STOP_DISK_FULL && stats->stop_errno > 0;
        if (stats->stops[i] && i != TRACE_STOP_TOTAL)
            doubts_add(doubts, "Recording stopped early in %zu of %zu processes: %s%s%s.",
                       stats->stops[i], stats->processes,
                       stop_words[i] ? stop_words[i]
                                     : "for a reason that this version does not know",
                       refused ? ": " : "", refused ? strerror(stats->stop_errno) : "");
    }
}

static void doubt_losses(struct doubts *doubts, const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    for (size_t i = 0; i < TRACE_LOST_KINDS; i++) {
        if (stats->lost[i])
            doubts_add(doubts, "%" PRIu64 " events were lost %s.", stats->lost[i],
                       lost_words[i] ? lost_words[i]
                                     : "for a reason that this version does not know");
    }
    /* An empty trace excuses nobody: a session can empty its own. */
    size_t unusable = recording_refused_count(recording);
    if (stats->untraced > unusable)
        doubts_add(doubts,
                   "%zu forked processes are not recorded: no trace could be written in them.",
                   stats->untraced - unusable);
    doubt_stops(doubts, recording);
}

static void doubt_damage(struct doubts *doubts, const struct recording *recording,
                         const struct recording_stats *stats)
{
    size_t listed = 0;
    for (size_t i = 0; i < recording_process_count(recording) && listed < DAMAGES_LISTED; i++) {
        const char *damage = recording_damage(recording, i);
        if (damage && ++listed)
            doubts_add(doubts, "The trace of process %" PRId32 " is damaged: %s.",
                       recording_process(recording, i)->pid, damage);
    }
    for (size_t i = 0; i < recording_refused_count(recording) && i < DAMAGES_LISTED; i++)
        doubts_add(doubts, "A trace cannot be used: %s.", recording_refused(recording, i));
    if (recording_refused_count(recording) > DAMAGES_LISTED)
        doubts_add(doubts, "%zu more traces cannot be used.",
                   recording_refused_count(recording) - DAMAGES_LISTED);
    if (stats->damaged > listed)
        doubts_add(doubts, "%zu more traces are damaged.", stats->damaged - listed);
    if (stats->unforked)
        doubts_add(doubts,
                   "The pools that %zu of %zu processes had from their parent are not known.",
                   stats->unforked, stats->processes);
}

/* Numbers of backtraces are each run's own. */
static void doubt_runs(struct doubts *doubts, const struct recording *recording)
{
    const size_t apart = recording_folded_apart(recording);
    if (apart)
        doubts_add(
            doubts,
            "%zu earlier runs of the daemon have processes that are summed up, which are not "
            "counted here: each run tells its own (--run=N).",
            apart);
}

static void doubt_truth(struct doubts *doubts, const struct recording_stats *stats, double accepted)
{
    if (stats->coverage.mismatches &&
        (accepted >= 100.0 || coverage_least(&stats->coverage) < accepted))
        doubts_add(doubts,
                   "The record is not complete: what was traced of %" PRIu64 " of %" PRIu64
                   " pools is not what their memory holds.",
                   stats->coverage.mismatches, stats->coverage.pools);
    if (stats->incomplete)
        doubts_add(doubts,
                   "%" PRIu64 " of %" PRIu64
                   " backtraces end before their outermost frame, at code "
                   "without an unwind table.",
                   stats->incomplete, stats->unwound);
    if (stats->differed)
        doubts_add(doubts, "%" PRIu64 " of %" PRIu64 " backtraces that were checked are wrong.",
                   stats->differed, stats->checked);
}

static struct doubts doubts_of_all(const struct recording *recording, double accepted)
{
    struct doubts doubts = {0};
    const struct recording_stats *stats = recording_stats(recording);
    doubt_content(&doubts, stats);
    doubts_of_hooks(&doubts, recording);
    doubt_losses(&doubts, recording);
    doubt_damage(&doubts, recording, stats);
    doubt_runs(&doubts, recording);
    doubt_truth(&doubts, stats, accepted);
    return doubts;
}

struct doubts doubts_of_record(const struct recording *recording)
{
    return doubts_of_all(recording, 100.0);
}

struct doubts doubts_accepting(const struct recording *recording, double coverage)
{
    struct doubts doubts = doubts_of_all(recording, coverage);
    doubts_of_work(&doubts, recording);
    return doubts;
}

struct doubts doubts_of(const struct recording *recording)
{
    return doubts_accepting(recording, 100.0);
}
