/* info_guard.c - what `lifeguard info` says of guarded allocations (info_guard.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/info_guard.h"

#include "analyzer/render/style.h"
#include "analyzer/replay/recording.h"
#include "analyzer/util/number_text.h"

static bool has_any(const uint64_t *guarded)
{
    for (unsigned i = 0; i < TRACE_GUARDED_KINDS; i++) {
        if (guarded[i])
            return true;
    }
    return false;
}

void put_guarded(FILE *out, const struct style *style, const uint64_t *guarded)
{
    char count[UNITS_TEXT];
    if (!has_any(guarded))
        return;
    style_head(out, style, "guarded");
    fprintf(out, "%s allocations had a page of their own\n",
            count_text(guarded[TRACE_GUARDED_SERVED], count));
    if (guarded[TRACE_GUARDED_LARGE]) {
        style_head(out, style, "");
        fprintf(out, "%s were larger than a page, and were not guarded\n",
                count_text(guarded[TRACE_GUARDED_LARGE], count));
    }
    if (guarded[TRACE_GUARDED_FULL]) {
        style_head(out, style, "");
        fprintf(out, "%s were not guarded as no page was free\n",
                count_text(guarded[TRACE_GUARDED_FULL], count));
    }
}

json_t *guarded_json(const uint64_t *guarded)
{
    json_t *json = json_checked(json_object());
    json_set(json, "allocations", json_count(guarded[TRACE_GUARDED_SERVED]));
    json_set(json, "too_large", json_count(guarded[TRACE_GUARDED_LARGE]));
    json_set(json, "no_page", json_count(guarded[TRACE_GUARDED_FULL]));
    return json;
}

static void put_count(FILE *out, const struct style *style, uint64_t number, const char *what)
{
    char count[UNITS_TEXT];
    if (number == 0)
        return;
    style_head(out, style, "");
    fprintf(out, "%s %s\n", count_text(number, count), what);
}

void put_sampled(FILE *out, const struct style *style, const uint64_t *sampled)
{
    char taken[UNITS_TEXT], watched[UNITS_TEXT];
    if (sampled[TRACE_SAMPLED_TAKEN] + sampled[TRACE_SAMPLED_FULL] == 0)
        return;
    style_head(out, style, "sampled");
    fprintf(out, "%s allocations, of which %s outlived their unit of work\n",
            count_text(sampled[TRACE_SAMPLED_TAKEN], taken),
            count_text(sampled[TRACE_SAMPLED_WATCHED], watched));
    put_count(out, style, sampled[TRACE_SAMPLED_FULL], "were not sampled as no page was free");
    put_count(out, style, sampled[TRACE_SAMPLED_BLIND],
              "could not be looked at: their pages are locked");
}

json_t *sampled_json(const uint64_t *sampled)
{
    json_t *json = json_checked(json_object());
    json_set(json, "allocations", json_count(sampled[TRACE_SAMPLED_TAKEN]));
    json_set(json, "outlived", json_count(sampled[TRACE_SAMPLED_WATCHED]));
    json_set(json, "no_page", json_count(sampled[TRACE_SAMPLED_FULL]));
    json_set(json, "locked", json_count(sampled[TRACE_SAMPLED_BLIND]));
    return json;
}
