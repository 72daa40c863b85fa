/* tune.c - which settings are tried, and what comes of them; see tune.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/tune.h"

#include "analyzer/replay/recording.h"
#include "analyzer/tune/kinds.h"
#include "analyzer/tune/watch.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_SIZE 128 /* bytes, of blocks that are tried: a pool's header has to fit */
#define MOST_WITH  65536

/* The first system that can be simulated. False, and why: there is none. */
static bool find_system(struct tune *tune, const struct recording *recording)
{
    const struct api_set *apis = recording_apis(recording);
    tune->fault = TUNE_NO_SYSTEM;
    for (unsigned i = 0; apis && i < apis->count; i++) {
        tune->fault = TUNE_NO_MODEL;
        tune->api = apis->apis[i];
        tune->others = apis->count - 1;
        if (heap_rules_of(apis->apis[i], &tune->rules)) {
            tune->fault = TUNE_POSSIBLE;
            return true;
        }
    }
    return false;
}

static void add_setting(struct tune_setting *settings, unsigned *count, struct heap_rules rules,
                        uint64_t size)
{
    rules.size = size;
    if (*count < TUNE_SETTINGS)
        settings[(*count)++] = (struct tune_setting){.rules = rules, .of_parameter = true};
}

/* The sizes of the system's parameter to be tried, in ascending order; as it was first of all. */
static unsigned choose_sizes(const struct tune *tune, const struct tune_wish *wish,
                             struct tune_setting *settings)
{
    const struct heap_rules rules = tune->rules;
    static const uint64_t limits[] = {65536, 262144, 1048576, 4194304};
    unsigned count = 0;
    settings[count++] = (struct tune_setting){.rules = rules};
    for (unsigned i = 0; rules.kind->tunable && i < wish->size_count; i++)
        add_setting(settings, &count, rules, wish->sizes[i]);
    if (!rules.kind->tunable || wish->size_count)
        return count;
    for (size_t i = 0; rules.size == 0 && i < sizeof(limits) / sizeof(limits[0]); i++)
        add_setting(settings, &count, rules, limits[i]);
    for (uint64_t size = rules.size / 4; rules.size && size <= 8 * rules.size; size *= 2) {
        if (size >= LEAST_SIZE && size != rules.size)
            add_setting(settings, &count, rules, size);
    }
    return count;
}

static void forget(struct tune *tune)
{
    for (size_t i = 0; i < tune->place_count; i++)
        free(tune->places[i].label);
    free(tune->places);
    tune->places = NULL;
    tune->place_count = 0;
    tune->check = (struct tune_check){0};
    tune->sum = (struct tune_sum){0};
    memset(tune->worst, 0, sizeof(tune->worst));
}

/* Replays with SETTINGS, adding up in TUNE. */
static bool replay_settings(struct tune *tune, struct recording *recording,
                            struct tune_watch *watch, struct error *error)
{
    watch->api = tune->api;
    watch->tune = tune;
    GROW_TO_POWER(tune->places, tune->place_count);
    tune->places[tune->place_count++] = (struct tune_place){0}; /* number 0 is none */
    return tune_watch(watch, recording, error);
}

static void keep_tried(struct tune *tune, const struct tune_watch *watch, unsigned from)
{
    for (unsigned i = from; i < watch->setting_count; i++) {
        struct tune_tried *tried = &tune->tried[tune->tried_count++];
        tried->setting = watch->settings[i];
        tried->held = watch->held[i];
        for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
            tried->most[kind] = watch->most[kind][i];
    }
}

/* As it was recorded, and with other sizes of the system's parameter. Where the recording shows
 * that it was another one than is usual, once more. */
static bool try_sizes(struct tune *tune, struct recording *recording, const struct tune_wish *wish,
                      struct error *error)
{
    struct tune_setting settings[TUNE_SETTINGS];
    bool again = false;
    for (;;) {
        struct tune_watch watch = {.settings = settings, .pid = wish->pid};
        watch.setting_count = choose_sizes(tune, wish, settings);
        const bool whole = replay_settings(tune, recording, &watch, error);
        keymap_free(&watch.place_numbers);
        if (!whole)
            return false;
        if (again || !tune->rules.size || !watch.least || watch.least == tune->rules.size) {
            keep_tried(tune, &watch, 0);
            return true;
        }
        again = true;
        tune->rules.size = watch.least;
        forget(tune);
    }
}

static int by_waste(const void *left, const void *right)
{
    const struct tune_place *a = left, *b = right;
    const uint64_t of_a = tune_waste(&a->sum), of_b = tune_waste(&b->sum);
    if (of_a != of_b)
        return of_a > of_b ? -1 : 1;
    return (a->created > b->created) - (a->created < b->created);
}

/* What another size for the pools of PLACE is about: where pools share free blocks, what they waste
 * at the worst moment; else over the whole recording. */
static uint64_t waste_of(const struct tune *tune, const struct tune_place *place)
{
    return tune_waste(tune->rules.kind->shares ? &place->worst : &place->sum);
}

/* Which places waste most: their numbers, the worst first. */
static unsigned worst_places(const struct tune *tune, uint32_t to[TUNE_PLACES])
{
    unsigned count = 0;
    for (uint32_t i = 1; i < tune->place_count; i++) {
        const uint64_t waste = waste_of(tune, &tune->places[i]);
        unsigned at = count;
        while (at > 0 && waste_of(tune, &tune->places[to[at - 1]]) < waste)
            at--;
        if (waste == 0 || at == TUNE_PLACES)
            continue;
        count += count < TUNE_PLACES;
        memmove(&to[at + 1], &to[at], (count - at - 1) * sizeof(*to));
        to[at] = i;
    }
    return count;
}

static void add_with(struct tune_setting *settings, unsigned *count, const struct tune *tune,
                     uint32_t place, uint64_t with)
{
    for (unsigned i = 1; i < *count; i++) {
        if (settings[i].place == place && settings[i].with == with)
            return;
    }
    if (*count < TUNE_SETTINGS && with && with <= MOST_WITH)
        settings[(*count)++] = (struct tune_setting){tune->rules, place, with, false};
}

/* Sizes for pools of PLACE alone: half, twice and four times what they were made with; else what
 * one of them asked for on average, and at most. */
static void choose_withs(const struct tune *tune, uint32_t number, struct tune_setting *settings,
                         unsigned *count)
{
    const struct tune_place *place = &tune->places[number];
    if (tune->rules.size == 0 && place->with) {
        for (uint64_t with = place->with / 2; with <= 4 * place->with; with *= 2) {
            if (with != place->with && with >= LEAST_SIZE)
                add_with(settings, count, tune, number, with);
        }
        return;
    }
    const uint64_t mean = place->sum.pools ? place->sum.asked / place->sum.pools : 0;
    add_with(settings, count, tune, number, heap_round(mean ? mean : 1, 8));
    add_with(settings, count, tune, number, heap_round(place->most, 8));
}

/* With other sizes for the pools of those places that waste most, each by itself. */
static bool try_withs(struct tune *tune, struct recording *recording, const struct tune_wish *wish,
                      struct error *error)
{
    struct tune_setting settings[TUNE_SETTINGS] = {{.rules = tune->rules}};
    uint32_t places[TUNE_PLACES];
    unsigned count = 1, place_count = worst_places(tune, places);
    struct tune second = {.api = tune->api, .rules = tune->rules};
    for (unsigned i = 0; i < place_count; i++)
        choose_withs(tune, places[i], settings, &count);
    struct tune_watch watch = {
        .settings = settings, .setting_count = count, .pid = wish->pid, .of = tune->worst};
    const bool whole = count == 1 || replay_settings(&second, recording, &watch, error);
    if (whole)
        keep_tried(tune, &watch, 1);
    keymap_free(&watch.place_numbers);
    forget(&second);
    return whole;
}

/* Places are sorted; what was tried of one goes on to mean it. */
static void sort_places(struct tune *tune)
{
    if (tune->place_count == 0)
        return;
    uint32_t *numbers = xcalloc(tune->place_count, sizeof(*numbers));
    for (uint32_t i = 0; i < tune->place_count; i++)
        tune->places[i].looked = i;
    qsort(tune->places, tune->place_count, sizeof(*tune->places), by_waste);
    for (uint32_t i = 0; i < tune->place_count; i++)
        numbers[tune->places[i].looked] = i;
    for (unsigned i = 0; i < tune->tried_count; i++)
        tune->tried[i].setting.place = numbers[tune->tried[i].setting.place];
    for (size_t i = 0; i < TUNE_SAMPLES; i++)
        tune->check.samples[i].place = numbers[tune->check.samples[i].place];
    free(numbers);
}

bool tune_read(struct tune *tune, struct recording *recording, const struct tune_wish *wish,
               struct error *error)
{
    *tune = (struct tune){0};
    if (!recording_replay(recording, NULL, 0, error)) /* which systems there are */
        return false;
    if (!find_system(tune, recording))
        return true;
    if (!try_sizes(tune, recording, wish, error))
        return false;
    if (recording_stats(recording)->survivors > 0)
        tune->fault = TUNE_SURVIVORS;
    else if (tune->rules.kind->maker && !try_withs(tune, recording, wish, error))
        return false;
    sort_places(tune);
    return true;
}

void tune_free(struct tune *tune)
{
    forget(tune);
}
