/* last_uses.c - whether allocations were used after their unit of work; see last_uses.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/last_uses.h"

#include "analyzer/replay/folded.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/folded_parts.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* What one backtrace took from pools of another, and one pool at hand. */
struct taken {
    uint32_t stack, created;
    enum process_kind kind;
    uint32_t next; /* number of another one of both, 0: none */
    char *hand;    /* of those that were not used; NULL: none */
    uint64_t samples, unused, at_end;
};

struct last_uses {
    int32_t pid;
    struct taken *items; /* number 0 is none */
    uint32_t count, capacity;
    struct keymap index; /* of the first of two backtraces */
};

struct last_uses *last_uses_new(int32_t pid)
{
    struct last_uses *uses = xcalloc(1, sizeof(*uses));
    uses->pid = pid;
    uses->count = 1;
    return uses;
}

static void drop_items(struct last_uses *uses)
{
    for (uint32_t i = 1; i < uses->count; i++)
        free(uses->items[i].hand);
    uses->count = 1;
    keymap_free(&uses->index);
    uses->index = (struct keymap){0};
}

void last_uses_free(struct last_uses *uses)
{
    if (!uses)
        return;
    drop_items(uses);
    free(uses->items);
    free(uses);
}

static bool same_hand(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add(struct last_uses *uses, const struct taken *taken)
{
    uint32_t *first = keymap_put(&uses->index, ((uint64_t)taken->stack << 32 | taken->created) + 1);
    uint32_t number = *first;
    while (number && (uses->items[number].kind != taken->kind ||
                      !same_hand(uses->items[number].hand, taken->hand)))
        number = uses->items[number].next;
    if (!number) {
        if (uses->count >= uses->capacity) {
            uses->capacity = uses->capacity ? 2 * uses->capacity : 64;
            uses->items = xreallocarray(uses->items, uses->capacity, sizeof(*uses->items));
        }
        number = uses->count++;
        uses->items[number] = (struct taken){taken->stack,
                                             taken->created,
                                             taken->kind,
                                             *first,
                                             taken->hand ? xstrdup(taken->hand) : NULL,
                                             0,
                                             0,
                                             0};
        *first = number;
    }
    uses->items[number].samples += taken->samples;
    uses->items[number].unused += taken->unused;
    uses->items[number].at_end += taken->at_end;
}

static void taken_fields(const struct recording *recording, struct fields *fields,
                         struct taken *taken)
{
    uint32_t kind = taken->kind;
    folded_stack(recording, fields, &taken->stack);
    folded_stack(recording, fields, &taken->created);
    fields_below(fields, &kind, PROCESS_KINDS);
    taken->kind = (enum process_kind)kind;
    fields_text(fields, &taken->hand);
    fields_u64(fields, &taken->samples);
    fields_u64(fields, &taken->unused);
    fields_u64(fields, &taken->at_end);
}

void folded_last_uses(struct recording *recording, struct fields *fields, struct last_uses *uses)
{
    size_t count = uses->count - 1;
    fields_count(fields, &count, 7);
    for (size_t i = 1; i <= count && !fields->wrong; i++) {
        struct taken taken = {0};
        taken_fields(recording, fields, fields->reads ? &taken : &uses->items[i]);
        if (fields->reads && !fields->wrong)
            add(uses, &taken);
        free(taken.hand);
    }
}

void last_uses_add(struct last_uses *to, struct last_uses *from)
{
    for (uint32_t i = 1; i < from->count; i++)
        add(to, &from->items[i]);
    drop_items(from);
}

static void on_sampled(void *data, const struct process *process, const struct sampled *sampled)
{
    struct last_uses *uses = data;
    const struct pool *pool = sampled->pool->pool;
    if (uses->pid && process->pid != uses->pid)
        return;
    const struct taken taken = {.stack = sampled->stack,
                                .created = pool ? pool->created : sampled->pool->created,
                                .kind = process->kind,
                                .hand = sampled->uses ? NULL : (char *)sampled->hand,
                                .samples = 1,
                                .unused = sampled->uses == 0,
                                .at_end = sampled->used_at_end};
    add(uses, &taken);
}

struct replay_observer last_uses_observer(struct last_uses *uses)
{
    return (struct replay_observer){.data = uses, .on_sampled = on_sampled};
}

static bool is_about(const struct finding *finding, const struct taken *taken)
{
    const bool pools = finding->rule == rule_leaked_subpool.name;
    return finding->kind == taken->kind &&
           finding_has_part(finding, pools ? taken->created : taken->stack);
}

/* Of pools that are as good the one that comes first by name. */
static void offer_hand(struct last_use *use, const struct taken *taken)
{
    if (taken->unused < use->in_hand || !taken->hand ||
        (use->hand && taken->unused == use->in_hand && strcmp(taken->hand, use->hand) >= 0))
        return;
    free(use->hand);
    use->hand = xstrdup(taken->hand);
    use->in_hand = taken->unused;
}

/* Parts of one pool at hand come from several backtraces: summed up by the pool's label. */
static struct last_use sum_up(const struct last_uses *uses, const struct finding *finding)
{
    struct last_uses *by_hand = last_uses_new(0);
    struct last_use use = {0};
    for (uint32_t i = 1; i < uses->count; i++) {
        struct taken taken = uses->items[i];
        if (!is_about(finding, &taken))
            continue;
        taken.stack = taken.created = 0;
        add(by_hand, &taken);
    }
    for (uint32_t i = 1; i < by_hand->count; i++) {
        use.samples += by_hand->items[i].samples;
        use.unused += by_hand->items[i].unused;
        use.at_end += by_hand->items[i].at_end;
        offer_hand(&use, &by_hand->items[i]);
    }
    last_uses_free(by_hand);
    return use;
}

static const char *word_of(const struct finding *finding, const struct api_set *apis)
{
    const enum api_mark_kind unit = finding->per_unit.unit;
    if (unit == API_UNIT_TIME)
        return "second";
    return unit_word(apis, unit <= API_MARK_CONNECTION ? unit : API_MARK_COMMAND, 1);
}

static bool is_for(const struct finding *finding)
{
    return finding->rule == rule_growing_pool.name || finding->rule == rule_leaked_subpool.name ||
           finding->rule == rule_permanent_pool_alloc.name ||
           finding->rule == rule_growing_in_unit.name;
}

void last_uses_tell(const struct last_uses *uses, struct finding *finding,
                    const struct api_set *apis)
{
    if (!is_for(finding))
        return;
    finding->last_use = sum_up(uses, finding);
    finding->last_use.pools = finding->rule == rule_leaked_subpool.name;
    finding->last_use.word = word_of(finding, apis);
}
