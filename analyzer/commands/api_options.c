/* api_options.c - what the files of lifeguard api share; see api_options.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/api_options.h"

#include <getopt.h>
#include <stddef.h>

static const char usage[] =
    "Usage: lifeguard api list [--format=text|json]\n"
    "       lifeguard api show NAME\n"
    "       lifeguard api check [--format=text|json] NAME|FILE [--] PROGRAM [ARG...]\n"
    "\n"
    "Descriptions of pool systems: what lifeguard hooks in a program, see lifeguard-api(5).\n"
    "\n"
    "  list   the built-in ones, and what each is detected by\n"
    "  show   the text of the built-in one NAME, to start your own from\n"
    "  check  what of a description would be hooked in PROGRAM, where it was found and what is\n"
    "         missing. PROGRAM is loaded and ended before any code of its own runs\n"
    "\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 1 something that the description names is missing in PROGRAM; 2 usage, a\n"
    "mistake in the description, or PROGRAM cannot be started; 3 nothing would be hooked.\n";

static int read_option(const char *command, int option, void *into)
{
    (void)option;
    return parse_format(command, optarg, into);
}

/* "+": what follows PROGRAM is not ours. */
int api_read_options(int argc, char **argv, enum output_format *format)
{
    static const struct option known[] = {
        {"format", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
    static const struct command_options options = {usage, "+h", known, read_option};
    *format = FORMAT_TEXT;
    return read_options(argc, argv, &options, format);
}
