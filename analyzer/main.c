/* main.c - the command lifeguard: finds the subcommand and runs it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/render/style.h"
#include "analyzer/util/error.h"
#include "analyzer/util/nearest.h"
#include "preload/util/version.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* In the order of --help, which completions are made from. */
static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *operands, *does;
} commands[] = {
    {"record", cmd_record, "PROGRAM [ARG...]", "run a program and record its pools"},
    {"attach", cmd_attach, "PID", "record a process that runs, as it is"},
    {"detach", cmd_detach, "PID", "end the recording of one process"},
    {"stop", cmd_stop, "DIR", "end a recording; its processes run on"},
    {"report", cmd_report, "DIR", "what leaks, what grows, and the code that does it"},
    {"check", cmd_check, "DIR", "the same as a gate for CI: exit status 1 on findings"},
    {"diff", cmd_diff, "OLD NEW", "what is new, what is fixed, what grew"},
    {"tree", cmd_tree, "DIR", "the pool tree of each process"},
    {"processes", cmd_processes, "DIR",
     "the processes, worst first: lifetime, work, memory in pools"},
    {"roles", cmd_roles, "DIR", "lifetimes of the pools with a documented role"},
    {"tune", cmd_tune, "DIR", "what the blocks of pools cost, and what other sizes would"},
    {"where", cmd_where, "DIR ADDRESS", "which pool and allocation an address is or was in"},
    {"html", cmd_html, "DIR -o FILE",
     "findings, charts and flame graphs, as one page for a browser"},
    {"export", cmd_export, "DIR", "allocations by backtrace, for flame graphs"},
    {"top", cmd_top, "DIR|PID", "the pools, live, while the program is recorded"},
    {"keep", cmd_keep, "DIR", "bound the disk space of a recording, for months of uptime"},
    {"scan", cmd_scan, "PID|CORE",
     "the pools of a process or core file, and what nothing refers to"},
    {"info", cmd_info, "DIR", "what was hooked and recorded, and what is missing"},
    {"api", cmd_api, "list|show|check",
     "the pool systems it knows, and what it would hook in a program"},
    {"pack", cmd_pack, "DIR", "compress a recording that was not made by 'record'"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(FILE *to)
{
    fputs("Usage: lifeguard [--color=WHEN] COMMAND [OPTION...]\n"
          "\n"
          "A memory-lifetime debugger for programs that allocate from hierarchical pools.\n"
          "\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %s %-*s %s\n", commands[i].name, 23 - (int)strlen(commands[i].name),
                commands[i].operands, commands[i].does);
    fputs("\n"
          "  --color=WHEN             always, never, or auto: on a terminal, without NO_COLOR\n"
          "  --version                print the version\n"
          "  --help                   print this\n"
          "\n"
          "'lifeguard help COMMAND' says more of each, and so does its page of the manual.\n",
          to);
    return to == stdout ? EXIT_NOTHING : EXIT_USAGE;
}

/* A reader that goes away (a pager that is closed) is no fault; a full disk is. */
static int close_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "lifeguard: the output could not be written\n");
    return EXIT_USAGE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

/* Returns EXIT_USAGE. */
static int unknown(const char *what, const char *word)
{
    const char *names[COMMANDS];
    struct error error;
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *meant = *word == '-' ? NULL : nearest_word(word, strlen(word), names, COMMANDS);
    if (meant)
        error_set(&error, "unknown %s '%s'; did you mean '%s'?", what, word, meant);
    else
        error_set(&error, "unknown %s '%s'", what, word);
    fprintf(stderr, "lifeguard: %s\nTry 'lifeguard --help'.\n", error.text);
    return EXIT_USAGE;
}

/* WORD is --color=WHEN: takes it. */
static bool take_color(const char *word)
{
    static const char *const when[] = {"auto", "always", "never"};
    const char *value = strncmp(word, "--color=", 8) == 0 ? word + 8 : "";
    for (size_t i = 0; i < sizeof(when) / sizeof(when[0]); i++) {
        if (strcmp(value, when[i]) == 0) {
            style_color((enum color_when)i);
            return true;
        }
    }
    return false;
}

/* ARGV is the command's words. Of what is recorded, and hooked, the words are not ours. */
static int run_command(const struct command *command, int argc, char **argv)
{
    const bool theirs = command->run == cmd_record || command->run == cmd_api;
    int kept = 1;
    for (int i = 1; i < argc; i++)
        if (theirs || !take_color(argv[i]))
            argv[kept++] = argv[i];
    argv[kept] = NULL;
    return command->run(kept, argv);
}

static int help_for(int argc, char **argv)
{
    if (argc < 2)
        return print_help(stdout);
    const struct command *command = find_command(argv[1]);
    char option[] = "--help", *words[] = {argv[1], option, NULL};
    return command ? command->run(2, words) : unknown("command", argv[1]);
}

static int run(int argc, char **argv)
{
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return print_help(stdout);
    if (strcmp(argv[0], "help") == 0)
        return help_for(argc, argv);
    if (strcmp(argv[0], "--version") == 0) {
        puts("lifeguard " LIFEGUARD_VERSION);
        return EXIT_NOTHING;
    }
    const struct command *command = find_command(argv[0]);
    if (command)
        return run_command(command, argc, argv);
    return unknown(*argv[0] == '-' ? "option" : "command", argv[0]);
}

int main(int argc, char **argv)
{
    int first = 1;
    while (first < argc && take_color(argv[first]))
        first++;
    return first == argc ? print_help(stderr) : close_output(run(argc - first, argv + first));
}
