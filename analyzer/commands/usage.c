/*
 * usage.c - what a command says of wrong usage, and the words that several commands read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/commands/commands.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/wall_time.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int usage_error(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char raw[512], text[ESCAPED_SIZE(sizeof(raw))];
    vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    escape_text(raw, strlen(raw), text, sizeof(text));
    fprintf(stderr, "lifeguard %s: %s\nTry 'lifeguard %s --help'.\n", command, text, command);
    return EXIT_USAGE;
}

int parse_delay(const char *command, const char *word, double *delay)
{
    char *end;
    *delay = strtod(word, &end);
    if (*end || !(*delay >= 0.1 && *delay <= 86400))
        return usage_error(command, "'%s' is no time from 0.1 to 86400 seconds", word);
    return 0;
}

int parse_format(const char *command, const char *word, enum output_format *format)
{
    if (strcmp(word, "text") == 0)
        *format = FORMAT_TEXT;
    else if (strcmp(word, "json") == 0)
        *format = FORMAT_JSON;
    else
        return usage_error(command, "unknown format '%s': text or json", word);
    return 0;
}

int parse_time(const char *command, const char *word, const char **time)
{
    uint64_t ns;
    *time = word;
    return wall_time_parse(word, 0, &ns) ? 0 : usage_error(command, "'%s' is no time", word);
}

int parse_pid(const char *command, const char *word, int32_t *pid)
{
    char *end;
    errno = 0;
    long number = strtol(word, &end, 10);
    if (*end || number <= 0 || number > INT32_MAX || errno)
        return usage_error(command, "'%s' is no process id", word);
    *pid = (int32_t)number;
    return 0;
}

int pid_operand(const char *command, int argc, char **argv, int32_t *pid)
{
    if (optind == argc)
        return usage_error(command, "which process? PID is missing");
    if (optind + 1 < argc)
        return usage_error(command, "one PID only, '%s' is too much", argv[optind + 1]);
    return parse_pid(command, argv[optind], pid) == 0 ? -1 : EXIT_USAGE;
}
