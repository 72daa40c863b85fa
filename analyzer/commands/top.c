/* top.c - lifeguard top: what grows, live. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/top/reader.h"
#include "analyzer/top/screen.h"
#include "analyzer/top/target.h"
#include "analyzer/top/totals.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/progress.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NICE_BY 10

static const char usage[] =
    "Usage: lifeguard top [-b] [-n N] [-d SECONDS] [--sort=bytes|growth|rate|name]\n"
    "                     [--filter=TEXT] [--pid=P] DIR|PID\n"
    "\n"
    "Shows the pools of a recording while it is written: what they hold, how they grow, who\n"
    "allocates, and the findings. PID is a process that is being recorded.\n"
    "\n"
    "  -b, --batch          print each refresh instead of drawing it on the terminal\n"
    "  -n, --count=N        print N batches, then end\n"
    "  -d, --delay=SECONDS  between two refreshes (default: 2); more if they take long\n"
    "  --sort=bytes|growth|rate|name  the order; name: as a tree\n"
    "  --filter=TEXT        only pools whose path has TEXT in it\n"
    "  --pid=P              only process P\n"
    "\n" NAMES_USAGE "\n"
    "  --help               print this\n"
    "\n"
    "Exit status: 0; 2 usage, or the recording cannot be read.\n";

struct options {
    bool batch;
    unsigned long count; /* 0: without an end */
    double delay;        /* seconds */
    struct top_choice choice;
};

static int read_sort(const char *command, const char *word, enum top_sort *sort)
{
    for (unsigned i = 0; i < TOP_SORTS; i++)
        if (strcmp(word, top_sort_name((enum top_sort)i)) == 0) {
            *sort = (enum top_sort)i;
            return 0;
        }
    return usage_error(command, "unknown order '%s': bytes, growth, rate or name", word);
}

static int read_count(const char *command, const char *word, unsigned long *count)
{
    char *end;
    errno = 0;
    *count = strtoul(word, &end, 10);
    if (*end || *count == 0 || *word == '-' || errno)
        return usage_error(command, "'%s' is not a number of 1 or more", word);
    return 0;
}

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    switch (option) {
    case 'n':
        return read_count(command, optarg, &options->count);
    case 'd':
        return parse_delay(command, optarg, &options->delay);
    case 's':
        return read_sort(command, optarg, &options->choice.sort);
    case 'p':
        return parse_pid(command, optarg, &options->choice.pid);
    case 'f':
        options->choice.filter = optarg;
        return 0;
    default:
        options->batch = true;
        return 0;
    }
}

static const struct option known[] = {{"batch", no_argument, NULL, 'b'},
                                      {"count", required_argument, NULL, 'n'},
                                      {"delay", required_argument, NULL, 'd'},
                                      {"sort", required_argument, NULL, 's'},
                                      {"filter", required_argument, NULL, 'f'},
                                      {"pid", required_argument, NULL, 'p'},
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options command_options = {usage, "bn:d:h", known, read_option};

static void put_line(char *text)
{
    puts(text);
    free(text);
}

static void put_totals(const struct top_snapshot *now, const struct top_table *table,
                       enum top_sort sort)
{
    struct top_totals totals = top_totals_make(now, table, sort);
    put_line(top_totals_title(table));
    for (size_t i = 0; i < totals.count; i++)
        put_line(top_total_text(table, &totals.items[i]));
    top_totals_free(&totals);
}

static void print_batch(const struct top_reader *reader, const struct top_choice *choice)
{
    const struct top_snapshot *now = top_reader_now(reader);
    struct top_table table = top_table_make(now, top_reader_earlier(reader), choice);
    for (unsigned i = 0; i < TOP_HEADER_LINES; i++)
        put_line(top_header_text(now, &table, i));
    for (size_t i = 0; i < now->finding_count; i++)
        puts(now->findings[i].text);
    put_totals(now, &table, choice->sort);
    put_line(top_title_text(&table, 0));
    for (size_t i = 0; i < table.count; i++)
        put_line(top_line_text(&table, i, choice->sort == TOP_BY_NAME, 0));
    putchar('\n');
    top_table_free(&table);
}

/* Until nobody reads it any more, at the latest. */
static bool run_batches(struct top_reader *reader, const struct options *options,
                        struct error *error)
{
    for (unsigned long done = 0; !options->count || done < options->count;) {
        const struct top_snapshot *before = top_reader_now(reader);
        if (!top_reader_poll(reader, UINT64_C(3600000000000), error))
            return false;
        if (top_reader_now(reader) == before)
            continue;
        print_batch(reader, &options->choice);
        if (fflush(stdout) != 0)
            break;
        done++;
    }
    return true;
}

/* The directory that OPERAND, a DIR or a PID, stands for. The caller owns it. */
static char *find_dir(const char *operand, struct error *error)
{
    struct stat st;
    char *end;
    long pid = strtol(operand, &end, 10);
    if (*end || pid <= 0 || stat(operand, &st) == 0)
        return xstrdup(operand);
    return top_target(pid, error);
}

static bool watch(const char *dir, const struct options *options, struct error *error)
{
    progress_mute();
    /* The daemon goes first. */
    if (nice(NICE_BY) == -1)
        errno = 0;
    const struct top_request request = {dir, (uint64_t)(options->delay * 1e9), options->choice.pid};
    struct top_reader *reader = top_reader_start(&request, error);
    if (!reader)
        return false;
    bool done = options->batch ? run_batches(reader, options, error)
                               : top_screen_run(reader, &options->choice, error);
    top_reader_end(reader);
    return done;
}

int cmd_top(int argc, char **argv)
{
    struct options options = {.delay = 2};
    const char *operand;
    int status = read_directory(argc, argv, &command_options, &options, &operand);
    if (status >= 0)
        return status;
    struct error error;
    char *dir = find_dir(operand, &error);
    bool done = dir && watch(dir, &options, &error);
    free(dir);
    if (done)
        return EXIT_NOTHING;
    fprintf(stderr, "lifeguard top: %s\n", error.text);
    return EXIT_USAGE;
}
