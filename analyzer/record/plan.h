/*
 * plan.h - a recording that ends by itself: how long, beside which client, by which signal.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_PLAN_H
#define ANALYZER_RECORD_PLAN_H

#include "analyzer/record/listener.h"

#include <stdbool.h>
#include <stdint.h>

struct record_plan {
    uint64_t limit_ms;        /* for the whole; 0: none */
    int stop_signal;          /* 0: not chosen */
    const char *client;       /* a command for sh, NULL: none */
    const char *port;         /* "HOST:PORT" to listen on before the client runs, NULL: none */
    struct listener listener; /* of it */
};

/* "10s", "2m", "1h", or "10" for seconds, up to a year. Returns 0 for anything else. */
uint64_t plan_duration_ms(const char *text);

/* "TERM", "SIGTERM" or "15". Returns 0 for anything else. */
int plan_signal(const char *text);

/* What contradicts itself in PLAN, in words; NULL: nothing. Static. */
const char *plan_contradiction(const struct record_plan *plan);

/* Whether the recording is to be ended, rather than to end when its program does. */
static inline bool plan_supervises(const struct record_plan *plan)
{
    return plan->limit_ms || plan->client;
}

#endif
