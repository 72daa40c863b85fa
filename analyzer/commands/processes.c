/* processes.c - lifeguard processes: a line a process, the worst first. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/processes.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/profile/process_list.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/error.h"
#include "analyzer/util/wall_time.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard processes [--sort=KEY] [--kind=KIND] [--since=TIME] [--until=TIME]\n"
    "                           [--run=N|all] [--format=text|json] DIR\n"
    "\n"
    "Lists the processes of the recording in DIR, a line each, those that hold most first: when\n"
    "they ran and how they ended, what they did, and what their pools held.\n"
    "\n"
    "  --sort=KEY          held, peak, growth, commands, events, time: the most first; or start\n"
    "  --kind=KIND         master or session, or the program's own term: worker ...\n"
    "  --since=TIME        those that ran then or later: offset from the start of the recording\n"
    "                      (2.5, +90s, 1m30s), time of day, or date and time\n"
    "  --until=TIME        those that had started by then\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read.\n";

struct options {
    enum output_format format;
    enum process_order order;
    const char *kind, *since, *until; /* NULL: any */
};

/* What is listed. */
struct wanted {
    const char *kind;
    uint64_t since, until; /* ns since 1970 */
};

static int read_order(const char *command, const char *word, enum process_order *order)
{
    for (unsigned i = 0; process_order_name(i); i++) {
        if (strcmp(process_order_name(i), word) == 0) {
            *order = (enum process_order)i;
            return 0;
        }
    }
    return usage_error(command,
                       "cannot sort by '%s': held, peak, growth, commands, events, start "
                       "or time",
                       word);
}

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    switch (option) {
    case 'f':
        return parse_format(command, optarg, &options->format);
    case 'o':
        return read_order(command, optarg, &options->order);
    case 's':
        return parse_time(command, optarg, &options->since);
    case 'u':
        return parse_time(command, optarg, &options->until);
    default:
        options->kind = optarg;
        return 0;
    }
}

static const struct option known[] = {
    {"sort", required_argument, NULL, 'o'},   {"kind", required_argument, NULL, 'k'},
    {"since", required_argument, NULL, 's'},  {"until", required_argument, NULL, 'u'},
    {"format", required_argument, NULL, 'f'}, RUN_OPTION,
    {"help", no_argument, NULL, 'h'},         {0}};
static const struct command_options command_options = {usage, "h", known, read_option};

static bool is_kind(const struct api_set *apis, enum process_kind kind, const char *word)
{
    return strcmp(word, process_kind_name(kind)) == 0 ||
           strcmp(word, process_word(apis, kind, 1)) == 0;
}

static bool is_wanted(const struct wanted *wanted, const struct process_row *row,
                      const struct api_set *apis)
{
    return (!wanted->kind || is_kind(apis, row->process->kind, wanted->kind)) &&
           row->last_ns >= wanted->since && row->started_ns <= wanted->until;
}

static void leave_out(struct process_list *list, const struct wanted *wanted,
                      const struct api_set *apis)
{
    size_t left = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (is_wanted(wanted, &list->items[i], apis))
            list->items[left++] = list->items[i];
    }
    list->count = left;
}

static int show(struct recording *recording, const struct process_list *list,
                const struct options *options)
{
    if (options->format == FORMAT_JSON)
        render_processes_json(stdout, list, recording);
    else
        render_processes_text(stdout, list, recording);
    warn_runs("processes", recording);
    return EXIT_NOTHING;
}

/* Returns 0, or EXIT_USAGE after a message. */
static int settle(const struct options *options, const struct recording *recording,
                  struct wanted *wanted)
{
    const struct api_set *apis = recording_apis(recording);
    const uint64_t start = recording_process(recording, 0)->header->wall_ns;
    uint64_t other;
    *wanted = (struct wanted){options->kind, 0, UINT64_MAX};
    if (options->since)
        wall_time_parse_span(options->since, start, &wanted->since, &other);
    if (options->until)
        wall_time_parse_span(options->until, start, &other, &wanted->until);
    if (!options->kind || is_kind(apis, PROCESS_MASTER, options->kind) ||
        is_kind(apis, PROCESS_SESSION, options->kind))
        return 0;
    return usage_error("processes", "there is no kind of process '%s' here: %s or %s",
                       options->kind, process_word(apis, PROCESS_MASTER, 1),
                       process_word(apis, PROCESS_SESSION, 1));
}

static int list_processes(struct recording *recording, const void *data)
{
    const struct options *options = data;
    struct process_list list;
    struct wanted wanted;
    struct error error;
    int status = EXIT_USAGE;
    if (!process_list_fill(&list, recording, &error))
        fprintf(stderr, "lifeguard processes: %s\n", error.text);
    else if (!(status = settle(options, recording, &wanted))) {
        leave_out(&list, &wanted, recording_apis(recording));
        process_list_sort(&list, options->order);
        status = show(recording, &list, options);
    }
    process_list_free(&list);
    return status;
}

int cmd_processes(int argc, char **argv)
{
    struct options options = {0};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &options, &dir);
    return status >= 0 ? status : with_recording(argv[0], dir, list_processes, &options);
}
