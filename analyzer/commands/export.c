/* export.c - lifeguard export: a recording for other programs to draw. */
#include "analyzer/export/export.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard export [--format=folded|speedscope|pprof|perfetto|ndjson|openmetrics|dot]\n"
    "                        [--cost=bytes|count] [--by-pool] [--label=K=V ...] [--pid=P]\n"
    "                        [--run=N|all] DIR\n"
    "\n"
    "Writes what the processes of the recording in DIR took from their pools, by backtrace, in a\n"
    "format of other tools, to the standard output.\n"
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
    "  --label=K=V          of pprof, ndjson, openmetrics: what this host or build is called by\n"
    "  --pid=P              only process P\n"
    "  --redact             of ndjson, openmetrics: names of pools, commands and the host as "
    "hashes\n"
    "                       or left out, files without directories\n"
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
    {"pprof", export_pprof, true, false},    {"perfetto", export_perfetto, false, false},
    {"ndjson", export_ndjson, true, true},   {"openmetrics", export_openmetrics, true, true},
    {"dot", export_dot, true, false},
};

struct request {
    const struct format *format;
    struct export_options options;
    bool redact;
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
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "h", known, read_option};

static bool write_export(const struct analysis *analysis, const struct request *request,
                         struct error *error)
{
    int32_t pid = request->options.pid;
    if (!pid || recording_has_process(analysis->recording, pid))
        return request->format->write(stdout, analysis, &request->options, error);
    error_set(error, "process %d was not recorded", pid);
    return false;
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

int cmd_export(int argc, char **argv)
{
    struct request request = {.format = &formats[0]};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &request, &dir);
    if (status >= 0)
        return status;
    if (request.redact && !request.format->redacts)
        return usage_error(argv[0], "--redact: of ndjson and openmetrics only");
    struct error error;
    struct analysis analysis;
    bool read = read_recording(&analysis, dir, request.format->judged, &error);
    if (read && request.redact)
        redact_analysis(&analysis);
    bool ok = read && write_export(&analysis, &request, &error);
    if (ok) {
        warn_runs(argv[0], analysis.recording);
        warn_nameless(argv[0], recording_symbols(analysis.recording));
    } else
        fprintf(stderr, "lifeguard export: %s\n", error.text);
    if (read)
        analysis_end(&analysis);
    label_set_free(&request.options.labels);
    return ok ? EXIT_NOTHING : EXIT_USAGE;
}
