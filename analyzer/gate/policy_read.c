/* policy_read.c - reads a policy, line by line, lifeguard-policy(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/policy.h"

#include "analyzer/rules/analysis.h"
#include "analyzer/util/input_file.h"
#include "analyzer/util/memory.h"

#include <ini.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE_SECTION  "rule "
#define LIMIT_SECTION "limit "
#define REQUIRE_KEY   "require-"
#define SECTION_MAX   50 /* bytes; the INI parser cuts what is longer */

struct reader {
    struct policy *policy;
    struct input_file file;
    struct error *error;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct reader *reader, const char *format,
                                                       ...)
{
    char message[sizeof reader->error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (!reader->failed)
        input_error(&reader->file, reader->error, "%s", message);
    reader->failed = true;
    return false;
}

/* POLICY_AS_FOUND when WORD is no severity. */
static enum policy_severity severity_named(const char *word)
{
    static const char *const words[] = {"off", "note", "warning", "error"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0)
            return (enum policy_severity)i;
    }
    return POLICY_AS_FOUND;
}

static bool parse_fail_on(struct reader *reader, const char *value)
{
    enum policy_severity severity = severity_named(value);
    if (severity == POLICY_OFF || (severity == POLICY_AS_FOUND && strcmp(value, "never") != 0))
        return fail(reader, "fail-on = %s: expected error, warning, note or never", value);
    reader->policy->fail_on = severity;
    return true;
}

/* A decimal number not below 0; what follows it in *END. */
static bool parse_number(const char *value, double *number, char **end)
{
    *number = strtod(value, end);
    return *value >= '0' && *value <= '9' && isfinite(*number) &&
           strspn(value, "0123456789.") == (size_t)(*end - value);
}

static bool parse_percent(const char *value, double *percent)
{
    char *end;
    return parse_number(value, percent, &end) && strcmp(end + strspn(end, " "), "%") == 0;
}

static bool parse_coverage(struct reader *reader, const char *value)
{
    double percent;
    if (!parse_percent(value, &percent) || percent > 100 || percent < POLICY_COVERAGE_MIN)
        return fail(reader,
                    "coverage = %s: expected a percentage from %d%% to 100%%, such as 99.9%%",
                    value, POLICY_COVERAGE_MIN);
    reader->policy->coverage = percent;
    return true;
}

static bool parse_tolerance(struct reader *reader, const char *value)
{
    double percent;
    if (!parse_percent(value, &percent))
        return fail(reader, "tolerance = %s: expected a percentage such as 10%%", value);
    reader->policy->tolerance = percent / 100;
    return true;
}

static bool take_required(struct reader *reader, const char *key, const char *value)
{
    const char *expected, *name = key + strlen(REQUIRE_KEY);
    return policy_require(reader->policy->required, (struct slice){name, strlen(name)},
                          (struct slice){value, strlen(value)}, &expected) ||
           fail(reader, "%s = %s: expected %s", key, value, expected);
}

static bool take_gate(struct reader *reader, const char *key, const char *value)
{
    if (strncmp(key, REQUIRE_KEY, strlen(REQUIRE_KEY)) == 0)
        return take_required(reader, key, value);
    if (strcmp(key, "fail-on") == 0)
        return parse_fail_on(reader, value);
    if (strcmp(key, "coverage") == 0)
        return parse_coverage(reader, value);
    if (strcmp(key, "tolerance") == 0)
        return parse_tolerance(reader, value);
    return fail(reader,
                "unknown key '%s' in [gate]: expected fail-on, coverage, tolerance or " REQUIRE_KEY
                "UNIT",
                key);
}

static const char *rule_named(struct reader *reader, const char *word)
{
    char known[256] = "";
    const char *name;
    for (size_t i = 0, used = 0; (name = analysis_rule(i)) && used < sizeof known; i++) {
        if (strcmp(name, word) == 0)
            return name;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s %s", i ? "," : "", name);
    }
    fail(reader, "unknown rule '%s': expected one of%s", word, known);
    return NULL;
}

static struct policy_rule *rule_section(struct policy *policy, const char *rule)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (policy->rules[i].rule == rule)
            return &policy->rules[i];
    }
    policy->rules = xreallocarray(policy->rules, policy->rule_count + 1, sizeof *policy->rules);
    policy->rules[policy->rule_count] =
        (struct policy_rule){rule, {POLICY_AS_FOUND, POLICY_AS_FOUND}};
    return &policy->rules[policy->rule_count++];
}

static bool take_rule(struct reader *reader, const char *word, const char *key, const char *value)
{
    const char *name = rule_named(reader, word);
    enum policy_severity severity = severity_named(value);
    if (!name)
        return false;
    bool both = strcmp(key, "severity") == 0, master = strcmp(key, "master") == 0,
         session = strcmp(key, "session") == 0;
    if (!both && !master && !session)
        return fail(reader, "unknown key '%s' in [rule %s]: expected severity, master or session",
                    key, name);
    if (severity == POLICY_AS_FOUND)
        return fail(reader, "%s = %s: expected error, warning, note or off", key, value);
    struct policy_rule *rule = rule_section(reader->policy, name);
    if (both || master)
        rule->severity[false] = severity;
    if (both || session)
        rule->severity[true] = severity;
    return true;
}

static struct policy_limit *limit_section(struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->limit_count; i++) {
        if (strcmp(policy->limits[i].name, name) == 0)
            return &policy->limits[i];
    }
    policy->limits = xreallocarray(policy->limits, policy->limit_count + 1, sizeof *policy->limits);
    struct policy_limit *limit = &policy->limits[policy->limit_count++];
    *limit = (struct policy_limit){.name = xstrdup(name)};
    for (size_t i = 0; i < POLICY_UNITS; i++)
        limit->count[i] = limit->bytes[i] = -1;
    return limit;
}

static bool take_amount(struct reader *reader, double *amounts, const char *key, const char *value)
{
    unsigned unit = policy_unit(strrchr(key, '-') + 1);
    char *end;
    if (unit == POLICY_UNITS)
        return fail(reader,
                    "'%s': expected -per-command, -per-restart, -per-connection or "
                    "-per-process at its end",
                    key);
    if (!parse_number(value, &amounts[unit], &end) || *end)
        return fail(reader, "%s = %s: expected a number, not below 0", key, value);
    return true;
}

static bool take_pattern(struct reader *reader, char **pattern, const char *key, const char *value)
{
    if (!*value)
        return fail(reader, "%s: expected a pattern, such as ^cache*", key);
    free(*pattern);
    *pattern = xstrdup(value);
    return true;
}

static bool take_process(struct reader *reader, struct policy_limit *limit, const char *value)
{
    if (strcmp(value, "master") != 0 && strcmp(value, "session") != 0)
        return fail(reader, "process = %s: expected master or session", value);
    limit->process = strcmp(value, "master") == 0 ? "master" : "session";
    return true;
}

static bool take_limit(struct reader *reader, const char *name, const char *key, const char *value)
{
    struct policy_limit *limit = limit_section(reader->policy, name);
    if (strncmp(key, "bytes-per-", 10) == 0)
        return take_amount(reader, limit->bytes, key, value);
    if (strncmp(key, "count-per-", 10) == 0)
        return take_amount(reader, limit->count, key, value);
    if (strcmp(key, "tag") == 0)
        return take_pattern(reader, &limit->tag, key, value);
    if (strcmp(key, "role") == 0)
        return take_pattern(reader, &limit->role, key, value);
    if (strcmp(key, "process") == 0)
        return take_process(reader, limit, value);
    if (strcmp(key, "rule") == 0)
        return (limit->rule = rule_named(reader, value)) != NULL;
    return fail(reader,
                "unknown key '%s' in [limit %s]: expected rule, tag, role, process, "
                "bytes-per-UNIT or count-per-UNIT",
                key, name);
}

static int take(void *data, const char *section, const char *key, const char *value)
{
    struct reader *reader = data;
    if (reader->failed)
        return false;
    if (strcmp(section, "gate") == 0)
        return take_gate(reader, key, value);
    if (strncmp(section, RULE_SECTION, strlen(RULE_SECTION)) == 0)
        return take_rule(reader, section + strlen(RULE_SECTION), key, value);
    if (strncmp(section, LIMIT_SECTION, strlen(LIMIT_SECTION)) == 0)
        return take_limit(reader, section + strlen(LIMIT_SECTION), key, value);
    return fail(reader, "%s%s%s: expected a section [gate], [rule NAME] or [limit NAME]",
                *section ? "[" : "", *section ? section : key, *section ? "]" : "");
}

/* A line for the INI parser, which has room for SIZE bytes. */
static char *next_line(char *text, int size, void *stream)
{
    struct reader *reader = stream;
    struct slice line;
    if (reader->failed || !input_line(&reader->file, &line))
        return NULL;
    if (line.length + 2 > (size_t)size || memchr(line.text, '\0', line.length)) {
        fail(reader, "expected a line of text, no longer than %d bytes", size - 2);
        return NULL;
    }
    if (line.length > SECTION_MAX && *line.text == '[') {
        fail(reader, "expected a section's name, no longer than %d bytes", SECTION_MAX - 2);
        return NULL;
    }
    memcpy(text, line.text, line.length);
    memcpy(text + line.length, "\n", 2);
    return text;
}

static bool has_amount(const struct policy_limit *limit)
{
    for (size_t i = 0; i < POLICY_UNITS; i++) {
        if (limit->bytes[i] >= 0 || limit->count[i] >= 0)
            return true;
    }
    return false;
}

static bool check_limits(struct reader *reader)
{
    for (size_t i = 0; i < reader->policy->limit_count; i++) {
        const struct policy_limit *limit = &reader->policy->limits[i];
        if (!has_amount(limit))
            return fail(reader,
                        "[limit %s] limits nothing: expected bytes-per-UNIT or "
                        "count-per-UNIT in it",
                        limit->name);
    }
    return true;
}

bool policy_read(struct policy *policy, const char *name, struct error *error)
{
    policy_default(policy);
    struct reader reader = {.policy = policy, .error = error};
    if (!input_open(&reader.file, name, error))
        return false;
    int line = ini_parse_stream(next_line, &reader, take, &reader);
    if (line > 0 && !reader.failed) {
        reader.file.line = (unsigned)line;
        fail(&reader, "expected [SECTION], KEY = VALUE, or a comment after ; or #");
    }
    bool read = !reader.failed && check_limits(&reader);
    input_close(&reader.file);
    return read;
}
