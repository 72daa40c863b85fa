/* compare.c - two recordings side by side; see compare.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/compare.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static void add(struct comparison *comparison, enum comparison_kind kind,
                const struct known_finding *was, const struct known_finding *now)
{
    comparison->items[comparison->count++] = (struct comparison_item){kind, was, now};
    comparison->totals[kind]++;
}

/* Whose partners are which: what both sides have, findings or the places of one finding. */
struct pairing {
    const struct known_list *was, *now;
    size_t *partners;
};

bool work_has(const struct work_done *work, const struct known_finding *known)
{
    if (!work->known)
        return true;
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++) {
        if (strcmp(known->unit, api_mark_name(kind)) == 0)
            return work->units[kind] > 0;
    }
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (strcmp(known->kind, process_kind_name((enum process_kind)kind)) == 0)
            return work->processes[kind] > 0;
    }
    return true;
}

/* KIND is COMPARE_CAME, or NOT_EXERCISED: of what came, what the old side could not have. */
static void add_come(struct comparison *comparison, const struct pairing *pairing,
                     enum comparison_kind kind)
{
    for (size_t i = 0; i < pairing->now->count; i++) {
        const struct known_finding *now = &pairing->now->items[i];
        if (pairing->partners[i] == KNOWN_NONE &&
            work_has(&comparison->was->work, now) == (kind == COMPARE_CAME))
            add(comparison, kind, NULL, now);
    }
}

static void add_gone(struct comparison *comparison, const struct pairing *pairing,
                     enum comparison_kind kind)
{
    bool *found = known_found(pairing->was, pairing->partners, pairing->now->count);
    for (size_t i = 0; i < pairing->was->count; i++) {
        const struct known_finding *was = &pairing->was->items[i];
        if (!found[i] && work_has(&comparison->now->work, was) == (kind == COMPARE_WENT))
            add(comparison, kind, was, NULL);
    }
    free(found);
}

static void add_pairs(struct comparison *comparison, const struct pairing *pairing,
                      enum comparison_kind kind);

static void add_in_places(struct comparison *comparison, const struct known_finding *was,
                          const struct known_finding *now, enum comparison_kind kind)
{
    struct pairing places = {&was->places, &now->places, known_match(&was->places, &now->places)};
    add_pairs(comparison, &places, kind);
    free(places.partners);
}

/* What differs in the way of KIND, of what both sides have. */
static void add_changed(struct comparison *comparison, const struct pairing *pairing,
                        enum comparison_kind kind)
{
    enum known_change wanted = kind == COMPARE_GREW ? KNOWN_GREW : KNOWN_SHRANK;
    for (size_t i = 0; i < pairing->now->count; i++) {
        if (pairing->partners[i] == KNOWN_NONE)
            continue;
        const struct known_finding *old = &pairing->was->items[pairing->partners[i]];
        const struct known_finding *new = &pairing->now->items[i];
        if (known_by_places(old, new))
            add_in_places(comparison, old, new, kind);
        else if ((kind == COMPARE_GREW || kind == COMPARE_SHRANK) &&
                 known_compare(old, new, COMPARE_TOLERANCE) == wanted)
            add(comparison, kind, old, new);
    }
}

static void add_pairs(struct comparison *comparison, const struct pairing *pairing,
                      enum comparison_kind kind)
{
    if (kind == COMPARE_CAME || kind == COMPARE_NOT_EXERCISED)
        add_come(comparison, pairing, kind);
    add_changed(comparison, pairing, kind);
    if (kind == COMPARE_WENT || kind == COMPARE_NOT_EXERCISED)
        add_gone(comparison, pairing, kind);
}

static size_t count_same(const struct pairing *findings)
{
    size_t same = 0;
    for (size_t i = 0; i < findings->now->count; i++) {
        size_t partner = findings->partners[i];
        same += partner != KNOWN_NONE &&
                known_compare(&findings->was->items[partner], &findings->now->items[i],
                              COMPARE_TOLERANCE) == KNOWN_SAME;
    }
    return same;
}

static size_t items_at_most(const struct known_list *list)
{
    size_t count = list->count;
    for (size_t i = 0; i < list->count; i++)
        count += list->items[i].places.count;
    return count;
}

/* It is another's file: a word is what a description could have. */
static void take_word(struct api_word *word, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    const size_t length = text ? strlen(text) : 0;
    if (length > 0 && length <= API_WORD_MAX && strspn(text, letters) == length)
        api_word_set(word, text, length);
}

void side_take_words(struct unit_words *words, const json_t *json)
{
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        take_word(&words->of[kind], json_string_value(json_object_get(json, api_mark_name(kind))));
    const char *session = process_kind_name(PROCESS_SESSION);
    take_word(&words->of[API_WORD_SESSION], json_string_value(json_object_get(json, session)));
}

void side_doubt(struct side *side, const char *text)
{
    if (side->doubt_count < COMPARE_DOUBTS_MAX)
        side->doubts[side->doubt_count++] = xstrdup(text);
}

void comparison_make(struct comparison *comparison, struct side *was, struct side *now)
{
    known_adopt(&was->known, &now->known);
    known_adopt(&now->known, &was->known);
    known_list_sort(&was->known);
    known_list_sort(&now->known);
    *comparison = (struct comparison){.was = was, .now = now};
    comparison->items =
        xcalloc(items_at_most(&was->known) + items_at_most(&now->known), sizeof *comparison->items);
    struct pairing findings = {&was->known, &now->known, known_match(&was->known, &now->known)};
    for (unsigned kind = 0; kind < COMPARE_KINDS; kind++)
        add_pairs(comparison, &findings, (enum comparison_kind)kind);
    comparison->same = count_same(&findings);
    free(findings.partners);
}

void comparison_free(struct comparison *comparison)
{
    free(comparison->items);
}
