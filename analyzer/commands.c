#include "commands.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int usage_error(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "lifeguard %s: ", command);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nTry 'lifeguard %s --help'.\n", command);
    va_end(arguments);
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
