/* stop.c - lifeguard stop: ends a recording, not the processes that it is of. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/stop.h"
#include "analyzer/commands/commands.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard stop DIR\n"
    "\n"
    "Ends the recording in DIR. Its processes run on; they and the processes that they start are "
    "no\n"
    "longer recorded. What was recorded can be judged as usual. DIR takes another recording only "
    "by\n"
    "'lifeguard record -f'.\n"
    "\n"
    "  --help  print this\n"
    "\n"
    "Exit status: 0; 2 usage, or no process is recorded into DIR, or it cannot be ended.\n";

int cmd_stop(int argc, char **argv)
{
    static const struct option known[] = {{"help", no_argument, NULL, 'h'}, {0}};
    static const struct command_options options = {usage, "h", known, NULL};
    const char *dir;
    size_t ended;
    struct error error;
    int status = read_directory(argc, argv, &options, NULL, &dir);
    if (status >= 0)
        return status;
    if (!record_stop(dir, &ended, &error)) {
        fprintf(stderr, "lifeguard stop: %s\n", error.text);
        return EXIT_USAGE;
    }
    fprintf(stderr, "lifeguard: the recording of %zu %s has ended; %s on\n  lifeguard report %s\n",
            ended, ended == 1 ? "process" : "processes", ended == 1 ? "it goes" : "they go", dir);
    return EXIT_NOTHING;
}
