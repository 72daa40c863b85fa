/*
 * signs.c - what an API description says a pool of a documented role can be told by; see signs.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/signs.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static void add_tag(struct sign_index *index, uint32_t tag, sign_set sign)
{
    if (tag >= index->tag_limit) {
        index->tags = xreallocarray(index->tags, tag + 1, sizeof(*index->tags));
        memset(index->tags + index->tag_limit, 0,
               (tag + 1 - index->tag_limit) * sizeof(*index->tags));
        index->tag_limit = tag + 1;
    }
    index->tags[tag] |= sign;
}

/* Whether another sign of its role asks for a name. */
static bool has_named_sign(const struct api *api, const struct api_sign *sign)
{
    for (unsigned i = 0; i < api->sign_count; i++) {
        if (api->signs[i].role == sign->role && api->signs[i].tag.length)
            return true;
    }
    return false;
}

struct sign_index *sign_index_new(const struct api *api, const uint32_t *sign_tags)
{
    struct sign_index *index = xcalloc(1, sizeof(*index));
    for (unsigned i = 0; i < api->sign_count; i++) {
        const struct api_sign *sign = &api->signs[i];
        sign_set bit = (sign_set)1 << i;
        if (sign->tag.length)
            add_tag(index, sign_tags[i], bit);
        else
            index->any_tag |= bit;
        if (sign->by.length && !sign->tag.length && has_named_sign(api, sign))
            index->of_nameless |= bit;
        index->any_root |= sign->root.length ? 0 : bit;
        index->any_maker |= sign->by.length ? 0 : bit;
        for (unsigned root = 0; root < api->root_count; root++)
            if (sign->root.length && slice_same(api->roots[root].name, sign->root))
                index->roots[root] |= bit;
    }
    return index;
}

void sign_index_free(struct sign_index *index)
{
    if (!index)
        return;
    free(index->tags);
    stable_array_free(&index->makers);
    free(index);
}
