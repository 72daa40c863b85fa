/* tags.c - the words that events carry, each once in the recording. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"

#include <stdio.h>

static uint32_t intern_tag(struct recording *recording, const struct trace_event *event)
{
    pthread_mutex_lock(&recording->lock);
    uint32_t tag = strings_intern(&recording->strings, event->name, event->name_length);
    pthread_mutex_unlock(&recording->lock);
    return tag;
}

/* It was not asked for yet. */
uint32_t replay_new_tag(struct replay *replay, const struct trace_event *event)
{
    if (event->name_id == TRACE_NO_NAME)
        return intern_tag(replay->recording, event);
    const uint32_t tag = intern_tag(replay->recording, event);
    replay->current->tags[event->name_id] = tag + 1;
    return tag;
}

/* Whether pools of the system have a second name, by which those with the same first one are told
 * apart. */
static bool has_identifiers(const struct recorded_api *system)
{
    return system && system->api.layout.given && system->api.layout.label != API_NOWHERE;
}

uint32_t replay_tag_with_first(struct replay *replay, const struct pool *pool, uint32_t tag)
{
    char both[2 * TRACE_NAME_MAX + 3];
    if (!pool->first_tag || tag == pool->first_tag ||
        !has_identifiers(system_of(replay->current, pool)))
        return tag;
    snprintf(both, sizeof(both), "%s: %s", replay_string(replay, pool->first_tag),
             replay_string(replay, tag));
    pthread_mutex_lock(&replay->recording->lock);
    tag = strings_intern_text(&replay->recording->strings, both);
    pthread_mutex_unlock(&replay->recording->lock);
    return tag;
}
