/*
 * known_compare.c - how a finding differs from what it was: as a whole, or place by place where
 * both say what they grow by. A place is compared as a finding is, so the two call each other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/gate/known.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static bool beyond(double was, double now, double tolerance)
{
    return now > was * (1 + tolerance);
}

/* How often a mistake was made that does not grow by units depends on how much was done, but what
 * is taken from a root pool once should stay what it is. */
static bool is_comparable(const struct known_finding *known)
{
    return strcmp(known->unit, KNOWN_PROCESS) != 0 ||
           strcmp(known->rule, "permanent-pool-alloc") == 0;
}

bool known_by_places(const struct known_finding *was, const struct known_finding *now)
{
    return was->places.count && now->places.count &&
           (was->places.count > 1 || now->places.count > 1);
}

static bool any_grew(const struct known_finding *was, const struct known_finding *now,
                     double tolerance)
{
    struct known_growth *grown = known_grown_places(was, now, tolerance);
    bool any = false;
    for (size_t i = 0; i < now->places.count; i++)
        any |= grown[i].grew;
    free(grown);
    return any;
}

enum known_change known_compare(const struct known_finding *was, const struct known_finding *now,
                                double tolerance)
{
    if (known_by_places(was, now))
        return any_grew(was, now, tolerance)   ? KNOWN_GREW
               : any_grew(now, was, tolerance) ? KNOWN_SHRANK
                                               : KNOWN_SAME;
    if (strcmp(was->unit, now->unit) != 0)
        return strcmp(now->unit, KNOWN_PROCESS) == 0 ? KNOWN_SHRANK : KNOWN_GREW;
    if (!is_comparable(now))
        return KNOWN_SAME;
    if (beyond(was->bytes, now->bytes, tolerance) || beyond(was->count, now->count, tolerance))
        return KNOWN_GREW;
    if (beyond(now->bytes, was->bytes, tolerance) || beyond(now->count, was->count, tolerance))
        return KNOWN_SHRANK;
    return KNOWN_SAME;
}

struct known_growth *known_grown_places(const struct known_finding *was,
                                        const struct known_finding *now, double tolerance)
{
    struct known_growth *grown = xcalloc(now->places.count, sizeof *grown);
    if (!known_by_places(was, now))
        return grown;
    size_t *partners = known_match(&was->places, &now->places);
    for (size_t i = 0; i < now->places.count; i++) {
        if (partners[i] != KNOWN_NONE)
            grown[i].was = &was->places.items[partners[i]];
        grown[i].grew = !grown[i].was ||
                        known_compare(grown[i].was, &now->places.items[i], tolerance) == KNOWN_GREW;
    }
    free(partners);
    return grown;
}
