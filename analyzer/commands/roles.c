/* roles.c - lifeguard roles: each documented pool as it lived. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/roles.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/profile/role_table.h"
#include "analyzer/replay/recording.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/error.h"
#include "analyzer/util/memory.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: lifeguard roles [--run=N|all] [--format=text|json] DIR\n"
    "\n"
    "Shows the lifetimes of pools with documented roles (session.pool, cmd_rec->tmp_pool ...) in\n"
    "the recording in DIR: how many there were, where they were created and destroyed, how many\n"
    "units of work they lived, and departures from the documentation.\n"
    "\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --run=N|all         of several runs of the daemon: run N, or all; else the latest\n"
    "\n" NAMES_USAGE "\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read.\n";

static int take_option(const char *command, int option, void *into)
{
    (void)option; /* there is no other */
    return parse_format(command, optarg, into);
}

static const struct option known[] = {{"format", required_argument, NULL, 'f'},
                                      RUN_OPTION,
                                      NAMES_OPTIONS,
                                      {"help", no_argument, NULL, 'h'},
                                      {0}};
static const struct command_options options = {usage, "h", known, take_option};

static bool show(struct recording *recording, enum output_format format, struct error *error)
{
    struct role_table *table = xmalloc(sizeof(*table));
    bool whole = role_table_fill(table, recording, error);
    const struct name_source names = {recording_stacks(recording), recording_symbols(recording),
                                      recording_apis(recording)};
    if (whole && format == FORMAT_JSON)
        render_roles_json(stdout, table, &names);
    else if (whole)
        render_roles_text(stdout, table, &names);
    role_table_free(table);
    free(table);
    return whole;
}

int cmd_roles(int argc, char **argv)
{
    enum output_format format = FORMAT_TEXT;
    const char *dir;
    int status = read_directory(argc, argv, &options, &format, &dir);
    if (status >= 0)
        return status;
    struct error error;
    struct recording *recording = recording_open(dir, &error);
    bool ok = recording && show(recording, format, &error);
    if (ok) {
        warn_runs(argv[0], recording);
        warn_nameless(argv[0], recording_symbols(recording));
    } else
        fprintf(stderr, "lifeguard roles: %s\n", error.text);
    recording_close(recording);
    return ok ? EXIT_NOTHING : EXIT_USAGE;
}
