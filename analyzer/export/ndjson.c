/*
 * ndjson.c - a JSON object a line, for databases: findings, pools, backtraces, and what was
 * allocated from which pool at which backtrace. Ids are hashes of names, the same on every host
 * that runs the same program.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/export.h"
#include "analyzer/export/names.h"
#include "analyzer/export/since_last.h"
#include "analyzer/gate/known.h"
#include "analyzer/profile/pool_profile.h"
#include "analyzer/render/finding_json.h"
#include "analyzer/render/frame.h"
#include "analyzer/render/origin_json.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ID_TEXT RECORDING_ID_TEXT

struct rows {
    FILE *out;
    const struct analysis *analysis;
    const struct pool_profile *profile;
    struct since_last *since; /* who takes the rows; NULL: OUT does */
    char recording[ID_TEXT];
    struct origin origin;
    uint64_t *stack_ids;   /* by stack number, 0: not asked for yet */
    struct keymap written; /* ids of backtraces that have a row */
};

static char *id_text(uint64_t id, char text[ID_TEXT])
{
    snprintf(text, ID_TEXT, "%016" PRIx64, id);
    return text;
}

static json_t *id_json(uint64_t id)
{
    char text[ID_TEXT];
    return id ? json_string(id_text(id, text)) : json_null();
}

/* A row of that KIND, with what every row has. */
static json_t *row(const struct rows *rows, enum exported_kind kind)
{
    json_t *json = json_checked(json_object());
    json_set(json, "row", json_string(exported_kind_name(kind)));
    json_set(json, "recording", json_string(rows->recording));
    return json;
}

/* The row with the id A, B among those of its KIND. */
static void put_row(const struct rows *rows, enum exported_kind kind, uint64_t a, uint64_t b,
                    json_t *json)
{
    if (rows->since)
        since_last_add(rows->since, kind, a, b, json);
    else
        json_write(rows->out, json, JSON_COMPACT);
}

static json_t *frames_json(const struct logical_stack *stack)
{
    json_t *frames = json_checked(json_array());
    char text[FRAME_TEXT_MAX];
    for (size_t i = 0; i < stack->count; i++)
        json_append(frames, text_json(frame_text(&stack->frames[i], text, sizeof(text))));
    return frames;
}

static uint64_t hash_frames(const struct logical_stack *stack)
{
    uint64_t hash = HASH_START;
    char text[FRAME_TEXT_MAX];
    for (size_t i = 0; i < stack->count; i++) {
        frame_text(&stack->frames[i], text, sizeof(text));
        hash = hash_string(hash, text, strlen(text));
    }
    return hash;
}

/* The id of backtrace NUMBER, which gets its row; 0 of none. */
static uint64_t stack_id(struct rows *rows, uint32_t number)
{
    if (number == 0 || rows->stack_ids[number])
        return rows->stack_ids[number];
    struct logical_stack stack = logical_stack(&rows->analysis->names, number);
    uint64_t id = hash_frames(&stack);
    uint32_t *written = keymap_put(&rows->written, id);
    if (!*written) {
        json_t *json = row(rows, EXPORTED_STACK);
        json_set(json, "stack_id", id_json(id));
        json_set(json, "frames", frames_json(&stack));
        json_set(json, "cut", json_boolean(stack.cut));
        put_row(rows, EXPORTED_STACK, id, 0, json);
    }
    *written = 1;
    logical_stack_free(&stack);
    return rows->stack_ids[number] = id;
}

static uint64_t pool_id(const char *path, enum process_kind kind, uint64_t created)
{
    uint64_t hash = hash_string(HASH_START, path, strlen(path));
    return hash_number(hash_number(hash, kind), created);
}

static char *pool_path(const struct rows *rows, const struct profile_pool *pool)
{
    return redact_pool_path(strings_get(&rows->profile->strings, pool->path));
}

static uint64_t profile_pool_id(struct rows *rows, const struct profile_pool *pool)
{
    char *path = pool_path(rows, pool);
    uint64_t id = pool_id(path, pool->kind, stack_id(rows, pool->created));
    free(path);
    return id;
}

static const char *text_or_null(const struct rows *rows, uint32_t number)
{
    return number ? strings_get(&rows->profile->strings, number) : NULL;
}

static void put_pool(struct rows *rows, const struct profile_pool *pool)
{
    uint64_t created = stack_id(rows, pool->created);
    char *path = pool_path(rows, pool);
    const uint64_t id = profile_pool_id(rows, pool);
    json_t *json = row(rows, EXPORTED_POOL);
    json_set(json, "pool_id", id_json(id));
    json_set(json, "kind", json_string(process_kind_name(pool->kind)));
    json_set(json, "path", text_json(path));
    json_set(json, "tag", text_json(redact_name(text_or_null(rows, pool->tag))));
    json_set(json, "role", text_json(text_or_null(rows, pool->role)));
    json_set(json, "created_id", id_json(created));
    json_set(json, "pools", json_count(pool->made));
    json_set(json, "live_pools", json_count(pool->alive));
    json_set(json, "count", json_count(pool->count));
    json_set(json, "bytes", json_count(pool->bytes));
    json_set(json, "live_count", json_count(pool->live_count));
    json_set(json, "live_bytes", json_count(pool->live_bytes));
    put_row(rows, EXPORTED_POOL, id, 0, json);
    free(path);
}

static void put_allocation(struct rows *rows, const struct profile_sample *sample,
                           const struct finding *finding)
{
    uint64_t pool = profile_pool_id(rows, &rows->profile->pools[sample->pool]);
    uint64_t stack = stack_id(rows, sample->stack);
    json_t *json = row(rows, EXPORTED_ALLOCATION);
    json_set(json, "pool_id", id_json(pool));
    json_set(json, "stack_id", id_json(stack));
    json_set(json, "fingerprint", text_json(finding ? finding->id.text : NULL));
    json_set(json, "count", json_count(sample->count));
    json_set(json, "bytes", json_count(sample->bytes));
    json_set(json, "live_count", json_count(sample->live_count));
    json_set(json, "live_bytes", json_count(sample->live_bytes));
    put_row(rows, EXPORTED_ALLOCATION, pool, stack, json);
}

static void set_growth(json_t *json, const struct finding *finding)
{
    bool known = finding->per_unit.unit != API_MARK_KINDS;
    json_set(json, "unit", text_json(known ? api_mark_name(finding->per_unit.unit) : NULL));
    json_set(json, "unit_label", text_json(finding->per_unit.label.label));
    json_set(json, "unit_count", known ? json_number(finding->per_unit.count) : json_null());
    json_set(json, "unit_bytes", known ? json_number(finding->per_unit.bytes) : json_null());
}

/* As baselines have it, for `lifeguard diff`. */
static void set_known(const struct rows *rows, json_t *json, const struct finding *finding)
{
    struct known_finding known = known_of(finding, &rows->analysis->names);
    json_set(json, "known", known_json(&known));
    known_free(&known);
}

static void put_finding(struct rows *rows, const struct finding *finding)
{
    uint64_t created = stack_id(rows, finding->created), stack = stack_id(rows, finding->stack);
    uint64_t destroyed = stack_id(rows, finding->destroyed);
    uint64_t others = stack_id(rows, finding->others);
    json_t *json = row(rows, EXPORTED_FINDING);
    json_set(json, "fingerprint", json_string(finding->id.text));
    json_set(json, "weak", json_boolean(finding->id.weak));
    set_finding_class(json, finding);
    json_set(json, "path", text_json(finding->path));
    json_set(json, "tag", text_json(finding->tag));
    json_set(json, "role", text_json(finding->role));
    json_set(json, "created_id", id_json(created));
    json_set(json, "stack_id", id_json(stack));
    json_set(json, "destroyed_id", id_json(destroyed));
    json_set(json, "others_destroyed_id", id_json(others));
    json_set(json, "processes", json_count(pid_list_total(&finding->pids)));
    set_finding_sums(json, finding);
    set_growth(json, finding);
    set_known(rows, json, finding);
    set_finding_advice(json, finding);
    put_row(rows, EXPORTED_FINDING, strtoull(finding->id.text, NULL, 16), finding->kind, json);
}

static void put_recording(const struct rows *rows)
{
    const struct recording_stats *stats = recording_stats(rows->analysis->recording);
    json_t *json = row(rows, EXPORTED_RECORDING);
    json_set(json, "program", text_json(redact_file(stats->program)));
    json_set(json, "api", text_json(stats->api));
    json_set(json, "processes", json_count(stats->processes));
    json_set(json, "masters", json_count(stats->masters));
    json_set(json, "sessions", json_count(stats->sessions));
    json_set(json, "events", json_count(stats->events));
    json_set(json, "lost_events", json_count(stats->lost_events));
    json_set(json, "commands", json_count(stats->commands));
    json_set(json, "restarts", json_count(stats->restarts));
    json_set(json, "connections", json_count(stats->connections));
    json_set(json, "units", unit_words_json(recording_apis(rows->analysis->recording)));
    json_set(json, "first", time_json(stats->first_ns));
    json_set(json, "last", time_json(stats->last_ns));
    set_origin(json, &rows->origin, true);
    json_set(json, "doubts", doubts_json(rows->analysis->recording));
    put_row(rows, EXPORTED_RECORDING, 0, 0, json);
}

static void put_rows(struct rows *rows, int32_t pid)
{
    const struct findings *findings = &rows->analysis->findings;
    const struct finding **found = export_findings(rows->analysis, rows->profile);
    put_recording(rows);
    for (size_t i = 0; i < findings->count; i++)
        if (finding_is_of(&findings->items[i], pid))
            put_finding(rows, &findings->items[i]);
    for (size_t i = 0; i < rows->profile->pool_count; i++)
        put_pool(rows, &rows->profile->pools[i]);
    for (size_t i = 0; i < rows->profile->sample_count; i++)
        put_allocation(rows, &rows->profile->samples[i], found[i]);
    free(found);
}

bool export_ndjson(FILE *out, const struct analysis *analysis, const struct export_options *options,
                   struct error *error)
{
    struct pool_profile profile;
    struct rows rows = {
        .out = out, .analysis = analysis, .profile = &profile, .since = options->since};
    bool ok = pool_profile_read(&profile, analysis->recording, options->pid, error);
    if (ok) {
        id_text(recording_process(analysis->recording, 0)->header->file_id, rows.recording);
        origin_find(&rows.origin, analysis->recording, true);
        label_set_join(&rows.origin.labels, &options->labels);
        rows.stack_ids = xcalloc(stacks_count(analysis->names.stacks) + 1, sizeof(uint64_t));
        put_rows(&rows, options->pid);
        if (rows.since)
            since_last_write(rows.since, rows.recording, out);
    }
    free(rows.stack_ids);
    origin_free(&rows.origin);
    keymap_free(&rows.written);
    pool_profile_free(&profile);
    return ok;
}
