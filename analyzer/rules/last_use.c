/* last_use.c - see last_use.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/last_use.h"

#include <stdlib.h>

#define FEW 10 /* one in so many is no rule */

void last_use_free(struct last_use *use)
{
    free(use->hand);
}

bool last_use_is_most(uint64_t part, uint64_t all)
{
    return all - part <= all / FEW;
}

const char *last_use_belongs(const struct last_use *use)
{
    return use->hand && last_use_is_most(use->unused, use->samples) &&
                   last_use_is_most(use->in_hand, use->unused)
               ? use->hand
               : NULL;
}
