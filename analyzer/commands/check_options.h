/*
 * check_options.h - what `lifeguard check` is asked: the files it judges by, and those it writes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_CHECK_OPTIONS_H
#define ANALYZER_COMMANDS_CHECK_OPTIONS_H

#include "analyzer/render/check.h"

#include <stdbool.h>
#include <stddef.h>

#define CHECK_POLICYS          UINT64_MAX
#define CHECK_OUTPUTS_MAX      16
#define CHECK_SUPPRESSIONS_MAX 16

struct check_options {
    const char *dir;               /* the recording */
    int error_status;              /* of findings that fail */
    const char *policy, *baseline; /* files; NULL: none */
    const char *suppressions[CHECK_SUPPRESSIONS_MAX];
    size_t suppressions_count;
    const char *source_root;                    /* NULL: the current directory */
    struct source_map sources;                  /* its root is not set */
    uint64_t required[API_MARK_CONNECTION + 1]; /* units of work, by enum api_mark_kind;
                                                   CHECK_POLICYS: what the policy says */
    bool update_baseline, allow_weak, fail_on_stale, generate_suppressions, redact;
    bool bisect; /* the exit status is for git bisect run */
    struct {
        check_renderer *render;
        const char *file;
    } outputs[CHECK_OUTPUTS_MAX]; /* asked for, in the order they were */
    size_t output_count;
    const char *html; /* the page; NULL: none */
};

/* Returns an exit status, or -1 to go on. */
int check_options(int argc, char **argv, struct check_options *options);

#endif
