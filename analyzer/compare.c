#include "compare.h"

#include "memory.h"

#include <stdlib.h>

static void add(struct comparison *comparison, enum comparison_kind kind, const struct known *was,
                const struct known *now)
{
    comparison->items[comparison->count++] = (struct comparison_item){kind, was, now};
    comparison->totals[kind]++;
}

/* What differs in the way of KIND, of what both sides have. */
static void add_changed(struct comparison *comparison, enum comparison_kind kind,
                        enum known_change wanted, const size_t *partners)
{
    const struct known_list *was = &comparison->was->known, *now = &comparison->now->known;
    for (size_t i = 0; i < now->count; i++) {
        if (partners[i] == KNOWN_NONE)
            continue;
        const struct known *old = &was->items[partners[i]], *new = &now->items[i];
        if (known_compare(old, new, COMPARE_TOLERANCE) == wanted)
            add(comparison, kind, old, new);
    }
}

static void add_come(struct comparison *comparison, const size_t *partners)
{
    const struct known_list *now = &comparison->now->known;
    for (size_t i = 0; i < now->count; i++) {
        if (partners[i] == KNOWN_NONE)
            add(comparison, COMPARE_CAME, NULL, &now->items[i]);
    }
}

static void add_gone(struct comparison *comparison, const size_t *partners)
{
    const struct known_list *was = &comparison->was->known;
    bool *found = known_found(was, partners, comparison->now->known.count);
    for (size_t i = 0; i < was->count; i++) {
        if (!found[i])
            add(comparison, COMPARE_WENT, &was->items[i], NULL);
    }
    free(found);
}

void compare(struct comparison *comparison, struct side *was, struct side *now)
{
    known_list_sort(&was->known);
    known_list_sort(&now->known);
    *comparison = (struct comparison){.was = was, .now = now};
    comparison->items = xcalloc(was->known.count + now->known.count, sizeof *comparison->items);
    size_t *partners = known_match(&was->known, &now->known);
    add_come(comparison, partners);
    add_changed(comparison, COMPARE_GREW, KNOWN_GREW, partners);
    add_changed(comparison, COMPARE_SHRANK, KNOWN_SHRANK, partners);
    add_gone(comparison, partners);
    free(partners);
    comparison->same = now->known.count - comparison->totals[COMPARE_CAME] -
                       comparison->totals[COMPARE_GREW] - comparison->totals[COMPARE_SHRANK];
}

void comparison_free(struct comparison *comparison)
{
    free(comparison->items);
}
