/*
 * attach_options.h - the command line of lifeguard attach.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_ATTACH_OPTIONS_H
#define ANALYZER_COMMANDS_ATTACH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct attach_options {
    int32_t pid;
    const char *dir, *api; /* NULL: not given */
    const char *walk;      /* "off", "end", "units"; NULL: not given */
    uint32_t young;        /* bytes a pool may hold that is not written; 0: survivors not given */
    uint64_t limit_ms;     /* 0: none */
    bool children, keep;
};

/* Returns an exit status, after help or a message, or -1 to go on. */
int attach_options_read(int argc, char **argv, struct attach_options *options);

/* Does the command stay beside the process? */
static inline bool attach_options_stay(const struct attach_options *options)
{
    return options->children || options->keep || options->limit_ms;
}

#endif
