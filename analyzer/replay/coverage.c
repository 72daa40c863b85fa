#include "analyzer/replay/coverage.h"

#include <stdlib.h>
#include <string.h>

struct coverage_mismatch *coverage_add(struct coverage *coverage, uint64_t traced, uint64_t used)
{
    coverage->pools++;
    coverage->traced_bytes += traced;
    coverage->used_bytes += used;
    if (traced == used)
        return NULL;
    coverage->mismatches++;
    if (coverage->sample_count == COVERAGE_SAMPLES)
        return NULL;
    struct coverage_mismatch *sample = &coverage->samples[coverage->sample_count++];
    *sample = (struct coverage_mismatch){.traced = traced, .used = used};
    return sample;
}

void coverage_join(struct coverage *coverage, struct coverage *part)
{
    coverage->pools += part->pools;
    coverage->traced_bytes += part->traced_bytes;
    coverage->used_bytes += part->used_bytes;
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
