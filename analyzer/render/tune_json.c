/* tune_json.c - what lifeguard tune shows, for programs. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/frame.h"
#include "analyzer/render/tune.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/json.h"

static void set_sum(json_t *json, const struct tune_sum *sum)
{
    json_set(json, "pools", json_count(sum->pools));
    json_set(json, "asked_bytes", json_count(sum->asked));
    json_set(json, "block_bytes", json_count(sum->held));
    json_set(json, "wasted_bytes", json_count(tune_waste(sum)));
}

static json_t *mismatch_json(const struct tune *tune, const struct tune_mismatch *sample)
{
    json_t *json = json_checked(json_object());
    json_set(json, "pid", json_integer(sample->pid));
    json_set(json, "pool", text_json(tune->places[sample->place].label));
    json_set(json, "simulated_bytes", json_count(sample->simulated));
    json_set(json, "recorded_bytes", json_count(sample->recorded));
    return json;
}

static json_t *check_json(const struct tune *tune)
{
    json_t *json = json_checked(json_object()), *samples = json_checked(json_array());
    for (size_t i = 0; i < TUNE_SAMPLES && i < tune->check.mismatches; i++)
        json_append(samples, mismatch_json(tune, &tune->check.samples[i]));
    json_set(json, "pools", json_count(tune->check.pools));
    json_set(json, "mismatches", json_count(tune->check.mismatches));
    json_set(json, "unknown", json_count(tune->check.unknown));
    json_set(json, "samples", samples);
    json_set(json, "why",
             tune->check.mismatches ? json_string(tune->rules.kind->unseen) : json_null());
    return json;
}

static json_t *worst_json(const struct tune *tune, enum process_kind kind,
                          const struct name_source *names)
{
    const struct tune_worst *worst = &tune->worst[kind];
    json_t *json = json_checked(json_object());
    json_set(json, "pid", json_integer(worst->pid));
    json_set(json, "kind", json_string(process_kind_name(kind)));
    json_set(json, "kind_word", text_json(process_word(names->apis, kind, 1)));
    json_set(json, "at", time_json(worst->ns));
    json_set(json, "malloc_bytes", json_count(worst->held));
    json_set(json, "free_bytes", json_count(worst->spare));
    json_set(json, "asked_bytes", json_count(worst->asked));
    return json;
}

static json_t *place_json(const struct tune_place *place, const struct name_source *names)
{
    json_t *json = json_checked(json_object()), *worst = json_checked(json_object());
    json_set(json, "pool", text_json(place->label));
    set_sum(json, &place->sum);
    set_sum(worst, &place->worst);
    json_set(json, "at_worst", worst);
    json_set(json, "most_asked_bytes", json_count(place->most));
    json_set(json, "made_with", place->with ? json_count(place->with) : json_null());
    json_set(json, "created", stack_json(names->stacks, names->symbols, place->created));
    return json;
}

/* Of the system's parameter, or of the pools of one place. */
static json_t *tried_json(const struct tune *tune, const struct tune_tried *tried,
                          const struct name_source *names)
{
    const struct tune_setting *setting = &tried->setting;
    const bool own = !setting->of_parameter && tried != &tune->tried[0];
    json_t *json = json_checked(json_object()), *processes = json_checked(json_array());
    const char *name = own ? tune->rules.kind->maker : tune->rules.kind->tunable;
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (!tune->worst[kind].known)
            continue;
        json_t *process = json_checked(json_object());
        json_set(process, "pid", json_integer(tune->worst[kind].pid));
        json_set(process, "kind", json_string(process_kind_name(kind)));
        json_set(process, "malloc_bytes", json_count(tried->most[kind]));
        json_append(processes, process);
    }
    json_set(json, "name", text_json(name));
    json_set(json, "bytes", json_count(own ? setting->with : setting->rules.size));
    json_set(json, "block_bytes", json_count(tried->held));
    json_set(json, "recorded", json_boolean(tried == &tune->tried[0]));
    json_set(json, "processes", processes);
    if (own) {
        const struct tune_place *place = &tune->places[setting->place];
        json_set(json, "pool", text_json(place->label));
        json_set(json, "created", stack_json(names->stacks, names->symbols, place->created));
    }
    return json;
}

void render_tune_json(FILE *out, const struct tune *tune, const struct recording *recording,
                      const struct name_source *names)
{
    json_t *json = json_checked(json_object()), *processes = json_checked(json_array());
    json_t *places = json_checked(json_array()), *tried = json_checked(json_array());
    json_t *total = json_checked(json_object());
    const bool simulated = tune->fault == TUNE_POSSIBLE;
    for (unsigned kind = 0; simulated && kind < PROCESS_KINDS; kind++) {
        if (tune->worst[kind].known)
            json_append(processes, worst_json(tune, kind, names));
    }
    for (size_t i = 0; i < tune->place_count; i++) {
        if (tune->places[i].sum.pools)
            json_append(places, place_json(&tune->places[i], names));
    }
    for (unsigned i = 0; simulated && i < tune->tried_count; i++)
        json_append(tried, tried_json(tune, &tune->tried[i], names));
    set_sum(total, &tune->sum);
    json_set(json, "version", json_integer(1));
    json_set(json, "program", text_json(recording_stats(recording)->program));
    json_set(json, "api", slice_json(tune->api->name));
    json_set(json, "simulated", simulated ? check_json(tune) : json_null());
    json_set(json, "total", total);
    json_set(json, "processes", processes);
    json_set(json, "places", places);
    json_set(json, "settings", tried);
    json_write(out, json, JSON_INDENT(2) | JSON_SORT_KEYS);
}
