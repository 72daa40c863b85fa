#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

void account_damage(struct member *member, const char *damage)
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

void account_reset(struct recording *recording)
{
    free_hooks(recording);
    coverage_clear(&recording->account.coverage);
    free(recording->account.api);
    memset(&recording->account, 0, sizeof(recording->account));
    recording->account.program = "";
}

void account_free(struct recording *recording)
{
    account_reset(recording);
    free(recording->hooks);
    free(recording->told_hooks);
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

static void add_hooks(struct recording *recording, const struct frame *frame)
{
    struct member *member = frame->member;
    for (size_t i = 0; i < trace_hook_count(frame->trace); i++) {
        const struct hook_definition *hook = trace_hook(frame->trace, i);
        add_hook(recording, hook, frame->process->index, (uint32_t)i);
        member->hooked = member->hooked || !hook->skipped;
    }
}

static void add_header(struct recording_account *account, const struct trace_header *header)
{
    for (unsigned i = 0; i < TRACE_LOST_KINDS; i++) {
        account->lost[i] += header->lost[i];
        account->lost_events += header->lost[i];
    }
    account->unwound += header->unwound;
    account->unwound_slow += header->unwound_slow;
    account->cut += header->cut;
    account->checked += header->checked;
    account->differed += header->differed;
    account->stopped += header->stop != TRACE_STOP_NONE;
}

static void add_times(struct recording_account *account, uint64_t first, uint64_t last)
{
    if (account->first_ns == 0 || first < account->first_ns)
        account->first_ns = first;
    if (last > account->last_ns)
        account->last_ns = last;
}

static void set_program(struct recording *recording, const struct frame *frame)
{
    const char *program = trace_program(frame->trace);
    struct process *process = frame->process;
    if (*program)
        process->program = strings_get(
            &recording->programs, strings_intern(&recording->programs, program, strlen(program)));
    else if (process->parent)
        process->program = process->parent->program;
}

void account_start(struct recording *recording, const struct frame *frame)
{
    /* As of now: a process may have gone on since the recording was opened. */
    frame->member->header = *trace_header(frame->trace);
    pthread_mutex_lock(&recording->lock);
    set_program(recording, frame);
    add_hooks(recording, frame);
    pthread_mutex_unlock(&recording->lock);
}

void account_process(struct frame *frame)
{
    struct recording_account *account = &frame->result->account;
    const struct process *process = frame->process;
    account->failed = process->events > 0 && process->ended && process->exit_status != 0;
    account->unended = process->events > 0 && !process->ended;
    if (trace_damage(frame->trace))
        account_damage(frame->member, trace_damage(frame->trace));
    frame->member->hooked = frame->member->hooked || process->events > 0;
    account->without_hooks = !frame->member->hooked;
    add_header(account, trace_header(frame->trace));
    add_times(account, process->header->wall_ns, trace_wall_ns(process->header, process->tick));
    account->pool_events = process->events;
    account->commands = process->units[API_MARK_COMMAND];
    account->restarts = process->units[API_MARK_RESTART];
    account->connections = process->units[API_MARK_CONNECTION];
    account->processes = 1;
    account->masters = process->kind == PROCESS_MASTER;
    account->sessions = process->kind == PROCESS_SESSION;
    account->damaged = frame->member->damage != NULL;
}

static void add_events(struct recording_account *account, const struct recording_account *part)
{
    account->events += part->events;
    account->pool_events += part->pool_events;
    account->creates += part->creates;
    account->destroys += part->destroys;
    account->allocations += part->allocations;
    account->traced_bytes += part->traced_bytes;
    account->unknown_stacks += part->unknown_stacks;
    account->stale += part->stale;
    account->recreated += part->recreated;
    account->unknown_parents += part->unknown_parents;
    account->unknown_objects += part->unknown_objects;
    account->frees += part->frees;
    account->commands += part->commands;
    account->restarts += part->restarts;
    account->connections += part->connections;
    account->lost_events += part->lost_events;
    for (unsigned i = 0; i < TRACE_LOST_KINDS; i++)
        account->lost[i] += part->lost[i];
    account->unwound += part->unwound;
    account->unwound_slow += part->unwound_slow;
    account->cut += part->cut;
    account->checked += part->checked;
    account->differed += part->differed;
}

void account_add(struct recording_account *account, struct recording_account *part)
{
    add_events(account, part);
    add_times(account, part->first_ns, part->last_ns);
    account->processes += part->processes;
    account->masters += part->masters;
    account->sessions += part->sessions;
    account->without_hooks += part->without_hooks;
    account->damaged += part->damaged;
    account->stopped += part->stopped;
    account->unforked += part->unforked;
    account->untraced += part->untraced;
    account->failed += part->failed;
    account->unended += part->unended;
    coverage_join(&account->coverage, &part->coverage);
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

static void tell_hooks(struct recording *recording)
{
    size_t count = recording->hook_count;
    if (count == 0)
        return;
    qsort(recording->hooks, count, sizeof(*recording->hooks), by_first_place);
    recording->told_hooks =
        xreallocarray(recording->told_hooks, count, sizeof(*recording->told_hooks));
    for (size_t i = 0; i < count; i++)
        recording->told_hooks[i] = recording->hooks[i].hook;
}

static void add_system(struct recording_account *account, const char *name)
{
    for (size_t i = 0; i < account->system_count; i++)
        if (strcmp(account->systems[i], name) == 0)
            return;
    if (account->system_count < RECORDED_SYSTEMS_MAX)
        account->systems[account->system_count++] = name;
}

/* Those of the first process come first. */
static void tell_systems(struct recording *recording)
{
    struct recording_account *account = &recording->account;
    size_t length = 0;
    account->system_count = 0;
    for (size_t i = 0; i < recording->count; i++) {
        const struct known_systems *systems = recording->members[i]->systems;
        for (unsigned j = 0; systems && j < systems->set.count; j++)
            add_system(account, systems->apis[j]->name);
    }
    for (size_t i = 0; i < account->system_count; i++)
        length += strlen(account->systems[i]) + 1;
    free(account->api);
    account->api = length ? xcalloc(length, 1) : NULL;
    char *end = account->api;
    for (size_t i = 0; i < account->system_count; i++)
        end = stpcpy(i ? stpcpy(end, ",") : end, account->systems[i]);
}

void account_finish(struct recording *recording)
{
    struct recording_account *account = &recording->account;
    account->program = main_program(recording);
    tell_systems(recording);
    account->distinct_stacks = stacks_count(recording->stacks);
    account->empty = recording->empty;
    tell_hooks(recording);
    account->hooks = recording->told_hooks;
    account->hook_count = recording->hook_count;
}
