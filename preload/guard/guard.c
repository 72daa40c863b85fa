/* guard.c - begins the guarding of allocations; see guard.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/guard.h"

#include "preload/guard/disposition.h"
#include "preload/guard/fault.h"
#include "preload/guard/sampling.h"
#include "preload/guard/slots.h"
#include "preload/util/options.h"

#include <stddef.h>

static bool on;

const char *guard_setup(void)
{
    const struct options *options = options_get();
    if (on)
        return NULL;
    if (!slots_setup(options->guard == 1))
        return "there is no memory for it";
    if (!fault_setup(options->guard_stops))
        return "SIGSEGV cannot be handled";
    sampling_setup(options->guard);
    on = true;
    return NULL;
}

bool guard_is_on(void)
{
    return on;
}

void guard_forked(void)
{
    if (!on)
        return;
    slots_forked();
}
