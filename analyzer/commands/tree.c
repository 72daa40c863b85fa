/* tree.c - lifeguard tree: the pool tree of a process at a moment. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/tree.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/profile/tree_moments.h"
#include "analyzer/render/terminal.h"
#include "analyzer/render/tree_growth.h"
#include "analyzer/render/tree_like.h"
#include "analyzer/replay/recording.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/error.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/wall_time.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: lifeguard tree [--pid=P] [--at=exit|peak|fork|TIME] [--all] [--run=N|all]\n"
    "                      [--format=text|json] DIR\n"
    "\n"
    "Shows the pool tree of each process of the recording in DIR: name, bytes, size of the "
    "blocks,\n"
    "allocations, and the function that created the pool. Similar pools share a line; of more "
    "than\n"
    "four processes of a kind only the largest is shown, and the sum of all.\n"
    "\n"
    "  --pid=P             only process P\n"
    "  --at=exit           as it was at the end (the default)\n"
    "  --at=peak           when the process's pools held the most bytes\n"
    "  --at=fork           what it was forked with; processes that were not forked are left out\n"
    "  --at=TIME           offset from the start of the recording (2.5, +90s, 300ms, 1m30s),\n"
    "                      time of day (12:04:27), or date and time (2026-01-31T12:00:00), in\n"
    "                      local time unless a zone follows\n"
    "  --all               every process by itself\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read, or there is no such process or moment.\n";

struct options {
    enum output_format format;
    enum tree_moment moment;
    const char *time;
    int32_t pid; /* 0: all */
    bool all;    /* each by itself, also those that are alike */
};

/* Where the tree of one process was written. */
struct snapshot {
    long from, to; /* in the scratch file */
};

struct tree {
    struct options options;
    uint64_t time_from_ns, time_ns; /* the moment, or the first and last ns of the second meant */
    struct analysis analysis;       /* of the recording, where growth is shown; else zeroed */
    struct recording *recording;
    struct tree_view view;
    struct snapshot *snapshots; /* by process, as are the sums */
    struct tree_sum *sums;
    struct trees_alike *alike;
    size_t alike_count;
    int failure;   /* errno of the first write to `scratch` that failed; 0: none did */
    FILE *scratch; /* trees as they come: children before what their parents end with */
};

static void take_snapshot(void *data, const struct replay *replay, const struct process *process,
                          uint64_t at_ns)
{
    struct tree *tree = data;
    struct snapshot *snapshot = &tree->snapshots[process->index];
    tree->sums[process->index] = (struct tree_sum){true, process->bytes, process->pools};
    snapshot->from = ftell(tree->scratch);
    if (tree->options.format == FORMAT_JSON)
        render_tree_json(tree->scratch, &tree->view, replay, process, at_ns);
    else
        render_tree_text(tree->scratch, &tree->view, replay, process, at_ns);
    snapshot->to = ftell(tree->scratch); /* writes */
    if (ferror(tree->scratch) && !tree->failure)
        tree->failure = errno;
}

static bool take_trees(struct tree *tree, struct error *error)
{
    const struct tree_moments moments = {
        .moment = tree->options.moment,
        .time_from_ns = tree->time_from_ns,
        .time_ns = tree->time_ns,
        .pid = tree->options.pid,
        .take = take_snapshot,
        .data = tree,
    };
    return tree_moments_replay(tree->recording, &moments, error);
}

static bool copy_out(FILE *from, const struct snapshot *snapshot, FILE *to)
{
    char buffer[65536];
    long left = snapshot->to - snapshot->from;
    if (fseek(from, snapshot->from, SEEK_SET) != 0)
        return false;
    while (left > 0) {
        size_t want = left < (long)sizeof(buffer) ? (size_t)left : sizeof(buffer);
        size_t got = fread(buffer, 1, want, from);
        if (got == 0 || fwrite(buffer, 1, got, to) != got)
            return false;
        left -= (long)got;
    }
    return true;
}

static void explain_nothing_written(const struct tree *tree)
{
    const struct recording_stats *stats = recording_stats(tree->recording);
    char first[WALL_TIME_TEXT], last[WALL_TIME_TEXT];
    fputs("lifeguard tree: ", stderr);
    if (tree->options.pid)
        fprintf(stderr, "process %d ", tree->options.pid);
    else
        fputs("no process ", stderr);
    fputs(tree->options.moment == TREE_AT_FORK && tree->options.pid
              ? "was not forked by a recorded one"
          : tree->options.moment == TREE_AT_FORK ? "was forked by a recorded one"
          : tree->options.pid                    ? "was not there then"
                                                 : "was there then",
          stderr);
    fprintf(stderr, ": the recording is of %s to %s (+%.1fs)\n",
            wall_time_local(stats->first_ns, first), wall_time_local(stats->last_ns, last),
            (double)(stats->last_ns - stats->first_ns) / 1e9);
}

/* Those that are alike are one, unless programs read them or all were asked for. */
static void join_alike(struct tree *tree)
{
    const size_t count = recording_process_count(tree->recording);
    const struct process **processes = xcalloc(count, sizeof(*processes));
    for (size_t i = 0; i < count; i++)
        processes[i] = recording_process(tree->recording, i);
    tree->alike = trees_join(processes, tree->sums, count, &tree->alike_count);
    free(processes);
}

static void tell_alike(const struct tree *tree, size_t index, FILE *out)
{
    for (size_t i = 0; i < tree->alike_count; i++) {
        if (tree->alike[i].largest == recording_process(tree->recording, index))
            trees_tell(out, &tree->alike[i], recording_apis(tree->recording));
    }
}

/* Writes the trees in the order in which the processes started. */
static int write_trees(struct tree *tree)
{
    bool json = tree->options.format == FORMAT_JSON;
    if (fflush(tree->scratch) != 0 && !tree->failure)
        tree->failure = errno;
    bool ok = !tree->failure;
    size_t written = 0, count = recording_process_count(tree->recording);
    struct terminal terminal;
    terminal_begin(&terminal, stdout);
    if (json)
        fputs("{\"version\":1,\"processes\":[", stdout);
    for (size_t i = 0; ok && i < count; i++) {
        if (!tree->sums[i].taken)
            continue;
        if (json)
            fputs(written ? ",\n" : "\n", stdout);
        written++;
        ok = copy_out(tree->scratch, &tree->snapshots[i], terminal.text);
        tell_alike(tree, i, terminal.text);
    }
    terminal_end(&terminal, TERMINAL_CUT, &tree->view.style);
    if (json)
        fputs("]}\n", stdout);
    if (!ok)
        fprintf(stderr, "lifeguard tree: the trees could not be written: %s\n",
                strerror(tree->failure ? tree->failure : errno));
    else if (written == 0)
        explain_nothing_written(tree);
    return ok && written ? EXIT_NOTHING : EXIT_USAGE;
}

static int show(struct tree *tree)
{
    struct error error;
    int status = EXIT_USAGE;
    tree->snapshots = xcalloc(recording_process_count(tree->recording), sizeof(*tree->snapshots));
    tree->sums = xcalloc(recording_process_count(tree->recording), sizeof(*tree->sums));
    tree->view.style = style_for(stdout);
    tree->view.stacks = recording_stacks(tree->recording);
    tree->view.symbols = recording_symbols(tree->recording);
    tree->scratch = tmpfile();
    if (!tree->scratch)
        fprintf(stderr, "lifeguard tree: no temporary file: %s\n", strerror(errno));
    else if (!take_trees(tree, &error))
        fprintf(stderr, "lifeguard tree: %s\n", error.text);
    else {
        if (tree->options.format == FORMAT_TEXT && !tree->options.all)
            join_alike(tree);
        status = write_trees(tree);
    }
    if (tree->scratch)
        fclose(tree->scratch);
    tree_view_free(&tree->view);
    free(tree->snapshots);
    free(tree->sums);
    free(tree->alike);
    return status;
}

static int read_moment(const char *command, const char *word, struct options *options)
{
    uint64_t ns;
    options->moment = strcmp(word, "exit") == 0   ? TREE_AT_EXIT
                      : strcmp(word, "peak") == 0 ? TREE_AT_PEAK
                      : strcmp(word, "fork") == 0 ? TREE_AT_FORK
                                                  : TREE_AT_TIME;
    options->time = word;
    if (options->moment == TREE_AT_TIME && !wall_time_parse(word, 0, &ns))
        return usage_error(command, "'%s' is no moment: exit, peak, fork, or a time", word);
    return 0;
}

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    if (option == 'f')
        return parse_format(command, optarg, &options->format);
    if (option == 'a')
        return read_moment(command, optarg, options);
    if (option == 'p')
        return parse_pid(command, optarg, &options->pid);
    options->all = true;
    return 0;
}

static const struct option known[] = {{"format", required_argument, NULL, 'f'},
                                      {"at", required_argument, NULL, 'a'},
                                      {"pid", required_argument, NULL, 'p'},
                                      {"all", no_argument, NULL, 'l'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "h", known, read_option};

static void set_time(struct tree *tree)
{
    wall_time_parse_span(tree->options.time, recording_process(tree->recording, 0)->header->wall_ns,
                         &tree->time_from_ns, &tree->time_ns);
}

/* People in front of a terminal are shown what grows. */
static bool open_recording(struct tree *tree, const char *dir)
{
    struct error error;
    if (tree->options.format == FORMAT_TEXT && isatty(STDOUT_FILENO)) {
        if (analysis_run(&tree->analysis, dir, &error)) {
            tree->recording = tree->analysis.recording;
            tree->view.growth = tree_growth_new(&tree->analysis);
        }
    } else {
        tree->recording = recording_open(dir, &error);
    }
    if (!tree->recording)
        fprintf(stderr, "lifeguard tree: %s\n", error.text);
    return tree->recording;
}

static void close_recording(struct tree *tree)
{
    tree_growth_free(tree->view.growth);
    if (tree->analysis.recording)
        analysis_end(&tree->analysis);
    else
        recording_close(tree->recording);
}

int cmd_tree(int argc, char **argv)
{
    struct tree tree = {0};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &tree.options, &dir);
    if (status >= 0)
        return status;
    if (!open_recording(&tree, dir))
        return EXIT_USAGE;
    if (tree.options.moment == TREE_AT_TIME)
        set_time(&tree);
    status = show(&tree);
    if (status == EXIT_NOTHING) {
        warn_runs(argv[0], tree.recording);
        warn_nameless(argv[0], recording_symbols(tree.recording));
    }
    close_recording(&tree);
    return status;
}
