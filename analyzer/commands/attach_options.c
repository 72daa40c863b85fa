/* attach_options.c - the command line of lifeguard attach; see attach_options.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/attach_options.h"

#include "analyzer/commands/commands.h"
#include "analyzer/record/plan.h"
#include "analyzer/util/number_text.h"

#include <getopt.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard attach [-o DIR] [--api=NAME|FILE] [--survivors[=SIZE]]\n"
    "                        [--walk[=end|units|off]] [--children] [--keep] [--for=DURATION] PID\n"
    "\n"
    "Records what the running process PID does with its memory pools from now on.\n"
    "\n"
    "  -o, --output=DIR  record into DIR (default: lifeguard.PROGRAM.PID); a trace is added to\n"
    "                    an existing one\n"
    "  --api=NAME|FILE   the pool system to look for: a built-in one, or a description in FILE\n"
    "                    (default: whichever built-in ones the process has)\n"
    "  --survivors[=SIZE]  write pools that outlive their unit of work, or hold more than SIZE "
    "(64K)\n"
    "                    in it, and sums of the others\n"
    "  --walk[=end|units|off]  when to look for pools that nothing refers to: at shutdown, exit\n"
    "                    and detach (the default), also between units of work (--walk alone),\n"
    "                    never\n"
    "  --children        stay, and record what PID forks, too; SIGINT ends the recording of all\n"
    "  --keep            stay, and bound the disk space of the recording, as 'lifeguard keep' "
    "does\n"
    "  --for=DURATION    stay, and detach after 10s, 2m or 1h\n"
    "  --help            print this\n"
    "\n"
    "You need the right to trace the process with ptrace(2). The process runs on when the\n"
    "recording ends: 'lifeguard detach PID'.\n"
    "\n"
    "Exit status: 0; 2 usage, or it is not possible, and why.\n";

/* As LIFEGUARD_YOUNG has it. */
#define YOUNG_DEFAULT (64u << 10)
#define YOUNG_MOST    (16u << 20)

enum { OPTION_API = 256, OPTION_SURVIVORS, OPTION_WALK, OPTION_CHILDREN, OPTION_KEEP, OPTION_FOR };

static int take_walk(const char *command, const char *value, struct attach_options *options)
{
    static const char *const known[] = {"off", "end", "units"};
    options->walk = value ? value : "units";
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(options->walk, known[i]) == 0)
            return 0;
    return usage_error(command, "--walk: '%s' is not one of off, end, units", value);
}

static int take_survivors(const char *command, const char *value, struct attach_options *options)
{
    const uint64_t young = value ? size_read(value) : YOUNG_DEFAULT;
    options->young = (uint32_t)(young < YOUNG_MOST ? young : YOUNG_MOST);
    return young ? 0
                 : usage_error(command, "--survivors: '%s' is no size such as 64K or 1M", value);
}

static int take(const char *command, int option, void *into)
{
    struct attach_options *options = into;
    if (option == 'o')
        options->dir = optarg;
    else if (option == OPTION_API)
        options->api = optarg;
    else if (option == OPTION_SURVIVORS)
        return take_survivors(command, optarg, options);
    else if (option == OPTION_WALK)
        return take_walk(command, optarg, options);
    else if (option == OPTION_CHILDREN)
        options->children = true;
    else if (option == OPTION_KEEP)
        options->keep = true;
    else if (option == OPTION_FOR && !(options->limit_ms = plan_duration_ms(optarg)))
        return usage_error(command, "--for: '%s' is no duration such as 10s, 2m or 1h", optarg);
    return 0;
}

int attach_options_read(int argc, char **argv, struct attach_options *options)
{
    static const struct option known[] = {
        {"output", required_argument, NULL, 'o'},
        {"api", required_argument, NULL, OPTION_API},
        {"survivors", optional_argument, NULL, OPTION_SURVIVORS},
        {"walk", optional_argument, NULL, OPTION_WALK},
        {"children", no_argument, NULL, OPTION_CHILDREN},
        {"keep", no_argument, NULL, OPTION_KEEP},
        {"for", required_argument, NULL, OPTION_FOR},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    static const struct command_options all = {usage, "o:h", known, take};
    const int status = read_options(argc, argv, &all, options);
    return status >= 0 ? status : pid_operand(argv[0], argc, argv, &options->pid);
}
