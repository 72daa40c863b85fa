/* tags.c - the words that events carry, each once in the recording. */
#include "analyzer/replay/internal.h"

static uint32_t intern_tag(struct recording *recording, const struct trace_event *event)
{
    pthread_mutex_lock(&recording->lock);
    uint32_t tag = strings_intern(&recording->strings, event->name, event->name_length);
    pthread_mutex_unlock(&recording->lock);
    return tag;
}

uint32_t replay_tag(struct replay *replay, const struct trace_event *event)
{
    if (event->name_id == TRACE_NO_NAME)
        return intern_tag(replay->recording, event);
    uint32_t *known = &replay->current->tags[event->name_id];
    if (*known == 0)
        *known = intern_tag(replay->recording, event) + 1;
    return *known - 1;
}
