/* api_options.h - what the files of lifeguard api share. argv[0] is "api". */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_COMMANDS_API_OPTIONS_H
#define ANALYZER_COMMANDS_API_OPTIONS_H

#include "analyzer/commands/commands.h"

/* Returns an exit status, or -1 to go on with the operands, from optind on. */
int api_read_options(int argc, char **argv, enum output_format *format);

int cmd_api_check(int argc, char **argv);

#endif
