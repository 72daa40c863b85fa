/*
 * sampler.h - the process that follows a recording for top. For each snapshot it forks: the copy
 * lets everything end, judges it and sends what comes out, while the sampler itself can go on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_SAMPLER_H
#define ANALYZER_TOP_SAMPLER_H

#include <stdint.h>

struct top_request {
    const char *dir;
    uint64_t delay_ns; /* from one snapshot to the next, or longer: it rests most of the time */
    int32_t pid;       /* wanted even if it has ended, 0: none */
};

/* Sends snapshots to OUT, see wire.h, until nobody reads them or DIR cannot be read. */
void top_sample(const struct top_request *request, int out);

#endif
