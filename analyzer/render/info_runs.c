/* info_runs.c - the runs of the daemon that one directory holds; see info_runs.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/info_runs.h"

#include "analyzer/replay/daemon_runs.h"
#include "analyzer/util/wall_time.h"

#define RUNS_LISTED 20 /* the latest ones */

static void put_list(FILE *out, const struct style *style, const struct recorded_run *runs,
                     size_t count)
{
    char start[WALL_TIME_TEXT];
    for (size_t i = count > RUNS_LISTED ? count - RUNS_LISTED : 0; i < count; i++) {
        style_head(out, style, "");
        fprintf(out, "%zu started %s, %zu %s\n", i + 1, wall_time_local(runs[i].start_ns, start),
                runs[i].processes, runs[i].processes == 1 ? "process" : "processes");
    }
}

void put_runs(FILE *out, const struct style *style, const struct recording *recording)
{
    size_t count;
    const struct recorded_run *runs = recording_runs(recording, &count);
    const size_t checks = recording_startup_checks(recording);
    const unsigned run = recording_run(recording);
    if (count > 1) {
        style_head(out, style, "runs");
        fprintf(out, "%zu of the daemon; ", count);
        if (run)
            fprintf(out, "this is of run %u alone (--run=N or --run=all: others)\n", run);
        else
            fputs("this is of all\n", out);
        put_list(out, style, runs, count);
    }
    if (checks) {
        style_head(out, style, "left out");
        fprintf(out, "%zu %s of the daemon that only looked at its configuration\n", checks,
                checks == 1 ? "process" : "processes");
    }
}
