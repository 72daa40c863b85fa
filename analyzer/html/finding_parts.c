/* finding_parts.c - the findings in parts, known by backtraces; see finding_parts.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/html/finding_parts.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

static uint64_t key_of(const struct finding_parts *parts, uint32_t number)
{
    struct logical_stack stack = logical_stack(parts->names, number);
    uint64_t key = logical_stack_key(&stack);
    logical_stack_free(&stack);
    return key ? key : 1;
}

static void claim(struct finding_parts *parts, const struct finding *finding, uint32_t stack,
                  uint32_t part)
{
    if (!stack)
        return;
    uint64_t key = key_of(parts, stack);
    uint32_t *first = keymap_put(&parts->by_key, key);
    GROW(parts->claims, parts->count, parts->capacity);
    parts->claims[parts->count] = (struct part_claim){key, finding, part, *first};
    *first = (uint32_t)++parts->count;
}

/* Returns the number of the next finding's first part. */
static uint32_t add_finding(struct finding_parts *parts, const struct finding *finding,
                            uint32_t first)
{
    const struct growth_places *places = &finding->places;
    if (places->count == 0) {
        claim(parts, finding, finding->culprit, first);
        return first + 1;
    }
    const size_t most = PARTS_BY_THEMSELVES;
    for (size_t i = 0; i < places->count; i++)
        claim(parts, finding, places->items[i].stack, first + (uint32_t)(i < most ? i : most));
    return first + (uint32_t)(places->count > most ? most + 1 : places->count);
}

void finding_parts_init(struct finding_parts *parts, const struct findings *findings,
                        const struct name_source *names)
{
    *parts = (struct finding_parts){.findings = findings, .names = names};
    parts->first = xcalloc(findings->count + 1, sizeof(*parts->first));
    uint32_t next = 1;
    for (size_t i = 0; i < findings->count; i++) {
        parts->first[i] = next;
        next = add_finding(parts, &findings->items[i], next);
    }
    parts->first[findings->count] = next;
}

bool finding_in_pools(const struct finding *finding)
{
    return finding->pools || !finding->stack;
}

const struct part_claim *finding_parts_claim(struct finding_parts *parts, uint32_t number)
{
    if (!number || !parts->count)
        return NULL;
    uint32_t *known = keymap_put(&parts->by_stack, number);
    if (!*known)
        *known = 1 + keymap_get(&parts->by_key, key_of(parts, number));
    return *known > 1 ? &parts->claims[*known - 2] : NULL;
}

const struct part_claim *finding_parts_next(const struct finding_parts *parts,
                                            const struct part_claim *claim)
{
    return claim->next ? &parts->claims[claim->next - 1] : NULL;
}

void finding_parts_free(struct finding_parts *parts)
{
    free(parts->first);
    free(parts->claims);
    keymap_free(&parts->by_key);
    keymap_free(&parts->by_stack);
}
