/*
 * thin_kept.h - what was taken out of a trace that is written still, thinned: see
 * analyzer/thin/thin.h, analyzer/trace/kept.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_THIN_KEPT_H
#define ANALYZER_KEEP_THIN_KEPT_H

#include "analyzer/thin/thin.h"
#include "analyzer/trace/kept.h"

/* A trace, and what is KEPT of it, as far as it was looked for. */
struct thin_kept_request {
    int dir; /* the directory PATH */
    const char *path, *name;
    struct kept *kept;
    uint64_t file_id;
};

/* Puts a thinned file in the place of the one that is KEPT, on the disk; *LEFT_OUT: pools. Whatever
 * happens on the way, there is one of the two. */
enum thin_result thin_kept(const struct thin_kept_request *request, uint64_t *left_out,
                           struct error *error);

/* Whether NAME is what a thinning that was broken off left behind. */
bool thin_kept_is_remainder(const char *name);

#endif
