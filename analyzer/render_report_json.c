#include "render_report.h"

#include "memory.h"
#include "render_frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_VERSION 1

/* A reference that the caller owns; a NULL one means that jansson had no memory. */
static json_t *checked(json_t *json)
{
    if (!json)
        memory_exhausted();
    return json;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, checked(value)) != 0)
        memory_exhausted();
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, checked(value)) != 0)
        memory_exhausted();
}

static json_t *count_json(uint64_t count)
{
    return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

/* A number without fraction is written without one. */
static json_t *number_json(double number)
{
    double whole = round(number * 1000) / 1000;
    if (whole == floor(whole) && whole < 9e15)
        return json_integer((json_int_t)whole);
    return json_real(whole);
}

static json_t *coverage_json(const struct coverage *coverage)
{
    json_t *json = checked(json_object());
    set(json, "pools", count_json(coverage->pools));
    set(json, "traced_bytes", count_json(coverage->traced_bytes));
    set(json, "used_bytes", count_json(coverage->used_bytes));
    set(json, "mismatches", count_json(coverage->mismatches));
    return json;
}

static json_t *hooks_json(const struct recording_account *account, bool skipped)
{
    json_t *array = checked(json_array());
    for (size_t i = 0; i < account->hook_count; i++) {
        const struct recording_hook *hook = &account->hooks[i];
        if (hook->skipped != skipped)
            continue;
        json_t *json = checked(json_object());
        set(json, "function", text_json(hook->function));
        set(json, "how", text_json(hook->how));
        set(json, "module", text_json(hook->module));
        append(array, json);
    }
    return array;
}

static json_t *recording_json(const struct recording_account *account)
{
    json_t *json = checked(json_object());
    set(json, "program", text_json(account->program));
    set(json, "api", text_json(account->api));
    set(json, "events", count_json(account->events));
    set(json, "distinct_stacks", count_json(account->distinct_stacks));
    set(json, "lost_events", count_json(account->lost_events));
    set(json, "coverage", coverage_json(&account->coverage));
    set(json, "hooks", hooks_json(account, false));
    set(json, "skipped", hooks_json(account, true));
    return json;
}

static json_t *process_json(const struct process *process)
{
    json_t *json = checked(json_object());
    set(json, "pid", json_integer(process->pid));
    set(json, "parent", json_integer(process->parent_pid));
    set(json, "kind", text_json(process_kind_name(process->kind)));
    set(json, "events", count_json(process->events));
    set(json, "exit", process->ended ? json_integer(process->exit_status) : json_null());
    return json;
}

static json_t *processes_json(const struct recording *recording)
{
    json_t *array = checked(json_array());
    for (size_t i = 0; i < recording_process_count(recording); i++)
        append(array, process_json(recording_process(recording, i)));
    return array;
}

static json_t *frames_json(const struct name_source *names, uint32_t stack)
{
    return stack_json(names->stacks, names->symbols, stack);
}

static json_t *pool_json(const struct finding *finding, const struct name_source *names)
{
    json_t *json = checked(json_object());
    set(json, "tag", text_json(finding->tag));
    set(json, "role", text_json(finding->role));
    set(json, "path", text_json(finding->path));
    set(json, "created", frames_json(names, finding->created));
    return json;
}

static json_t *growth_json(const struct finding *finding)
{
    static const char *const words[] = {[API_MARK_COMMAND] = "command",
                                        [API_MARK_RESTART] = "restart",
                                        [API_MARK_CONNECTION] = "connection"};
    if (finding->per_unit.unit == API_MARK_KINDS)
        return json_null();
    json_t *json = checked(json_object());
    set(json, "unit", json_string(words[finding->per_unit.unit]));
    set(json, "count", number_json(finding->per_unit.count));
    set(json, "bytes", number_json(finding->per_unit.bytes));
    return json;
}

static json_t *pids_json(const struct finding *finding)
{
    json_t *array = checked(json_array());
    for (size_t i = 0; i < finding->pid_count; i++)
        append(array, json_integer(finding->pids[i]));
    return array;
}

static json_t *finding_json(const struct finding *finding, const struct name_source *names)
{
    json_t *json = checked(json_object());
    set(json, "rule", json_string(finding->rule));
    set(json, "severity", json_string(severity_name(finding->severity)));
    set(json, "kind", json_string(process_kind_name(finding->kind)));
    set(json, "pids", pids_json(finding));
    set(json, "pool", pool_json(finding, names));
    set(json, "stack", frames_json(names, finding->stack));
    set(json, "destroyed", frames_json(names, finding->destroyed));
    set(json, "count", count_json(finding->count));
    set(json, "bytes", count_json(finding->bytes));
    set(json, "per_unit", growth_json(finding));
    set(json, "fingerprint", json_string(finding->id.text));
    set(json, "nearby", json_string(finding->id.nearby));
    set(json, "weak", json_boolean(finding->id.weak));
    set(json, "advice", text_json(finding->advice));
    return json;
}

json_t *report_json(const struct analysis *analysis)
{
    json_t *findings = checked(json_array()), *summary = checked(json_object());
    for (size_t i = 0; i < analysis->findings.count; i++)
        append(findings, finding_json(&analysis->findings.items[i], &analysis->names));
    for (unsigned i = 0; i <= SEVERITY_ERROR; i++)
        set(summary, severity_name((enum severity)i), count_json(analysis->totals[i]));
    json_t *json = checked(json_object());
    set(json, "version", json_integer(REPORT_VERSION));
    set(json, "recording", recording_json(recording_account(analysis->recording)));
    set(json, "processes", processes_json(analysis->recording));
    set(json, "findings", findings);
    set(json, "summary", summary);
    return json;
}

bool render_report_json(FILE *out, const struct analysis *analysis)
{
    json_t *json = report_json(analysis);
    bool written = json_dumpf(json, out, JSON_INDENT(2) | JSON_SORT_KEYS) == 0;
    json_decref(json);
    return written && putc('\n', out) != EOF && fflush(out) == 0;
}
