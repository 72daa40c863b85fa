/*
 * sampler.h - the process that follows a recording for top. For each picture it forks: the copy
 * lets everything end, judges it and sends what comes out, while the keeper itself can go on.
 */
#ifndef ANALYZER_TOP_SAMPLER_H
#define ANALYZER_TOP_SAMPLER_H

#include <stdint.h>

struct top_wish {
    const char *dir;
    uint64_t delay_ns; /* from one picture to the next, or longer: it rests most of the time */
    int32_t pid;       /* wanted even if it has ended, 0: none */
};

/* Sends snapshots to OUT, see wire.h, until nobody reads them or DIR cannot be read. */
void top_keep(const struct top_wish *wish, int out);

#endif
