/* keep.c - lifeguard keep: looks after a recording for as long as it is written. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/keep.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/render/text.h"
#include "analyzer/serve/publisher.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/progress.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NICE_BY 10

static const char usage[] =
    "Usage: lifeguard keep [-d SECONDS] [--full=SIZE] [--metrics=FILE.prom]\n"
    "                      [--listen=ADDRESS:PORT] [--redact] DIR\n"
    "\n"
    "Runs beside the recording in DIR until its processes have ended or SIGTERM comes: compresses\n"
    "what was written, and frees its disk space. The other commands read it as before. New "
    "findings\n"
    "are printed.\n"
    "\n"
    "  -d, --delay=SECONDS  between two passes (default: 10); more if they take long\n"
    "  --full=SIZE      how much is kept in full (default: 16M; 0, 500M, 2G); of older events\n"
    "                   only what findings need\n"
    "  --metrics=FILE.prom  write metrics for node exporter's text file collector\n"
    "  --listen=ADDRESS:PORT  serve /metrics, /findings and /debug/pprof/heap by HTTP; without\n"
    "                       ADDRESS to this host only; port 0 takes any and prints it\n"
    "  --redact         in these, replace names of pools, commands and processes by hashes, and\n"
    "                   leave out directories and the host\n"
    "\n" NAMES_USAGE "\n"
    "  --help               print this\n"
    "\n"
    "Exit status: 0; 2 usage, or the recording cannot be read, or it cannot listen there, or the\n"
    "last pass could not compress all, as on a full disk.\n";

struct options {
    double delay;  /* seconds */
    uint64_t full; /* bytes */
    struct publish_request publish;
    struct address listen;
};

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    struct error error;
    if (option == 'd')
        return parse_delay(command, optarg, &options->delay);
    if (option == 'f') {
        options->full = size_read(optarg);
        return options->full || strcmp(optarg, "0") == 0
                   ? 0
                   : usage_error(command, "--full: '%s' is no size such as 500M or 2G", optarg);
    }
    if (option == 'm') {
        options->publish.metrics = optarg;
        return 0;
    }
    if (option == 'r') {
        options->publish.redact = true;
        return 0;
    }
    options->publish.listen = &options->listen;
    return address_parse(optarg, &options->listen, &error)
               ? 0
               : usage_error(command, "--listen: %s", error.text);
}

static const struct option known[] = {
    {"delay", required_argument, NULL, 'd'},  {"metrics", required_argument, NULL, 'm'},
    {"listen", required_argument, NULL, 'l'}, {"full", required_argument, NULL, 'f'},
    {"redact", no_argument, NULL, 'r'},       NAMES_OPTIONS,
    {"help", no_argument, NULL, 'h'},         {0}};
static const struct command_options command_options = {usage, "d:h", known, read_option};

/* The findings that were told, by fingerprint. */
struct told {
    char (*ids)[sizeof(((struct fingerprint *)NULL)->text)];
    size_t count, capacity;
};

/* A line each: the fingerprint, a blank, what is found. */
static void write_findings(void *data, struct analysis *analysis, FILE *to)
{
    (void)data;
    for (size_t i = 0; i < analysis->findings.count; i++) {
        const struct finding *finding = &analysis->findings.items[i];
        char *line = finding_line(&analysis->names, finding);
        fprintf(to, "%s %s\n", finding->id.text, line);
        free(line);
    }
}

static bool was_told(const struct told *told, const char *id)
{
    for (size_t i = 0; i < told->count; i++)
        if (strcmp(told->ids[i], id) == 0)
            return true;
    return false;
}

static void tell_line(struct told *told, const char *line, size_t length)
{
    const size_t size = sizeof(told->ids[0]);
    if (length < size || line[size - 1] != ' ')
        return;
    GROW(told->ids, told->count, told->capacity);
    char *id = told->ids[told->count];
    memcpy(id, line, size - 1);
    id[size - 1] = '\0';
    if (was_told(told, id))
        return;
    told->count++;
    printf("%.*s\n", (int)(length - size), line + size);
}

static void take_findings(void *data, const char *bytes, size_t size)
{
    for (const char *end = bytes + size, *line = bytes; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next)
            break;
        tell_line(data, line, (size_t)(next - line));
        line = next + 1;
    }
    fflush(stdout);
}

/* False: not all is done, though nothing is lost. */
static bool tell_result(const struct keep_result *result, struct error *error)
{
    char out[UNITS_TEXT], kept[UNITS_TEXT];
    if (result->out)
        fprintf(stderr, "lifeguard: %s of events kept in %s\n", bytes_text(result->out, out),
                bytes_text(result->kept, kept));
    if (result->left.text[0])
        error_set(error, "%s; what was not compressed is there as it was", result->left.text);
    return !result->left.text[0];
}

static bool keep(const char *dir, const struct options *options, struct publisher *publisher,
                 struct error *error)
{
    struct told told = {0};
    struct keep_result result;
    const struct keep_listener listeners[] = {{&told, write_findings, take_findings},
                                              {publisher, publisher_write, publisher_take}};
    const struct keep_request request = {.dir = dir,
                                         .full = options->full,
                                         .delay_ns = (uint64_t)(options->delay * 1e9),
                                         .listeners = listeners,
                                         .listener_count = publisher ? 2 : 1,
                                         .observe = publisher ? publisher_observe : NULL,
                                         .observe_data = publisher};
    const bool done = keep_run(&request, &result, error) && tell_result(&result, error);
    free(told.ids);
    return done;
}

int cmd_keep(int argc, char **argv)
{
    struct options options = {.delay = 10, .full = KEEP_FULL};
    struct publisher *publisher = NULL;
    struct error error = {""};
    const char *dir;
    int status = read_directory(argc, argv, &command_options, &options, &dir);
    if (status >= 0)
        return status;
    const bool publishes = options.publish.metrics || options.publish.listen;
    progress_mute();
    /* The daemon goes first. */
    if (nice(NICE_BY) == -1)
        errno = 0;
    if (publishes)
        publisher = publisher_start(&options.publish, &error);
    const bool done = (publisher || !publishes) && keep(dir, &options, publisher, &error);
    if (publisher)
        publisher_end(publisher);
    if (done)
        return EXIT_NOTHING;
    fprintf(stderr, "lifeguard keep: %s\n", error.text);
    return EXIT_USAGE;
}
