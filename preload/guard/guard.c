/* guard.c - begins the guarding of allocations; see guard.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/guard.h"

#include "preload/guard/disposition.h"
#include "preload/guard/fault.h"
#include "preload/guard/sampling.h"
#include "preload/guard/slots.h"
#include "preload/util/options.h"

#include <stddef.h>

bool guard_on;

const char *guard_setup(void)
{
    const struct options *options = options_get();
    if (guard_on)
        return NULL;
    if (!slots_setup(options->guard == 1))
        return "there is no memory for it";
    if (!fault_setup(options->guard_stops))
        return "SIGSEGV cannot be handled";
    sampling_setup(options->guard);
    guard_on = true;
    return NULL;
}

void guard_forked(void)
{
    if (!guard_on)
        return;
    slots_forked();
    sampling_at_work();
}
