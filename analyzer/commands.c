#include "commands.h"

#include "escape.h"

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
