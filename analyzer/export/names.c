/* names.c - what the formats say alike; see names.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/export/names.h"

#include "analyzer/profile/pool_profile.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *export_frame(const struct symbol_frame *frame)
{
    if (frame->function)
        return escaped_text(frame->function);
    char *module = escaped_text(frame->module ? frame->module : "?"), *text;
    text = xasprintf("%s+0x%" PRIx64, module, frame->offset);
    free(module);
    return text;
}

/* What a person takes for the same place, by stack number: each is looked at once. */
struct places {
    const struct name_source *names;
    uint64_t *keys;
    bool *known;
};

static uint64_t place_of(struct places *places, uint32_t stack)
{
    if (!places->known[stack]) {
        struct logical_stack logical = logical_stack(places->names, stack);
        places->keys[stack] = logical_stack_key(&logical);
        places->known[stack] = true;
        logical_stack_free(&logical);
    }
    return places->keys[stack];
}

static bool belongs(struct places *places, const struct finding *finding, const char *path,
                    const struct profile_pool *pool, const struct profile_sample *sample)
{
    if (pool->kind != finding->kind || !finding->path || strcmp(path, finding->path) != 0)
        return false;
    uint32_t stack = finding->culprit == finding->stack ? sample->stack : pool->created;
    return stack == finding->culprit ||
           place_of(places, stack) == place_of(places, finding->culprit);
}

const struct finding **export_findings(const struct analysis *analysis,
                                       const struct pool_profile *profile)
{
    size_t stacks = stacks_count(analysis->names.stacks) + 1;
    struct places places = {&analysis->names, xcalloc(stacks, sizeof(uint64_t)),
                            xcalloc(stacks, sizeof(bool))};
    const struct finding **found = xcalloc(profile->sample_count, sizeof(*found));
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        const struct profile_pool *pool = &profile->pools[sample->pool];
        char *path = redact_pool_path(strings_get(&profile->strings, pool->path));
        for (size_t k = 0; k < analysis->findings.count && !found[i]; k++)
            if (belongs(&places, &analysis->findings.items[k], path, pool, sample))
                found[i] = &analysis->findings.items[k];
        free(path);
    }
    free(places.keys);
    free(places.known);
    return found;
}
