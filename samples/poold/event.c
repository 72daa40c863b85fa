/* event.c - what happens to the daemon, and who wants to hear of it; see event.h. */
#include "event.h"
#include "pool.h"

#include <string.h>

struct listener {
    const char *event;
    void (*call)(const void *data);
    struct listener *next;
};

static pool *event_pool;
static struct listener *listeners;

void events_init(void)
{
    event_pool = make_sub_pool(permanent_pool);
    pr_pool_tag(event_pool, "Event Pool");
}

KEEP_FRAME void pr_event_register(const char *event, void (*call)(const void *data))
{
    struct listener *listener = palloc(event_pool, sizeof(*listener));

    *listener = (struct listener){event, call, listeners};
    listeners = listener;
}

KEEP_FRAME void pr_event_generate(const char *event, const void *data)
{
    for (const struct listener *listener = listeners; listener; listener = listener->next)
        if (strcmp(listener->event, event) == 0)
            listener->call(data);
}
/* SPDX-License-Identifier: MIT */
