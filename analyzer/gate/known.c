/* known.c - findings as they are told from one recording to the next; see known.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/known.h"

#include "analyzer/replay/unit_words.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"
#include "preload/api/pool_api.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *place_text(uint32_t number, size_t depth, const struct name_source *names)
{
    struct logical_stack stack = logical_stack(names, number);
    const size_t last = stack.bottom > stack.top ? stack.bottom - 1 : stack.top;
    const size_t index = stack.top + depth < last ? stack.top + depth : last;
    const struct symbol_frame *frame =
        index < stack.count ? &stack.frames[index] : &(struct symbol_frame){0};
    char *place = xasprintf("%s!%s", frame->module ? frame->module : "?",
                            frame->function ? frame->function : "?");
    logical_stack_free(&stack);
    return place;
}

char *known_place(uint32_t number, const struct name_source *names)
{
    return place_text(number, 0, names);
}

char *known_cause(const struct finding *finding, const struct name_source *names)
{
    return place_text(finding->culprit, finding->depth - 1, names);
}

static const char *unit_of(const struct finding *finding)
{
    return finding->per_unit.unit == API_MARK_KINDS ? KNOWN_PROCESS
                                                    : api_mark_name(finding->per_unit.unit);
}

static struct known_finding known_of_place(const struct known_finding *known,
                                           const struct growth_place *place,
                                           const struct name_source *names)
{
    const bool grows = place->per_unit.unit != API_MARK_KINDS;
    const double pids = pid_list_total(&place->pids) ? (double)pid_list_total(&place->pids) : 1;
    const char *pool = place->path ? place->path : known->pool;
    return (struct known_finding){
        .rule = xstrdup(known->rule),
        .kind = xstrdup(known->kind),
        .pool = xstrdup(pool),
        .place = known_place(place->stack, names),
        .unit = xstrdup(grows ? api_mark_name(place->per_unit.unit) : KNOWN_PROCESS),
        .count = grows ? place->per_unit.count : (double)place->count / pids,
        .bytes = grows ? place->per_unit.bytes : (double)place->bytes / pids,
        .id = place->id};
}

static struct known_finding *find_place(const struct known_list *places, const char *text)
{
    for (size_t i = 0; i < places->count; i++) {
        if (strcmp(places->items[i].id.text, text) == 0)
            return &places->items[i];
    }
    return NULL;
}

void known_add_place(struct known_finding *known, struct known_finding place)
{
    struct known_finding *same = find_place(&known->places, place.id.text);
    if (!same) {
        known_list_add(&known->places, place);
        return;
    }
    same->count += place.count;
    same->bytes += place.bytes;
    known_free(&place);
}

void known_take_places(struct known_finding *known, const struct finding *finding,
                       const struct name_source *names)
{
    for (size_t i = 0; i < finding->places.count; i++)
        known_add_place(known, known_of_place(known, &finding->places.items[i], names));
    known_list_sort(&known->places);
}

void known_leave_out_place(struct known_finding *known, const char *text)
{
    struct known_list *places = &known->places;
    struct known_finding *place = find_place(places, text);
    if (!place)
        return;
    known_free(place);
    places->count--;
    memmove(place, place + 1, (size_t)(places->items + places->count - place) * sizeof *place);
}

struct known_finding known_of(const struct finding *finding, const struct name_source *names)
{
    struct known_finding known = {.rule = xstrdup(finding->rule),
                                  .kind = xstrdup(process_kind_name(finding->kind)),
                                  .pool = xstrdup(finding->path ? finding->path : ""),
                                  .place = known_cause(finding, names),
                                  .unit = xstrdup(unit_of(finding)),
                                  .word = xstrdup(unit_word_of(names->apis, unit_of(finding))),
                                  .count = finding->per_unit.count,
                                  .bytes = finding->per_unit.bytes,
                                  .id = finding->id};
    if (finding->per_unit.unit == API_MARK_KINDS) {
        double processes =
            pid_list_total(&finding->pids) ? (double)pid_list_total(&finding->pids) : 1;
        known.count = (double)finding->count / processes;
        known.bytes = (double)finding->bytes / processes;
    }
    known_take_places(&known, finding, names);
    return known;
}

struct known_finding known_copy(const struct known_finding *known)
{
    struct known_finding copy = *known;
    copy.rule = xstrdup(known->rule);
    copy.kind = xstrdup(known->kind);
    copy.pool = xstrdup(known->pool);
    copy.place = xstrdup(known->place);
    copy.unit = xstrdup(known->unit);
    copy.word = known->word ? xstrdup(known->word) : NULL;
    copy.places = (struct known_list){0};
    for (size_t i = 0; i < known->places.count; i++)
        known_list_add(&copy.places, known_copy(&known->places.items[i]));
    return copy;
}

void known_free(struct known_finding *known)
{
    free(known->rule);
    free(known->kind);
    free(known->pool);
    free(known->place);
    free(known->unit);
    free(known->word);
    known_list_free(&known->places);
}

void known_list_add(struct known_list *list, struct known_finding known)
{
    GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = known;
}

void known_list_free(struct known_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        known_free(&list->items[i]);
    free(list->items);
    *list = (struct known_list){0};
}

static int compare_known(const void *left, const void *right)
{
    const struct known_finding *a = left, *b = right;
    int order = strcmp(a->rule, b->rule);
    if (order == 0)
        order = strcmp(a->kind, b->kind);
    if (order == 0)
        order = strcmp(a->pool, b->pool);
    if (order == 0)
        order = strcmp(a->place, b->place);
    return order ? order : strcmp(a->id.text, b->id.text);
}

void known_list_sort(struct known_list *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_known);
}

static const char *counted_by(const char *rule)
{
    if (strstr(rule, "subpool") || strcmp(rule, "lifetime-contract") == 0)
        return "pool";
    return strstr(rule, "destroy") ? "time" : "allocation";
}

char *known_amount_text(const struct known_finding *known, const char *word,
                        char text[KNOWN_AMOUNT_TEXT])
{
    char bytes[UNITS_TEXT];
    const char *what = counted_by(known->rule);
    snprintf(text, KNOWN_AMOUNT_TEXT, "%.4g %s%s, %s per %.24s", known->count, what,
             known->count == 1 ? "" : "s",
             bytes_text((uint64_t)llround(fmin(known->bytes, 1e18)), bytes),
             word ? word : known->unit);
    return text;
}
