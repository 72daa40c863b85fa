/* keep.c - what commands put into session.pool, and who uses it when; see keep.h. */
#include "keep.h"
#include "pool.h"
#include "session.h"

#include <stddef.h>

struct note {
    struct note *next;
    volatile unsigned uses;
};

static struct note *searched, *closed;

static void use(struct note *notes)
{
    for (; notes; notes = notes->next)
        notes->uses++;
}

/* As a list that each command is looked up in. */
KEEP_FRAME void keep_and_use_always(void)
{
    struct note *note = pcalloc(session.pool, 72);

    note->next = searched;
    searched = note;
    use(searched);
}

static void use_closed(void *data)
{
    (void)data;
    use(closed);
}

/* As what is reported when the client has gone. */
KEEP_FRAME void keep_and_use_at_the_end(void)
{
    struct note *note = pcalloc(session.pool, 80);

    if (!closed)
        register_cleanup(session.c->pool, NULL, use_closed);
    note->next = closed;
    closed = note;
}
/* SPDX-License-Identifier: MIT */
