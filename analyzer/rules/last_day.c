/* last_day.c - what grew in the last day of a recording of several; see last_day.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/last_day.h"

#include "analyzer/replay/recording.h"

#include <time.h>

#define SECOND UINT64_C(1000000000)
#define DAY    (86400 * SECOND)

/* Whoever began less than that ago has not gone on for longer. */
static bool may_be_long(const struct recording *recording)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t now_ns = (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
    return recording_process(recording, 0)->header->wall_ns + 2 * DAY < now_ns;
}

uint64_t last_day_begin(struct recording *recording)
{
    struct error error;
    if (!may_be_long(recording) || !recording_replay(recording, NULL, 0, &error))
        return 0;
    const struct recording_stats *stats = recording_stats(recording);
    return stats->last_ns > stats->first_ns + 2 * DAY ? stats->last_ns - DAY : 0;
}

/* What a day adds now is what the last one did. */
static void take_rate(struct finding *finding, const struct finding *of_day)
{
    finding->cost.a_day = of_day ? of_day->cost.a_day : 0;
    finding->cost.rate_ns = of_day ? of_day->cost.rate_ns : 0;
}

static bool grows(const struct finding *finding)
{
    return finding->per_unit.unit != API_MARK_KINDS && finding->severity > SEVERITY_NOTE;
}

void last_day_join(struct findings *findings, struct findings *day)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (!grows(&findings->items[i]))
            continue;
        findings->items[i].last_day = LAST_DAY_RESTS;
        take_rate(&findings->items[i], NULL);
    }
    for (size_t i = 0; i < day->count; i++) {
        struct finding *of_day = &day->items[i];
        struct finding *known = findings_find(findings, &of_day->id);
        if (known && grows(of_day)) {
            known->last_day = grows(known) ? LAST_DAY_GROWS : LAST_DAY_ONLY;
            take_rate(known, of_day);
            known->severity =
                of_day->severity > known->severity ? of_day->severity : known->severity;
        }
        if (known || !grows(of_day)) {
            finding_free(of_day);
            continue;
        }
        of_day->last_day = LAST_DAY_ONLY;
        findings_append(findings, of_day);
    }
    day->count = 0;
    findings_free(day);
}
