/* check_options.c - what `lifeguard check` is asked; see check_options.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/check_options.h"

#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/replay/daemon_runs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard check [OPTION...] DIR\n"
    "\n"
    "A gate for CI: judges the recording in DIR by the exit status.\n"
    "\n"
    "What fails:\n"
    "  --policy FILE            severities and limits, lifeguard-policy(5); without it, errors "
    "fail\n"
    "  --suppressions FILE      accept findings by pattern, lifeguard-suppressions(5); may be\n"
    "                           given several times\n"
    "  --fail-on-stale          fail when a suppression matched nothing or has expired\n"
    "  --generate-suppressions  print suppressions for what fails, to paste, and nothing else\n"
    "  --baseline FILE          only findings that are not in FILE, or have grown, fail;\n"
    "                           lifeguard-baseline(5)\n"
    "  --update-baseline        write the findings to FILE, and judge by that\n"
    "  --allow-weak             ... also findings with nameless frames in their backtraces\n"
    "  --require KIND=N,...     no verdict with fewer units of work: command=100,restart=3\n"
    "  --run=N|all              of several runs of the daemon in DIR, N alone; else all\n"
    "  --error-exitcode=N       the exit status of findings that fail, instead of 1\n"
    "  --bisect                 for git bisect run: 0 nothing fails, 1 something does, 125 no "
    "verdict\n"
    "\n"
    "Files to write:\n"
    "  --json FILE              the whole report, as report --format=json, and the verdicts\n"
    "  --sarif FILE             SARIF 2.1.0, for code scanning\n"
    "  --junit FILE             JUnit's XML, for lists of tests\n"
    "  --codequality FILE       GitLab's code quality report\n"
    "  --html FILE              the page of lifeguard html, for a browser\n"
    "  --redact                 replace names of pools, commands and processes by hashes, and\n"
    "                           leave out directories and the host: in all these files and on\n"
    "                           the standard output\n"
    "\n"
    "Where the source is:\n"
    "  --source-root DIR        files are named relative to DIR (default: the current directory)\n"
    "  --path-map OLD=NEW       what was built in OLD lies in NEW; may be given several times\n"
    "\n" NAMES_USAGE "\n"
    "  --help                   print this\n"
    "\n"
    "Exit status: 0 nothing fails; 1 something does; 2 usage, or a file cannot be read or "
    "written;\n"
    "3 no verdict, where nothing fails: nothing was hooked or recorded, no or too little work was\n"
    "seen, events were lost or are inconsistent, a trace is damaged, or the record is not "
    "complete.\n";

/* Options that name a file to write, and what writes it. */
static const struct {
    const char *option;
    check_renderer *render;
} outputs[] = {
    {"json", render_check_json},
    {"sarif", render_check_sarif},
    {"junit", render_check_junit},
    {"codequality", render_check_codequality},
};

enum {
    OPTION_OUTPUT = 256,
    OPTION_ALLOW_WEAK,
    OPTION_BASELINE,
    OPTION_BISECT,
    OPTION_ERROR_EXITCODE,
    OPTION_FAIL_ON_STALE,
    OPTION_GENERATE,
    OPTION_HTML,
    OPTION_PATH_MAP,
    OPTION_POLICY,
    OPTION_REDACT,
    OPTION_REQUIRE,
    OPTION_SOURCE_ROOT,
    OPTION_SUPPRESSIONS,
    OPTION_UPDATE_BASELINE,
};

static const struct option long_options[] = {
    {"allow-weak", no_argument, NULL, OPTION_ALLOW_WEAK},
    {"baseline", required_argument, NULL, OPTION_BASELINE},
    {"bisect", no_argument, NULL, OPTION_BISECT},
    {"error-exitcode", required_argument, NULL, OPTION_ERROR_EXITCODE},
    {"fail-on-stale", no_argument, NULL, OPTION_FAIL_ON_STALE},
    {"generate-suppressions", no_argument, NULL, OPTION_GENERATE},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"redact", no_argument, NULL, OPTION_REDACT},
    {"require", required_argument, NULL, OPTION_REQUIRE},
    {"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},
    {"update-baseline", no_argument, NULL, OPTION_UPDATE_BASELINE},
    {"json", required_argument, NULL, OPTION_OUTPUT},
    {"sarif", required_argument, NULL, OPTION_OUTPUT},
    {"junit", required_argument, NULL, OPTION_OUTPUT},
    {"codequality", required_argument, NULL, OPTION_OUTPUT},
    {"html", required_argument, NULL, OPTION_HTML},
    {"source-root", required_argument, NULL, OPTION_SOURCE_ROOT},
    {"path-map", required_argument, NULL, OPTION_PATH_MAP},
    RUN_OPTION,
    NAMES_OPTIONS,
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int add_output(struct check_options *options, const char *option, const char *file)
{
    if (options->output_count == CHECK_OUTPUTS_MAX)
        return usage_error("check", "no more than %d files can be written", CHECK_OUTPUTS_MAX);
    for (size_t i = 0; i < options->output_count; i++) {
        if (strcmp(options->outputs[i].file, file) == 0)
            return usage_error("check", "%s: can be written by one option only", file);
    }
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (strcmp(outputs[i].option, option) == 0)
            options->outputs[options->output_count].render = outputs[i].render;
    }
    options->outputs[options->output_count++].file = file;
    return -1;
}

static int set_error_status(struct check_options *options, const char *word)
{
    char *end;
    unsigned long number = strtoul(word, &end, 10);
    if (!strchr("0123456789", *word) || *end || end == word || number > 255)
        return usage_error("check", "--error-exitcode: '%s' is no exit status from 0 to 255", word);
    options->error_status = (int)number;
    return -1;
}

static int set_once(const char **file, const char *option)
{
    if (*file)
        return usage_error("check", "--%s can be given once only", option);
    *file = optarg;
    return -1;
}

static int add_suppressions(struct check_options *options, const char *file)
{
    if (options->suppressions_count == CHECK_SUPPRESSIONS_MAX)
        return usage_error("check", "no more than %d files of suppressions can be read",
                           CHECK_SUPPRESSIONS_MAX);
    options->suppressions[options->suppressions_count++] = file;
    return -1;
}

static int add_mapping(struct source_map *sources, const char *mapping)
{
    if (mapping[0] == '=' || !strchr(mapping, '='))
        return usage_error("check", "--path-map: '%s' is not OLD=NEW", mapping);
    if (sources->count == SOURCE_MAPPINGS_MAX)
        return usage_error("check", "no more than %d paths can be mapped", SOURCE_MAPPINGS_MAX);
    sources->mappings[sources->count++] = mapping;
    return -1;
}

/* KIND=N,... */
static int add_required(struct check_options *options, const char *word)
{
    for (const char *next = word; next; word = next ? next + 1 : word) {
        next = strchr(word, ',');
        struct slice item = {word, next ? (size_t)(next - word) : strlen(word)};
        const char *equals = memchr(item.text, '=', item.length), *expected = "KIND=N";
        struct slice name = {word, equals ? (size_t)(equals - word) : 0};
        struct slice number = {word + name.length + 1, item.length - name.length - 1};
        if (!equals || !policy_require(options->required, name, number, &expected))
            return usage_error("check", "--require: '%.*s': expected %s", (int)item.length, word,
                               expected);
    }
    return -1;
}

static void set_switch(struct check_options *options, int option)
{
    options->allow_weak |= option == OPTION_ALLOW_WEAK;
    options->bisect |= option == OPTION_BISECT;
    options->fail_on_stale |= option == OPTION_FAIL_ON_STALE;
    options->generate_suppressions |= option == OPTION_GENERATE;
    options->redact |= option == OPTION_REDACT;
    options->update_baseline |= option == OPTION_UPDATE_BASELINE;
}

static int take_option(struct check_options *options, int option, const char *name)
{
    if (is_names_option(option))
        return names_option("check", option) ? EXIT_USAGE : -1;
    switch (option) {
    case OPTION_RUN:
        return run_option("check") ? EXIT_USAGE : -1;
    case OPTION_OUTPUT:
        return add_output(options, name, optarg);
    case OPTION_ERROR_EXITCODE:
        return set_error_status(options, optarg);
    case OPTION_SUPPRESSIONS:
        return add_suppressions(options, optarg);
    case OPTION_HTML:
        return set_once(&options->html, name);
    case OPTION_POLICY:
        return set_once(&options->policy, name);
    case OPTION_REQUIRE:
        return add_required(options, optarg);
    case OPTION_BASELINE:
        return set_once(&options->baseline, name);
    case OPTION_PATH_MAP:
        return add_mapping(&options->sources, optarg);
    case OPTION_SOURCE_ROOT:
        options->source_root = optarg;
        return -1;
    case 'h':
        fputs(usage, stdout);
        return EXIT_NOTHING;
    default:
        set_switch(options, option);
        return -1;
    }
}

static int check_together(const struct check_options *options)
{
    if (options->update_baseline && !options->baseline)
        return usage_error("check", "--update-baseline: which one? --baseline FILE is missing");
    if (options->allow_weak && !options->update_baseline)
        return usage_error("check", "--allow-weak has a meaning with --update-baseline only");
    if (options->bisect && options->error_status != EXIT_FINDINGS)
        return usage_error("check", "--bisect: the exit status is that of git bisect run");
    if (options->redact && options->generate_suppressions)
        return usage_error("check", "--redact: suppressions would match nothing");
    for (size_t i = 0; options->html && i < options->output_count; i++) {
        if (strcmp(options->outputs[i].file, options->html) == 0)
            return usage_error("check", "%s: can be written by one option only", options->html);
    }
    return -1;
}

int check_options(int argc, char **argv, struct check_options *options)
{
    *options = (struct check_options){.error_status = EXIT_FINDINGS};
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        options->required[kind] = CHECK_POLICYS;
    int index, status = -1;
    opterr = 0;
    runs_use(RUN_ALL); /* a gate is not green for what it did not look at */
    for (int option; status < 0;) {
        option = getopt_long(argc, argv, "h", long_options, &index);
        if (option == -1)
            break;
        if (option == '?')
            return refused_option(argv, long_options);
        status = take_option(options, option, option == 'h' ? "help" : long_options[index].name);
    }
    if (status < 0)
        status = check_together(options);
    if (status < 0 && !(options->dir = directory_operand(argv[0], argc, argv)))
        status = EXIT_USAGE;
    return status;
}
