/* check_codequality.c - a verdict as GitLab's Code Quality report. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check_result.h"
#include "analyzer/util/json.h"

static json_t *location_json(const struct check_result *result)
{
    json_t *lines = json_checked(json_object()), *json = json_checked(json_object());
    /* GitLab leaves out an entry without a path or a line. */
    json_set(lines, "begin", json_integer(result->line ? result->line : 1));
    json_set(json, "path", text_json(result->file ? result->file : result->module));
    json_set(json, "lines", lines);
    return json;
}

static json_t *entry_json(const struct check *check, const struct gate_verdict *verdict)
{
    static const char *const severities[] = {"info", "minor", "major"};
    struct check_result result = check_result(check, verdict);
    json_t *json = json_checked(json_object());
    json_set(json, "description", text_json(result.message));
    json_set(json, "check_name", json_string(verdict->finding->rule));
    json_set(json, "fingerprint", json_string(verdict->finding->id.text));
    json_set(json, "severity", json_string(severities[result.level]));
    json_set(json, "location", location_json(&result));
    check_result_free(&result);
    return json;
}

/* GitLab compares with the target branch by itself: what is in the baseline is there, too. */
bool render_check_codequality(FILE *out, const struct check *check)
{
    json_t *json = json_checked(json_array());
    for (size_t i = 0; i < check->gate->count; i++) {
        const struct gate_verdict *verdict = &check->gate->verdicts[i];
        if (!verdict->off && !verdict->suppressed)
            json_append(json, entry_json(check, verdict));
    }
    bool written = json_dumpf(json, out, JSON_INDENT(2)) == 0;
    json_decref(json);
    return written && putc('\n', out) != EOF && fflush(out) == 0;
}
