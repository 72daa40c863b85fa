/* alive.c - pools that are sure to be there; see alive.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/alive.h"

uint64_t alive_pools[ALIVE_PLACES];
