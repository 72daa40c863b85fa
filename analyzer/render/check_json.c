/* check_json.c - a verdict as JSON, lifeguard-json(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check.h"
#include "analyzer/render/report.h"
#include "analyzer/util/json.h"

static json_t *verdict_json(const struct gate_verdict *verdict)
{
    const struct suppression *suppressed = verdict->suppressed;
    json_t *json = json_checked(json_object());
    json_set(json, "fingerprint", text_json(verdict->finding->id.text));
    json_set(json, "severity", text_json(verdict->off ? "off" : severity_name(verdict->severity)));
    json_set(json, "fails", json_boolean(verdict->fails));
    json_set(json, "state", text_json(gate_state_name(verdict->state)));
    json_set(json, "was", verdict->was ? known_json(verdict->was) : json_null());
    json_set(json, "limit", text_json(verdict->limit ? verdict->limit->name : NULL));
    json_set(json, "suppressed", text_json(suppressed ? suppressed->text : NULL));
    json_set(json, "reason", text_json(suppressed ? suppressed->reason : NULL));
    return json;
}

static json_t *verdicts_json(const struct gate *gate)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < gate->count; i++)
        json_append(array, verdict_json(&gate->verdicts[i]));
    return array;
}

static json_t *stale_json(const struct gate *gate)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < gate->stale_count; i++) {
        const struct suppression *item = gate->stale[i];
        json_t *json = json_checked(json_object());
        json_set(json, "file", text_json(item->file));
        json_set(json, "line", json_count(item->line));
        json_set(json, "suppression", text_json(item->text));
        json_set(json, "expired", item->expired ? text_json(item->expires) : json_null());
        json_append(array, json);
    }
    return array;
}

static json_t *gone_json(const struct gate *gate)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < gate->gone_count; i++) {
        json_t *json = known_json(gate->gone[i].known);
        json_set(json, "exercised", json_boolean(gate->gone[i].exercised));
        json_append(array, json);
    }
    return array;
}

static json_t *doubts_json(const struct doubts *doubts)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < doubts->count; i++)
        json_append(array, text_json(doubts->text[i]));
    return array;
}

json_t *check_gate_json(const struct check *check)
{
    const struct gate *gate = check->gate;
    json_t *json = json_checked(json_object());
    json_set(json, "verdict",
             text_json(check->fails         ? "failed"
                       : gate->doubts.count ? NULL
                                            : "passed"));
    json_set(json, "verdicts", verdicts_json(gate));
    json_set(json, "stale", stale_json(gate));
    json_set(json, "gone", gone_json(gate));
    json_set(json, "doubts", doubts_json(&gate->doubts));
    return json;
}

bool render_check_json(FILE *out, const struct check *check)
{
    json_t *json = report_json(check->analysis);
    json_set(json, "gate", check_gate_json(check));
    return json_write(out, json, JSON_INDENT(2) | JSON_SORT_KEYS);
}
