/*
 * sites.c - the place that a backtrace was taken at: the innermost code outside the pool library.
 * Whoever called it, it is one line of code, and mostly one mistake.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/folded_internal.h"
#include "analyzer/replay/internal.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/symbols/stacks.h"
#include "analyzer/util/keyed_hash.h"

/* Of a stack; 0: not asked for yet. */
struct known_site {
    uint32_t number; /* atomic */
};

/* The number of FRAME, made when new; the caller has the symbols' lock. */
static uint32_t number_of(struct sites *sites, struct code_frame frame)
{
    uint64_t key = keyed_mix(frame.module, frame.offset);
    uint32_t *number = keymap_put(&sites->numbers, key ? key : 1);
    if (*number == 0) {
        *number = ++sites->count;
        struct code_frame *kept = stable_array_put(&sites->frames, *number, sizeof(*kept));
        *kept = frame;
    }
    return *number;
}

uint32_t replay_site(const struct replay *replay, uint32_t stack)
{
    struct recording *recording = replay->recording;
    struct sites *sites = &recording->sites;
    struct known_site *site = stable_array_get(&sites->of_stacks, stack, sizeof(*site));
    uint32_t number = site ? __atomic_load_n(&site->number, __ATOMIC_ACQUIRE) : 0;
    if (number)
        return number;
    const struct name_source names = {recording->stacks, recording->symbols, replay_apis(replay)};
    pthread_mutex_lock(&recording->symbols_lock);
    site = stable_array_put(&sites->of_stacks, stack, sizeof(*site));
    number = number_of(sites, stack_site(&names, stack));
    __atomic_store_n(&site->number, number, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&recording->symbols_lock);
    return number;
}

void sites_fields(struct recording *recording, struct fields *fields)
{
    struct sites *sites = &recording->sites;
    const uint32_t modules = stacks_module_count(recording->stacks);
    size_t count = sites->count;
    fields_count(fields, &count, 3);
    for (size_t i = 1; i <= count && !fields->wrong; i++) {
        struct code_frame frame = {0};
        if (!fields->reads)
            frame = *(struct code_frame *)stable_array_get(&sites->frames, i, sizeof(frame));
        folded_frame(fields, modules, &frame);
        if (fields->reads && !fields->wrong)
            fields->wrong = number_of(sites, frame) != i;
    }
}

void sites_free(struct sites *sites)
{
    stable_array_free(&sites->frames);
    stable_array_free(&sites->of_stacks);
    keymap_free(&sites->numbers);
}
