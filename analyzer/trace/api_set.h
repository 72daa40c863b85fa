/*
 * api_set.h - the pool systems of a process, in the order in which its trace tells of them. Their
 * roots, marks and documented roles are numbered through all of them, the first system's first.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_API_SET_H
#define ANALYZER_TRACE_API_SET_H

#include "preload/api/pool_api.h"
#include "preload/trace/format.h"

#include <stdbool.h>
#include <stdint.h>

#define SET_ROOTS_MAX (TRACE_SYSTEMS_MAX * API_ROOTS_MAX)
#define SET_ROLES_MAX (TRACE_SYSTEMS_MAX * API_POOLS_MAX)

struct api_set {
    const struct api *apis[TRACE_SYSTEMS_MAX];
    unsigned count;
};

/* By their numbers, from 0; NULL: there is no such. SET may be NULL: it has none. */
const struct api_root *api_set_root(const struct api_set *set, uint64_t number);
const struct api_mark *api_set_mark(const struct api_set *set, uint64_t number);
const struct api_pool_role *api_set_role(const struct api_set *set, uint64_t number);

/* Do units of work begin with the calls of FUNCTION, by its name? */
bool api_set_begins_units(const struct api_set *set, const char *function);

/* How many roles there are. */
unsigned api_set_roles(const struct api_set *set);

#endif
