/* kinds.c - which pool systems can be simulated, and how large their headers are; see kinds.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/kinds.h"

#define HEADERS_MOST 4096 /* bytes: no block is smaller than what the kinds take it for */

static const struct heap_kind *find_kind(const struct api *api)
{
    static const struct heap_kind *const kinds[] = {&heap_first_fit, &heap_nodes, &heap_chained};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (slice_equals(api->name, kinds[i]->system))
            return kinds[i];
    }
    return NULL;
}

bool heap_rules_of(const struct api *api, struct heap_rules *rules)
{
    const struct heap_kind *kind = find_kind(api);
    const struct api_layout *layout = api_layout(api, 0);
    if (!kind || !layout || layout->header.base != API_BASE_NUMBER ||
        layout->header.offset + layout->block_size >= HEADERS_MOST)
        return false;
    *rules = (struct heap_rules){.kind = kind,
                                 .pool_size = layout->header.offset,
                                 .block_size = layout->block_size,
                                 .size = kind->usual};
    return true;
}
