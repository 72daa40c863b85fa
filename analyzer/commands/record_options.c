/* record_options.c - the command line of lifeguard record; see record_options.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/record_options.h"

#include "analyzer/commands/commands.h"
#include "analyzer/util/number_text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: lifeguard record [-o DIR] [-f] [--api NAME|FILE] [--survivors[=SIZE]]\n"
    "                        [--keep] [--poison] [--guard[=all|N][,stop]] [--stale[=N]]\n"
    "                        [--crash] [--addresses] [--walk[=end|units|off]]\n"
    "                        [--label=K=V ...] [--max-total=SIZE] [--for=DURATION]\n"
    "                        [[--wait-port=HOST:PORT] --run=COMMAND]\n"
    "                        [--stop-signal=NAME] [--] PROGRAM [ARG...]\n"
    "\n"
    "Runs PROGRAM and records what it and the processes it forks do with their memory pools.\n"
    "\n"
    "  -o, --output=DIR  record into DIR (default: lifeguard.PROGRAM.PID), which must not exist\n"
    "  -f, --force       use DIR even if it exists; the traces in it are removed\n"
    "  --api=NAME|FILE   the pool system to look for: a built-in one, or a description in FILE\n"
    "                    (default: whichever built-in one the program has)\n"
    "  --survivors[=SIZE]  write pools that outlive their unit of work, or hold more than SIZE "
    "(64K)\n"
    "                    in it, and sums of the others: cheap enough to stay on\n"
    "  --keep            bound the disk space of the recording, as 'lifeguard keep' does\n"
    "  --poison          fill the memory of destroyed pools, and delay its reuse\n"
    "  --guard[=all|N][,stop]  find accesses to data after its pool ended, or beyond its end:\n"
    "                    a page of its own for the first allocation of each backtrace, and for\n"
    "                    one in N (1000) of the others, or all; stop: end the program there\n"
    "  --stale[=N]       find whether data is used after its unit of work: watched are the first\n"
    "                    allocation of each backtrace, and one in N (1000) of the others\n"
    "  --crash           record where a signal that ends the program, such as SIGSEGV, came\n"
    "  --addresses       record the address of each allocation, for 'lifeguard where'\n"
    "  --walk[=end|units|off]  when to look for pools that nothing refers to: at shutdown and\n"
    "                    exit (the default), also between units of work (--walk alone), never\n"
    "  --label=K=V       a label of this host or build, for exports of many recordings\n"
    "  --max-total=SIZE  limit of all traces in DIR together: 500M, 2G\n"
    "  --for=DURATION    stop everything after 10s, 2m or 1h\n"
    "  --run=COMMAND     run COMMAND with sh beside PROGRAM, then stop PROGRAM; LIFEGUARD_PID is\n"
    "                    PROGRAM's pid in it\n"
    "  --wait-port=HOST:PORT  run COMMAND when PROGRAM listens there\n"
    "  --stop-signal=NAME     stop PROGRAM by this signal (default: TERM)\n"
    "  --help            print this\n"
    "\n"
    "Signals sent to the command are forwarded to PROGRAM. Exit status: PROGRAM's own; 128+N\n"
    "when signal N ended it; 127 it was not found; 126 it cannot be run; 2 usage. With --for or\n"
    "--run, nothing that was started is left running, and the status is that of COMMAND if it\n"
    "failed, 124 when the time was up before COMMAND had ended, else PROGRAM's own, with 0 when\n"
    "the stop signal ended it.\n";

enum {
    OPTION_API = 256,
    OPTION_SURVIVORS,
    OPTION_KEEP,
    OPTION_POISON,
    OPTION_WALK,
    OPTION_GUARD,
    OPTION_STALE,
    OPTION_LABEL,
    OPTION_CRASH,
    OPTION_ADDRESSES,
    OPTION_TOTAL,
    OPTION_FOR,
    OPTION_RUN,
    OPTION_PORT,
    OPTION_SIGNAL
};

/* Returns an exit status, or -1 when OPTION is none of the plan's or its value is in order. */
static int read_plan(const char *command, int option, const char *value, struct record_plan *plan)
{
    if (option == OPTION_RUN)
        plan->client = value;
    else if (option == OPTION_PORT)
        plan->port = value;
    else if (option == OPTION_FOR && !(plan->limit_ms = plan_duration_ms(value)))
        return usage_error(command, "--for: '%s' is no duration such as 10s, 2m or 1h", value);
    else if (option == OPTION_SIGNAL && !(plan->stop_signal = plan_signal(value)))
        return usage_error(command, "--stop-signal: '%s' is no signal such as TERM or INT", value);
    return -1;
}

/* Returns an exit status, or -1 to go on. */
static int check_plan(const char *command, struct record_plan *plan)
{
    struct error error;
    const char *wrong = plan_contradiction(plan);
    if (wrong)
        return usage_error(command, "%s", wrong);
    if (plan->port && !listener_resolve(plan->port, &plan->listener, &error))
        return usage_error(command, "--wait-port: %s", error.text);
    return -1;
}

/* Returns an exit status, or -1 when VALUE, or NULL, is in order. */
static int read_walk(const char *command, const char *value, struct record_options *options)
{
    static const char *const known[] = {"off", "end", "units"};
    options->walk = value ? value : "units";
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(options->walk, known[i]) == 0)
            return -1;
    return usage_error(command, "--walk: '%s' is not one of off, end, units", value);
}

/* The same of --guard. */
static int read_guard(const char *command, const char *value, struct record_options *options)
{
    options->guard = value ? value : "1000";
    const size_t digits = strspn(options->guard, "0123456789");
    const char *end = options->guard + (strncmp(options->guard, "all", 3) == 0 ? 3 : digits);
    const bool many = digits > 9 || (digits > 0 && strspn(options->guard, "0") == digits);
    if (end > options->guard && !many && (*end == '\0' || strcmp(end, ",stop") == 0))
        return -1;
    return usage_error(command,
                       "--guard: '%s' is no number from 1 to 999999999 and not all, "
                       "with or without ,stop behind it",
                       value);
}

/* The same of --stale. */
static int read_stale(const char *command, const char *value, struct record_options *options)
{
    options->stale = value ? value : "1000";
    const size_t digits = strspn(options->stale, "0123456789");
    if (digits > 0 && digits <= 9 && !options->stale[digits] &&
        strspn(options->stale, "0") < digits)
        return -1;
    return usage_error(command, "--stale: '%s' is no number from 1 to 999999999", value);
}

/* The same of --label. */
static int read_label(const char *command, const char *value, struct record_options *options)
{
    struct error error;
    return label_set_add(&options->labels, value, &error)
               ? -1
               : usage_error(command, "--label: %s", error.text);
}

static const struct option known[] = {
    {"output", required_argument, NULL, 'o'},
    {"force", no_argument, NULL, 'f'},
    {"api", required_argument, NULL, OPTION_API},
    {"survivors", optional_argument, NULL, OPTION_SURVIVORS},
    {"keep", no_argument, NULL, OPTION_KEEP},
    {"poison", no_argument, NULL, OPTION_POISON},
    {"walk", optional_argument, NULL, OPTION_WALK},
    {"guard", optional_argument, NULL, OPTION_GUARD},
    {"stale", optional_argument, NULL, OPTION_STALE},
    {"label", required_argument, NULL, OPTION_LABEL},
    {"crash", no_argument, NULL, OPTION_CRASH},
    {"addresses", no_argument, NULL, OPTION_ADDRESSES},
    {"max-total", required_argument, NULL, OPTION_TOTAL},
    {"for", required_argument, NULL, OPTION_FOR},
    {"run", required_argument, NULL, OPTION_RUN},
    {"wait-port", required_argument, NULL, OPTION_PORT},
    {"stop-signal", required_argument, NULL, OPTION_SIGNAL},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* The same of --max-total. */
static int read_total(const char *command, const char *value, struct record_options *options)
{
    options->max_total = value;
    return size_read(value)
               ? -1
               : usage_error(command, "--max-total: '%s' is no size such as 500M or 2G", value);
}

/* The same of --survivors. */
static int read_survivors(const char *command, const char *value, struct record_options *options)
{
    options->survivors = true;
    options->young = value;
    return !value || size_read(value)
               ? -1
               : usage_error(command, "--survivors: '%s' is no size such as 64K or 1M", value);
}

/* Returns an exit status, or -1 when OPTION was understood. */
static int read_option(char **argv, int option, struct record_options *options)
{
    if (option == 'o')
        options->dir = optarg;
    else if (option == 'f')
        options->force = true;
    else if (option == OPTION_API)
        options->api = optarg;
    else if (option == OPTION_SURVIVORS)
        return read_survivors(argv[0], optarg, options);
    else if (option == OPTION_KEEP)
        options->keep = true;
    else if (option == OPTION_POISON)
        options->poison = true;
    else if (option == OPTION_CRASH)
        options->crash = true;
    else if (option == OPTION_ADDRESSES)
        options->addresses = true;
    else if (option == OPTION_WALK)
        return read_walk(argv[0], optarg, options);
    else if (option == OPTION_GUARD)
        return read_guard(argv[0], optarg, options);
    else if (option == OPTION_STALE)
        return read_stale(argv[0], optarg, options);
    else if (option == OPTION_TOTAL)
        return read_total(argv[0], optarg, options);
    else if (option == OPTION_LABEL)
        return read_label(argv[0], optarg, options);
    else if (option == 'h') {
        fputs(usage, stdout);
        return EXIT_NOTHING;
    } else if (option == '?') {
        return refused_option(argv, known);
    }
    return read_plan(argv[0], option, optarg, &options->plan);
}

int record_options_read(int argc, char **argv, struct record_options *options)
{
    opterr = 0;
    /* "+": the program's own options are not ours. */
    for (int option; (option = getopt_long(argc, argv, "+o:fh", known, NULL)) != -1;) {
        int status = read_option(argv, option, options);
        if (status >= 0)
            return status;
    }
    if (optind == argc)
        return usage_error(argv[0], "which program? PROGRAM is missing");
    options->program = argv + optind;
    return check_plan(argv[0], &options->plan);
}
