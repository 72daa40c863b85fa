#include "analysis.h"
#include "commands.h"
#include "render_report.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard report [--format=text|json] DIR\n"
    "\n"
    "Tells what leaks in the recording in DIR, worst first: pools that pile up or grow over\n"
    "units of work (commands, connections, restarts), and who allocates from root pools.\n"
    "\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0, with findings too; 2 usage, or DIR cannot be read.\n";

/* Returns an exit status, or -1 to go on. */
static int read_options(int argc, char **argv, enum output_format *format)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return EXIT_NOTHING;
        }
        if (option != 'f')
            return usage_error(argv[0], "unknown option, or its value is missing: %s",
                               argv[optind - 1]);
        if (parse_format(argv[0], optarg, format) != 0)
            return EXIT_USAGE;
    }
    return -1;
}

int cmd_report(int argc, char **argv)
{
    enum output_format format = FORMAT_TEXT;
    int status = read_options(argc, argv, &format);
    if (status >= 0)
        return status;
    const char *dir = directory_operand(argv[0], argc, argv);
    if (!dir)
        return EXIT_USAGE;
    struct analysis analysis;
    struct error error;
    if (!analysis_run(&analysis, dir, &error)) {
        fprintf(stderr, "lifeguard report: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (format == FORMAT_JSON)
        render_report_json(stdout, &analysis);
    else
        render_report_text(stdout, &analysis);
    analysis_end(&analysis);
    return EXIT_NOTHING;
}
