#include "analyzer/commands/commands.h"

#include "analyzer/commands/names_options.h"
#include "analyzer/util/escape.h"

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

static int take_option(const char *command, int option, const struct command_options *options,
                       void *into)
{
    if (option == 'h') {
        fputs(options->usage, stdout);
        return EXIT_NOTHING;
    }
    int status = is_names_option(option) ? names_option(command, option)
                                         : options->take(command, option, into);
    return status ? status : -1;
}

int read_options(int argc, char **argv, const struct command_options *options, void *into)
{
    int status = -1;
    opterr = 0;
    while (status < 0) {
        int option = getopt_long(argc, argv, options->letters, options->known, NULL);
        if (option == -1)
            break;
        status = option == '?' ? usage_error(argv[0], "unknown option, or its value is missing: %s",
                                             argv[optind - 1])
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

int read_directory(int argc, char **argv, const struct command_options *options, void *into,
                   const char **dir)
{
    int status = read_options(argc, argv, options, into);
    if (status < 0 && !(*dir = directory_operand(argv[0], argc, argv)))
        status = EXIT_USAGE;
    return status;
}
