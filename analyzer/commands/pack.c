/* pack.c - lifeguard pack: compresses the traces of a recording. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/trace/pack_dir.h"
#include "analyzer/util/error.h"
#include "analyzer/util/number_text.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] =
    "Usage: lifeguard pack DIR\n"
    "\n"
    "Compresses the traces in DIR; the other commands read them as before. 'lifeguard record' "
    "does\n"
    "this itself when it ends; this command is for recordings made without it, and for processes\n"
    "that outlived it. Traces that are still being written are skipped.\n"
    "\n"
    "  --help  print this\n"
    "\n"
    "Exit status: 0; 2 usage, or something in DIR cannot be packed.\n";

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_summary(const struct pack_summary *summary)
{
    char count[UNITS_TEXT], before[UNITS_TEXT], after[UNITS_TEXT];
    if (summary->packed)
        printf("lifeguard: %s trace%s packed, %s to %s\n", count_text(summary->packed, count),
               plural(summary->packed), bytes_text(summary->before, before),
               bytes_text(summary->after, after));
    else
        puts("lifeguard: nothing to pack");
    if (summary->in_use)
        printf("  %s still being written, and left alone\n", count_text(summary->in_use, count));
}

int cmd_pack(int argc, char **argv)
{
    static const struct option known[] = {{"help", no_argument, NULL, 'h'}, {0}};
    static const struct command_options options = {usage, "h", known, NULL};
    const char *dir;
    int status = read_directory(argc, argv, &options, NULL, &dir);
    if (status >= 0)
        return status;
    struct error error;
    struct pack_summary summary;
    bool ok = pack_directory(dir, &summary, &error);
    if (!ok || summary.failed)
        fprintf(stderr, "lifeguard pack: %s\n", ok ? summary.error.text : error.text);
    if (ok)
        print_summary(&summary);
    return ok && !summary.failed ? EXIT_NOTHING : EXIT_USAGE;
}
