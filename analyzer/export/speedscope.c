/*
 * speedscope.c - the file format of speedscope: a profile each for what was taken and for
 * what was there at the end, in bytes and in allocations.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/export.h"
#include "analyzer/export/names.h"
#include "analyzer/profile/pool_profile.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

struct speedscope {
    struct name_source names;
    const struct pool_profile *profile;
    json_t *frames;      /* the file's table of frames */
    struct strings keys; /* what tells one from the others; numbers are indexes + 1 */
};

struct view {
    const char *name, *unit;
    size_t value; /* offset in struct profile_sample */
};

static json_t *named_frame(const struct symbol_frame *frame, const char *name)
{
    json_t *json = json_checked(json_object());
    json_set(json, "name", text_json(name));
    if (frame->file)
        json_set(json, "file", text_json(frame->file));
    if (frame->line)
        json_set(json, "line", json_integer(frame->line));
    return json;
}

static json_t *frame_index(struct speedscope *to, const struct symbol_frame *frame)
{
    char *name = export_frame(frame), *key;
    key = xasprintf("%s %s:%u", name, frame->file ? frame->file : "", frame->line);
    size_t before = to->keys.count;
    uint32_t number = strings_intern_text(&to->keys, key);
    if (to->keys.count > before)
        json_append(to->frames, named_frame(frame, name));
    free(key);
    free(name);
    return json_integer(number - 1);
}

static json_t *label_index(struct speedscope *to, const char *label)
{
    const struct symbol_frame frame = {.function = label};
    return frame_index(to, &frame);
}

/* Outermost first. */
static json_t *stack_indexes(struct speedscope *to, uint32_t number)
{
    json_t *array = json_checked(json_array());
    struct logical_stack stack = logical_stack(&to->names, number);
    size_t count = stack.bottom < stack.count ? stack.bottom + 1 : stack.count;
    for (size_t i = count; i-- > 0;)
        json_append(array, frame_index(to, &stack.frames[i]));
    if (count == 0)
        json_append(array, label_index(to, "not known"));
    logical_stack_free(&stack);
    return array;
}

static json_t *view_json(struct speedscope *to, const struct view *view)
{
    json_t *samples = json_checked(json_array()), *weights = json_checked(json_array());
    uint64_t sum = 0;
    for (size_t i = 0; i < to->profile->sample_count; i++) {
        const struct profile_sample *sample = &to->profile->samples[i];
        uint64_t value;
        memcpy(&value, (const char *)sample + view->value, sizeof(value));
        if (value == 0)
            continue;
        json_append(samples, stack_indexes(to, sample->stack));
        json_append(weights, json_count(value));
        sum += value;
    }
    json_t *json = json_checked(json_object());
    json_set(json, "type", json_string("sampled"));
    json_set(json, "name", json_string(view->name));
    json_set(json, "unit", json_string(view->unit));
    json_set(json, "startValue", json_integer(0));
    json_set(json, "endValue", json_count(sum));
    json_set(json, "samples", samples);
    json_set(json, "weights", weights);
    return json;
}

static json_t *file_json(struct speedscope *to, const struct recording_stats *stats)
{
    static const struct view views[] = {
        {"bytes taken", "bytes", offsetof(struct profile_sample, bytes)},
        {"bytes at the end", "bytes", offsetof(struct profile_sample, live_bytes)},
        {"allocations", "none", offsetof(struct profile_sample, count)},
        {"allocations at the end", "none", offsetof(struct profile_sample, live_count)}};
    json_t *profiles = json_checked(json_array()), *shared = json_checked(json_object());
    char *program = escaped_text(stats->program);
    to->frames = json_checked(json_array());
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        json_append(profiles, view_json(to, &views[i]));
    json_set(shared, "frames", to->frames);
    json_t *json = json_checked(json_object());
    json_set(json, "$schema", json_string("https://www.speedscope.app/file-format-schema.json"));
    json_set(json, "exporter", json_string("lifeguard"));
    json_set(json, "name", json_checked(json_string(program)));
    json_set(json, "activeProfileIndex", json_integer(1));
    json_set(json, "shared", shared);
    json_set(json, "profiles", profiles);
    free(program);
    return json;
}

bool export_speedscope(FILE *out, const struct analysis *analysis,
                       const struct export_options *options, struct error *error)
{
    struct pool_profile profile;
    bool ok = pool_profile_read(&profile, analysis->recording, options->pid, error);
    struct speedscope to = {.names = analysis_names(analysis->recording), .profile = &profile};
    if (ok)
        json_write(out, file_json(&to, recording_stats(analysis->recording)), JSON_COMPACT);
    strings_free(&to.keys);
    pool_profile_free(&profile);
    return ok;
}
