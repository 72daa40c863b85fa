/*
 * names_options.h - the options that every command has which names functions: where the files are
 * that names are taken from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_NAMES_OPTIONS_H
#define ANALYZER_COMMANDS_NAMES_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

enum { OPTION_DEBUG_DIR = 512, OPTION_DEBUGINFOD, OPTION_SYSROOT };

/* For a table of getopt_long(). */
#define NAMES_OPTIONS                                                                              \
    {"sysroot", required_argument, NULL, OPTION_SYSROOT},                                          \
        {"debug-dir", required_argument, NULL, OPTION_DEBUG_DIR},                                  \
    {                                                                                              \
        "debuginfod", no_argument, NULL, OPTION_DEBUGINFOD                                         \
    }

/* For a command's --help. */
#define NAMES_USAGE                                                                                \
    "Where the names of functions are from, see lifeguard(1):\n"                                   \
    "  --sysroot=DIR       the recorded programs and libraries are below DIR\n"                    \
    "  --debug-dir=DIR     separate debug files are in DIR; may be given several times\n"          \
    "  --debuginfod        ask the servers in DEBUGINFOD_URLS for debug files, too\n"

/* Is OPTION, which getopt_long() returned, one of these? Then names_option() takes it: its value is
 * in optarg. Returns 0, or EXIT_USAGE after a message for COMMAND. */
bool is_names_option(int option);
int names_option(const char *command, int option);

#endif
