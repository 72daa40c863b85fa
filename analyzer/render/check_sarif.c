/* check_sarif.c - a verdict as SARIF 2.1.0. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check_result.h"
#include "analyzer/render/frame.h"
#include "analyzer/render/text.h"
#include "analyzer/rules/help.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"
#include "preload/util/version.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA                                                                                     \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#define NO_RULE (-1)

static json_t *object_with(const char *key, json_t *value)
{
    json_t *json = json_checked(json_object());
    json_set(json, key, value);
    return json;
}

static json_t *array_of(json_t *value)
{
    json_t *json = json_checked(json_array());
    json_append(json, value);
    return json;
}

/* What stands in brackets would be a link, to wherever it likes. */
static json_t *message_json(const char *text)
{
    char *escaped = xmalloc(2 * strlen(text) + 1), *out = escaped;
    for (; *text; text++) {
        if (*text == '[' || *text == ']')
            *out++ = '\\';
        *out++ = *text;
    }
    *out = '\0';
    json_t *json = object_with("text", text_json(escaped));
    free(escaped);
    return json;
}

static const char *level_name(enum severity level)
{
    return severity_name(level); /* SARIF has the same names */
}

/* PATH as a URI: relative to the root, or of a file on this machine. */
static json_t *uri_json(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/+,=@";
    char *uri = xmalloc(3 * strlen(path) + sizeof "file://"), *out = uri;
    if (*path == '/')
        out = stpcpy(out, "file://");
    for (; *path; path++) {
        if (strchr(plain, *path))
            *out++ = *path;
        else
            out += sprintf(out, "%%%02X", (unsigned char)*path);
    }
    *out = '\0';
    json_t *json = json_checked(json_string(uri));
    free(uri);
    return json;
}

static json_t *physical_json(const char *path, unsigned line)
{
    json_t *uri = uri_json(redact_file(path));
    json_t *json = object_with("artifactLocation", object_with("uri", uri));
    if (line)
        json_set(json, "region", object_with("startLine", json_integer(line)));
    return json;
}

/* "module!function", or a variable */
static json_t *function_json(const struct symbol_frame *frame)
{
    char text[FRAME_TEXT_MAX];
    struct symbol_frame nameless = *frame;
    nameless.file = NULL;
    json_t *json =
        object_with("fullyQualifiedName", text_json(frame_text(&nameless, text, sizeof text)));
    json_set(json, "kind", json_string(frame->variable ? "variable" : "function"));
    return json;
}

static json_t *frame_location_json(const struct check *check, const struct symbol_frame *frame)
{
    char text[FRAME_TEXT_MAX];
    char *path = source_map_find(check->sources, frame);
    json_t *json = object_with("logicalLocations", array_of(function_json(frame)));
    if (path || frame->file)
        json_set(json, "physicalLocation", physical_json(path ? path : frame->file, frame->line));
    json_set(json, "message", message_json(frame_text(frame, text, sizeof text)));
    free(path);
    return json_checked(json);
}

static void add_stack(json_t *stacks, const struct check *check, uint32_t number, const char *what)
{
    if (number == 0)
        return;
    struct logical_stack stack = logical_stack(&check->analysis->names, number);
    json_t *frames = json_checked(json_array());
    for (size_t i = 0; i < stack.count; i++) {
        json_t *frame = object_with("location", frame_location_json(check, &stack.frames[i]));
        if (stack.frames[i].module)
            json_set(frame, "module", text_json(stack.frames[i].module));
        json_append(frames, frame);
    }
    json_t *json = object_with("message", message_json(what));
    json_set(json, "frames", frames);
    json_append(stacks, json);
    logical_stack_free(&stack);
}

static json_t *stacks_json(const struct check *check, const struct check_result *result)
{
    const struct finding *finding = result->verdict->finding;
    json_t *stacks = json_checked(json_array());
    add_stack(stacks, check, finding->stack ? result->stack : 0, finding_stack_title(finding));
    add_stack(stacks, check, finding->allocated, "allocated at");
    add_stack(stacks, check, finding->created, "pool made at");
    add_stack(stacks, check, finding->others, "others of that place are destroyed at");
    add_stack(stacks, check, finding->destroyed, finding_end_title(finding));
    return stacks;
}

/* The way to the place, outermost first; NULL when it is not known. */
static json_t *code_flow_json(const struct check *check, uint32_t number)
{
    struct logical_stack stack = logical_stack(&check->analysis->names, number);
    json_t *steps = json_checked(json_array());
    for (size_t i = stack.count; i > 0; i--)
        json_append(steps,
                    object_with("location", frame_location_json(check, &stack.frames[i - 1])));
    bool known = stack.count > 0;
    logical_stack_free(&stack);
    if (known)
        return object_with("threadFlows", array_of(object_with("locations", steps)));
    json_decref(steps);
    return NULL;
}

static json_t *place_json(const struct check *check, const struct check_result *result)
{
    struct logical_stack stack = logical_stack(&check->analysis->names, result->stack);
    json_t *json = json_checked(json_object());
    if (result->file)
        json_set(json, "physicalLocation", physical_json(result->file, result->line));
    if (stack.top < stack.count)
        json_set(json, "logicalLocations", array_of(function_json(&stack.frames[stack.top])));
    logical_stack_free(&stack);
    return json;
}

static json_t *fingerprints_json(const struct fingerprint *id)
{
    char line_hash[sizeof id->text + 2];
    snprintf(line_hash, sizeof line_hash, "%s:1", id->text);
    /* The first is the one that GitHub uses. */
    json_t *json = object_with("primaryLocationLineHash", json_string(line_hash));
    json_set(json, "lifeguard/v1", json_string(id->text));
    json_set(json, "lifeguardNearby/v1", json_string(id->nearby));
    return json;
}

static json_t *suppression_json(const struct suppression *suppression)
{
    json_t *json = object_with("kind", json_string("external"));
    json_set(json, "status", json_string("accepted"));
    if (suppression->reason)
        json_set(json, "justification", text_json(suppression->reason));
    json_t *physical = physical_json(suppression->file, suppression->line);
    json_set(json, "location", object_with("physicalLocation", physical));
    return json;
}

static json_t *properties_json(const struct gate_verdict *verdict)
{
    const struct finding *finding = verdict->finding;
    json_t *json = object_with("fails", json_boolean(verdict->fails));
    json_set(json, "process", json_string(process_kind_name(finding->kind)));
    json_set(json, "pool", text_json(finding->path));
    json_set(json, "count", json_count(finding->count));
    json_set(json, "bytes", json_count(finding->bytes));
    json_set(json, "heldBytes", json_count(finding->cost.end));
    json_set(json, "peakBytes", json_count(finding->cost.peak));
    json_set(json, "heldPerUnit", json_number(finding->cost.a_unit));
    json_set(json, "heldEstimated", json_boolean(finding->cost.estimated));
    json_set(json, "stopsAt", finding->stops_at ? json_count(finding->stops_at) : json_null());
    json_set(json, "label", text_json(finding->per_unit.label.label));
    json_set(json, "weak", json_boolean(finding->id.weak));
    return json;
}

static int rule_index(const char *rule)
{
    for (int i = 0; analysis_rule((size_t)i); i++)
        if (strcmp(analysis_rule((size_t)i), rule) == 0)
            return i;
    return NO_RULE;
}

static void set_state(json_t *json, const struct gate_verdict *verdict)
{
    static const char *const states[] = {"new", "unchanged", "updated"};
    json_set(json, "baselineState", json_string(states[verdict->state]));
    json_t *suppressions = json_checked(json_array());
    if (verdict->suppressed)
        json_append(suppressions, suppression_json(verdict->suppressed));
    json_set(json, "suppressions", suppressions);
}

static json_t *result_json(const struct check *check, const struct gate_verdict *verdict)
{
    const struct finding *finding = verdict->finding;
    struct check_result result = check_result(check, verdict);
    json_t *json = object_with("ruleId", json_string(finding->rule));
    json_set(json, "ruleIndex", json_integer(rule_index(finding->rule)));
    json_set(json, "level", json_string(level_name(result.level)));
    json_set(json, "message", message_json(result.message));
    json_set(json, "locations", array_of(place_json(check, &result)));
    json_set(json, "partialFingerprints", fingerprints_json(&finding->id));
    json_set(json, "stacks", stacks_json(check, &result));
    json_t *flow = code_flow_json(check, result.stack);
    if (flow)
        json_set(json, "codeFlows", array_of(flow));
    if (finding->count)
        json_set(json, "occurrenceCount", json_count(finding->count));
    set_state(json, verdict);
    json_set(json, "properties", properties_json(verdict));
    check_result_free(&result);
    return json;
}

static json_t *rule_json(const char *name)
{
    const struct rule_help *help = rule_help(name);
    json_t *json = object_with("id", json_string(name));
    if (!help)
        return json;
    json_set(json, "shortDescription", message_json(help->brief));
    json_set(json, "fullDescription", message_json(help->full));
    json_set(json, "help", message_json(help->advice));
    json_set(json, "defaultConfiguration",
             object_with("level", json_string(level_name(help->level))));
    return json;
}

static json_t *tool_json(void)
{
    json_t *rules = json_checked(json_array());
    for (size_t i = 0; analysis_rule(i); i++)
        json_append(rules, rule_json(analysis_rule(i)));
    json_t *driver = object_with("name", json_string("lifeguard"));
    json_set(driver, "version", json_string(LIFEGUARD_VERSION));
    json_set(driver, "semanticVersion", json_string(LIFEGUARD_VERSION));
    json_set(driver, "rules", rules);
    return object_with("driver", driver);
}

static void add_notification(json_t *notifications, const char *level, json_t *message)
{
    json_t *json = object_with("level", json_string(level));
    json_set(json, "message", message);
    json_append(notifications, json);
}

static void add_stale(json_t *notifications, const struct suppression *stale)
{
    char *text = xasprintf("suppression '%s' %s", stale->text,
                           stale->expired ? "has expired" : "matched nothing");
    add_notification(notifications, "warning", message_json(text));
    json_t *location = object_with("physicalLocation", physical_json(stale->file, stale->line));
    json_set(json_array_get(notifications, json_array_size(notifications) - 1), "locations",
             array_of(location));
    free(text);
}

/* Why there is no verdict, and what the user's files hold in vain. */
static json_t *invocation_json(const struct check *check)
{
    const struct gate *gate = check->gate;
    json_t *notifications = json_checked(json_array());
    for (size_t i = 0; i < gate->doubts.count; i++)
        add_notification(notifications, "error", message_json(gate->doubts.text[i]));
    for (size_t i = 0; i < gate->stale_count; i++)
        add_stale(notifications, gate->stale[i]);
    json_t *json = object_with("executionSuccessful", json_boolean(gate->doubts.count == 0));
    json_set(json, "toolExecutionNotifications", notifications);
    return json;
}

bool render_check_sarif(FILE *out, const struct check *check)
{
    json_t *results = json_checked(json_array());
    for (size_t i = 0; i < check->gate->count; i++)
        if (!check->gate->verdicts[i].off)
            json_append(results, result_json(check, &check->gate->verdicts[i]));
    json_t *run = object_with("tool", tool_json());
    json_set(run, "invocations", array_of(invocation_json(check)));
    json_set(run, "results", results);
    json_t *json = object_with("$schema", json_string(SCHEMA));
    json_set(json, "version", json_string("2.1.0"));
    json_set(json, "runs", array_of(run));
    bool written = json_dumpf(json, out, JSON_INDENT(2)) == 0;
    json_decref(json);
    return written && putc('\n', out) != EOF && fflush(out) == 0;
}
