/* daemon_runs.c - the runs of a daemon that one directory holds; see daemon_runs.h. */
#include "analyzer/replay/daemon_runs.h"

#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static uint32_t used = RUN_NOT_ASKED;

#define NO_START UINT32_MAX

/* A process that no recorded one started, with all that come from it. */
struct start {
    struct member *root;
    size_t processes;
    uint32_t program; /* a string's number; 0: nothing was hooked in it */
    bool works;       /* a unit of work began in it, or it did not tell its end */
    bool attached;
    uint32_t run; /* 0: a check of the configuration */
};

struct starts {
    struct start *items;
    size_t count;
};

void runs_use(uint32_t run)
{
    used = run;
}

static bool begins_unit(const struct recorded_systems *systems, const struct trace_event *event)
{
    const struct api_mark *mark = event->kind == TRACE_EVENT_MARK && systems
                                      ? api_set_mark(&systems->set, event->number)
                                      : NULL;
    return mark && (mark->kind == API_MARK_COMMAND || mark->kind == API_MARK_RESTART ||
                    mark->kind == API_MARK_CONNECTION);
}

/* Whether it does more than to begin and to end. */
static bool does_work(struct recording *recording, struct member *member, struct trace *trace)
{
    const char *fault = NULL;
    const struct recorded_systems *systems =
        recorded_systems_find(recording, member, trace, NULL, &fault);
    struct trace_event event;
    bool works = fault != NULL, ended = false;
    while (!works && !ended && trace_next(trace, &event)) {
        works = begins_unit(systems, &event);
        ended = event.kind == TRACE_EVENT_END;
    }
    return works || !ended;
}

static bool has_hooks(const struct trace *trace)
{
    for (size_t i = 0; i < trace_hook_count(trace); i++)
        if (!trace_hook(trace, i)->skipped)
            return true;
    return false;
}

/* What its trace says of it; nothing where that cannot be read. */
static void look_at(struct recording *recording, struct start *start)
{
    struct error error;
    struct trace *trace = trace_open(start->root->path, &error);
    if (trace && has_hooks(trace))
        start->program = strings_intern_text(&recording->programs, trace_program(trace));
    start->works = !trace || start->processes > 1 || does_work(recording, start->root, trace);
    trace_close(trace);
}

/* --- who started whom */

/* Whether the process of MEMBER may have started another at NS: it had not told its end. */
static bool may_run(const struct member *member, uint64_t ns)
{
    struct error error;
    struct trace *trace = trace_open(member->path, &error);
    struct trace_event event;
    bool ended = false;
    while (trace && !ended && trace_next(trace, &event))
        ended = event.kind == TRACE_EVENT_END && trace_wall_ns(&member->header, event.tick) <= ns;
    trace_close(trace);
    return !ended;
}

static const struct member *root_of(const struct member *member)
{
    while (member->parent)
        member = member->parent;
    return member;
}

/* By the process that became another program, or else that started it; SIZE_MAX: by none. */
static size_t find_starter(const struct recording *recording, const struct keymap *by_pid,
                           const struct member *root)
{
    const struct trace_header *header = &root->header;
    const int32_t pids[] = {header->pid, header->parent_pid};
    for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
        const uint32_t index = pids[i] > 1 ? keymap_get(by_pid, (uint64_t)pids[i]) : 0;
        const struct member *starter = index ? recording->members[index - 1] : NULL;
        if (starter && may_run(starter, header->wall_ns))
            return root_of(starter)->start; /* NO_START where the clock went back */
    }
    return NO_START;
}

/* Members are in the order of their start. */
static void find_starts(struct recording *recording, struct starts *starts)
{
    struct keymap by_pid = {0};
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i]->start = NO_START;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (!member->parent) {
            const uint32_t starter = find_starter(recording, &by_pid, member);
            member->start = starter == NO_START ? (uint32_t)starts->count : starter;
        }
        if (member->start == starts->count) {
            GROW_TO_POWER(starts->items, starts->count);
            starts->items[starts->count++] =
                (struct start){.root = member, .attached = member->header.attached_tick != 0};
        }
        if (member->header.pid > 0)
            *keymap_put(&by_pid, (uint64_t)member->header.pid) = (uint32_t)(i + 1);
    }
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        member->start = root_of(member)->start;
        starts->items[member->start].processes++;
    }
    keymap_free(&by_pid);
}

/* --- which run each is of */

/* Whether another start of its program works, where START does not. */
static bool is_check(const struct starts *starts, const struct start *start)
{
    bool others_work = false;
    for (size_t i = 0; i < starts->count && !start->works && start->program; i++) {
        const struct start *other = &starts->items[i];
        others_work |= other->works && other->program == start->program;
    }
    return others_work;
}

/* Whether a start of run RUN has the program of START, too. */
static bool is_in_run(const struct starts *starts, const struct start *start, uint32_t run)
{
    for (size_t i = 0; i < starts->count && start->program; i++)
        if (starts->items[i].run == run && starts->items[i].program == start->program)
            return true;
    return false;
}

static void add_run(struct recording *recording, const struct start *start)
{
    GROW_TO_POWER(recording->runs, recording->run_count);
    recording->runs[recording->run_count++] =
        (struct recorded_run){.start_ns = start->root->header.wall_ns};
}

static void number_runs(struct recording *recording, struct starts *starts)
{
    for (size_t i = 0; i < starts->count; i++) {
        struct start *start = &starts->items[i];
        if (is_check(starts, start)) {
            recording->startup_checks++;
            continue;
        }
        const uint32_t run = (uint32_t)recording->run_count;
        if (run == 0 || (!start->attached && is_in_run(starts, start, run)))
            add_run(recording, start);
        start->run = (uint32_t)recording->run_count;
        recording->runs[start->run - 1].processes += start->processes;
    }
}

static void find_runs(struct recording *recording)
{
    struct starts starts = {0};
    find_starts(recording, &starts);
    for (size_t i = 0; i < starts.count && starts.count > 1; i++)
        look_at(recording, &starts.items[i]);
    number_runs(recording, &starts);
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i]->run = starts.items[recording->members[i]->start].run;
    free(starts.items);
    recording->described = NULL; /* the replay finds it anew */
}

static void keep_run(struct recording *recording, uint32_t run)
{
    size_t kept = 0;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (member->run == run || (run == RUN_ALL && member->run))
            recording->members[kept++] = member;
        else
            member_free(member);
    }
    recording->count = kept;
}

bool runs_choose(struct recording *recording, struct error *error)
{
    if (used == RUN_NOT_ASKED)
        return true;
    find_runs(recording);
    const uint32_t run = used == RUN_LATEST ? (uint32_t)recording->run_count : used;
    if (run != RUN_ALL && run > recording->run_count) {
        error_set(error, "%s: there is no run %u: it holds %zu", recording->dir, run,
                  recording->run_count);
        return false;
    }
    recording->run = run == RUN_ALL ? 0 : run;
    keep_run(recording, run);
    members_number(recording, 0);
    members_find_parents(recording);
    members_find_children(recording);
    return true;
}

const struct recorded_run *recording_runs(const struct recording *recording, size_t *count)
{
    *count = recording->run_count;
    return recording->runs;
}

uint32_t recording_run(const struct recording *recording)
{
    return recording->run_count == 1 ? 1 : recording->run;
}

size_t recording_startup_checks(const struct recording *recording)
{
    return recording->startup_checks;
}
