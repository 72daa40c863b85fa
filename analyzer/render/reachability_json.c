/* reachability_json.c - see reachability_json.h and lifeguard-json(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/reachability_json.h"

#include "analyzer/render/frame.h"
#include "analyzer/rules/rules.h"

static json_t *moment_json(uint64_t ns, struct unit unit)
{
    json_t *json = json_checked(json_object());
    const bool is_work = unit.kind <= API_MARK_CONNECTION;
    json_set(json, "time", time_json(ns));
    json_set(json, "unit", is_work ? json_string(api_mark_name(unit.kind)) : json_null());
    json_set(json, "index", is_work ? json_count(unit.index) : json_null());
    return json;
}

static json_t *holder_json(const struct reachability *reach)
{
    json_t *json = json_checked(json_object());
    json_set(json, "pool", reach->holder ? text_json(reach->holder) : json_null());
    json_set(json, "offset",
             reach->holder && reach->holder_offset != UINT64_MAX ? json_count(reach->holder_offset)
                                                                 : json_null());
    json_set(json, "target_offset", json_count(reach->offset));
    json_set(json, "target_block", json_string(reach->further ? "further" : "first"));
    return json;
}

json_t *reachability_json(const struct finding *finding)
{
    const struct reachability *reach = finding->reach;
    json_t *json = reach ? json_checked(json_object()) : json_null();
    if (!reach)
        return json;
    if (finding->rule == rule_dangling_pointer.name) {
        json_set(json, "holder", holder_json(reach));
        return json;
    }
    json_set(json, "unreachable", json_count(reach->unreachable));
    json_set(json, "alive", json_count(reach->alive));
    json_set(json, "held_bytes", json_count(reach->held));
    json_set(json, "below", json_count(finding->below));
    json_set(json, "walk", json_string(walk_when_name(reach->when)));
    json_set(json, "after", moment_json(reach->last_ns, reach->last));
    json_set(json, "before", moment_json(reach->walk_ns, reach->walk));
    return json;
}

json_t *walks_json(const struct walk_stats *walks)
{
    static const char *const results[TRACE_WALK_RESULTS] = {
        [TRACE_WALK_THREADS] = "threads", [TRACE_WALK_MAPPINGS] = "mappings",
        [TRACE_WALK_ROOM] = "memory",     [TRACE_WALK_SIZE] = "size",
        [TRACE_WALK_BROKEN] = "broken",
    };
    json_t *json = json_checked(json_object()), *when = json_checked(json_object());
    json_t *not_run = json_checked(json_object());
    for (unsigned i = 0; i < TRACE_WALK_WHENS; i++)
        json_set(when, walk_when_name(i), json_count(walks->when[i]));
    for (unsigned i = 0; i < TRACE_WALK_RESULTS; i++) {
        if (results[i])
            json_set(not_run, results[i], json_count(walks->results[i]));
    }
    json_set(json, "done",
             json_count(walks->results[TRACE_WALK_DONE] + walks->results[TRACE_WALK_EXACT] +
                        walks->results[TRACE_WALK_AGREED]));
    json_set(json, "agreed", json_count(walks->results[TRACE_WALK_AGREED]));
    json_set(json, "when", when);
    json_set(json, "not_judged", not_run);
    json_set(json, "pools", json_count(walks->pools));
    json_set(json, "unknown", json_count(walks->unknown));
    json_set(json, "longest_us", json_count(walks->longest_us));
    return json;
}
