/* kinds.h - the pool systems whose blocks can be simulated. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_TUNE_KINDS_H
#define ANALYZER_TUNE_KINDS_H

#include "analyzer/tune/heap.h"
#include "preload/api/pool_api.h"

/* How pools of API are made, the kind's usual `size` being kept. False: it cannot be simulated. */
bool heap_rules_of(const struct api *api, struct heap_rules *rules);

#endif
