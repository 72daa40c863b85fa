/*
 * check_result.h - what every format tells of a verdict: where in the source, how bad, in words.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_CHECK_RESULT_H
#define ANALYZER_RENDER_CHECK_RESULT_H

#include "analyzer/render/check.h"

struct check_result {
    const struct gate_verdict *verdict;
    enum severity level; /* what fails is an error */
    uint32_t stack;      /* the backtrace that is shown */
    char *file;          /* of its innermost frame outside the pool library that has a source file
                            below the root, relative to that; raw; NULL: none has */
    unsigned line;       /* 0 where not known */
    char *module;        /* of the innermost frame outside the pool library, raw; "?": not known */
    char *message;       /* in one line, printable */
};

struct check_result check_result(const struct check *check, const struct gate_verdict *verdict);
void check_result_free(struct check_result *result);

/* "2 findings fail, 1 suppressed: failed", in one line, printable. The caller frees it. */
char *check_summary(const struct check *check);

#endif
