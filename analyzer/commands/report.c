/* report.c - lifeguard report: the leak report. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/report.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/rules/selection.h"
#include "analyzer/symbols/nameless.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: lifeguard report [--rule=R[,R...]] [--pool=NAME] [--pid=P] [--since=TIME]\n"
    "                        [--until=TIME] [--run=N|all] [--top=N] [--brief]\n"
    "                        [--redact] [--format=text|json] DIR\n"
    "\n"
    "Reports leaks in the recording in DIR, worst first: pools that pile up or grow over units of\n"
    "work (commands, connections, restarts), allocations from root pools, pools with another\n"
    "lifetime than documented, and misuse of pools.\n"
    "\n"
    "  --rule=R[,R...]     only findings of these rules, such as leaked-subpool\n"
    "  --pool=NAME         only pools of this name or documented role; * ? [...] as in a shell\n"
    "  --pid=P             only findings in process P, with its figures alone\n"
    "  --since=TIME        only what happened since then: offset from the start of the recording\n"
    "                      (2.5, +90s, 1m30s), time of day, or date and time\n"
    "  --until=TIME        as if the recording ended then\n"
    "  --top=N             only the N worst\n"
    "  --brief             only the peaks, and the worst findings in a line each\n"
    "  --redact            replace names of pools, commands and processes by hashes, and leave\n"
    "                      out directories and the host\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Rules: crash, leaked-subpool, unreachable-subpool, growing-pool, growing-in-unit,\n"
    "permanent-pool-alloc, use-after-destroy, data-after-destroy, overflow,\n"
    "double-destroy, lifetime-contract, dangling-pointer, needless-subpool,\n"
    "alive-at-exit.\n"
    "\n"
    "Exit status: 0, with findings too; 2 usage, or DIR cannot be read.\n";

struct options {
    enum output_format format;
    bool brief, redact;
    struct selection selection;
    struct analysis_scope scope;
};

/* Returns 0, or EXIT_USAGE after a message. */
static int read_number(const char *command, const char *word, long *number)
{
    char *end;
    errno = 0;
    *number = strtol(word, &end, 10);
    if (*end || end == word || *number <= 0 || *number > INT32_MAX || errno)
        return usage_error(command, "'%s' is not a number of 1 or more", word);
    return 0;
}

static int read_rules(const char *command, const char *word, struct selection *selection)
{
    size_t length;
    const char *unknown = selection_unknown_rule(word, &length);
    if (unknown)
        return usage_error(command, "there is no rule '%.*s'", (int)length, unknown);
    selection->rules = word;
    return 0;
}

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    struct selection *selection = &options->selection;
    long number = 0;
    int status = 0;
    if (option == 'f')
        return parse_format(command, optarg, &options->format);
    if (option == 'r')
        return read_rules(command, optarg, selection);
    if (option == 's')
        return parse_time(command, optarg, &options->scope.since);
    if (option == 'u')
        return parse_time(command, optarg, &options->scope.until);
    options->brief |= option == 'b';
    options->redact |= option == 'd';
    if (option == 'o')
        selection->pool = optarg;
    else if (option == 'p')
        status = parse_pid(command, optarg, &selection->pid);
    else if (option == 't' && !(status = read_number(command, optarg, &number)))
        selection->top = (size_t)number;
    return status;
}

static const struct option known[] = {{"format", required_argument, NULL, 'f'},
                                      {"rule", required_argument, NULL, 'r'},
                                      {"pool", required_argument, NULL, 'o'},
                                      {"pid", required_argument, NULL, 'p'},
                                      {"since", required_argument, NULL, 's'},
                                      {"until", required_argument, NULL, 'u'},
                                      {"top", required_argument, NULL, 't'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"brief", no_argument, NULL, 'b'},
                                      {"redact", no_argument, NULL, 'd'},
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "h", known, read_option};

static int show(struct analysis *analysis, const struct options *options)
{
    int32_t pid = options->selection.pid;
    if (pid && !recording_has_process(analysis->recording, pid)) {
        fprintf(stderr, "lifeguard report: process %d was not recorded\n", pid);
        return EXIT_USAGE;
    }
    selection_apply(&options->selection, analysis);
    if (options->redact)
        redact_analysis(analysis);
    if (options->format == FORMAT_JSON)
        render_report_json(stdout, analysis);
    else
        render_report_text(stdout, analysis, options->brief);
    warn_unanswered("report");
    return EXIT_NOTHING;
}

int cmd_report(int argc, char **argv)
{
    struct options options = {0};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &options, &dir);
    if (status >= 0)
        return status;
    struct analysis analysis;
    struct error error;
    options.scope.pid = options.selection.pid;
    options.scope.alone = true;
    if (!analysis_run_of(&analysis, dir, &options.scope, &error)) {
        fprintf(stderr, "lifeguard report: %s\n", error.text);
        return EXIT_USAGE;
    }
    status = show(&analysis, &options);
    analysis_end(&analysis);
    return status;
}
