/*
 * analysis.h - a recording replayed under all rules: what report and check tell of.
 */
#ifndef LIFEGUARD_ANALYSIS_H
#define LIFEGUARD_ANALYSIS_H

#include "error.h"
#include "finding.h"
#include "logical_stack.h"
#include "recording.h"
#include "symbols.h"

#include <stdbool.h>

struct analysis {
    struct recording *recording;
    struct symbols *symbols;
    struct name_source names;
    struct findings findings; /* worst first; those with the same named backtrace are one */
    size_t totals[SEVERITY_ERROR + 1]; /* findings, by enum severity */
    size_t left_out;                   /* others that were not asked for, see selection.h */
};

/* Reads the recording in DIR. False with *ERROR set when it cannot be read. */
bool analysis_run(struct analysis *analysis, const char *dir, struct error *error);
/* The same, and OBSERVER, if any, is told of the replay, too. */
bool analysis_run_with(struct analysis *analysis, const char *dir,
                       const struct replay_observer *observer, struct error *error);
/* The same for what was found in process PID, 0: in any: what others did does not count. */
bool analysis_run_of(struct analysis *analysis, const char *dir, int32_t pid, struct error *error);

/* The names of the rules, from index 0; NULL past the last. */
const char *analysis_rule(size_t index);

/* Whose names its backtraces have; once it was replayed. */
struct name_source analysis_names(const struct recording *recording);

void analysis_end(struct analysis *analysis);

#endif
