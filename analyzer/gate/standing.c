/* standing.c - which rows of recordings stand; see standing.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/standing.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

struct standing_recording {
    struct work_done work; /* as told last */
    uint32_t whole;        /* exports that are no additions to earlier ones */
};

struct standing_finding {
    uint32_t recording; /* number */
    uint32_t whole;     /* the last of these that it is of */
    size_t known;
    bool gone;
};

void standing_free(struct standing *standing)
{
    strings_free(&standing->recordings);
    strings_free(&standing->findings);
    free(standing->of_recordings);
    free(standing->of_findings);
    *standing = (struct standing){.of_recordings = NULL};
}

static const char *text_in(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

/* The number of the recording that ROW is of. */
static uint32_t recording_of(struct standing *standing, const json_t *row)
{
    const size_t before = standing->recordings.count;
    char *key = xasprintf("recording %s", text_in(row, "recording")); /* never empty */
    const uint32_t number = strings_intern_text(&standing->recordings, key);
    free(key);
    if (standing->recordings.count > before) {
        GROW_TO_POWER(standing->of_recordings, before);
        standing->of_recordings[before] = (struct standing_recording){.whole = 0};
    }
    return number;
}

static struct standing_finding *finding_of(struct standing *standing, const json_t *row)
{
    const uint32_t recording = recording_of(standing, row);
    const size_t before = standing->findings.count;
    char *key = xasprintf("%x %s %s", recording, text_in(row, "fingerprint"), text_in(row, "kind"));
    const uint32_t number = strings_intern_text(&standing->findings, key);
    free(key);
    if (standing->findings.count > before) {
        GROW_TO_POWER(standing->of_findings, before);
        standing->of_findings[before] = (struct standing_finding){.gone = true};
    }
    standing->of_findings[number - 1].recording = recording;
    return &standing->of_findings[number - 1];
}

static uint64_t count_in(const json_t *row, const char *key)
{
    const json_int_t count = json_integer_value(json_object_get(row, key));
    return count > 0 ? (uint64_t)count : 0;
}

static struct work_done work_of(const json_t *row)
{
    struct work_done work = {.known = true};
    work.units[API_MARK_COMMAND] = count_in(row, "commands");
    work.units[API_MARK_RESTART] = count_in(row, "restarts");
    work.units[API_MARK_CONNECTION] = count_in(row, "connections");
    work.processes[PROCESS_MASTER] = count_in(row, "masters");
    work.processes[PROCESS_SESSION] = count_in(row, "sessions");
    return work;
}

void standing_take_recording(struct standing *standing, const json_t *row, struct work_done *work)
{
    const uint32_t number = recording_of(standing, row);
    struct standing_recording *recording = &standing->of_recordings[number - 1];
    const struct work_done now = work_of(row);
    for (unsigned i = 0; i <= API_MARK_CONNECTION; i++)
        work->units[i] += now.units[i] - recording->work.units[i];
    for (unsigned i = 0; i < PROCESS_KINDS; i++)
        work->processes[i] += now.processes[i] - recording->work.processes[i];
    work->known = true;
    side_take_words(&work->words, json_object_get(row, "units"));
    recording->work = now;
    recording->whole += !json_is_false(json_object_get(row, "whole"));
}

void standing_take_finding(struct standing *standing, const json_t *row, size_t known)
{
    struct standing_finding *finding = finding_of(standing, row);
    finding->whole = standing->of_recordings[finding->recording - 1].whole;
    finding->known = known;
    finding->gone = false;
}

void standing_take_gone(struct standing *standing, const json_t *row)
{
    if (strcmp(text_in(row, "of"), "finding") == 0)
        finding_of(standing, row)->gone = true;
}

void standing_keep(const struct standing *standing, struct known_list *list)
{
    bool *kept = xcalloc(list->count, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < standing->findings.count; i++) {
        const struct standing_finding *finding = &standing->of_findings[i];
        if (!finding->gone &&
            finding->whole == standing->of_recordings[finding->recording - 1].whole)
            kept[finding->known] = true;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (kept[i])
            list->items[count++] = list->items[i];
        else
            known_free(&list->items[i]);
    }
    list->count = count;
    free(kept);
}
