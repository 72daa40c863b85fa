/* run_option.c - which run of the daemon a command tells; see run_option.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/run_option.h"

#include "analyzer/commands/commands.h"
#include "analyzer/replay/daemon_runs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int run_option(const char *command)
{
    char *end;
    errno = 0;
    const unsigned long number = strtoul(optarg, &end, 10);
    const bool is_all = strcmp(optarg, "all") == 0;
    if (!is_all && (*optarg < '1' || *optarg > '9' || *end || errno || number >= RUN_ALL))
        return usage_error(command, "--run: '%s' is neither a number from 1 on nor all", optarg);
    runs_use(is_all ? RUN_ALL : (unsigned)number);
    return 0;
}

bool has_run_option(const struct option *known)
{
    while (known->name && known->val != OPTION_RUN)
        known++;
    return known->name;
}

void warn_runs(const char *command, const struct recording *recording)
{
    size_t count;
    recording_runs(recording, &count);
    const unsigned run = recording_run(recording);
    if (count > 1 && run)
        fprintf(stderr,
                "lifeguard %s: there are %zu runs of the daemon; this is run %u (--run=N|all)\n",
                command, count, run);
}
