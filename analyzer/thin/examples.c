/* examples.c - what a thinned trace has examples of; see examples.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/examples.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

#define EXAMPLES_UNITS 4 /* in so many units of work the first pool of each place is one */
#define ALIKE_LAST     65535u

/* Of one sum, so much that another pool's may not fit any more. */
#define COUNT_FULL       (1u << 23)
#define ALLOCATIONS_FULL (1u << 29)
#define BYTES_FULL       (UINT64_C(1) << 39)

struct place {
    uint64_t made;
    uint32_t unit;  /* the last one in which it made one */
    uint32_t units; /* up to EXAMPLES_UNITS */
    bool survives;
};

/* How pools ended: what was not taken yet. */
struct sum {
    struct way way;
    bool above, waits;
    uint32_t count;
    uint64_t allocations, bytes, largest;
    uint32_t next; /* number of the next one that waits, 0: none */
};

struct alike {
    uint32_t count, unit;
    uint32_t next; /* the same */
};

struct examples {
    struct keymap place_index; /* by stack: numbers, from 1, as all below */
    struct place *places;
    size_t place_count, place_capacity;
    struct keymap first_ways; /* by way_key(): those with the same one follow by `same` */
    struct sum *sums;
    uint32_t *same;
    size_t sum_count, sum_capacity, same_capacity;
    struct keymap alike_index; /* by key */
    struct alike *alikes;
    size_t alike_count, alike_capacity;
    uint32_t sums_wait, alikes_wait; /* the first that does, 0: none */
    bool full;
};

struct examples *examples_new(void)
{
    return xcalloc(1, sizeof(struct examples));
}

void examples_free(struct examples *examples)
{
    keymap_free(&examples->place_index);
    keymap_free(&examples->first_ways);
    keymap_free(&examples->alike_index);
    free(examples->places);
    free(examples->sums);
    free(examples->same);
    free(examples->alikes);
    free(examples);
}

static struct place *place_of(struct examples *examples, uint32_t created)
{
    uint32_t *number = keymap_put(&examples->place_index, (uint64_t)created + 1);
    if (!*number) {
        GROW(examples->places, examples->place_count, examples->place_capacity);
        examples->places[examples->place_count++] = (struct place){0};
        *number = (uint32_t)examples->place_count;
    }
    return &examples->places[*number - 1];
}

bool examples_is_example(struct examples *examples, uint32_t created, uint32_t unit)
{
    const struct place *place = place_of(examples, created);
    const uint64_t made = place->made + 1;
    return place->survives || (made & (made - 1)) == 0 ||
           ((place->unit != unit || place->made == 0) && place->units < EXAMPLES_UNITS);
}

void examples_count_made(struct examples *examples, uint32_t created, uint32_t unit, uint64_t count)
{
    struct place *place = place_of(examples, created);
    if (place->unit != unit || place->made == 0)
        place->units += place->units < EXAMPLES_UNITS;
    place->unit = unit;
    place->made += count;
}

void examples_survives(struct examples *examples, uint32_t created)
{
    place_of(examples, created)->survives = true;
}

static uint64_t way_key(const struct way *way)
{
    const uint64_t key = ((uint64_t)way->created << 32 | way->ended) ^
                         (uint64_t)way->names * UINT64_C(0x9e3779b97f4a7c15);
    return key ? key : 1;
}

static bool same_way(const struct way *a, const struct way *b)
{
    return a->created == b->created && a->ended == b->ended && a->names == b->names &&
           a->with == b->with;
}

/* Its number; 0: it is not known. */
static uint32_t find_way(const struct examples *examples, const struct way *way)
{
    uint32_t number = keymap_get(&examples->first_ways, way_key(way));
    while (number && !same_way(&examples->sums[number - 1].way, way))
        number = examples->same[number - 1];
    return number;
}

bool examples_has_way(const struct examples *examples, const struct way *way)
{
    return find_way(examples, way) != 0;
}

static struct sum *sum_of(struct examples *examples, const struct way *way)
{
    uint32_t number = find_way(examples, way);
    if (number)
        return &examples->sums[number - 1];
    GROW(examples->sums, examples->sum_count, examples->sum_capacity);
    if (examples->sum_count >= examples->same_capacity) {
        examples->same_capacity = examples->sum_capacity;
        examples->same =
            xreallocarray(examples->same, examples->same_capacity, sizeof(*examples->same));
    }
    examples->sums[examples->sum_count++] = (struct sum){.way = *way};
    number = (uint32_t)examples->sum_count;
    uint32_t *first = keymap_put(&examples->first_ways, way_key(way));
    examples->same[number - 1] = *first;
    *first = number;
    return &examples->sums[number - 1];
}

void examples_note_way(struct examples *examples, const struct way *way)
{
    sum_of(examples, way);
}

uint32_t examples_alike(const struct examples *examples, uint64_t key)
{
    return keymap_get(&examples->alike_index, key);
}

uint32_t examples_new_alike(struct examples *examples, uint64_t key)
{
    if (examples->alike_count >= ALIKE_LAST)
        return 0;
    GROW(examples->alikes, examples->alike_count, examples->alike_capacity);
    examples->alikes[examples->alike_count++] = (struct alike){0};
    return *keymap_put(&examples->alike_index, key) = (uint32_t)examples->alike_count;
}

void examples_skip_alike(struct examples *examples, uint64_t number)
{
    while (examples->alike_count < number && examples->alike_count < ALIKE_LAST) {
        GROW(examples->alikes, examples->alike_count, examples->alike_capacity);
        examples->alikes[examples->alike_count++] = (struct alike){0};
    }
}

void examples_add(struct examples *examples, const struct way *way, uint64_t allocations,
                  uint64_t bytes, bool above)
{
    struct sum *sum = sum_of(examples, way);
    if (!sum->waits) {
        sum->next = examples->sums_wait;
        examples->sums_wait = (uint32_t)(sum - examples->sums) + 1;
        sum->waits = true;
    }
    sum->count++;
    sum->allocations += allocations;
    sum->bytes += bytes;
    sum->largest = bytes > sum->largest ? bytes : sum->largest;
    sum->above |= above;
    examples->full |= sum->count >= COUNT_FULL || sum->allocations >= ALLOCATIONS_FULL ||
                      sum->bytes >= BYTES_FULL;
}

void examples_count_alike(struct examples *examples, uint32_t number, uint32_t unit)
{
    struct alike *alike = &examples->alikes[number - 1];
    alike->unit = unit;
    examples->full |= alike->count >= COUNT_FULL;
    if (alike->count++ > 0)
        return;
    alike->next = examples->alikes_wait;
    examples->alikes_wait = number;
}

bool examples_is_full(const struct examples *examples)
{
    return examples->full;
}

static bool take_sum(struct examples *examples, struct trace_event *event)
{
    if (!examples->sums_wait)
        return false;
    struct sum *sum = &examples->sums[examples->sums_wait - 1];
    const unsigned how =
        (sum->way.with ? TRACE_YOUNG_WITH : 0) | (sum->above ? TRACE_YOUNG_ABOVE : 0);
    event->kind = TRACE_EVENT_YOUNG;
    event->stack = sum->way.created;
    event->largest = sum->largest;
    event->young_bytes = sum->bytes & TRACE_YOUNG_BYTES_MAX;
    event->young_count = sum->count & TRACE_YOUNG_COUNT_MAX;
    event->young_destroyed = sum->way.ended;
    event->young_allocations = sum->allocations & TRACE_YOUNG_ALLOCATIONS_MAX;
    event->young_how = how % TRACE_YOUNG_HOWS;
    examples->sums_wait = sum->next;
    *sum = (struct sum){.way = sum->way};
    return true;
}

static bool take_alike(struct examples *examples, uint32_t unit, struct trace_event *event)
{
    if (!examples->alikes_wait)
        return false;
    struct alike *alike = &examples->alikes[examples->alikes_wait - 1];
    event->kind = TRACE_EVENT_AGAIN;
    event->number = examples->alikes_wait;
    event->again = alike->count;
    event->again_ago = unit - alike->unit;
    examples->alikes_wait = alike->next;
    *alike = (struct alike){0};
    return true;
}

bool examples_take(struct examples *examples, uint32_t unit, struct trace_event *event)
{
    examples->full = false;
    return take_sum(examples, event) || take_alike(examples, unit, event);
}
