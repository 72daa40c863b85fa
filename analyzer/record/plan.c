/* plan.c - a recording that ends by itself; see plan.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/plan.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_S (365u * 24 * 60 * 60)

uint64_t plan_duration_ms(const char *text)
{
    if (!isdigit((unsigned char)*text))
        return 0;
    char *unit;
    errno = 0;
    uint64_t number = strtoull(text, &unit, 10), seconds = 1;
    if (strcmp(unit, "m") == 0)
        seconds = 60;
    else if (strcmp(unit, "h") == 0)
        seconds = 60 * 60;
    else if (*unit && strcmp(unit, "s") != 0)
        return 0;
    return errno || number > YEAR_S / seconds ? 0 : number * seconds * 1000;
}

int plan_signal(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (isdigit((unsigned char)*text) && !*end)
        return number < NSIG ? (int)number : 0;
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (int signal = 1; signal < NSIG; signal++) {
        const char *name = sigabbrev_np(signal);
        if (name && strcmp(name, text) == 0)
            return signal;
    }
    return 0;
}

const char *plan_contradiction(const struct record_plan *plan)
{
    if (plan->port && !plan->client)
        return "--wait-port waits before a client runs: --run is missing";
    if (plan->stop_signal && !plan_supervises(plan))
        return "--stop-signal ends what --for or --run started: both are missing";
    return NULL;
}
