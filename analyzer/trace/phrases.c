/* phrases.c - bytes that come again; see phrases.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/phrases.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define SETS        32 /* a power of two */
#define WAYS        4
#define SEEN        256 /* a power of two */
#define WEIGHT_MOST 8
#define TRIED       512 /* times, before it is judged whether it pays: ... */
#define PART        3   /* ... one in so many is found */

struct phrases {
    uint32_t last_id;
    size_t count;
    uint64_t asked, found;
    struct seen { /* what came last and is not known: learnt the second time, the fourth ... */
        uint32_t hash, times;
    } seen[SEEN];
    struct phrase_set {
        struct phrase *items[WAYS];
    } sets[SETS];
};

struct phrases *phrases_new(void)
{
    return xcalloc(1, sizeof(struct phrases));
}

void phrases_free(struct phrases *phrases)
{
    for (size_t i = 0; phrases && i < SETS; i++)
        for (size_t k = 0; k < WAYS; k++)
            free(phrases->sets[i].items[k]);
    free(phrases);
}

uint64_t phrases_memory(const struct phrases *phrases)
{
    return phrases ? sizeof(*phrases) + phrases->count * sizeof(struct phrase) : 0;
}

bool phrases_pay(const struct phrases *phrases)
{
    return phrases && (phrases->asked < TRIED || PART * phrases->found >= phrases->asked);
}

/* Of the first bytes at AT, and what is behind them. */
static inline uint32_t hash_of(const unsigned char *at, uint64_t pool, uint32_t stack)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t words[PHRASE_HASHED / 8], hash = pool ^ (uint64_t)stack << 32;
    memcpy(words, at, sizeof(words));
    for (size_t i = 0; i < PHRASE_HASHED / 8; i++) {
        hash = (hash ^ words[i]) * odd;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash | 1;
}

static inline struct phrase_set *set_of(struct phrases *phrases, uint32_t hash)
{
    return &phrases->sets[hash >> 8 & (SETS - 1)];
}

/* Whether STREAM has all that PHRASE needs. */
static inline bool has_needed(const struct stream *stream, const struct phrase *phrase)
{
    bool all = !phrase->steps || stream->last_pool == phrase->last_pool;
    for (unsigned i = 0; i < phrase->needed; i++)
        all &= stream->slots[phrase->slots[i].slot] == phrase->slots[i].pool;
    return all;
}

/* The place for another one in SET: an empty one, or of who came again the least. */
static struct phrase **least_of(struct phrase_set *set)
{
    struct phrase **least = &set->items[0];
    for (size_t i = 1; i < WAYS && *least; i++)
        if (!set->items[i] || set->items[i]->weight < (*least)->weight)
            least = &set->items[i];
    return least;
}

/* Whether what begins with the bytes of HASH, and is not known, is to be learnt. */
static bool is_to_be_learnt(struct phrases *phrases, uint32_t hash)
{
    struct phrase *least = *least_of(set_of(phrases, hash));
    struct seen *seen = &phrases->seen[hash >> 24 & (SEEN - 1)];
    seen->times = seen->hash == hash ? seen->times + 1 : 1;
    seen->hash = hash;
    if (!least || least->weight == 0)
        return seen->times > 1 && (seen->times & (seen->times - 1)) == 0;
    least->weight--;
    return false;
}

const struct phrase *phrases_find(struct stream *stream, const unsigned char *at, uint32_t stack,
                                  bool *learn)
{
    const uint32_t hash = hash_of(at, stream->slots[*at >> 4], stack);
    struct phrase_set *set = set_of(stream->phrases, hash);
    *learn = false;
    stream->phrases->asked++;
    for (size_t i = 0; i < WAYS && set->items[i]; i++) {
        struct phrase *phrase = set->items[i];
        if (phrase->hash != hash || phrase->stack != stack || !has_needed(stream, phrase) ||
            phrase->length > (size_t)(stream->end - at) ||
            memcmp(at, phrase->bytes, phrase->length) != 0)
            continue;
        phrase->weight += phrase->weight < WEIGHT_MOST;
        stream->phrases->found++;
        return phrase;
    }
    *learn = is_to_be_learnt(stream->phrases, hash);
    return NULL;
}

/* Slots that held a pool before which one of the events is on, or below. */
static void note_needed(struct phrase *phrase, const struct phrase_begin *begin)
{
    for (unsigned slot = 0; slot < TRACE_POOL_SLOTS; slot++) {
        const uint64_t pool = begin->slots[slot];
        bool needed = false;
        for (size_t i = 0; i < phrase->event_count && pool; i++) {
            const struct trace_event *event = &phrase->events[i];
            needed |=
                event->pool == pool || (event->kind == TRACE_EVENT_CREATE && event->parent == pool);
        }
        if (needed)
            phrase->slots[phrase->needed++] = (struct phrase_slot){pool, slot};
    }
}

static void note_left(struct phrase *phrase, const struct phrase_begin *begin,
                      const struct phrase_begin *end)
{
    for (unsigned slot = 0; slot < TRACE_POOL_SLOTS; slot++)
        if (end->slots[slot] != begin->slots[slot])
            phrase->slots[phrase->needed + phrase->left++] =
                (struct phrase_slot){end->slots[slot], slot};
}

void phrases_add(struct stream *stream, const struct phrase_begin *begin,
                 const struct phrase_begin *end)
{
    struct phrases *phrases = stream->phrases;
    const uint32_t hash = hash_of(begin->at, begin->slots[*begin->at >> 4], begin->stack);
    struct phrase **place = least_of(set_of(phrases, hash));
    if (!*place) {
        *place = xmalloc(sizeof(**place));
        phrases->count++;
    }
    struct phrase *phrase = *place;
    phrase->id = ++phrases->last_id;
    phrase->hash = hash;
    phrase->weight = 1;
    phrase->steps = end->steps;
    phrase->last_pool = begin->last_pool;
    phrase->last_pool_after = end->last_pool;
    phrase->stack = begin->stack;
    phrase->stack_after = end->stack;
    phrase->length = (size_t)(end->at - begin->at);
    phrase->event_count = (size_t)(end->event - begin->event);
    phrase->allocation_count = (size_t)(end->allocation - begin->allocation);
    phrase->needed = phrase->left = 0;
    memcpy(phrase->bytes, begin->at, phrase->length);
    memcpy(phrase->events, begin->event, phrase->event_count * sizeof(*phrase->events));
    memcpy(phrase->allocations, begin->allocation,
           phrase->allocation_count * sizeof(*phrase->allocations));
    phrase->events[0].phrase = phrase->id;
    note_needed(phrase, begin);
    note_left(phrase, begin, end);
}
