/* known_match.c - which finding of one recording is which of another, by fingerprints. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/known.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* One of WAS or NOW under the fingerprint that they are matched by. */
struct entry {
    const char *key;
    size_t index;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static const char *key_of(const struct known_finding *known, bool nearby)
{
    return nearby ? known->id.nearby : known->id.text;
}

/* Those that are not TAKEN, sorted by fingerprint. */
static struct entry *entries_of(const struct known_list *list, const bool *taken, bool nearby,
                                size_t *count)
{
    struct entry *entries = xcalloc(list->count, sizeof *entries);
    *count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!taken[i] && !(nearby && list->items[i].id.nearby_weak))
            entries[(*count)++] = (struct entry){key_of(&list->items[i], nearby), i};
    }
    if (*count)
        qsort(entries, *count, sizeof *entries, compare_entries);
    return entries;
}

struct matching {
    size_t *partners; /* of NOW */
    bool *was_taken, *now_taken;
};

static void match_by(struct matching *matching, const struct known_list *was,
                     const struct known_list *now, bool nearby)
{
    size_t old_count, new_count;
    struct entry *old = entries_of(was, matching->was_taken, nearby, &old_count);
    struct entry *new = entries_of(now, matching->now_taken, nearby, &new_count);
    for (size_t i = 0, k = 0; i < old_count && k < new_count;) {
        int order = strcmp(old[i].key, new[k].key);
        if (order == 0) {
            matching->partners[new[k].index] = old[i].index;
            matching->was_taken[old[i].index] = matching->now_taken[new[k].index] = true;
        }
        i += order <= 0;
        k += order >= 0;
    }
    free(old);
    free(new);
}

size_t *known_match(const struct known_list *was, const struct known_list *now)
{
    struct matching matching = {.partners = xmalloc(now->count * sizeof(size_t)),
                                .was_taken = xcalloc(was->count, sizeof(bool)),
                                .now_taken = xcalloc(now->count, sizeof(bool))};
    for (size_t i = 0; i < now->count; i++)
        matching.partners[i] = KNOWN_NONE;
    match_by(&matching, was, now, false);
    match_by(&matching, was, now, true);
    free(matching.was_taken);
    free(matching.now_taken);
    return matching.partners;
}

bool *known_found(const struct known_list *was, const size_t *partners, size_t count)
{
    bool *found = xcalloc(was->count, sizeof *found);
    for (size_t i = 0; i < count; i++) {
        if (partners[i] != KNOWN_NONE)
            found[partners[i]] = true;
    }
    return found;
}
