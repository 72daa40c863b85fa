/* tune.c - lifeguard tune: what the blocks of pools cost, and would with other sizes. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/tune.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/replay/recording.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/tune/tune.h"
#include "analyzer/util/error.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: lifeguard tune [--pid=P] [--size=BYTES[,BYTES...]] [--top=N] [--run=N|all]\n"
    "                      [--format=text|json] DIR\n"
    "\n"
    "Replays the recording in DIR through a model of its pool system's block allocation: what the\n"
    "blocks cost, which pools waste most, and what other block sizes would cost. Knows ProFTPD, "
    "APR\n"
    "and nginx.\n"
    "\n"
    "  --pid=P             process P alone; else the one of each kind that had most\n"
    "  --size=BYTES,...    sizes to try: ProFTPD's PR_TUNABLE_POOL_SIZE, or what APR's allocators\n"
    "                      keep free at most (apr_allocator_max_free_set)\n"
    "  --top=N             the N places that waste most (10); 0: all\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read, or its pools cannot be simulated.\n";

#define LEAST_SIZE 128
#define MOST_SIZE  (UINT64_C(1) << 30)

struct options {
    enum output_format format;
    size_t top;
    struct tune_wish wish;
    uint64_t sizes[TUNE_SETTINGS - 1];
};

static int read_sizes(const char *command, char *words, struct options *options)
{
    struct tune_wish *wish = &options->wish;
    wish->sizes = options->sizes;
    for (char *at = words;; at++) {
        char *end;
        errno = 0;
        const unsigned long long size = strtoull(at, &end, 10);
        if (*at < '0' || *at > '9' || errno || (*end && *end != ',') || size < LEAST_SIZE ||
            size > MOST_SIZE)
            return usage_error(command,
                               "--size takes bytes from %d to 2^30, with commas between: "
                               "'%s'",
                               LEAST_SIZE, words);
        if (wish->size_count == TUNE_SETTINGS - 1)
            return usage_error(command, "--size takes %d sizes at most", TUNE_SETTINGS - 1);
        options->sizes[wish->size_count++] = size;
        at = end;
        if (!*at)
            return 0;
    }
}

static int read_top(const char *command, const char *word, size_t *top)
{
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(word, &end, 10);
    if (*word < '0' || *word > '9' || *end || errno)
        return usage_error(command, "--top takes a number: '%s'", word);
    *top = number ? (size_t)number : SIZE_MAX;
    return 0;
}

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    switch (option) {
    case 'f':
        return parse_format(command, optarg, &options->format);
    case 'p':
        return parse_pid(command, optarg, &options->wish.pid);
    case 't':
        return read_top(command, optarg, &options->top);
    default:
        return read_sizes(command, optarg, options);
    }
}

static const struct option known[] = {{"pid", required_argument, NULL, 'p'},
                                      {"size", required_argument, NULL, 's'},
                                      {"top", required_argument, NULL, 't'},
                                      {"format", required_argument, NULL, 'f'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "h", known, read_option};

/* Returns 0, or EXIT_USAGE after a message. */
static int explain(const struct tune *tune)
{
    if (tune->fault == TUNE_NO_SYSTEM)
        fputs("lifeguard tune: no pool system was recorded\n", stderr);
    else if (tune->fault == TUNE_NO_MODEL)
        fprintf(stderr,
                "lifeguard tune: how %.*s hands out blocks is not simulated; ProFTPD's, APR's and "
                "nginx' is\n",
                (int)tune->api->name.length, tune->api->name.text);
    else
        return 0;
    return EXIT_USAGE;
}

static int show(struct recording *recording, const struct tune *tune, const struct options *options)
{
    const struct name_source names = {recording_stacks(recording), recording_symbols(recording),
                                      recording_apis(recording)};
    const int status = explain(tune);
    if (status)
        return status;
    if (options->format == FORMAT_JSON)
        render_tune_json(stdout, tune, recording, &names);
    else
        render_tune_text(stdout, tune, recording, &names, options->top);
    warn_runs("tune", recording);
    warn_nameless("tune", recording_symbols(recording));
    return EXIT_NOTHING;
}

static int tune_recording(struct recording *recording, const void *data)
{
    const struct options *options = data;
    struct tune tune = {0};
    struct error error;
    int status = EXIT_USAGE;
    if (options->wish.pid && !recording_has_process(recording, options->wish.pid))
        return usage_error("tune", "there is no process %d in the recording",
                           (int)options->wish.pid);
    if (tune_read(&tune, recording, &options->wish, &error))
        status = show(recording, &tune, options);
    else
        fprintf(stderr, "lifeguard tune: %s\n", error.text);
    tune_free(&tune);
    return status;
}

int cmd_tune(int argc, char **argv)
{
    struct options options = {.top = 10};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &options, &dir);
    return status >= 0 ? status : with_recording(argv[0], dir, tune_recording, &options);
}
