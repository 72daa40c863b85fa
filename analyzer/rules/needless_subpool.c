/*
 * needless-subpool: a place makes a pool, puts next to nothing into it, and ends it again, in one
 * command after the other. Not told of are pools of a documented role, which are the program's
 * order; those that outlive the call that made them, in which other pools were made, or that were
 * cleared to be used again; and a place at which one pool in the recording held more. Where each
 * object is a pool, none is needless.
 */
#include "lives.h"
#include "memory.h"
#include "rules/describe.h"
#include "rules/ledger.h"
#include "rules/rules.h"
#include "series.h"

#include <stdlib.h>

#define NOTHING 16 /* bytes, the most that such a pool holds: two pointers, and no cleanup */

/* The pools that one place made. */
struct litter {
    bool needed;            /* one of them was */
    uint32_t process, unit; /* the ones of the last, + 1 */
    uint32_t units;         /* in how many units of that process */
    uint32_t most_units;    /* ... of any */
    struct finding finding; /* rule NULL before there is one; owned */
};

struct needless {
    struct rule_state state; /* its ledger is one, for the whole recording */
    struct keymap by_stack;  /* of creation and kind of process: the number of its place's litter */
    const struct replay *replay;
};

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)process;
    struct needless *needless = data;
    needless->replay = replay;
    if (!needless->state.current)
        ledger_push(&needless->state, replay, process);
}

static struct litter *litter_of(struct needless *needless, const struct process *process,
                                uint32_t created)
{
    struct ledger *ledger = needless->state.current;
    uint64_t by_stack = (uint64_t)created << 1 | (unsigned)process->kind;
    uint32_t *known = keymap_put(&needless->by_stack, by_stack + 1);
    if (*known == 0) {
        uint64_t key = replay_place(needless->replay, created) << 1 | (unsigned)process->kind;
        uint32_t *number = keymap_put(&ledger->index, key ? key : 1);
        if (*number == 0) {
            ledger_add(ledger, sizeof(struct litter));
            *number = (uint32_t)ledger->count;
        }
        *known = *number;
    }
    return (struct litter *)ledger->items + (*known - 1);
}

/* Made within a command, and ended by the call that made it. */
static bool is_short(const struct replay *replay, const struct process *process,
                     const struct life *life, enum life_end how, uint32_t stack)
{
    return how == LIFE_DESTROYED && life->command > 0 && life->command == process->command &&
           replay_same_call(replay, life->created, stack);
}

static bool is_empty(const struct pool *pool, const struct life *life)
{
    return pool->bytes <= NOTHING && !life->role && !pool->root && !life->had_subpools &&
           !life->cleared;
}

static void count_unit(struct litter *litter, const struct process *process)
{
    uint32_t unit = process->command + 1;
    if (litter->process != process->index + 1)
        litter->units = litter->unit = 0;
    litter->units += litter->unit != unit;
    litter->unit = unit;
    litter->process = process->index + 1;
    if (litter->units > litter->most_units)
        litter->most_units = litter->units;
}

static void describe(struct finding *finding, const struct needless *needless,
                     const struct pool *pool, uint32_t destroyed)
{
    static const char advice[] = "Take the bytes from the command's own pool, which ends soon "
                                 "enough, or do without them.";
    *finding = (struct finding){.rule = rule_needless_subpool.name,
                                .phase = PHASE_STEADY,
                                .severity = SEVERITY_NOTE,
                                .culprit = pool->created,
                                .destroyed = destroyed,
                                .per_unit.unit = API_MARK_KINDS};
    describe_pool(finding, needless->replay, pool);
    finding->advice = xstrdup(advice);
}

static void on_life(void *data, const struct process *process, const struct pool *pool,
                    const struct life *life, enum life_end how, uint32_t stack)
{
    struct needless *needless = data;
    const struct api *api = replay_api(needless->replay);
    if (life->begun[API_MARK_COMMAND] == 0 || !api || api_has_objects(api))
        return;
    struct litter *litter = litter_of(needless, process, life->created);
    litter->needed |=
        !is_empty(pool, life) || !is_short(needless->replay, process, life, how, stack);
    if (litter->needed)
        return;
    uint64_t first_ns = litter->finding.first_ns;
    if (!litter->finding.rule)
        describe(&litter->finding, needless, pool, stack);
    count_unit(litter, process);
    describe_process(&litter->finding, process, (struct span){pool->created_tick, process->tick});
    if (litter->finding.count++)
        litter->finding.first_ns = first_ns;
    litter->finding.bytes += pool->bytes;
}

static struct findings take(void *data)
{
    struct needless *needless = data;
    struct ledger *ledger = needless->state.current;
    struct litter *litters = ledger ? ledger->items : NULL;
    for (size_t i = 0; ledger && i < ledger->count; i++) {
        if (!litters[i].needed && litters[i].most_units >= SERIES_UNITS_LEAST)
            rule_tell(&needless->state, &litters[i].finding);
        else
            finding_free(&litters[i].finding);
    }
    if (ledger)
        ledger_pop(&needless->state);
    return rule_take(&needless->state);
}

static void *start(int32_t pid)
{
    struct needless *needless = xcalloc(1, sizeof *needless);
    needless->state.pid = pid;
    return needless;
}

static void end(void *state)
{
    keymap_free(&((struct needless *)state)->by_stack);
    rule_end(state);
}

static struct lives_listener listener(void *state)
{
    return (struct lives_listener){state, on_start, on_life, NULL};
}

const struct rule rule_needless_subpool = {
    "needless-subpool", start, NULL, listener, take, end,
};
