/* policy_test.c - policies: severities, limits, and mistakes with file and line. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/policy.h"
#include "tests/unit/support/temp_text.h"

static struct policy policy;
static struct error error;

static bool read_text(const char *text)
{
    char *name = temp_text(text);
    error.text[0] = '\0';
    bool good = policy_read(&policy, name, &error);
    unlink(name);
    if (!good)
        cr_expect_eq(strncmp(error.text, name, strlen(name)), 0, "%s", error.text);
    free(name);
    return good;
}

static void expect_refused(const char *text, const char *where, const char *why)
{
    cr_expect_not(read_text(text), "%s", text);
    cr_expect(strstr(error.text, where), "%s: %s", text, error.text);
    cr_expect(strstr(error.text, why), "%s: %s", text, error.text);
    policy_free(&policy);
}

static struct finding finding(const char *rule, enum severity severity, enum process_kind kind)
{
    return (struct finding){.rule = rule, .severity = severity, .kind = kind};
}

Test(policy, empty_is_the_default)
{
    struct policy standard;
    policy_default(&standard);
    cr_assert(read_text("; nothing\n\n# at all\n"), "%s", error.text);
    cr_expect_eq(policy.fail_on, standard.fail_on);
    cr_expect_eq(policy.fail_on, POLICY_SEVERITY + SEVERITY_ERROR);
    cr_expect_float_eq(policy.tolerance, 0.1, 1e-9);
    cr_expect_float_eq(policy.coverage, 100, 1e-9);
    enum severity severity;
    struct finding warning = finding("growing-pool", SEVERITY_WARNING, PROCESS_MASTER);
    cr_expect(policy_severity(&policy, &warning, &severity));
    cr_expect_eq(severity, SEVERITY_WARNING);
    policy_free(&policy);
}

Test(policy, sets_severities_by_rule_and_process)
{
    cr_assert(read_text("[gate]\nfail-on = warning\ntolerance = 25 %\ncoverage = 99.5%\n"
                        "[rule growing-pool]\nseverity = note\n  session = error ; a comment\n"
                        "[rule permanent-pool-alloc]\nsession = off\n"),
              "%s", error.text);
    cr_expect_eq(policy.fail_on, POLICY_SEVERITY + SEVERITY_WARNING);
    cr_expect_float_eq(policy.tolerance, 0.25, 1e-9);
    cr_expect_float_eq(policy.coverage, 99.5, 1e-9);
    enum severity severity;
    struct finding master = finding("growing-pool", SEVERITY_WARNING, PROCESS_MASTER);
    cr_expect(policy_severity(&policy, &master, &severity));
    cr_expect_eq(severity, SEVERITY_NOTE);
    struct finding session = finding("growing-pool", SEVERITY_WARNING, PROCESS_SESSION);
    cr_expect(policy_severity(&policy, &session, &severity));
    cr_expect_eq(severity, SEVERITY_ERROR);
    struct finding quiet = finding("permanent-pool-alloc", SEVERITY_ERROR, PROCESS_SESSION);
    cr_expect_not(policy_severity(&policy, &quiet, &severity));
    quiet.kind = PROCESS_MASTER;
    cr_expect(policy_severity(&policy, &quiet, &severity));
    cr_expect_eq(severity, SEVERITY_ERROR);
    policy_free(&policy);
}

Test(policy, requires_units_of_work)
{
    cr_assert(read_text("[gate]\nrequire-command = 100\nrequire-restart = 3\n"), "%s", error.text);
    cr_expect_eq(policy.required[API_MARK_COMMAND], 100);
    cr_expect_eq(policy.required[API_MARK_RESTART], 3);
    cr_expect_eq(policy.required[API_MARK_CONNECTION], 0);
    policy_free(&policy);
}

static const struct policy_limit *limit_for(const char *rule, const char *tag, const char *unit)
{
    struct finding found = finding(rule, SEVERITY_WARNING, PROCESS_MASTER);
    found.tag = (char *)tag;
    struct known_finding known = {.unit = (char *)unit};
    return policy_limit(&policy, &found, &known);
}

Test(policy, the_first_limit_that_applies_decides)
{
    cr_assert(read_text("[limit caches]\nrule = growing-pool\ntag = ^cache\n"
                        "bytes-per-command = 64\ncount-per-command = 2.5\n"
                        "[limit masters]\nprocess = master\nbytes-per-command = 8\n"
                        "bytes-per-restart = 0\n[limit roles]\nrole = permanent_pool\n"
                        "count-per-process = 3\n"),
              "%s", error.text);
    cr_assert_eq(policy.limit_count, 3);
    cr_expect_eq(limit_for("growing-pool", "cache 1", "command"), &policy.limits[0]);
    cr_expect_eq(limit_for("growing-pool", "other", "command"), &policy.limits[1]);
    cr_expect_eq(limit_for("growing-pool", NULL, "command"), &policy.limits[1]);
    cr_expect_eq(limit_for("leaked-subpool", "cache", "restart"), &policy.limits[1]);
    cr_expect_null(limit_for("growing-pool", "cache 1", "process"));
    cr_expect_null(limit_for("growing-pool", "cache 1", "connection"));
    policy_free(&policy);
}

Test(policy, a_limit_is_what_is_still_good)
{
    cr_assert(read_text("[limit a]\nbytes-per-command = 64\ncount-per-command = 2\n"));
    struct known_finding known = {.unit = (char *)"command", .count = 2, .bytes = 64};
    cr_expect_null(policy_beyond(&policy.limits[0], &known));
    known.bytes = 65;
    cr_expect(policy_beyond(&policy.limits[0], &known));
    known.bytes = 1;
    known.count = 3;
    cr_expect(policy_beyond(&policy.limits[0], &known));
    policy_free(&policy);
}

Test(policy, that_cannot_be_read_is_told_with_file_and_line)
{
    expect_refused("fail-on = error\n", ":1: ", "expected a section");
    expect_refused("\n[gates]\nfail-on = error\n", ":3: ", "[gate]");
    expect_refused("[gate]\nfail_on = error\n", ":2: ", "fail-on");
    expect_refused("[gate]\nfail-on = off\n", ":2: ", "never");
    expect_refused("[gate]\nfail-on = eror\n", ":2: ", "error, warning, note");
    expect_refused("[gate]\ncoverage = 99\n", ":2: ", "99.9%");
    expect_refused("[gate]\n\ncoverage = 100.1%\n", ":3: ", "90% to 100%");
    expect_refused("[gate]\ncoverage = 89.9%\n", ":2: ", "90% to 100%");
    expect_refused("[gate]\ncoverage = x%\n", ":2: ", "coverage = x%");
    expect_refused("[gate]\ntolerance = 10\n", ":2: ", "10%");
    expect_refused("[gate]\ntolerance = -1%\n", ":2: ", "10%");
    expect_refused("[gate]\ntolerance = nan%\n", ":2: ", "10%");
    expect_refused("[gate]\nrequire-session = 1\n", ":2: ", "command, restart or connection");
    expect_refused("[gate]\nrequire-command = -1\n", ":2: ", "a whole number");
    expect_refused("[gate]\nrequire-command = 1k\n", ":2: ", "a whole number");
    expect_refused("[gate]\nrequire-command =\n", ":2: ", "a whole number");
    expect_refused("[gate]\nrequire-command = 9999999999999999999\n", ":2: ", "a whole number");
    expect_refused("[rule growing]\nseverity = error\n", ":2: ", "growing-pool");
    expect_refused("[rule growing-pool]\nseverity = fatal\n",
                   ":2: ", "error, warning, note or off");
    expect_refused("[rule growing-pool]\nlevel = note\n", ":2: ", "severity, master or session");
    expect_refused("[limit a]\nbytes-per-hour = 1\n", ":2: ", "-per-command");
    expect_refused("[limit a]\nbytes-per-command = 1k\n", ":2: ", "expected a number");
    expect_refused("[limit a]\nbytes-per-command = inf\n", ":2: ", "expected a number");
    expect_refused("[limit a]\nbytes-per-command = -1\n", ":2: ", "expected a number");
    expect_refused("[limit a]\nprocess = child\n", ":2: ", "master or session");
    expect_refused("[limit a]\ntag =\nbytes-per-command = 1\n", ":2: ", "expected a pattern");
    expect_refused("[limit a]\nrule = x\n", ":2: ", "growing-pool");
    expect_refused("[limit a]\nlimit = 5\n", ":2: ", "bytes-per-UNIT");
    expect_refused("[limit a]\ntag = x\n", ":2: ", "limits nothing");
    expect_refused("[gate]\nfail-on\n", ":2: ", "KEY = VALUE");
    expect_refused("[gate\n", ":1: ", "[SECTION]");
}

Test(policy, lines_that_are_too_long_are_refused_not_cut)
{
    char text[400] = "[limit a]\ntag = ";
    memset(text + strlen(text), 'x', 300);
    expect_refused(text, ":2: ", "no longer than");
    char section[200] = "[limit ";
    memset(section + strlen(section), 'x', 100);
    strcat(section, "]\nbytes-per-command = 1\n");
    expect_refused(section, ":1: ", "no longer than");
}

static bool try_policy(const char *name, struct error *problem)
{
    bool good = policy_read(&policy, name, problem);
    policy_free(&policy);
    return good;
}

Test(policy, of_any_bytes_is_read_or_refused)
{
    expect_any_is_read_or_refused("[gate]\nfail-on = note\ntolerance = 5%\n[rule growing-pool]\n"
                                  "session = off\n[limit a]\nrole = x\nbytes-per-command = 6.5\n"
                                  "count-per-process = 0\n",
                                  try_policy);
}
