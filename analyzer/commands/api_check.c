/* api_check.c - lifeguard api check: what of a description would be hooked in a program. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/api_options.h"

#include "analyzer/api/check.h"
#include "analyzer/api/description.h"
#include "analyzer/record/target.h"
#include "analyzer/render/api_check.h"
#include "analyzer/util/json.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int complain(const char *text, int status)
{
    fprintf(stderr, "lifeguard api check: %s\n", text);
    return status;
}

static int print(const struct api_description *description, const struct api_probe *probe,
                 const char *name, enum output_format format)
{
    static const int statuses[] = {
        [API_WHOLE] = EXIT_NOTHING, [API_PARTLY] = EXIT_FINDINGS, [API_NOTHING] = EXIT_NO_VERDICT};
    const struct api_check_subject subject = {.file = description->path ? name : NULL,
                                              .program = trace_program(probe->trace)};
    struct api_check check;
    api_check_make(&check, &description->api, probe);
    if (format == FORMAT_JSON)
        json_write(stdout, api_check_json(&check, &subject), JSON_INDENT(1));
    else
        render_api_check_text(stdout, &check, &subject);
    int status = statuses[api_check_verdict(&check)];
    api_check_free(&check);
    return status;
}

static int check(const struct api_description *description, const char *name, char **program,
                 enum output_format format)
{
    struct error error;
    struct api_probe probe;
    const char *obstacle = record_target_obstacle(program[0]);
    if (obstacle) {
        error_set(&error, "%s cannot be recorded: %s", program[0], obstacle);
        return complain(error.text, EXIT_NO_VERDICT);
    }
    if (!api_probe_run(&probe, program, description, name, &error))
        return complain(error.text, EXIT_USAGE);
    int status = EXIT_NO_VERDICT;
    if (probe.trace)
        status = print(description, &probe, name, format);
    else
        complain("the recorder was not loaded: the program was started without LD_PRELOAD", status);
    api_probe_close(&probe);
    return status;
}

int cmd_api_check(int argc, char **argv)
{
    enum output_format format;
    int status = api_read_options(argc, argv, &format);
    if (status >= 0)
        return status;
    if (optind == argc)
        return usage_error(argv[0], "which description? NAME or FILE is missing");
    const char *name = argv[optind++];
    if (optind < argc && strcmp(argv[optind], "--") == 0)
        optind++;
    if (optind == argc)
        return usage_error(argv[0], "which program? PROGRAM is missing");
    struct error error;
    struct api_description *description = api_description_open(name, &error);
    if (!description)
        return complain(error.text, EXIT_USAGE);
    status = check(description, name, argv + optind, format);
    api_description_close(description);
    return status;
}
