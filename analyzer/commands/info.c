/* info.c - lifeguard info: the recording's own account of itself. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/info.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/replay/recording.h"
#include "analyzer/util/error.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard info [--run=N|all] DIR\n"
    "\n"
    "Shows what was hooked and recorded in DIR, and what is missing: the processes, functions "
    "that\n"
    "were hooked or not, events, losses, damage, and the coverage: recorded bytes compared with "
    "the\n"
    "bytes in the pools.\n"
    "\n"
    "  --run=N|all  of several runs of the daemon: run N, or all; else the latest\n"
    "\n"
    "  --help       print this\n"
    "\n"
    "Exit status: 0; 2 usage, or DIR cannot be read.\n";

int cmd_info(int argc, char **argv)
{
    static const struct option known[] = {RUN_OPTION, {"help", no_argument, NULL, 'h'}, {0}};
    static const struct command_options options = {usage, "h", known, NULL};
    const char *dir;
    int status = read_directory(argc, argv, &options, NULL, &dir);
    if (status >= 0)
        return status;
    struct error error;
    struct recording *recording = recording_open(dir, &error);
    bool ok = recording && recording_replay(recording, NULL, 0, &error);
    if (ok)
        render_info(stdout, recording);
    else
        fprintf(stderr, "lifeguard info: %s\n", error.text);
    recording_close(recording);
    return ok ? EXIT_NOTHING : EXIT_USAGE;
}
