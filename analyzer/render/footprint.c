/* footprint.c - how much memory a process has beside what its pools hold; see footprint.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/footprint.h"

#include "analyzer/util/json.h"
#include "analyzer/util/number_text.h"

static void print_known(FILE *out, const struct footprint *footprint)
{
    char first[UNITS_TEXT], peak[UNITS_TEXT], grown[UNITS_TEXT], pools[UNITS_TEXT];
    const uint64_t growth = footprint_growth(footprint);
    if (growth == 0) {
        fprintf(out, "did not grow beyond %s", bytes_text(footprint->first, first));
        return;
    }
    fprintf(out, "grew from %s to %s: pools hold %s%s of %s that it grew%s",
            bytes_text(footprint->first, first), bytes_text(footprint->peak, peak),
            footprint->estimated ? "about " : "", bytes_text(footprint_explained(footprint), pools),
            bytes_text(growth, grown), footprint_is_elsewhere(footprint) ? ": look at malloc" : "");
}

void print_footprint(FILE *out, const struct footprint *footprint)
{
    char now[UNITS_TEXT];
    if (footprint->state == FOOTPRINT_KNOWN)
        print_known(out, footprint);
    else if (footprint->state == FOOTPRINT_BEFORE)
        fputs("growth is not known: its peak was before it was recorded", out);
    else
        fputs("growth is not known: the recorder did not note its memory", out);
    if (footprint->now)
        fprintf(out, "; it runs, and has %s now", bytes_text(footprint->now, now));
    else if (footprint->last)
        fprintf(out, "; it had %s before it was told to end", bytes_text(footprint->last, now));
    else
        fputs("; at its end: not known", out);
}

json_t *footprint_json(const struct footprint *footprint)
{
    if (footprint->state != FOOTPRINT_KNOWN)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "first_bytes", json_count(footprint->first));
    json_set(json, "peak_bytes", json_count(footprint->peak));
    json_set(json, "growth_bytes", json_count(footprint_growth(footprint)));
    json_set(json, "now_bytes", footprint->now ? json_count(footprint->now) : json_null());
    json_set(json, "last_bytes", footprint->last ? json_count(footprint->last) : json_null());
    json_set(json, "pools_bytes", json_count(footprint_explained(footprint)));
    json_set(json, "pools_estimated", json_boolean(footprint->estimated));
    json_set(json, "elsewhere", json_boolean(footprint_is_elsewhere(footprint)));
    return json;
}
