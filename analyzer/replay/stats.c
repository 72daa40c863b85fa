/* stats.c - what a recording holds, added up over its processes: see recording.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/symbols/stacks.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

void stats_damage(struct member *member, const char *damage)
{
    if (!member->damage)
        member->damage = xstrdup(damage);
}

/* A hook and the process, then the place in its trace, that it was met in first. */
struct kept_hook {
    struct recording_hook hook;
    uint32_t process, place;
};

static void free_hooks(struct recording *recording)
{
    for (size_t i = 0; i < recording->hook_count; i++) {
        free(recording->hooks[i].hook.function);
        free(recording->hooks[i].hook.module);
        free(recording->hooks[i].hook.how);
    }
    recording->hook_count = 0;
}

void stats_reset(struct recording *recording)
{
    free_hooks(recording);
    coverage_clear(&recording->stats.coverage);
    label_sums_free(&recording->stats.labels);
    free(recording->stats.api);
    memset(&recording->stats, 0, sizeof(recording->stats));
    recording->stats.program = "";
}

void stats_free(struct recording *recording)
{
    stats_reset(recording);
    free(recording->hooks);
    free(recording->hook_list);
    strings_free(&recording->programs);
}

static bool same_hook(const struct recording_hook *a, const struct hook_definition *b)
{
    return a->role == b->role && a->skipped == b->skipped &&
           strcmp(a->function, b->function) == 0 && strcmp(a->module, b->module) == 0 &&
           strcmp(a->how, b->how) == 0;
}

/* There are as many as an API has functions, unless the trace is made up. */
#define HOOKS_MAX 1024

static void add_hook(struct recording *recording, const struct hook_definition *hook,
                     uint32_t process, uint32_t place)
{
    for (size_t i = 0; i < recording->hook_count; i++) {
        struct kept_hook *kept = &recording->hooks[i];
        if (!same_hook(&kept->hook, hook))
            continue;
        if (process < kept->process) {
            kept->process = process;
            kept->place = place;
        }
        return;
    }
    if (recording->hook_count == HOOKS_MAX)
        return;
    if (!recording->hooks)
        recording->hooks = xcalloc(HOOKS_MAX, sizeof(*recording->hooks));
    recording->hooks[recording->hook_count++] = (struct kept_hook){
        .process = process,
        .place = place,
        .hook = {.role = hook->role,
                 .skipped = hook->skipped,
                 .function = xstrdup(hook->function),
                 .module = xstrdup(hook->module),
                 .how = xstrdup(hook->how)},
    };
}

static bool is_unit_mark(const struct process_replay *replayed, const struct hook_definition *hook)
{
    return replayed->systems && !hook->skipped && hook->role == API_MARK &&
           api_set_begins_units(&replayed->systems->set, hook->function);
}

static void add_hooks(struct recording *recording, const struct process_replay *replayed)
{
    struct member *member = replayed->member;
    member->tells_hooks = trace_hook_count(replayed->trace) > 0;
    for (size_t i = 0; i < trace_hook_count(replayed->trace); i++) {
        const struct hook_definition *hook = trace_hook(replayed->trace, i);
        add_hook(recording, hook, replayed->process->index, (uint32_t)i);
        member->hooked = member->hooked || !hook->skipped;
        member->process.has_marks = member->process.has_marks || is_unit_mark(replayed, hook);
    }
}

static void add_header(struct recording_stats *stats, const struct trace_header *header)
{
    for (unsigned i = 0; i < TRACE_LOST_KINDS; i++) {
        stats->lost[i] += header->lost[i];
        stats->lost_events += header->lost[i];
    }
    for (unsigned i = 0; i < TRACE_GUARDED_KINDS; i++)
        stats->guarded[i] += header->guarded[i];
    for (unsigned i = 0; i < TRACE_SAMPLED_KINDS; i++)
        stats->sampled[i] += header->sampled[i];
    for (unsigned i = 0; i < TRACE_YOUNG_KINDS; i++)
        stats->young[i] += header->young[i];
    stats->young[TRACE_YOUNG_MADE] += header->left_out;
    stats->young[TRACE_YOUNG_ENDED] += header->left_out;
    const uint64_t told = header->young[TRACE_YOUNG_ENDED] + header->young[TRACE_YOUNG_SURVIVED];
    if (header->young[TRACE_YOUNG_MADE] > told)
        stats->young_at_end += header->young[TRACE_YOUNG_MADE] - told;
    stats->unwound += header->unwound;
    stats->unwound_slow += header->unwound_slow;
    stats->cut += header->cut;
    stats->checked += header->checked;
    stats->differed += header->differed;
    stats->incomplete += header->incomplete;
    stats->kept += header->released;
    stats->untraced -=
        header->failed_forks < stats->untraced ? header->failed_forks : stats->untraced;
    const bool detached = header->stop == TRACE_STOP_DETACHED, ended = trace_was_ended(header);
    if (header->stop != TRACE_STOP_NONE && !detached && !ended)
        stats->stops[header->stop < TRACE_STOP_KINDS ? header->stop : TRACE_STOP_NONE]++;
    if (header->stop == TRACE_STOP_DISK_FULL)
        stats->stop_errno = header->stop_errno;
    stats->ended_by_us += ended;
    stats->ended_ns = ended ? trace_wall_ns(header, header->stopped_tick) : 0;
    stats->detached += detached;
    stats->attached += header->attached_tick != 0;
    stats->unattached += header->attached_tick == TRACE_ATTACHING;
}

static void add_times(struct recording_stats *stats, uint64_t first, uint64_t last)
{
    if (stats->first_ns == 0 || first < stats->first_ns)
        stats->first_ns = first;
    if (last > stats->last_ns)
        stats->last_ns = last;
}

static void set_program(struct recording *recording, const struct process_replay *replayed)
{
    const char *program = trace_program(replayed->trace);
    struct process *process = replayed->process;
    if (*program)
        process->program =
            strings_get(&recording->programs, strings_intern_text(&recording->programs, program));
    else if (process->parent)
        process->program = process->parent->program;
}

/* TEXT for as long as the recording is open. */
static const char *kept(struct recording *recording, const char *text)
{
    if (!text)
        return NULL;
    return strings_get(&recording->programs, strings_intern_text(&recording->programs, text));
}

static void set_title(struct recording *recording, const struct process_replay *replayed)
{
    const char *title = kept(recording, trace_title(replayed->trace));
    if (title)
        replayed->process->title = title;
}

static void set_host(struct recording *recording, const struct process_replay *replayed)
{
    for (unsigned i = 0; i < HOST_FACTS; i++)
        replayed->process->host[i] = kept(recording, trace_host(replayed->trace, i));
}

/* What began as that and went on otherwise has both. */
static void set_mode(struct recording *recording, struct process_replay *replayed)
{
    const char *why;
    const enum trace_mode mode = trace_mode(replayed->trace, &why);
    const struct trace_header *header = trace_header(replayed->trace);
    replayed->process->survivors =
        mode == TRACE_MODE_SURVIVORS || header->young[TRACE_YOUNG_MADE] > 0 || header->left_out > 0;
    replayed->survivors_not = kept(recording, why);
}

void stats_start(struct recording *recording, struct process_replay *replayed)
{
    /* As of now: a process may have gone on since the recording was opened. */
    replayed->member->header = *trace_header(replayed->trace);
    replayed->process->residents = trace_residents(replayed->trace);
    pthread_mutex_lock(&recording->lock);
    set_program(recording, replayed);
    set_title(recording, replayed);
    set_host(recording, replayed);
    set_mode(recording, replayed);
    add_hooks(recording, replayed);
    pthread_mutex_unlock(&recording->lock);
}

/* When it ran, as far as the replay is about that. */
static void add_span(struct recording_stats *stats, const struct recording *recording,
                     const struct process *process)
{
    const uint64_t start = process->header->wall_ns;
    const uint64_t last = trace_wall_ns(process->header, process->tick);
    const uint64_t since = recording->since_ns;
    if (last >= since)
        add_times(stats, start > since ? start : since, last);
}

void stats_process(const struct recording *recording, struct process_replay *replayed)
{
    struct recording_stats *stats = &replayed->result->stats;
    const struct process *process = replayed->process;
    stats->failed = process->events > 0 && process->ended && process->exit_status != 0;
    const bool let_go = trace_header(replayed->trace)->stop == TRACE_STOP_DETACHED ||
                        trace_was_ended(trace_header(replayed->trace));
    const bool unended = !process->ended && !let_go && !process->signal;
    stats->unended = unended;
    stats->unended_idle = unended && process->events == 0;
    stats->signalled = process->signal != 0;
    memcpy(stats->most_units, process->units, sizeof(stats->most_units));
    if (recording->told)
        stats->distinct_stacks = stack_ids_distinct(replayed->stacks);
    if (trace_damage(replayed->trace))
        stats_damage(replayed->member, trace_damage(replayed->trace));
    replayed->member->hooked = replayed->member->hooked || process->events > 0;
    stats->without_hooks = !replayed->member->hooked;
    stats->untraced += folded_missing(recording, replayed->member, replayed->member->gone);
    add_header(stats, trace_header(replayed->trace));
    add_span(stats, recording, process);
    label_sums_add(&stats->labels, &replayed->labels[API_MARK_COMMAND]);
    stats->pool_events = process_events(process);
    stats->commands = process->units[API_MARK_COMMAND];
    stats->restarts = process->units[API_MARK_RESTART];
    stats->connections = process->units[API_MARK_CONNECTION];
    stats->processes = !process->absent;
    stats->masters = !process->absent && process->kind == PROCESS_MASTER;
    stats->sessions = !process->absent && process->kind == PROCESS_SESSION;
    stats->damaged = replayed->member->damage != NULL;
    stats->survivors = replayed->process->survivors;
    stats->survivors_not = replayed->survivors_not;
}

static void add_events(struct recording_stats *stats, const struct recording_stats *part)
{
    stats->events += part->events;
    stats->pool_events += part->pool_events;
    stats->creates += part->creates;
    stats->destroys += part->destroys;
    stats->allocations += part->allocations;
    stats->distinct_stacks += part->distinct_stacks;
    stats->traced_bytes += part->traced_bytes;
    stats->unknown_stacks += part->unknown_stacks;
    stats->stale += part->stale;
    stats->unknown_pools += part->unknown_pools;
    stats->recreated += part->recreated;
    stats->adopted += part->adopted;
    stats->there_before += part->there_before;
    stats->unknown_parents += part->unknown_parents;
    stats->unknown_objects += part->unknown_objects;
    stats->frees += part->frees;
    stats->commands += part->commands;
    stats->restarts += part->restarts;
    stats->connections += part->connections;
    stats->marks += part->marks;
    for (unsigned i = 0; i < RECORDED_MARKS_MAX / 64; i++)
        stats->fired[i] |= part->fired[i];
    stats->lost_events += part->lost_events;
    for (unsigned i = 0; i < TRACE_LOST_KINDS; i++)
        stats->lost[i] += part->lost[i];
    for (unsigned i = 0; i < TRACE_GUARDED_KINDS; i++)
        stats->guarded[i] += part->guarded[i];
    for (unsigned i = 0; i < TRACE_SAMPLED_KINDS; i++)
        stats->sampled[i] += part->sampled[i];
    stats->unwound += part->unwound;
    stats->unwound_slow += part->unwound_slow;
    stats->cut += part->cut;
    stats->checked += part->checked;
    stats->differed += part->differed;
    stats->incomplete += part->incomplete;
    stats->kept += part->kept;
}

static void add_young(struct recording_stats *stats, const struct recording_stats *part)
{
    for (unsigned i = 0; i < TRACE_YOUNG_KINDS; i++)
        stats->young[i] += part->young[i];
    stats->young_allocations += part->young_allocations;
    stats->young_at_end += part->young_at_end;
    stats->survivors += part->survivors;
    if (part->survivors_not)
        stats->survivors_not = part->survivors_not;
}

static void add_walks(struct walk_stats *walks, const struct walk_stats *part)
{
    for (unsigned i = 0; i < TRACE_WALK_RESULTS; i++)
        walks->results[i] += part->results[i];
    for (unsigned i = 0; i < TRACE_WALK_WHENS; i++)
        walks->when[i] += part->when[i];
    walks->pools += part->pools;
    walks->unknown += part->unknown;
    if (part->longest_us > walks->longest_us)
        walks->longest_us = part->longest_us;
}

void stats_add(struct recording_stats *stats, struct recording_stats *part)
{
    add_events(stats, part);
    add_times(stats, part->first_ns, part->last_ns);
    stats->processes += part->processes;
    stats->masters += part->masters;
    stats->sessions += part->sessions;
    stats->without_hooks += part->without_hooks;
    stats->damaged += part->damaged;
    for (size_t i = 0; i < TRACE_STOP_KINDS; i++)
        stats->stops[i] += part->stops[i];
    stats->stop_errno = part->stop_errno ? part->stop_errno : stats->stop_errno;
    stats->unforked += part->unforked;
    stats->untraced += part->untraced;
    stats->failed += part->failed;
    stats->signalled += part->signalled;
    stats->unended += part->unended;
    stats->unended_idle += part->unended_idle;
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        if (part->most_units[kind] > stats->most_units[kind])
            stats->most_units[kind] = part->most_units[kind];
    stats->attached += part->attached;
    stats->unattached += part->unattached;
    stats->detached += part->detached;
    add_young(stats, part);
    stats->ended_by_us += part->ended_by_us;
    if (part->ended_ns > stats->ended_ns)
        stats->ended_ns = part->ended_ns;
    add_walks(&stats->walks, &part->walks);
    label_sums_join(&stats->labels, &part->labels);
    coverage_join(&stats->coverage, &part->coverage);
}

/* The first process in which something was hooked is the one that matters. */
static const char *main_program(const struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++)
        if (recording->members[i]->hooked)
            return recording->members[i]->process.program;
    return recording->members[0]->process.program;
}

static int by_first_place(const void *left, const void *right)
{
    const struct kept_hook *a = left, *b = right;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static void list_hooks(struct recording *recording)
{
    size_t count = recording->hook_count;
    if (count == 0)
        return;
    qsort(recording->hooks, count, sizeof(*recording->hooks), by_first_place);
    recording->hook_list =
        xreallocarray(recording->hook_list, count, sizeof(*recording->hook_list));
    for (size_t i = 0; i < count; i++)
        recording->hook_list[i] = recording->hooks[i].hook;
}

static void add_system(struct recording_stats *stats, const char *name)
{
    for (size_t i = 0; i < stats->system_count; i++)
        if (strcmp(stats->systems[i], name) == 0)
            return;
    if (stats->system_count < RECORDED_SYSTEMS_MAX)
        stats->systems[stats->system_count++] = name;
}

/* Those of the first process come first. */
static void list_systems(struct recording *recording)
{
    struct recording_stats *stats = &recording->stats;
    size_t length = 0;
    stats->system_count = 0;
    for (size_t i = 0; i < recording->count; i++) {
        const struct recorded_systems *systems = recording->members[i]->systems;
        for (unsigned j = 0; systems && j < systems->set.count; j++)
            add_system(stats, systems->apis[j]->name);
    }
    for (size_t i = 0; i < stats->system_count; i++)
        length += strlen(stats->systems[i]) + 1;
    free(stats->api);
    stats->api = length ? xcalloc(length, 1) : NULL;
    char *end = stats->api;
    for (size_t i = 0; i < stats->system_count; i++)
        end = stpcpy(i ? stpcpy(end, ",") : end, stats->systems[i]);
}

/* Of the first process that tells. */
static void list_host(struct recording *recording)
{
    for (unsigned i = 0; i < HOST_FACTS; i++) {
        const char **fact = &recording->stats.host[i];
        for (size_t at = 0; !*fact && at < recording_process_count(recording); at++)
            *fact = recording_process(recording, at)->host[i];
    }
}

void stats_finish(struct recording *recording)
{
    struct recording_stats *stats = &recording->stats;
    stats->program = main_program(recording);
    list_systems(recording);
    list_host(recording);
    if (!recording->told)
        stats->distinct_stacks = stacks_count(recording->stacks);
    stats->empty = recording->empty;
    list_hooks(recording);
    label_sums_sort(&stats->labels);
    stats->hooks = recording->hook_list;
    stats->hook_count = recording->hook_count;
}
