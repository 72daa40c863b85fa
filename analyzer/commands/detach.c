/* detach.c - lifeguard detach: lets go of a process that is recorded. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/attach.h"
#include "analyzer/commands/commands.h"
#include "analyzer/record/directory.h"
#include "analyzer/top/target.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: lifeguard detach PID\n"
    "\n"
    "Ends the recording of the process PID, which runs on with its original code. It may have\n"
    "been attached to or started by 'lifeguard record', and can be attached to again. Processes\n"
    "that it has forked continue to be recorded.\n"
    "\n"
    "  --help  print this\n"
    "\n"
    "Exit status: 0; 2 usage, or it is not possible, and why.\n";

int cmd_detach(int argc, char **argv)
{
    static const struct option known[] = {{"help", no_argument, NULL, 'h'}, {0}};
    static const struct command_options all = {usage, "h", known, NULL};
    int32_t pid;
    int status = read_options(argc, argv, &all, NULL);
    if (status < 0)
        status = pid_operand(argv[0], argc, argv, &pid);
    if (status >= 0)
        return status;
    struct attach_result result;
    struct error error;
    char *dir = top_target(pid, &error);
    if (!attach_end(pid, &result, &error)) {
        fprintf(stderr, "lifeguard detach: %s\n", error.text);
        free(dir);
        return EXIT_USAGE;
    }
    if (dir)
        record_dir_finish(dir);
    fprintf(stderr, "lifeguard: process %d is not recorded any more; it was stopped for %.1f ms\n",
            (int)pid, result.stopped_ms);
    if (dir)
        fprintf(stderr, "  lifeguard report %s\n", dir);
    free(dir);
    return EXIT_NOTHING;
}
