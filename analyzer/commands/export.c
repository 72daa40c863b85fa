/* export.c - lifeguard export: a recording for other programs to draw. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/export/export.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/export/since_last.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_NAME "export.state"

static const char usage[] =
    "Usage: lifeguard export [--format=folded|speedscope|pprof|perfetto|ndjson|openmetrics|dot]\n"
    "                        [--cost=bytes|count] [--by-pool] [--label=K=V ...] [--pid=P]\n"
    "                        [--since-last[=FILE]] [--run=N|all] DIR\n"
    "\n"
    "Writes the allocations of the processes of the recording in DIR, by backtrace, in a format "
    "of\n"
    "other tools, to the standard output.\n"
    "\n"
    "  --format=folded      folded stacks, for flame graphs (the default)\n"
    "  --format=speedscope  profiles for speedscope, as JSON\n"
    "  --format=pprof       a profile for pprof: taken and alive, objects and bytes, by pool\n"
    "  --format=perfetto    bytes in pools over time, for Perfetto\n"
    "  --format=ndjson      findings, pools, stacks, allocations: rows for databases\n"
    "  --format=openmetrics  findings as time series, for Prometheus\n"
    "  --format=dot         the pools as a graph, for Graphviz\n"
    "  --cost=bytes|count   of folded: bytes (the default), or how many allocations\n"
    "  --by-pool            of folded: each backtrace under the path of the pool\n"
    "  --label=K=V          of pprof, ndjson, openmetrics: a label of this host or build\n"
    "  --pid=P              only process P\n"
    "  --redact             of pprof, ndjson, openmetrics: replace names of pools, commands and\n"
    "                       processes by hashes, and leave out directories and the host\n"
    "  --since-last[=FILE]  of ndjson: only rows that are new or changed since the last export "
    "with\n"
    "                       FILE, which is DIR/" STATE_NAME " unless given\n"
    "  --run=N|all          of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help               print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read, or there is no such process.\n";

struct format {
    const char *name;
    export_writer *write;
    bool judged; /* it tells findings, too */
    bool redacts;
};

static const struct format formats[] = {
    {"folded", export_folded, false, false}, {"speedscope", export_speedscope, false, false},
    {"pprof", export_pprof, true, true},     {"perfetto", export_perfetto, false, false},
    {"ndjson", export_ndjson, true, true},   {"openmetrics", export_openmetrics, true, true},
    {"dot", export_dot, true, false},
};

struct request {
    const struct format *format;
    struct export_options options;
    bool redact;
    bool since_last;
    const char *state; /* what was exported last; NULL: a file in DIR */
};

/* Returns 0, or EXIT_USAGE after a message. */
static int read_format(const char *command, const char *word, struct request *request)
{
    request->format = NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(word, formats[i].name) == 0)
            request->format = &formats[i];
    }
    return request->format ? 0 : usage_error(command, "unknown format '%s', see --help", word);
}

static int read_cost(const char *command, const char *word, enum export_cost *cost)
{
    if (strcmp(word, "bytes") == 0)
        *cost = COST_BYTES;
    else if (strcmp(word, "count") == 0)
        *cost = COST_COUNT;
    else
        return usage_error(command, "unknown cost '%s': bytes or count", word);
    return 0;
}

static int read_label(const char *command, const char *word, struct label_set *labels)
{
    struct error error;
    return label_set_add(labels, word, &error) ? 0
                                               : usage_error(command, "--label: %s", error.text);
}

static int read_option(const char *command, int option, void *into)
{
    struct request *request = into;
    switch (option) {
    case 'f':
        return read_format(command, optarg, request);
    case 'c':
        return read_cost(command, optarg, &request->options.cost);
    case 'l':
        return read_label(command, optarg, &request->options.labels);
    case 'p':
        return parse_pid(command, optarg, &request->options.pid);
    case 'r':
        request->redact = true;
        return 0;
    case 's':
        request->since_last = true;
        request->state = optarg;
        return 0;
    default:
        request->options.by_pool = true;
        return 0;
    }
}

static const struct option known[] = {{"format", required_argument, NULL, 'f'},
                                      {"cost", required_argument, NULL, 'c'},
                                      {"by-pool", no_argument, NULL, 'b'},
                                      {"label", required_argument, NULL, 'l'},
                                      {"pid", required_argument, NULL, 'p'},
                                      {"redact", no_argument, NULL, 'r'},
                                      {"since-last", optional_argument, NULL, 's'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "h", known, read_option};

/* Returns 0, or EXIT_USAGE after a message: what does not go together. */
static int check_request(const char *command, const struct request *request)
{
    if (request->redact && !request->format->redacts)
        return usage_error(command, "--redact: of pprof, ndjson and openmetrics only");
    if (!request->since_last)
        return 0;
    if (request->format->write != export_ndjson)
        return usage_error(command, "--since-last: of ndjson only");
    if (request->redact)
        return usage_error(command, "--since-last: redacted names are other ones each time");
    if (request->options.pid)
        return usage_error(command, "--since-last: of all processes, without --pid");
    if (request->state && !*request->state)
        return usage_error(command, "--since-last: the name of the file is empty");
    return 0;
}

/* Says where nothing is known of an earlier export. */
static struct since_last *open_since_last(const struct request *request, const char *dir)
{
    struct error error;
    if (!request->since_last)
        return NULL;
    char *name = request->state ? xstrdup(request->state) : xasprintf("%s/%s", dir, STATE_NAME);
    struct since_last *since = since_last_open(name, &error);
    if (*error.text)
        fprintf(stderr, "lifeguard export: %s: all rows are written\n", error.text);
    free(name);
    return since;
}

static bool write_export(const struct analysis *analysis, const struct request *request,
                         struct error *error)
{
    int32_t pid = request->options.pid;
    if (!pid || recording_has_process(analysis->recording, pid))
        return request->format->write(stdout, analysis, &request->options, error);
    error_set(error, "process %d was not recorded", pid);
    return false;
}

/* What did not arrive is new the next time, too. */
static bool save_since_last(const struct since_last *since, struct error *error)
{
    if (!since)
        return true;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        error_set(error, "the output cannot be written: %s", strerror(errno));
        return false;
    }
    return since_last_save(since, error);
}

/* Rules are asked only where what they find is told. */
static bool read_recording(struct analysis *analysis, const char *dir, bool judged,
                           struct error *error)
{
    if (judged)
        return analysis_run(analysis, dir, error);
    *analysis = (struct analysis){.recording = recording_open(dir, error)};
    return analysis->recording;
}

static int run_export(const char *command, const struct request *request, const char *dir)
{
    struct error error;
    struct analysis analysis;
    bool read = read_recording(&analysis, dir, request->format->judged, &error);
    if (read && request->redact)
        redact_analysis(&analysis);
    bool ok = read && write_export(&analysis, request, &error) &&
              save_since_last(request->options.since, &error);
    if (ok) {
        warn_runs(command, analysis.recording);
        warn_nameless(command, recording_symbols(analysis.recording));
    } else
        fprintf(stderr, "lifeguard export: %s\n", error.text);
    if (read)
        analysis_end(&analysis);
    return ok ? EXIT_NOTHING : EXIT_USAGE;
}

int cmd_export(int argc, char **argv)
{
    struct request request = {.format = &formats[0]};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &request, &dir);
    if (status < 0 && check_request(argv[0], &request) != 0)
        status = EXIT_USAGE;
    if (status < 0) {
        request.options.since = open_since_last(&request, dir);
        status = run_export(argv[0], &request, dir);
    }
    since_last_free(request.options.since);
    label_set_free(&request.options.labels);
    return status;
}
