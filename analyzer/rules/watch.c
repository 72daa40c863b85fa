/* watch.c - all rules at once; see watch.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/watch.h"

#include "analyzer/rules/ledger.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

const struct rule *const all_rules[RULES] = {
    &rule_crash,
    &rule_data_after_destroy,
    &rule_overflow,
    &rule_use_after_destroy,
    &rule_double_destroy,
    &rule_leaked_subpool,
    &rule_growing_pool,
    &rule_growing_in_unit,
    &rule_permanent_pool_alloc,
    &rule_unreachable_subpool,
    &rule_dangling_pointer,
    &rule_lifetime_contract,
    &rule_needless_subpool,
    &rule_alive_at_exit,
};

/* What one thread sees. */
struct watcher {
    void *states[RULES];
    struct lifetimes *lifetimes;
    struct peaks *peaks;
    struct last_uses *uses;
    uint32_t ended; /* index of the process that ended last */
    struct replay_observer observers[RULES + 5];
    size_t observer_count;
};

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    ((struct watcher *)data)->ended = process->index;
}

static void *begin_watcher(void *data)
{
    struct sums *sums = data;
    struct watcher *watcher = xcalloc(1, sizeof(*watcher));
    struct replay_observer *next = watcher->observers;
    watcher->lifetimes = lifetimes_new();
    for (size_t i = 0; i < RULES; i++) {
        watcher->states[i] = all_rules[i]->start();
        if (all_rules[i]->observer)
            *next++ = all_rules[i]->observer(watcher->states[i]);
        else
            lifetimes_add(watcher->lifetimes, all_rules[i]->listener(watcher->states[i]));
    }
    *next++ = lifetimes_observer(watcher->lifetimes);
    watcher->peaks = peaks_new();
    watcher->uses = last_uses_new(sums->pid);
    *next++ = last_uses_observer(watcher->uses);
    *next++ = peaks_observer(watcher->peaks);
    *next++ = (struct replay_observer){.data = watcher, .on_end = on_end};
    if (sums->more)
        *next++ = *sums->more;
    watcher->observer_count = (size_t)(next - watcher->observers);
    return watcher;
}

static void end_watcher(void *data)
{
    struct watcher *watcher = data;
    for (size_t i = 0; i < RULES; i++)
        all_rules[i]->end(watcher->states[i]);
    lifetimes_free(watcher->lifetimes);
    peaks_free(watcher->peaks);
    last_uses_free(watcher->uses);
    free(watcher);
}

static const struct replay_observer *observers(void *data, size_t *count)
{
    struct watcher *watcher = data;
    *count = watcher->observer_count;
    return watcher->observers;
}

static void *take_seen(void *data)
{
    struct watcher *watcher = data;
    struct seen *seen = xcalloc(1, sizeof(*seen));
    for (size_t i = 0; i < RULES; i++)
        seen->by_rules[i] = all_rules[i]->take(watcher->states[i]);
    seen->process = watcher->ended;
    seen->uses = last_uses_new(0);
    last_uses_add(seen->uses, watcher->uses);
    seen->peak = peaks_take(watcher->peaks, &seen->kind);
    return seen;
}

void sums_add(struct sums *sums, struct seen *seen)
{
    for (size_t i = 0; i < RULES; i++)
        all_rules[i]->add(&sums->of_rules[i], seen->by_rules[i]);
    last_uses_add(sums->uses, seen->uses);
    last_uses_free(seen->uses);
    if (sums->pid && seen->peak.pid != sums->pid)
        peak_free(&seen->peak);
    else if (seen->peak.memory.pid)
        footprint_keep_larger(&sums->memory[seen->kind], &seen->peak.memory);
    peak_keep_worse(&sums->worst[seen->kind], &seen->peak);
    free(seen);
}

void sums_begin(struct sums *sums, int32_t pid)
{
    *sums = (struct sums){.pid = pid, .uses = last_uses_new(0)};
    for (size_t i = 0; i < RULES; i++)
        sums->of_rules[i].pid = pid;
}

void sums_end(struct sums *sums)
{
    for (size_t i = 0; i < RULES; i++) {
        struct findings rest = all_rules[i]->finish(&sums->of_rules[i]);
        findings_free(&rest);
    }
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        peak_free(&sums->worst[kind]);
    last_uses_free(sums->uses);
}

void seen_free(struct seen *seen)
{
    struct sums sums;
    sums_begin(&sums, 0);
    sums_add(&sums, seen);
    sums_end(&sums);
}

static void add_seen(void *data, void *seen)
{
    sums_add(data, seen);
}

struct replay_watch sums_watch(struct sums *sums)
{
    return (struct replay_watch){sums, begin_watcher, observers, take_seen, add_seen, end_watcher};
}
