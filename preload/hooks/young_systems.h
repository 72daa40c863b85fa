/*
 * young_systems.h - of which systems pools may be young.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_YOUNG_SYSTEMS_H
#define PRELOAD_HOOKS_YOUNG_SYSTEMS_H

#include "preload/hooks/pool_system.h"

/* Finds out, for SYSTEM to keep. Why they may not; NULL: they may. */
const char *young_system_look(struct pool_system *system);

#endif
