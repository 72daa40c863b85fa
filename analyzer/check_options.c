#include "check_options.h"

#include "commands.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard check [OPTION...] DIR\n"
    "\n"
    "A gate for CI: judges the recording in DIR and tells by the exit status.\n"
    "\n"
    "  --error-exitcode=N  the exit status of findings that fail, instead of 1\n"
    "  --json FILE         write the whole report to FILE, as report --format=json does\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0 no error was found; 1 errors were found; 2 usage, or DIR cannot be read;\n"
    "3 no verdict: nothing was hooked or recorded, events were lost, a trace is damaged, or the\n"
    "record is not complete.\n";

/* Options that name a file to write, and what writes it. */
static const struct {
    const char *option;
    check_renderer *render;
} outputs[] = {
    {"json", render_check_json},
};

enum { OPTION_OUTPUT = 256, OPTION_ERROR_EXITCODE };

static const struct option long_options[] = {
    {"error-exitcode", required_argument, NULL, OPTION_ERROR_EXITCODE},
    {"json", required_argument, NULL, OPTION_OUTPUT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int add_output(struct check_options *options, const char *option, const char *file)
{
    if (options->output_count == CHECK_OUTPUTS_MAX)
        return usage_error("check", "no more than %d files can be written", CHECK_OUTPUTS_MAX);
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (strcmp(outputs[i].option, option) == 0)
            options->outputs[options->output_count].render = outputs[i].render;
    }
    options->outputs[options->output_count++].file = file;
    return -1;
}

static int set_error_status(struct check_options *options, const char *word)
{
    char *end;
    unsigned long number = strtoul(word, &end, 10);
    if (!strchr("0123456789", *word) || *end || end == word || number > 255)
        return usage_error("check", "--error-exitcode: '%s' is no exit status from 0 to 255", word);
    options->error_status = (int)number;
    return -1;
}

static int take_option(struct check_options *options, int option, const char *name)
{
    switch (option) {
    case OPTION_OUTPUT:
        return add_output(options, name, optarg);
    case OPTION_ERROR_EXITCODE:
        return set_error_status(options, optarg);
    default:
        fputs(usage, stdout);
        return EXIT_NOTHING;
    }
}

int check_options(int argc, char **argv, struct check_options *options)
{
    *options = (struct check_options){.error_status = EXIT_FINDINGS};
    int index, status = -1;
    opterr = 0;
    for (int option; status < 0;) {
        option = getopt_long(argc, argv, "h", long_options, &index);
        if (option == -1)
            break;
        if (option == '?')
            return usage_error(argv[0], "unknown option, or its value is missing: %s",
                               argv[optind - 1]);
        status = take_option(options, option, option == 'h' ? "help" : long_options[index].name);
    }
    if (status < 0 && !(options->dir = directory_operand(argv[0], argc, argv)))
        status = EXIT_USAGE;
    return status;
}
