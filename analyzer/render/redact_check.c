/* redact_check.c - a verdict without what is not to leave the host; see redact_check.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/redact_check.h"

#include "analyzer/gate/gate.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <stdlib.h>

static void replace(char **text, const char *with)
{
    if (*text == with)
        return;
    free(*text);
    *text = xstrdup(with);
}

static void redact_pools(struct known_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct known_finding *known = &list->items[i];
        char *pool = known->pool;
        known->pool = pool ? redact_pool_path(pool) : NULL;
        free(pool);
        redact_pools(&known->places);
    }
}

void redact_check(struct gate *gate, struct suppressions *suppressions)
{
    for (size_t i = 0; i < gate->doubts.count; i++)
        replace(&gate->doubts.text[i], redact_words(gate->doubts.text[i]));
    redact_pools(&gate->known);
    redact_pools(&gate->baseline);
    for (size_t i = 0; i < suppressions->count; i++) {
        struct suppression *suppression = &suppressions->items[i];
        suppression->file = redact_file(suppression->file);
        replace(&suppression->text, redact_name(suppression->text));
        if (suppression->reason)
            replace(&suppression->reason, redact_name(suppression->reason));
    }
}
