/*
 * known_adopt.c - what an earlier version, or a recording with other callers, told as several
 * findings is one finding now: it becomes that, with these as its parts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/gate/known.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* One of the findings of today, under a fingerprint of its own or of one of its parts. */
struct owner {
    const char *key;
    size_t finding; /* index */
};

struct owners {
    struct owner *items; /* by key */
    size_t count;
};

/* The findings of today by their own fingerprints, by those of their parts, and by what those have
 * nearby. */
struct today {
    struct owners own, parts, nearby;
};

static int compare_owners(const void *left, const void *right)
{
    const struct owner *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    return order ? order : (a->finding > b->finding) - (a->finding < b->finding);
}

static const char *key_of(const struct fingerprint *id, bool nearby)
{
    return nearby ? id->nearby : id->text;
}

static void sort(struct owners *owners)
{
    if (owners->count)
        qsort(owners->items, owners->count, sizeof *owners->items, compare_owners);
}

static struct owners owners_of_parts(const struct known_list *now, bool nearby)
{
    size_t most = 0;
    for (size_t i = 0; i < now->count; i++)
        most += now->items[i].places.count;
    struct owners owners = {xcalloc(most, sizeof *owners.items), 0};
    for (size_t i = 0; i < now->count; i++) {
        const struct known_list *parts = &now->items[i].places;
        for (size_t k = 0; k < parts->count; k++) {
            if (!nearby || !parts->items[k].id.nearby_weak)
                owners.items[owners.count++] =
                    (struct owner){key_of(&parts->items[k].id, nearby), i};
        }
    }
    sort(&owners);
    return owners;
}

static struct today today_of(const struct known_list *now)
{
    struct today today = {.own = {xcalloc(now->count, sizeof(struct owner)), now->count},
                          .parts = owners_of_parts(now, false),
                          .nearby = owners_of_parts(now, true)};
    for (size_t i = 0; i < now->count; i++)
        today.own.items[i] = (struct owner){now->items[i].id.text, i};
    sort(&today.own);
    return today;
}

/* The index of the finding that has the part; KNOWN_NONE: none has. */
static size_t find_owner(const struct owners *owners, const char *key)
{
    size_t low = 0, high = owners->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(owners->items[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const bool found = low < owners->count && strcmp(owners->items[low].key, key) == 0;
    return found ? owners->items[low].finding : KNOWN_NONE;
}

/* Which of today's findings has KNOWN, or its first part that any has; KNOWN_NONE: none. */
static size_t owner_of(const struct known_finding *known, const struct today *today)
{
    size_t owner = find_owner(&today->parts, known->id.text);
    if (owner == KNOWN_NONE && !known->id.nearby_weak)
        owner = find_owner(&today->nearby, known->id.nearby);
    for (size_t i = 0; i < known->places.count && owner == KNOWN_NONE; i++)
        owner = owner_of(&known->places.items[i], today);
    return owner;
}

/* The same; KNOWN_NONE also when it is one of today's findings itself. */
static size_t adopter_of(const struct known_finding *known, const struct today *today,
                         const struct known_list *now)
{
    if (find_owner(&today->own, known->id.text) != KNOWN_NONE)
        return KNOWN_NONE;
    const size_t owner = owner_of(known, today);
    const bool same = owner != KNOWN_NONE && strcmp(now->items[owner].rule, known->rule) == 0;
    return same ? owner : KNOWN_NONE;
}

/* An entry like NOW, so far of nothing. */
static struct known_finding empty_like(const struct known_finding *now,
                                       const struct known_finding *was)
{
    struct known_finding whole = known_copy(now);
    known_list_free(&whole.places);
    free(whole.unit);
    whole.unit = xstrdup(was->unit);
    whole.count = whole.bytes = 0;
    return whole;
}

/* Passes WAS on to WHOLE: as its part, or its parts. */
static void take_in(struct known_finding *whole, struct known_finding *was)
{
    if (strcmp(whole->unit, was->unit) == 0) {
        whole->count += was->count;
        whole->bytes += was->bytes;
    }
    if (was->places.count == 0) {
        known_add_place(whole, *was);
        return;
    }
    for (size_t i = 0; i < was->places.count; i++)
        known_add_place(whole, was->places.items[i]);
    was->places.count = 0;
    known_free(was);
}

/* Takes WAS into the one of WHOLES that is OWNER's. */
static void adopt(struct known_finding **wholes, size_t owner, struct known_finding *was,
                  const struct known_list *now)
{
    if (!wholes[owner]) {
        wholes[owner] = xmalloc(sizeof **wholes);
        *wholes[owner] = empty_like(&now->items[owner], was);
    }
    take_in(wholes[owner], was);
}

/* What was one finding of a pool, by whatever it grew, is one of each place by now: each of its
 * parts becomes that of its owner. The others stay. */
static void scatter(struct known_finding **wholes, struct known_finding *was,
                    const struct today *today, const struct known_list *now)
{
    size_t kept = 0;
    for (size_t i = 0; i < was->places.count; i++) {
        struct known_finding *part = &was->places.items[i];
        const size_t owner = owner_of(part, today);
        if (owner == KNOWN_NONE || strcmp(now->items[owner].rule, was->rule) != 0)
            was->places.items[kept++] = *part;
        else
            adopt(wholes, owner, part, now);
    }
    was->places.count = kept;
}

static bool was_of_pool(const struct known_finding *was, const struct today *today)
{
    return strcmp(was->rule, "growing-pool") == 0 && was->places.count > 0 &&
           find_owner(&today->own, was->id.text) == KNOWN_NONE;
}

void known_adopt(struct known_list *was, const struct known_list *now)
{
    struct today today = today_of(now);
    struct known_finding **wholes = xcalloc(now->count, sizeof *wholes);
    size_t kept = 0;
    for (size_t i = 0; i < was->count; i++) {
        if (was_of_pool(&was->items[i], &today)) {
            scatter(wholes, &was->items[i], &today, now);
            if (was->items[i].places.count)
                was->items[kept++] = was->items[i];
            else
                known_free(&was->items[i]);
            continue;
        }
        const size_t owner = adopter_of(&was->items[i], &today, now);
        if (owner == KNOWN_NONE)
            was->items[kept++] = was->items[i];
        else
            adopt(wholes, owner, &was->items[i], now);
    }
    was->count = kept;
    for (size_t i = 0; i < now->count; i++) {
        if (wholes[i])
            known_list_add(was, *wholes[i]);
        free(wholes[i]);
    }
    free(wholes);
    free(today.own.items);
    free(today.parts.items);
    free(today.nearby.items);
}
