/* html.c - lifeguard html: a recording as one page for a browser. */
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/html/history.h"
#include "analyzer/html/page.h"
#include "analyzer/html/page_data.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/output_file.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_BYTES_MAX 5000000u

static const char usage[] =
    "Usage: lifeguard html [-o FILE] [--since=TIME] [--until=TIME] DIR\n"
    "\n"
    "Writes pictures of the recording in DIR as one page for a browser: the findings, live pools\n"
    "and bytes over time, the pool tree at any moment, and flame graphs of who allocates. The "
    "page\n"
    "needs no network and no other file, and is 5 MB at most.\n"
    "\n"
    "  -o, --output=FILE   where to (default: lifeguard.html); a file that is there is replaced\n"
    "  --since=TIME        only what was done since then: so long after the start of the "
    "recording\n"
    "                      (2.5, +90s, 1m30s), a time of day, or a date and time\n"
    "  --until=TIME        as if the recording ended then\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read, or FILE not written.\n";

static size_t before_size(void)
{
    return (size_t)(page_before_data_end - page_before_data);
}

static size_t after_size(void)
{
    return (size_t)(page_after_data_end - page_after_data);
}

static bool write_page(FILE *out, const void *data)
{
    return fwrite(page_before_data, 1, before_size(), out) == before_size() &&
           fputs(data, out) >= 0 && fwrite(page_after_data, 1, after_size(), out) == after_size() &&
           fflush(out) == 0;
}

static bool *mentioned_processes(const struct analysis *analysis)
{
    size_t count = recording_process_count(analysis->recording);
    bool *mentioned = xcalloc(count, sizeof(*mentioned));
    for (size_t i = 0; i < analysis->findings.count; i++) {
        const struct finding *finding = &analysis->findings.items[i];
        for (size_t k = 0; k < count && finding->pids.count; k++)
            if (recording_process(analysis->recording, k)->pid == finding->pids.items[0])
                mentioned[k] = true;
    }
    return mentioned;
}

static bool draw(const struct analysis *analysis, const char *file, struct error *error)
{
    struct history history;
    bool *mentioned = mentioned_processes(analysis);
    bool drawn = history_read(&history, analysis->recording, mentioned, error);
    free(mentioned);
    if (drawn) {
        char *data = page_data(analysis, &history, PAGE_BYTES_MAX - before_size() - after_size());
        if (!data)
            error_set(error, "what is to be drawn does not fit into %u bytes", PAGE_BYTES_MAX);
        drawn = data && output_file(file, write_page, data, error);
        free(data);
    }
    history_free(&history);
    return drawn;
}

struct options {
    const char *file;
    struct analysis_scope scope;
};

static int take_option(const char *command, int option, void *into)
{
    struct options *options = into;
    if (option == 's')
        return parse_time(command, optarg, &options->scope.since);
    if (option == 'u')
        return parse_time(command, optarg, &options->scope.until);
    options->file = optarg;
    return 0;
}

static const struct option known[] = {
    {"output", required_argument, NULL, 'o'}, {"since", required_argument, NULL, 's'},
    {"until", required_argument, NULL, 'u'},  NAMES_OPTIONS,
    {"help", no_argument, NULL, 'h'},         {0}};
static const struct command_options command_options = {usage, "o:h", known, take_option};

int cmd_html(int argc, char **argv)
{
    struct options options = {.file = "lifeguard.html"};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &options, &dir);
    if (status >= 0)
        return status;
    if (!before_size()) {
        fputs("lifeguard html: this lifeguard was built without d3, which draws: install Debian's "
              "node-d3 and build it again\n",
              stderr);
        return EXIT_USAGE;
    }
    struct analysis analysis;
    struct error error;
    if (!analysis_run_of(&analysis, dir, &options.scope, &error)) {
        fprintf(stderr, "lifeguard html: %s\n", error.text);
        return EXIT_USAGE;
    }
    bool drawn = draw(&analysis, options.file, &error);
    if (drawn)
        warn_nameless(argv[0], analysis.symbols);
    else
        fprintf(stderr, "lifeguard html: %s\n", error.text);
    analysis_end(&analysis);
    return drawn ? EXIT_NOTHING : EXIT_USAGE;
}
