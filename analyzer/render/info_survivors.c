/* info_survivors.c - how processes were recorded (info_survivors.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/info_survivors.h"

#include "analyzer/util/number_text.h"

#include <string.h>

const char *mode_name(const struct recording_stats *stats)
{
    if (stats->survivors == 0)
        return "full";
    return stats->survivors == stats->processes && !stats->survivors_not ? "survivors" : "both";
}

const char *mode_remark(const struct recording_stats *stats)
{
    return stats->survivors
               ? "survivors: pools that ended in the unit of work that made them are told of in "
                 "sums; findings are as of a full recording, but for what lifeguard-record(1) says"
               : NULL;
}

static void put_young(FILE *out, const struct style *style, const struct recording_stats *stats)
{
    char made[UNITS_TEXT], ended[UNITS_TEXT], written[UNITS_TEXT], left[UNITS_TEXT];
    style_head(out, style, "");
    fprintf(out, "%s pools were young: %s ended in their unit of work, with %s",
            count_text(stats->young[TRACE_YOUNG_MADE], made),
            count_text(stats->young[TRACE_YOUNG_ENDED], ended),
            count_text(stats->young_allocations, left));
    fputs(" allocations,\n", out);
    style_head(out, style, "");
    fprintf(out, "%s were written after all, %s were young when their process ended\n",
            count_text(stats->young[TRACE_YOUNG_SURVIVED], written),
            count_text(stats->young_at_end, left));
    style_head(out, style, "");
    fprintf(out, "%s events on other pools left nothing behind\n",
            count_text(stats->young[TRACE_YOUNG_PASSED], made));
}

void put_mode(FILE *out, const struct style *style, const struct recording_stats *stats)
{
    char count[UNITS_TEXT], all[UNITS_TEXT];
    style_head(out, style, "mode");
    if (stats->survivors == 0 && !stats->survivors_not) {
        fputs("full: each event\n", out);
        return;
    }
    if (stats->survivors) {
        fprintf(out, "survivors, in %s of %s processes\n", count_text(stats->survivors, count),
                count_text(stats->processes, all));
        put_young(out, style, stats);
    }
    if (stats->survivors_not) {
        if (stats->survivors)
            style_head(out, style, "");
        fputs("full, though survivors were asked for: ", out);
        style_put(out, style, stats->survivors_not, strlen(stats->survivors_not));
        putc('\n', out);
    }
}

json_t *mode_json(const struct recording_stats *stats)
{
    json_t *json = json_checked(json_object());
    json_set(json, "name", json_string(mode_name(stats)));
    json_set(json, "survivors", json_count(stats->survivors));
    json_set(json, "why_full",
             stats->survivors_not ? text_json(stats->survivors_not) : json_null());
    json_set(json, "young_pools", json_count(stats->young[TRACE_YOUNG_MADE]));
    json_set(json, "ended_young", json_count(stats->young[TRACE_YOUNG_ENDED]));
    json_set(json, "written_later", json_count(stats->young[TRACE_YOUNG_SURVIVED]));
    json_set(json, "young_at_end", json_count(stats->young_at_end));
    json_set(json, "young_allocations", json_count(stats->young_allocations));
    json_set(json, "passed_events", json_count(stats->young[TRACE_YOUNG_PASSED]));
    return json;
}
