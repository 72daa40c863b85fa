/* diff.c - lifeguard diff: what came, went and grew between two recordings. */
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/gate/compare.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard diff [--format=text|json] OLD NEW\n"
    "\n"
    "Tells how much work each did, and what is new, fixed, grew or shrank from OLD to NEW, or "
    "could\n"
    "not show because the other did no such work. Each is a recording, a report in JSON (report\n"
    "--format=json, check --json), or a baseline.\n"
    "\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0 nothing is new; 1 something is; 2 usage, or OLD or NEW cannot be read; 3 no\n"
    "verdict: a recording is not good enough to judge by, see lifeguard-check(1), or did no work\n"
    "of a kind that the other did.\n";

static int take_option(const char *command, int option, void *into)
{
    (void)option; /* there is no other */
    return parse_format(command, optarg, into);
}

/* Returns an exit status, or -1 to go on. */
static int read_arguments(int argc, char **argv, enum output_format *format)
{
    static const struct option known[] = {{"format", required_argument, NULL, 'f'},
                                          NAMES_OPTIONS,
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    static const struct command_options options = {usage, "h", known, take_option};
    int status = read_options(argc, argv, &options, format);
    if (status < 0 && argc - optind != 2)
        return usage_error(argv[0], "which recordings? OLD and NEW are expected, and nothing else");
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
    enum output_format format = FORMAT_TEXT;
    int status = read_arguments(argc, argv, &format);
    if (status >= 0)
        return status;
    struct side was = {0}, now = {0};
    struct error error;
    if (side_read(&was, argv[optind], &error) && side_read(&now, argv[optind + 1], &error)) {
        struct comparison comparison;
        comparison_make(&comparison, &was, &now);
        status = print(&comparison, format);
        comparison_free(&comparison);
    } else {
        fprintf(stderr, "lifeguard diff: %s\n", error.text);
        status = EXIT_USAGE;
    }
    side_free(&was);
    side_free(&now);
    return status;
}
