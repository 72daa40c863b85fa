/*
 * commands.h - the subcommands, one file each. argv[0] is the subcommand's name.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_COMMANDS_H
#define ANALYZER_COMMANDS_COMMANDS_H

#include "analyzer/util/exit_status.h"

#include <stdint.h>

int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_tree(int argc, char **argv);
int cmd_roles(int argc, char **argv);
int cmd_html(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_pack(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_api(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_processes(int argc, char **argv);
int cmd_tune(int argc, char **argv);
int cmd_where(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_keep(int argc, char **argv);

enum output_format { FORMAT_TEXT, FORMAT_JSON };

/* --format's WORD to *FORMAT. Returns 0, or EXIT_USAGE after a message for COMMAND. */
int parse_format(const char *command, const char *word, enum output_format *format);

/* --pid's WORD to *PID. Returns 0, or EXIT_USAGE after a message for COMMAND. */
int parse_pid(const char *command, const char *word, int32_t *pid);

/* --delay's WORD, 0.1 to 86400 seconds, to *DELAY. Returns 0, or EXIT_USAGE after a message for
 * COMMAND. */
int parse_delay(const char *command, const char *word, double *delay);

/* The WORD of --since, --until: to *TIME, if it is a time, see wall_time_parse(). Returns 0, or
 * EXIT_USAGE after a message for COMMAND. */
int parse_time(const char *command, const char *word, const char **time);

/* Prints "lifeguard COMMAND: MESSAGE" and where to find help, on stderr. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const char *command, const char *format, ...);

struct option;

/* Says why getopt_long(), which knows KNOWN, has refused the option that it stands at. Returns
 * EXIT_USAGE. */
int refused_option(char **argv, const struct option *known);

/* The options of a command. */
struct command_options {
    const char *usage;   /* what --help prints */
    const char *letters; /* for getopt_long() */
    const struct option *known;
    /* Takes any OPTION but help and those of names_options.h; its value is in optarg. Returns 0, or
     * an exit status after a message for COMMAND. NULL: there are no others. */
    int (*take)(const char *command, int option, void *into);
};

/* Reads the options into INTO. Returns an exit status, or -1 to go on with the operands. */
int read_options(int argc, char **argv, const struct command_options *options, void *into);

/*
 * Takes the single operand DIR that is left after getopt_long. NULL after a usage error.
 */
const char *directory_operand(const char *command, int argc, char **argv);

/* The single operand PID that is left after getopt_long, into *PID. Returns -1, or EXIT_USAGE after
 * a message. */
int pid_operand(const char *command, int argc, char **argv, int32_t *pid);

/* Both: the options into INTO, and the operand into *DIR. Returns as read_options() does. */
int read_directory(int argc, char **argv, const struct command_options *options, void *into,
                   const char **dir);

struct recording;

/* Opens the recording in DIR. Returns what WORK makes of it, with OPTIONS; EXIT_USAGE, after a
 * message, where it cannot be opened. */
int with_recording(const char *command, const char *dir,
                   int (*work)(struct recording *recording, const void *options),
                   const void *options);

#endif
