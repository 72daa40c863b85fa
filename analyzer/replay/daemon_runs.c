/* daemon_runs.c - the runs of a daemon that one directory holds; see daemon_runs.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/daemon_runs.h"

#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static uint32_t used = RUN_NOT_ASKED;

#define NO_START UINT32_MAX

/* A program that was started, with all processes that were forked from it. */
struct start {
    struct member *root;
    size_t leader;  /* the start that it comes from, by others between, which no recorded process
                       made: it may be this one */
    size_t starter; /* the start that made it, or NO_START */
    size_t processes;
    uint32_t program; /* a string's number; 0: nothing was hooked in it */
    bool works;       /* a unit of work began in it, or it did not tell its end */
    bool attached;
    uint32_t run; /* 0: a check of the configuration */
};

struct starts {
    struct start *items;
    size_t count;
    struct keymap working; /* programs, of which some start works */
    struct keymap last;    /* by program: the last run that has it */
};

void runs_use(uint32_t run)
{
    used = run;
}

static bool begins_unit(const struct recorded_systems *systems, const struct trace_event *event)
{
    const struct api_mark *mark =
        trace_event_is_mark(event) && systems ? api_set_mark(&systems->set, event->number) : NULL;
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

/* Of MEMBER, which was forked by no recorded process. */
static void add_start(struct recording *recording, struct starts *starts,
                      const struct keymap *by_pid, struct member *member)
{
    const size_t starter = find_starter(recording, by_pid, member);
    GROW_TO_POWER(starts->items, starts->count);
    starts->items[starts->count] = (struct start){
        .root = member,
        .starter = starter,
        .leader = starter == NO_START ? starts->count : starts->items[starter].leader,
        .attached = member->header.attached_tick != 0};
    member->start = (uint32_t)starts->count++;
}

/* Members are in the order of their start. */
static void find_starts(struct recording *recording, struct starts *starts)
{
    struct keymap by_pid = {0};
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i]->start = NO_START;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (!member->parent)
            add_start(recording, starts, &by_pid, member);
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

/* Whether another start of its program works, where START does not. A program that starts itself
 * again has its reasons. */
static bool is_check(const struct starts *starts, const struct start *start)
{
    const bool by_itself =
        start->starter != NO_START && starts->items[start->starter].program == start->program;
    return !by_itself && !start->works && start->program &&
           keymap_get(&starts->working, start->program);
}

/* The program that a run is known by, of those that come from start number LEADER; 0: none was
 * hooked. */
static uint32_t main_program(const struct starts *starts, size_t leader)
{
    for (size_t i = leader; i < starts->count; i++) {
        const struct start *start = &starts->items[i];
        if (start->leader == leader && start->program && !is_check(starts, start))
            return start->program;
    }
    return 0;
}

/* Whether with the start of number LEADER another run begins than the last one, RUN. */
static bool begins_run(const struct starts *starts, size_t leader, uint32_t run)
{
    const uint32_t program = main_program(starts, leader);
    return run == 0 || (!starts->items[leader].attached && program &&
                        keymap_get(&starts->last, program) == run);
}

static void add_run(struct recording *recording, const struct start *start)
{
    GROW_TO_POWER(recording->runs, recording->run_count);
    recording->runs[recording->run_count++] =
        (struct recorded_run){.start_ns = start->root->header.wall_ns};
}

/* The run of start number AT, of a leader before those that come from it. */
static uint32_t choose_run(struct recording *recording, const struct starts *starts, size_t at)
{
    const struct start *start = &starts->items[at];
    const uint32_t leaders = starts->items[start->leader].run;
    if (start->leader != at && leaders)
        return leaders;
    if (begins_run(starts, at, (uint32_t)recording->run_count))
        add_run(recording, start);
    return (uint32_t)recording->run_count;
}

static void number_runs(struct recording *recording, struct starts *starts)
{
    for (size_t i = 0; i < starts->count; i++) {
        struct start *start = &starts->items[i];
        if (is_check(starts, start)) {
            recording->startup_checks++;
            continue;
        }
        start->run = choose_run(recording, starts, i);
        recording->runs[start->run - 1].processes += start->processes;
        if (start->program)
            *keymap_put(&starts->last, start->program) = start->run;
    }
}

static void find_runs(struct recording *recording)
{
    struct starts starts = {0};
    find_starts(recording, &starts);
    for (size_t i = 0; i < starts.count && starts.count > 1; i++) {
        look_at(recording, &starts.items[i]);
        if (starts.items[i].works && starts.items[i].program)
            *keymap_put(&starts.working, starts.items[i].program) = 1;
    }
    number_runs(recording, &starts);
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i]->run = starts.items[recording->members[i]->start].run;
    keymap_free(&starts.working);
    keymap_free(&starts.last);
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
