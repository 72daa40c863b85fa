/* info_walks.c - what `lifeguard info` says of walks (info_walks.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/info_walks.h"

#include "analyzer/render/style.h"
#include "analyzer/replay/recording.h"
#include "analyzer/util/number_text.h"

static const char *const moments[TRACE_WALK_WHENS] = {
    [TRACE_WALK_AT_EXIT] = "at exit",
    [TRACE_WALK_AT_SHUTDOWN] = "before shutdown",
    [TRACE_WALK_AT_FORK] = "before a fork",
    [TRACE_WALK_AT_UNIT] = "between units of work",
};

static const char *const troubles[TRACE_WALK_RESULTS] = {
    [TRACE_WALK_THREADS] =
        "not run: the process had other threads; see --walk=units, and lifeguard-scan(1)",
    [TRACE_WALK_MAPPINGS] = "not run: what it had mapped was not known",
    [TRACE_WALK_ROOM] = "not run: there was no memory for it",
    [TRACE_WALK_SIZE] = "not run: the process had more than 256 MiB to look through, or as a "
                        "forked one more than 4096 pools",
    [TRACE_WALK_BROKEN] = "run, but the pools were not as the description says: nothing was judged",
};

static void put_done(FILE *out, const struct walk_stats *walks)
{
    char count[UNITS_TEXT], pools[UNITS_TEXT];
    const uint64_t agreed = walks->results[TRACE_WALK_AGREED];
    const uint64_t done =
        walks->results[TRACE_WALK_DONE] + walks->results[TRACE_WALK_EXACT] + agreed;
    if (done == 0) {
        fputs("none was done\n", out);
        return;
    }
    fprintf(out, "%s, of %s pools", count_text(done, count),
            count_text(walks->pools / done, pools));
    fprintf(out, "%s, the longest in %.1f ms of CPU: ", done > 1 ? " on average" : "",
            walks->longest_us / 1e3);
    for (unsigned i = 0, said = 0; i < TRACE_WALK_WHENS; i++) {
        if (walks->when[i])
            fprintf(out, "%s%s %s", said++ ? ", " : "", count_text(walks->when[i], count),
                    moments[i]);
    }
    if (agreed)
        fprintf(out, "; %s beside other threads: what two agree on is told",
                count_text(agreed, count));
    putc('\n', out);
}

void put_walks(FILE *out, const struct style *style, const struct walk_stats *walks)
{
    char count[UNITS_TEXT];
    style_head(out, style, "walks");
    put_done(out, walks);
    for (unsigned i = 0; i < TRACE_WALK_RESULTS; i++) {
        if (!troubles[i] || !walks->results[i])
            continue;
        style_head(out, style, "");
        fprintf(out, "%s %s\n", count_text(walks->results[i], count), troubles[i]);
    }
    if (walks->unknown) {
        style_head(out, style, "");
        fprintf(out, "%s of what they found are not in the record\n",
                count_text(walks->unknown, count));
    }
}
