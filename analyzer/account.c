#include "memory.h"
#include "recording_internal.h"

#include <stdlib.h>
#include <string.h>

void account_damage(struct member *member, const char *damage)
{
    if (!member->damage)
        member->damage = xstrdup(damage);
}

static void free_hooks(struct recording *recording)
{
    for (size_t i = 0; i < recording->hook_count; i++) {
        free(recording->hooks[i].function);
        free(recording->hooks[i].module);
        free(recording->hooks[i].how);
    }
    recording->hook_count = 0;
}

void account_reset(struct recording *recording)
{
    free_hooks(recording);
    coverage_clear(&recording->account.coverage);
    memset(&recording->account, 0, sizeof(recording->account));
    recording->account.program = "";
}

void account_free(struct recording *recording)
{
    account_reset(recording);
    free(recording->hooks);
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

static void add_hook(struct recording *recording, const struct hook_definition *hook)
{
    for (size_t i = 0; i < recording->hook_count; i++)
        if (same_hook(&recording->hooks[i], hook))
            return;
    if (recording->hook_count == HOOKS_MAX)
        return;
    if (!recording->hooks)
        recording->hooks = xcalloc(HOOKS_MAX, sizeof(*recording->hooks));
    recording->hooks[recording->hook_count++] = (struct recording_hook){
        .role = hook->role,
        .skipped = hook->skipped,
        .function = xstrdup(hook->function),
        .module = xstrdup(hook->module),
        .how = xstrdup(hook->how),
    };
}

static void add_hooks(struct recording *recording, const struct frame *frame)
{
    struct member *member = frame->member;
    member->hooked = frame->below && frame->below->member->hooked;
    for (size_t i = 0; i < trace_hook_count(frame->trace); i++) {
        const struct hook_definition *hook = trace_hook(frame->trace, i);
        add_hook(recording, hook);
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

static void add_times(struct recording_account *account, const struct process *process)
{
    uint64_t first = process->header->wall_ns;
    uint64_t last = trace_wall_ns(process->header, process->tick);
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
    else if (frame->below)
        process->program = frame->below->process->program;
}

void account_start(struct recording *recording, const struct frame *frame)
{
    /* As of now: a process may have gone on since the recording was opened. */
    frame->member->header = *trace_header(frame->trace);
    set_program(recording, frame);
    add_hooks(recording, frame);
}

void account_process(struct recording *recording, const struct frame *frame)
{
    struct recording_account *account = &recording->account;
    const struct process *process = frame->process;
    account->failed += process->events > 0 && process->ended && process->exit_status != 0;
    account->unended += process->events > 0 && !process->ended;
    if (trace_damage(frame->trace))
        account_damage(frame->member, trace_damage(frame->trace));
    frame->member->hooked = frame->member->hooked || process->events > 0;
    account->without_hooks += !frame->member->hooked;
    add_header(account, trace_header(frame->trace));
    add_times(account, process);
    account->pool_events += process->events;
    account->commands += process->units[API_MARK_COMMAND];
    account->restarts += process->units[API_MARK_RESTART];
    account->connections += process->units[API_MARK_CONNECTION];
    account->processes++;
    account->masters += process->kind == PROCESS_MASTER;
    account->sessions += process->kind == PROCESS_SESSION;
    account->damaged += frame->member->damage != NULL;
}

/* The first process in which something was hooked is the one that matters. */
static const char *main_program(const struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++)
        if (recording->members[i].hooked)
            return recording->members[i].process.program;
    return recording->members[0].process.program;
}

void account_finish(struct recording *recording)
{
    struct recording_account *account = &recording->account;
    account->program = main_program(recording);
    account->api = recording->api ? recording->api->name : NULL;
    account->distinct_stacks = stacks_count(recording->stacks);
    account->empty = recording->empty;
    account->hooks = recording->hooks;
    account->hook_count = recording->hook_count;
}
