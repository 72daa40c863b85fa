/* html.c - lifeguard html: a recording as one page for a browser. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/html/page_write.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard html [-o FILE] [--pid=P] [--redact] [--since=TIME] [--until=TIME]\n"
    "                      [--run=N|all] DIR\n"
    "\n"
    "Writes the recording in DIR as one page for a browser: the findings, live pools and bytes "
    "over\n"
    "time, the pool tree at any moment, and flame graphs of who allocates. The page needs no "
    "network\n"
    "and no other file, and is 5 MB at most.\n"
    "\n"
    "  -o, --output=FILE   output file (default: lifeguard.html); an existing one is replaced\n"
    "  --pid=P             only process P, in full, with its findings\n"
    "  --since=TIME        only what happened since then: offset from the start of the recording\n"
    "                      (2.5, +90s, 1m30s), time of day, or date and time\n"
    "  --until=TIME        as if the recording ended then\n"
    "  --redact            replace names of pools, commands and processes by hashes, and leave\n"
    "                      out directories and the host\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read, or FILE not written.\n";

struct options {
    const char *file;
    struct analysis_scope scope;
    bool redact;
};

static int take_option(const char *command, int option, void *into)
{
    struct options *options = into;
    if (option == 's')
        return parse_time(command, optarg, &options->scope.since);
    if (option == 'p')
        return parse_pid(command, optarg, &options->scope.pid);
    if (option == 'u')
        return parse_time(command, optarg, &options->scope.until);
    if (option == 'o')
        options->file = optarg;
    else
        options->redact = true;
    return 0;
}

static const struct option known[] = {{"output", required_argument, NULL, 'o'},
                                      {"pid", required_argument, NULL, 'p'},
                                      {"redact", no_argument, NULL, 'r'},
                                      {"since", required_argument, NULL, 's'},
                                      {"until", required_argument, NULL, 'u'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "o:h", known, take_option};

int cmd_html(int argc, char **argv)
{
    struct options options = {.file = "lifeguard.html"};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &options, &dir);
    if (status >= 0)
        return status;
    struct analysis analysis;
    struct error error;
    if (!analysis_run_of(&analysis, dir, &options.scope, &error)) {
        fprintf(stderr, "lifeguard html: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (options.redact)
        redact_analysis(&analysis);
    bool drawn = page_write(&analysis, NULL, options.scope.pid, options.file, &error);
    if (drawn) {
        warn_runs(argv[0], analysis.recording);
        warn_nameless(argv[0], analysis.symbols);
    } else
        fprintf(stderr, "lifeguard html: %s\n", error.text);
    analysis_end(&analysis);
    return drawn ? EXIT_NOTHING : EXIT_USAGE;
}
