/*
 * run_option.h - the option of which run of the daemon a command tells, where DIR holds several.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_RUN_OPTION_H
#define ANALYZER_COMMANDS_RUN_OPTION_H

#include <getopt.h>
#include <stdbool.h>

struct recording;

enum { OPTION_RUN = 544 };

/* For a table of getopt_long(). */
#define RUN_OPTION                                                                                 \
    {                                                                                              \
        "run", required_argument, NULL, OPTION_RUN                                                 \
    }

/* Takes the option, whose value is in optarg. Returns 0, or EXIT_USAGE after a message for COMMAND.
 */
int run_option(const char *command);

/* Whether the table KNOWN has it: without it, the latest run is meant. */
bool has_run_option(const struct option *known);

/* Says on stderr, for COMMAND, where RECORDING is not all that its directory holds. */
void warn_runs(const char *command, const struct recording *recording);

#endif
