/* where.c - lifeguard where: which pool, and which allocation, an address is or was in. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/where.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/profile/tree_moments.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/recording.h"
#include "analyzer/rules/crash_note.h"
#include "analyzer/scan/core_signal.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/error.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/wall_time.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: lifeguard where [--pid=P] [--at=TIME] [--run=N|all] DIR ADDRESS\n"
    "       lifeguard where --core=FILE DIR\n"
    "\n"
    "Shows which pool, and which allocation, ADDRESS is or was in, by the recording in DIR: alive "
    "or\n"
    "dead, and the backtraces of the allocation and of the pool's creation and end.\n"
    "\n"
    "  --core=FILE  use the address that the process of the core file FILE accessed when it got\n"
    "             the signal that ended it\n"
    "  --pid=P    only in process P\n"
    "  --at=TIME  as it was at this offset from the start of the recording (2.5, +90s, 1m30s)\n"
    "             or time of day (12:04:27), instead of at the process's end\n"
    "  --run=N|all  of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help     print this\n"
    "\n"
    "Exit status: 0, also where nothing is known of ADDRESS; 2 usage, or DIR cannot be read, or "
    "there\n"
    "is no such process or moment.\n";

struct search {
    uint64_t address;
    int32_t pid;
    const char *core; /* NULL: none */
    const char *time; /* NULL: the end */
    struct found_where *found;
    size_t count, processes;
};

static void take(void *data, const struct replay *replay, const struct process *process,
                 uint64_t at_ns)
{
    struct search *search = data;
    struct where where;
    (void)at_ns;
    search->processes++;
    if (!replay_where(replay, search->address, &where))
        return;
    search->found = xreallocarray(search->found, search->count + 1, sizeof(*search->found));
    struct found_where *found = &search->found[search->count++];
    *found = (struct found_where){.pid = process->pid, .process = process->kind, .where = where};
    const struct pool *pool = where.touched.pool;
    found->alive = pool && pool->state == POOL_ALIVE;
    found->path = pool ? replay_pool_path(replay, pool) : xstrdup(where.touched.path);
    if (pool)
        found->where.touched.created = pool->created;
}

static int read_option(const char *command, int option, void *into)
{
    struct search *search = into;
    if (option == 'c') {
        search->core = optarg;
        return 0;
    }
    if (option == 'a')
        return parse_time(command, optarg, &search->time);
    return parse_pid(command, optarg, &search->pid);
}

static const struct option known[] = {{"pid", required_argument, NULL, 'p'},
                                      {"at", required_argument, NULL, 'a'},
                                      {"core", required_argument, NULL, 'c'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options options = {usage, "h", known, read_option};

/* The same as the next, of a core file. */
static int read_core(int argc, char **argv, struct search *search)
{
    struct core_signal signal;
    struct error error;
    char text[SIGNAL_TEXT];
    if (argc - optind != 1)
        return usage_error(argv[0], "with --core, which recording, and no more? DIR");
    if (!core_signal_read(search->core, &signal, &error)) {
        fprintf(stderr, "lifeguard where: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (!signal.has_address) {
        printf("process %" PRId32 " got %s, which is of no address\n", signal.pid,
               signal_text(signal.signal, text));
        return EXIT_NOTHING;
    }
    printf("process %" PRId32 " got %s at 0x%" PRIx64 "\n", signal.pid,
           signal_text(signal.signal, text), signal.address);
    search->address = signal.address;
    search->pid = signal.pid;
    return -1;
}

/* Returns an exit status, or -1 to go on. */
static int read_address(int argc, char **argv, struct search *search)
{
    if (search->core)
        return read_core(argc, argv, search);
    if (argc - optind != 2)
        return usage_error(argv[0], "which recording, and which address? DIR ADDRESS");
    const char *word = argv[optind + 1];
    char *end;
    errno = 0;
    search->address = strtoull(word, &end, 0);
    if (*word < '0' || *word > '9' || *end || errno)
        return usage_error(argv[0], "'%s' is no address such as 0x7f0012345678", word);
    return -1;
}

static int show(struct search *search, struct recording *recording)
{
    const struct name_source names = {recording_stacks(recording), recording_symbols(recording),
                                      recording_apis(recording)};
    if (search->processes == 0) {
        fprintf(stderr, "lifeguard where: there was no such process then\n");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < search->count; i++)
        render_where(stdout, &search->found[i], search->address, &names);
    if (search->count == 0)
        printf(
            "0x%" PRIx64 ": nothing is known of it; addresses are recorded of pools, of what is "
            "given\nback by itself, of allocations with pages of their own (record --guard), and "
            "of all\n(record --addresses)\n",
            search->address);
    return EXIT_NOTHING;
}

static int look(struct search *search, struct recording *recording)
{
    struct error error;
    struct tree_moments moments = {.moment = search->time ? TREE_AT_TIME : TREE_AT_EXIT,
                                   .pid = search->pid,
                                   .take = take,
                                   .data = search};
    if (search->time)
        wall_time_parse_span(search->time, recording_process(recording, 0)->header->wall_ns,
                             &moments.time_from_ns, &moments.time_ns);
    recording_seek(recording, search->address);
    if (tree_moments_replay(recording, &moments, &error))
        return show(search, recording);
    fprintf(stderr, "lifeguard where: %s\n", error.text);
    return EXIT_USAGE;
}

int cmd_where(int argc, char **argv)
{
    struct search search = {0};
    struct error error;
    int status = read_options(argc, argv, &options, &search);
    if (status < 0)
        status = read_address(argc, argv, &search);
    if (status >= 0)
        return status;
    struct recording *recording = recording_open(argv[optind], &error);
    if (!recording) {
        fprintf(stderr, "lifeguard where: %s\n", error.text);
        return EXIT_USAGE;
    }
    status = look(&search, recording);
    if (status == EXIT_NOTHING) {
        warn_runs(argv[0], recording);
        warn_nameless(argv[0], recording_symbols(recording));
    }
    for (size_t i = 0; i < search.count; i++)
        free(search.found[i].path);
    free(search.found);
    recording_close(recording);
    return status;
}
