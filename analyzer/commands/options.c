/*
 * options.c - reads a command's options, those that name files of names included, and its operand,
 * a recording.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/commands/run_option.h"
#include "analyzer/replay/daemon_runs.h"
#include "analyzer/replay/recording.h"
#include "analyzer/util/error.h"

#include <getopt.h>
#include <stdio.h>

static int take_option(const char *command, int option, const struct command_options *options,
                       void *into)
{
    if (option == 'h') {
        fputs(options->usage, stdout);
        return EXIT_NOTHING;
    }
    int status = is_names_option(option) ? names_option(command, option)
                 : option == OPTION_RUN  ? run_option(command)
                                         : options->take(command, option, into);
    return status ? status : -1;
}

int read_options(int argc, char **argv, const struct command_options *options, void *into)
{
    int status = -1;
    opterr = 0;
    if (has_run_option(options->known))
        runs_use(RUN_LATEST);
    while (status < 0) {
        int option = getopt_long(argc, argv, options->letters, options->known, NULL);
        if (option == -1)
            break;
        status = option == '?' ? refused_option(argv, options->known)
                               : take_option(argv[0], option, options, into);
    }
    return status;
}

const char *directory_operand(const char *command, int argc, char **argv)
{
    if (optind == argc)
        usage_error(command, "which recording? DIR is missing");
    else if (optind + 1 < argc)
        usage_error(command, "one DIR only, '%s' is too much", argv[optind + 1]);
    else
        return argv[optind];
    return NULL;
}

int with_recording(const char *command, const char *dir,
                   int (*work)(struct recording *recording, const void *options),
                   const void *options)
{
    struct error error;
    struct recording *recording = recording_open(dir, &error);
    if (!recording) {
        fprintf(stderr, "lifeguard %s: %s\n", command, error.text);
        return EXIT_USAGE;
    }
    const int status = work(recording, options);
    recording_close(recording);
    return status;
}

int read_directory(int argc, char **argv, const struct command_options *options, void *into,
                   const char **dir)
{
    int status = read_options(argc, argv, options, into);
    if (status < 0 && !(*dir = directory_operand(argv[0], argc, argv)))
        status = EXIT_USAGE;
    return status;
}
