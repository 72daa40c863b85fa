/* diff.c - lifeguard diff: what came, went and grew between two recordings. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/gate/compare.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard diff [--run=N|all] [--format=text|json] OLD NEW\n"
    "       lifeguard diff [--format=text|json] --at=TIME --at=TIME DIR\n"
    "\n"
    "Compares the findings of OLD and NEW: what is new, fixed, grew or shrank, and what one of "
    "them\n"
    "could not show because it did no such work. Each is a recording, a report in JSON (report\n"
    "--format=json, check --json), a baseline, or rows of recordings (export --format=ndjson); or\n"
    "they are two moments of one recording.\n"
    "\n"
    "  --at=TIME           twice: offset from the start of the recording (2.5, +90s, 1m30s),\n"
    "                      time of day, or date and time\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0 nothing is new; 1 something is; 2 usage, or OLD or NEW cannot be read; 3 no\n"
    "verdict: a recording is not good enough to judge by, see lifeguard-check(1), or lacks a kind\n"
    "of work that the other did.\n";

struct options {
    enum output_format format;
    const char *at[2]; /* moments of one recording; NULL: two are compared as they end */
    const char *sides[2];
};

static int take_option(const char *command, int option, void *into)
{
    struct options *options = into;
    if (option == 'f')
        return parse_format(command, optarg, &options->format);
    if (options->at[1])
        return usage_error(command, "--at is to be given twice, for two moments");
    return parse_time(command, optarg, &options->at[options->at[0] != NULL]);
}

/* Returns an exit status, or -1 to go on. */
static int read_arguments(int argc, char **argv, struct options *into)
{
    static const struct option known[] = {{"format", required_argument, NULL, 'f'},
                                          {"at", required_argument, NULL, 'a'},
                                          RUN_OPTION,
                                          NAMES_OPTIONS,
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    static const struct command_options options = {usage, "h", known, take_option};
    int status = read_options(argc, argv, &options, into);
    if (status >= 0)
        return status;
    if (into->at[0] && !into->at[1])
        return usage_error(argv[0], "--at is to be given twice, for two moments");
    if (argc - optind != (into->at[0] ? 1 : 2))
        return usage_error(argv[0], into->at[0]
                                        ? "which recording? One DIR is expected with --at"
                                        : "which recordings? OLD and NEW are expected, and nothing "
                                          "else");
    into->sides[0] = argv[optind];
    into->sides[1] = argv[argc - 1];
    return status;
}

static int print(const struct comparison *comparison, enum output_format format)
{
    if (format == FORMAT_TEXT)
        render_diff_text(stdout, comparison);
    else
        render_diff_json(stdout, comparison); /* main() finds what could not be written */
    /* What is new is new, whatever else the new one lacks. */
    if (comparison->totals[COMPARE_CAME] && !comparison->was->doubt_count)
        return EXIT_FINDINGS;
    return comparison->was->doubt_count || comparison->now->doubt_count ||
                   comparison->totals[COMPARE_NOT_EXERCISED]
               ? EXIT_NO_VERDICT
               : EXIT_NOTHING;
}

int cmd_diff(int argc, char **argv)
{
    struct options options = {0};
    int status = read_arguments(argc, argv, &options);
    if (status >= 0)
        return status;
    struct side was = {0}, now = {0};
    struct error error;
    if (side_read(&was, options.sides[0], options.at[0], &error) &&
        side_read(&now, options.sides[1], options.at[1], &error)) {
        struct comparison comparison;
        comparison_make(&comparison, &was, &now);
        status = print(&comparison, options.format);
        comparison_free(&comparison);
    } else {
        fprintf(stderr, "lifeguard diff: %s\n", error.text);
        status = EXIT_USAGE;
    }
    side_free(&was);
    side_free(&now);
    return status;
}
