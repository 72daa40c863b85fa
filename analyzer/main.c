/* main.c - the command lifeguard: finds the subcommand and runs it. */
#include "analyzer/commands/commands.h"
#include "analyzer/util/error.h"
#include "preload/util/version.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"record", cmd_record}, {"report", cmd_report},
    {"check", cmd_check},   {"diff", cmd_diff},
    {"tree", cmd_tree},     {"info", cmd_info},
    {"pack", cmd_pack},     {"roles", cmd_roles},
    {"export", cmd_export}, {"html", cmd_html},
    {"top", cmd_top},       {"api", cmd_api},
    {"scan", cmd_scan},     {"processes", cmd_processes},
    {"where", cmd_where},   {"attach", cmd_attach},
    {"detach", cmd_detach},
};

static const char help[] =
    "Usage: lifeguard COMMAND [OPTION...]\n"
    "\n"
    "A memory-lifetime debugger for programs that allocate from hierarchical pools.\n"
    "\n"
    "  record PROGRAM [ARG...]  run a program and record its pools\n"
    "  attach PID               record a process that runs, as it is\n"
    "  detach PID               let go of a process that is recorded\n"
    "  report DIR               what leaks, what grows, and who does it\n"
    "  check DIR                the same as a gate for CI: exit status 1 on findings\n"
    "  diff OLD NEW             what is new, what is fixed, what grew\n"
    "  tree DIR                 the pool tree of each process\n"
    "  processes DIR            a line a process: its life, its work, and what its pools held\n"
    "  roles DIR                the pools of each documented role, as they lived\n"
    "  where DIR ADDRESS        which pool and allocation an address is or was in\n"
    "  html DIR -o FILE         pictures of all that, as one page for a browser\n"
    "  export DIR               allocations by backtrace, for flame graphs\n"
    "  top DIR|PID              the pools, live, while they are recorded\n"
    "  scan PID|CORE            the pools of a process or core file, and what nothing refers to\n"
    "  info DIR                 what the recording holds and what it lacks\n"
    "  api list|show|check      the pool systems it knows, and what it would hook in a program\n"
    "  pack DIR                 compress what was recorded without 'record'\n"
    "\n"
    "'lifeguard COMMAND --help' tells more of each, 'lifeguard --version' the version.\n";

/* A reader that goes away (a pager that is closed) is no fault; a full disk is. */
static int close_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "lifeguard: the output could not be written\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(help, stdout);
        return close_output(EXIT_NOTHING);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("lifeguard " LIFEGUARD_VERSION);
        return close_output(EXIT_NOTHING);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return close_output(commands[i].run(argc - 1, argv + 1));
    struct error error;
    error_set(&error, "unknown command '%s'", argv[1]);
    fprintf(stderr, "lifeguard: %s\nTry 'lifeguard --help'.\n", error.text);
    return EXIT_USAGE;
}
