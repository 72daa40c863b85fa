/*
 * poold - a small daemon with ProFTPD's pools, and mistakes with them on demand.
 */
#include "fault.h"
#include "master.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_MAX 10000000
#define PLANS_MAX 4

struct options {
    unsigned port;
    struct plan plans[PLANS_MAX];
    unsigned plan_count;
};

static void print_usage(void)
{
    fputs("Usage: poold [-p PORT] [--drive SESSIONSxCOMMANDS[,RESTARTS][@RATE]]\n"
          "             [--fault=NAME]...\n"
          "Talks to each client on 127.0.0.1 in a process of its own: USER, LIST, ECHO, NOOP,\n"
          "QUIT. SIGHUP has it read its configuration again, SIGTERM ends it.\n\n"
          "  -p, --port PORT   listen there; 0, the default: on any free port, which is printed\n"
          "  --drive PLAN      no network: so many sessions of so many commands, then so many\n"
          "                    restarts, always in the same way, a session's commands at most at\n"
          "                    RATE a second; up to four plans, one after the other\n"
          "  --fault NAME      make this mistake; may be given several times\n"
          "  --help            this text\n\nFaults:\n",
          stdout);
    faults_list();
}

static int print_help(bool asked)
{
    if (asked)
        print_usage();
    else
        fputs("See poold --help\n", stderr);
    return asked ? 0 : 2;
}

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "poold: %s: '%s'; see poold --help\n", what, value);
    return 2;
}

/* Moves *TEXT past a decimal number up to MAX; returns false, and moves it nowhere, without one. */
static bool take_number(const char **text, unsigned max, unsigned *number)
{
    char *end;

    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    unsigned long value = strtoul(*text, &end, 10);

    if (errno || value > max)
        return false;
    *text = end;
    *number = (unsigned)value;
    return true;
}

static bool parse_plan(const char *text, struct plan *plan)
{
    if (!take_number(&text, COUNT_MAX, &plan->sessions) || *text++ != 'x' ||
        !take_number(&text, COUNT_MAX, &plan->commands))
        return false;
    if (*text == ',') {
        text++;
        if (!take_number(&text, COUNT_MAX, &plan->restarts))
            return false;
    }
    if (*text == '@') {
        text++;
        if (!take_number(&text, COUNT_MAX, &plan->rate))
            return false;
    }
    return *text == '\0';
}

static bool add_plan(struct options *options, const char *text)
{
    return options->plan_count < PLANS_MAX &&
           parse_plan(text, &options->plans[options->plan_count++]);
}

static bool parse_port(const char *text, unsigned *port)
{
    return take_number(&text, 65535, port) && *text == '\0';
}

/* Returns the exit status when there is nothing more to do, else -1. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"drive", required_argument, NULL, 'd'},
        {"fault", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "p:h", known, NULL)) != -1) {
        if (option == 'h' || option == '?')
            return print_help(option == 'h');
        if (option == 'p' && !parse_port(optarg, &options->port))
            return usage_error("not a port", optarg);
        if (option == 'd' && !add_plan(options, optarg))
            return usage_error("not SESSIONSxCOMMANDS[,RESTARTS][@RATE], or too many", optarg);
        if (option == 'f' && !fault_enable(optarg))
            return usage_error("no such fault", optarg);
    }
    return optind < argc ? usage_error("unexpected argument", argv[optind]) : -1;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    int status = parse_options(argc, argv, &options);

    if (status >= 0)
        return status;
    master_start();
    status = options.plan_count ? master_drive(options.plans, options.plan_count)
                                : master_serve(options.port);
    fflush(stdout);
    _exit(status); /* as ProFTPD ends: no atexit handlers, no destructors */
}
/* SPDX-License-Identifier: MIT */
