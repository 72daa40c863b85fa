/* last_use.c - see last_use.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/last_use.h"

#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <inttypes.h>
#include <stdio.h>

json_t *last_use_json(const struct last_use *use)
{
    if (use->samples == 0)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "samples", json_count(use->samples));
    json_set(json, "unused", json_count(use->unused));
    json_set(json, "at_end", json_count(use->at_end));
    json_set(json, "belongs", text_json(last_use_belongs(use)));
    return json;
}

static void say_unused(FILE *out, const struct last_use *use)
{
    const char *hand = last_use_belongs(use);
    fprintf(out, "Never used after its %s in %" PRIu64 " of %" PRIu64 " samples: ", use->word,
            use->unused, use->samples);
    if (use->pools)
        fprintf(out, "the pool can end with the %s", use->word);
    else if (hand)
        fprintf(out, "it belongs in %s", hand);
    else
        fprintf(out, "it belongs in a pool that ends with the %s", use->word);
    if (use->pools && hand)
        fprintf(out, ", as %s does, which was at hand", hand);
    fputs(".", out);
}

static void say_used(FILE *out, const struct last_use *use)
{
    const uint64_t used = use->samples - use->unused;
    fprintf(out, "Still used after its %s in %" PRIu64 " of %" PRIu64 " samples", use->word, used,
            use->samples);
    if (last_use_is_most(use->at_end, used))
        fputs(", but only at the end: it is needed until then.", out);
    else if (last_use_is_most(used, use->samples))
        fputs(": it is a cache, which needs a limit, not another pool.", out);
    else
        fputs(", and never in the others.", out);
}

char *last_use_advice(const struct finding *finding)
{
    const struct last_use *use = &finding->last_use;
    if (use->samples == 0)
        return finding->advice ? xstrdup(finding->advice) : NULL;
    struct text advice;
    FILE *out = text_open(&advice);
    if (last_use_is_most(use->unused, use->samples))
        say_unused(out, use);
    else
        say_used(out, use);
    if (finding->advice)
        fprintf(out, " %s", finding->advice);
    return text_close(&advice);
}
