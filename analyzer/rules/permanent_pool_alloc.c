/*
 * permanent-pool-alloc: allocations straight from a root pool. It lives until the daemon ends, so
 * what the master takes from it in steady state is never given back, and what a session takes in
 * each command piles up as long as its client stays. Where each object is a pool, one that stays
 * straight in a root pool and has none below it is such an allocation.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/rounded_size.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

/* One stack's allocations from one root pool, in one phase and in units of one kind. */
struct use {
    uint32_t stack, pool;
    enum process_phase phase;
    enum api_mark_kind unit; /* API_MARK_KINDS: in no unit, `growth` is not used */
    uint8_t root;
    bool objects;    /* each object of the system is a pool */
    bool gives_back; /* not all of what it took is still there */
    bool once;       /* in one unit only: what is opened when it is needed first */
    bool scattered;  /* in few of many: so may be what is opened then, see series.h */
    bool fills;      /* ever more rarely, or no more: so is a cache filled */
    uint64_t count, bytes;
    uint32_t object, object_serial; /* the last of the objects, where these are pools */
    struct span span;
    struct series growth;
};

static bool is_idle(const struct process *process)
{
    return process->kind == PROCESS_MASTER && process->phase == PHASE_STEADY &&
           !unit_is_work(process->unit);
}

/* Did it run before it was recorded? Then nothing that is seen of it is its start-up. */
static bool is_attached(const struct process *process)
{
    return process->header && process->header->attached_tick != 0;
}

/* What is done between the end of start-up and the first unit of work, by whoever waits for that
 * moment, is done once, too. */
static enum process_phase phase_of(const struct process *process)
{
    return is_idle(process) && !is_attached(process) ? PHASE_START : process->phase;
}

static void begin_use(const struct ledger *ledger, struct use *use, const struct process *process,
                      const struct pool *pool, uint32_t stack)
{
    const bool in_work = unit_is_work(process->unit) && process->phase == PHASE_STEADY;
    const bool counts = in_work || process->unit.kind == API_UNIT_TIME;
    const struct api *api = replay_pool_api(ledger->replay, pool);
    *use = (struct use){.stack = stack,
                        .pool = pool->number,
                        .phase = phase_of(process),
                        .unit = counts ? process->unit.kind : API_MARK_KINDS,
                        .root = pool->root,
                        .once = is_idle(process),
                        .objects = api && api_has_objects(api),
                        .span.first = process->tick};
    if (counts)
        ledger_start_series(ledger, &use->growth, use->unit);
}

static uint64_t use_key(uint8_t root, enum process_phase phase, enum api_mark_kind unit,
                        uint32_t stack)
{
    return (uint64_t)root << 40 | (uint64_t)phase << 36 | (uint64_t)unit << 32 | stack;
}

static struct use *find_use(struct ledger *ledger, const struct process *process,
                            const struct pool *pool, uint32_t stack)
{
    uint64_t key = use_key(pool->root, process->phase, process->unit.kind, stack);
    uint32_t *number = keymap_put(&ledger->index, key);
    if (*number == 0) {
        begin_use(ledger, ledger_add(ledger, sizeof(struct use)), process, pool, stack);
        *number = (uint32_t)ledger->count;
    }
    return (struct use *)ledger->items + (*number - 1);
}

/* Allocations that have a pool of their own, their object, are known by its number. */
static uint64_t object_key(const struct pool *pool)
{
    return UINT64_C(1) << 63 | pool->number;
}

static struct use *use_number(const struct ledger *ledger, uint32_t number)
{
    return (struct use *)ledger->items + (number - 1);
}

static void push_growth(struct use *use, const struct process *process)
{
    if (use->unit != API_MARK_KINDS)
        series_push(&use->growth, units_begun(process, use->unit), use->bytes);
}

static struct use *take(struct ledger *ledger, const struct process *process,
                        const struct pool *root, uint64_t bytes, uint32_t stack)
{
    struct use *use = find_use(ledger, process, root, stack);
    use->count++;
    use->bytes += bytes;
    use->span.last = process->tick;
    push_growth(use, process);
    return use;
}

/* What is given back while the process takes itself down was not ended in time. */
static void give_back(struct use *use, const struct process *process, uint64_t bytes)
{
    if (process->phase == PHASE_SHUTDOWN && use->phase == PHASE_STEADY)
        return;
    if (use->bytes < bytes) /* the pool was no root when it took this */
        return;
    use->count--;
    use->bytes -= bytes;
    use->gives_back = true;
    push_growth(use, process);
}

static void take_object(struct ledger *ledger, const struct process *process,
                        const struct pool *object, const struct pool *root, uint32_t stack)
{
    struct use *use = take(ledger, process, root, object->bytes, stack);
    use->object = object->number;
    use->object_serial = object->serial;
    *keymap_put(&ledger->index, object_key(object)) =
        (uint32_t)(use - (struct use *)ledger->items) + 1;
}

/* OBJECT ends, goes elsewhere or is a pool for others: no more is it taken from the root. */
static void give_back_object(struct ledger *ledger, const struct process *process,
                             const struct pool *object)
{
    uint32_t number = keymap_get(&ledger->index, object_key(object));
    if (!number)
        return;
    keymap_remove(&ledger->index, object_key(object));
    give_back(use_number(ledger, number), process, object->bytes);
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    const bool object = !pool->root && is_straight_in_root(ledger->replay, pool);
    if (object)
        take_object(ledger, process, pool, replay_pool(ledger->replay, pool->parent), stack);
    else if (pool->root)
        take(ledger, process, pool, rounded_size(ledger->replay, pool, size), stack);
    return object || pool->root;
}

/* What a fork's child gives back of its parent's is no use of its own. */
static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    uint32_t number = keymap_get(
        &ledger->index, use_key(pool->root, object->phase, object->unit.kind, object->stack));
    (void)stack;
    if (pool->root && !object->inherited && number)
        give_back(use_number(ledger, number), process, object->size);
    else if (!pool->root)
        give_back_object(ledger, process, pool);
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    const struct pool *parent = replay_pool(ledger->replay, pool->parent);
    if (parent)
        give_back_object(ledger, process, parent);
}

/* Where it is made, nothing is taken but where objects are pools. */
static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    const struct ledger *ledger = ((struct rule_state *)data)->current;
    const struct pool *parent = replay_pool(ledger->replay, pool->parent);
    const struct api *api = parent ? replay_pool_api(ledger->replay, parent) : NULL;
    (void)stack, (void)note;
    on_create(data, process, pool);
    return api && api_has_objects(api);
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    give_back_object(((struct rule_state *)data)->current, process, pool);
}

static void on_move(void *data, const struct process *process, const struct pool *pool,
                    const struct pool *to)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    give_back_object(ledger, process, pool);
    if (to)
        give_back_object(ledger, process, to);
    if (to && is_straight_below(ledger->replay, to, pool))
        take_object(ledger, process, pool, to, pool->created);
}

static bool has_transfers(const struct api_set *apis)
{
    const struct api_pool_role *role;
    for (unsigned i = 0; (role = api_set_role(apis, i)); i++) {
        if (role->life == API_LIFE_TRANSFER)
            return true;
    }
    return false;
}

static const char *advice(const struct ledger *ledger, const struct process *process,
                          const struct use *use)
{
    if (use->scattered)
        return "It happened rarely, as with objects that are created on first use, which are "
               "no leak. A longer run shows which it is.";
    if (use->fills)
        return "It became ever rarer or stopped, as with a cache that fills on demand, which is "
               "no leak. A longer run shows which it is.";
    if (use->objects)
        return "It stays until it is freed, and nothing else ends it. Free it when its work is "
               "done, or give it a parent that ends then.";
    if (process->kind == PROCESS_SESSION && has_transfers(replay_apis(ledger->replay)))
        return "It stays until the {session} ends. Allocate from a pool that ends earlier: the "
               "{command}'s, the transfer's, or a subpool of your own.";
    if (process->kind == PROCESS_SESSION)
        return "It stays until the {session} ends. Allocate from a pool that ends earlier: the "
               "{command}'s, or a subpool of your own.";
    if (use->phase == PHASE_START || use->once)
        return "Once, this costs nothing. A subpool of its own would show who owns it, and "
               "could be cleared at a {restart}.";
    return "It stays until the daemon ends, and more is added each time. Allocate from a subpool, "
           "and "
           "destroy or clear that before the next time.";
}

/* Growth is an error wherever it is, but for what may be opened when it is needed first; what the
 * daemon takes again and again in steady state, too. But where each object is a pool, to make one
 * is what the others ask for: it has to be ended, that is all. */
static enum severity severity(const struct process *process, const struct use *use, bool grows)
{
    bool steady = process->kind == PROCESS_MASTER && use->phase == PHASE_STEADY && !use->objects;
    if (use->scattered || use->fills)
        return SEVERITY_WARNING;
    return grows || (steady && !use->once) ? SEVERITY_ERROR : SEVERITY_WARNING;
}

/* What is taken from the root pool has a name where it is a pool itself, also when it ended as the
 * process did. */
static void describe_object(struct finding *finding, const struct replay *replay,
                            const struct use *use)
{
    const struct pool *object = use->object ? replay_pool(replay, use->object) : NULL;
    if (!object || object->serial != use->object_serial || !object->tag)
        return;
    free(finding->tag);
    free(finding->path);
    finding->tag = xstrdup(replay_string(replay, object->tag));
    finding->path = replay_pool_path(replay, object);
}

static void describe_root(struct finding *finding, const struct ledger *ledger,
                          const struct use *use)
{
    const struct pool *pool = replay_pool(ledger->replay, use->pool);
    const struct api_root *root = api_set_root(replay_apis(ledger->replay), use->root - 1u);
    if (pool && pool->root == use->root) {
        describe_pool(finding, ledger->replay, pool);
        cost_add_bytes(&finding->cost, ledger->replay, pool, finding->bytes);
    } else if (root) {
        finding->role = xstrndup(root->name.text, root->name.length);
        finding->path = xstrdup(finding->role);
    }
}

static void report(struct rule_state *state, const struct process *process, struct use *use)
{
    struct finding finding = {.rule = rule_permanent_pool_alloc.name,
                              .phase = process->kind == PROCESS_MASTER ? use->phase : PHASE_STEADY,
                              .stack = use->stack,
                              .culprit = use->stack,
                              .count = use->count,
                              .bytes = use->bytes,
                              .stack_bytes = use->bytes,
                              .per_unit.unit = API_MARK_KINDS};
    describe_process(&finding, process, use->span);
    describe_root(&finding, state->current, use);
    describe_object(&finding, state->current->replay, use);
    if (use->unit != API_MARK_KINDS && unit_is_judged(process, use->unit)) {
        struct series_growth growth = end_series(&use->growth, process, use->unit);
        use->once = growth.grew <= 1;
        use->scattered = growth.scattered;
        use->fills = growth.fading || (growth.grew >= SERIES_UNITS_LEAST && !growth.growing);
        if (growth.growing && (growth.rising || !use->gives_back))
            finding.per_unit = unit_growth_of(use->unit, process->pid, &use->growth, use->count);
    }
    describe_advice(&finding, state->current->replay, advice(state->current, process, use));
    finding.severity = severity(process, use, finding.per_unit.unit != API_MARK_KINDS);
    rule_report(state, &finding);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct rule_state *state = data;
    struct use *uses = state->current->items;
    for (size_t i = 0; i < state->current->count; i++) {
        const struct pool *pool = replay_pool(replay, uses[i].pool);
        /* What is used as the session's own pool is watched by growing-pool. */
        if (uses[i].count && (!pool || is_plain_root(replay, process, pool)))
            report(state, process, &uses[i]);
        series_free(&uses[i].growth);
    }
    rule_doubt_job(state, process);
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_create = on_create,
                                    .on_brief_create = on_create,
                                    .on_brief_again = on_brief_again,
                                    .on_alloc = on_alloc,
                                    .on_free = on_free,
                                    .on_move = on_move,
                                    .on_destroy = on_destroy,
                                    .on_end = on_end};
}

const struct rule rule_permanent_pool_alloc = {
    "permanent-pool-alloc", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
