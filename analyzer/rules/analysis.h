/*
 * analysis.h - a recording replayed under all rules: what report and check tell of.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_ANALYSIS_H
#define ANALYZER_RULES_ANALYSIS_H

#include "analyzer/profile/peaks.h"
#include "analyzer/replay/recording.h"
#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/error.h"

#include <stdbool.h>

struct analysis {
    struct recording *recording;
    struct symbols *symbols;
    struct name_source names;
    struct findings findings;         /* worst first; those with the same named backtrace are one */
    struct peak worst[PROCESS_KINDS]; /* the worst moment of each kind of process */
    struct footprint memory[PROCESS_KINDS]; /* of each kind, of the process that grew most; pid 0:
                                               there was none */
    size_t totals[SEVERITY_ERROR + 1];      /* findings, by enum severity */
    size_t left_out;                        /* others that were not asked for, see selection.h */
};

/* Reads the recording in DIR. False with *ERROR set when it cannot be read. */
bool analysis_run(struct analysis *analysis, const char *dir, struct error *error);
/* What of a recording is asked for. */
struct analysis_scope {
    bool alone;  /* what the recording holds is told of that process alone, too */
    int32_t pid; /* what was found in this process: what others did does not count; 0: in any */
    const char *since, *until; /* of the time from and to these, see wall_time_parse(); NULL: all */
};
bool analysis_run_of(struct analysis *analysis, const char *dir, const struct analysis_scope *scope,
                     struct error *error);

/*
 * The same of a recording while it is written, see analyzer/replay/follow.h; OBSERVER is told, too.
 * Concluding it tells what was found if it ended now; only closing it may follow. Whoever wants to
 * go on concludes it in a forked process.
 */
struct live_analysis;
struct live_analysis *live_analysis_open(const char *dir, const struct replay_observer *observer,
                                         struct error *error);
enum following live_analysis_go_on(struct live_analysis *live, struct error *error);
struct analysis *live_analysis_conclude(struct live_analysis *live);
const struct recording *live_analysis_recording(const struct live_analysis *live);
void live_analysis_close(struct live_analysis *live);

/* The names of the rules, from index 0; NULL past the last. */
const char *analysis_rule(size_t index);

/* Whose names its backtraces have; once it was replayed. */
struct name_source analysis_names(const struct recording *recording);

void analysis_end(struct analysis *analysis);

#endif
