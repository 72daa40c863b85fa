/* manager.c - loads and unloads plugins, by whichever dlclose() it is bound to. */
#include "cycle.h"

int manager_cycle(const char *plugin, void (*callback)(void))
{
    return cycle(plugin, callback);
}
/* SPDX-License-Identifier: MIT */
