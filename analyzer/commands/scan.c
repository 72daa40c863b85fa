/* scan.c - lifeguard scan: the pools of a process or core file, without a recording. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/scan.h"
#include "analyzer/commands/commands.h"
#include "analyzer/render/scan.h"
#include "analyzer/render/style.h"
#include "analyzer/util/error.h"
#include "analyzer/util/json.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard scan [--api=NAME|FILE] [--brief] [--all] [--format=text|json] PID|CORE\n"
    "\n"
    "Shows the pools in the memory of a running process or a core file: the tree, what each pool\n"
    "holds, pools that nothing refers to, which can never be destroyed, and variables that point "
    "into\n"
    "destroyed pools. Needs no recording, and does not stop the process.\n"
    "\n"
    "  --api=NAME|FILE     only the pool system of this description; otherwise all built-in ones\n"
    "                      that the program has\n"
    "  --brief             the findings without the tree\n"
    "  --all               also words in living pools that point into destroyed ones: most are "
    "left\n"
    "                      over from an earlier use of the memory\n"
    "  --format=text|json  for people (the default) or for programs\n"
    "  --help              print this\n"
    "\n"
    "Exit status: 0; 1 a pool is unreachable; 2 usage, or the process or file cannot be read;\n"
    "3 no pool system was found in it, or its pools could not be judged.\n";

struct options {
    enum output_format format;
    const char *api;
    bool brief, all;
};

static int read_option(const char *command, int option, void *into)
{
    struct options *options = into;
    if (option == 'a')
        options->api = optarg;
    else if (option == 'b')
        options->brief = true;
    else if (option == 'A')
        options->all = true;
    else
        return parse_format(command, optarg, &options->format);
    return 0;
}

static int complain(const char *text, int status)
{
    fprintf(stderr, "lifeguard scan: %s\n", text);
    return status;
}

static void put_text(const struct scan *scan, const struct scan_target *target,
                     const struct options *options)
{
    const struct style style = style_for(stdout);
    render_scan_head(stdout, &style, scan, target);
    if (!options->brief) {
        putchar('\n');
        render_scan_tree(stdout, &style, scan);
    }
    putchar('\n');
    render_scan_findings(stdout, &style, scan);
    if (scan_obstacle(scan))
        complain(scan_obstacle(scan), 0);
}

static json_t *target_json(const struct scan_target *target)
{
    json_t *json = json_checked(json_object());
    json_set(json, "pid", target->pid ? json_integer(target->pid) : json_null());
    json_set(json, "program", text_json(target->program));
    json_set(json, "core", text_json(target->core));
    return json;
}

/* Findings outweigh what could not be judged. */
static int worse(int status, const struct scan *scan)
{
    if (status == EXIT_FINDINGS || scan->group_count > 0)
        return EXIT_FINDINGS;
    return scan_obstacle(scan) ? EXIT_NO_VERDICT : status;
}

static int scan_all(struct scan_target *target, const struct scan_systems *systems,
                    const struct options *options)
{
    int status = EXIT_NOTHING;
    struct error error;
    json_t *found = json_checked(json_array());
    for (size_t i = 0; i < systems->count; i++) {
        struct scan scan;
        if (!scan_run(&scan, target, &systems->items[i], options->all, &error)) {
            json_decref(found);
            return complain(error.text, EXIT_USAGE);
        }
        if (options->format == FORMAT_JSON)
            json_append(found, scan_json(&scan));
        else
            put_text(&scan, target, options);
        status = worse(status, &scan);
        scan_free(&scan);
    }
    if (options->format == FORMAT_JSON)
        json_write(stdout,
                   json_pack("{s:i,s:o,s:O}", "version", 1, "target", target_json(target),
                             "systems", found),
                   JSON_INDENT(1));
    json_decref(found);
    return status;
}

static int no_system(const struct scan_target *target)
{
    struct error error;
    if (!target->missing)
        return complain("no pool system that is known was found in it", EXIT_NO_VERDICT);
    error_set(&error,
              "%s: is not there, or has changed since, and no pool system was found without",
              target->missing);
    return complain(error.text, EXIT_NO_VERDICT);
}

static int scan_target_of(struct scan_target *target, const struct options *options)
{
    struct scan_systems systems;
    struct error error;
    if (!scan_find_systems(&systems, target, options->api, &error))
        return complain(error.text, EXIT_USAGE);
    int status = systems.count > 0 ? scan_all(target, &systems, options) : no_system(target);
    scan_systems_free(&systems);
    return status;
}

int cmd_scan(int argc, char **argv)
{
    static const struct option known[] = {
        {"api", required_argument, NULL, 'a'}, {"brief", no_argument, NULL, 'b'},
        {"all", no_argument, NULL, 'A'},       {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},      {0}};
    static const struct command_options description = {usage, "h", known, read_option};
    struct options options = {.format = FORMAT_TEXT};
    struct scan_target target;
    struct error error;
    int32_t pid;
    int status = read_options(argc, argv, &description, &options);
    if (status >= 0)
        return status;
    if (optind + 1 != argc)
        return usage_error(argv[0], "one process or core file: PID or CORE");
    const char *operand = argv[optind];
    const bool is_pid = strspn(operand, "0123456789") == strlen(operand);
    if (is_pid && parse_pid(argv[0], operand, &pid) != 0)
        return EXIT_USAGE;
    if (is_pid ? !scan_open_process(&target, pid, &error)
               : !scan_open_core(&target, operand, &error))
        return complain(error.text, EXIT_USAGE);
    status = scan_target_of(&target, &options);
    scan_target_close(&target);
    return status;
}
