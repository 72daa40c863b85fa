/* coverage.c - the proof that a record is complete; see coverage.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/coverage.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct coverage_mismatch *coverage_add(struct coverage *coverage, enum coverage_unit unit,
                                       uint64_t traced, uint64_t used)
{
    coverage->pools++;
    coverage->traced[unit] += traced;
    coverage->used[unit] += used;
    if (traced == used)
        return NULL;
    coverage->differing[unit] += traced > used ? traced - used : used - traced;
    coverage->mismatches++;
    if (coverage->sample_count == COVERAGE_SAMPLES)
        return NULL;
    struct coverage_mismatch *sample = &coverage->samples[coverage->sample_count++];
    *sample = (struct coverage_mismatch){.unit = unit, .traced = traced, .used = used};
    return sample;
}

void coverage_join(struct coverage *coverage, struct coverage *part)
{
    coverage->pools += part->pools;
    for (unsigned unit = 0; unit < COVERAGE_UNITS; unit++) {
        coverage->traced[unit] += part->traced[unit];
        coverage->used[unit] += part->used[unit];
        coverage->differing[unit] += part->differing[unit];
    }
    coverage->mismatches += part->mismatches;
    coverage->in_change += part->in_change;
    size_t kept = 0;
    while (kept < part->sample_count && coverage->sample_count < COVERAGE_SAMPLES)
        coverage->samples[coverage->sample_count++] = part->samples[kept++];
    part->sample_count -= kept;
    memmove(part->samples, part->samples + kept, part->sample_count * sizeof(*part->samples));
    coverage_clear(part);
}

void coverage_clear(struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->sample_count; i++) {
        free(coverage->samples[i].tag);
        free(coverage->samples[i].path);
    }
    memset(coverage, 0, sizeof(*coverage));
}

double coverage_percent(const struct coverage *coverage, enum coverage_unit unit)
{
    const double traced = (double)coverage->traced[unit], used = (double)coverage->used[unit];
    if (traced == used)
        return 100.0;
    return traced < used ? 100.0 * traced / used : 100.0 * used / traced;
}

double coverage_worst(const struct coverage *coverage)
{
    double worst = 100.0;
    for (unsigned unit = 0; unit < COVERAGE_UNITS; unit++) {
        const double percent = coverage_percent(coverage, unit);
        worst = percent < worst ? percent : worst;
    }
    return worst;
}

double coverage_least(const struct coverage *coverage)
{
    double least = 100.0;
    for (unsigned unit = 0; unit < COVERAGE_UNITS; unit++) {
        const double differing = (double)coverage->differing[unit];
        const double used = (double)coverage->used[unit];
        const double percent = differing == 0     ? 100.0
                               : differing < used ? 100.0 * (used - differing) / used
                                                  : 0.0;
        least = percent < least ? percent : least;
    }
    return least;
}

const char *coverage_unit_name(enum coverage_unit unit)
{
    static const char *const names[] = {"bytes", "allocations", "pools"};
    return names[unit];
}

bool coverage_has(const struct coverage *coverage, enum coverage_unit unit)
{
    bool others = false;
    for (unsigned other = COVERAGE_BYTES + 1; other < COVERAGE_UNITS; other++)
        others |= coverage->traced[other] || coverage->used[other];
    return coverage->traced[unit] || coverage->used[unit] || (unit == COVERAGE_BYTES && !others);
}
