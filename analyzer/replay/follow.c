/* follow.c - a recording that is replayed while it is written; see follow.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/follow.h"

#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/util/clock.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDLE_NS     UINT64_C(60000000000)
#define KIND_EVENTS (1u << 19) /* within so many it is told again what a process is */

/* What the recorders' clocks count, see preload/util/clock.h. */
struct moment {
    uint64_t cycles, monotonic_ns;
};

/* A process that has not ended. */
struct live {
    struct live *next;
    struct replay replay;
    struct process_replay *waiting; /* until its replay begins, else NULL */
    bool damaged;                   /* there is no more to read */
};

struct follower {
    struct recording *recording;
    struct replay_watch watch;
    struct live *lives, **last; /* in the order in which they came */
    struct moment before;       /* when it was looked last */
    bool looked;
};

static struct moment moment_now(void)
{
    const uint64_t ns = monotonic_ns();
    return (struct moment){.cycles = __builtin_ia32_rdtsc(), .monotonic_ns = ns};
}

/* MOMENT in the ticks of a process that runs here; UINT64_MAX: it has another machine's clock. */
static uint64_t moment_tick(struct moment moment, const struct trace_header *header)
{
    unsigned shift = header->tick_shift < 64 ? header->tick_shift : 63;
    uint64_t origin = header->sync_ticks[0], of_ns = header->sync_ns[0] >> shift;
    bool counts_ns = (origin > of_ns ? origin - of_ns : of_ns - origin) <= of_ns / 1024;
    uint64_t tick = (counts_ns ? moment.monotonic_ns : moment.cycles) >> shift;
    return tick < origin || moment.monotonic_ns < header->sync_ns[0] ? UINT64_MAX : tick;
}

struct follower *follower_new(struct recording *recording, const struct replay_watch *watch)
{
    struct follower *follower = xcalloc(1, sizeof(*follower));
    follower->recording = recording;
    follower->watch = *watch;
    follower->last = &follower->lives;
    stats_reset(recording);
    folded_begin(recording);
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i]->started = false;
    return follower;
}

/* MEMBER is replayed from now on, on what PARENT has now; NULL: on nothing. */
static void add_live(struct follower *follower, struct replay *parent, struct member *member)
{
    struct replay none = {.recording = follower->recording};
    struct live *live = xcalloc(1, sizeof(*live));
    live->waiting = process_replay_new(parent ? parent : &none, member);
    live->replay = (struct replay){.recording = follower->recording,
                                   .growing = true,
                                   .watch = &follower->watch,
                                   .watcher = follower->watch.begin(follower->watch.data),
                                   .generation = parent ? parent->generation : 0};
    size_t count;
    const struct replay_observer *observers =
        follower->watch.observers(live->replay.watcher, &count);
    replay_begin(&live->replay, NULL, observers, count);
    *follower->last = live;
    follower->last = &live->next;
}

static void add_children(struct follower *follower, struct replay *parent)
{
    struct member *child;
    while ((child = replay_take_child(parent->current)))
        add_live(follower, parent, child);
}

static void add_roots(struct follower *follower)
{
    for (size_t i = 0; i < follower->recording->count; i++) {
        struct member *member = follower->recording->members[i];
        if (!member->parent && !member->started)
            add_live(follower, NULL, member);
    }
}

static void free_live(struct live *live)
{
    while (live->replay.current) {
        struct process_replay *replayed = live->replay.current;
        live->replay.current = replayed->below;
        process_replay_free(replayed);
    }
    if (live->waiting)
        process_replay_free(live->waiting);
    live->replay.watch->end(live->replay.watcher);
    replay_end(&live->replay);
    free(live);
}

/* What was seen of LIVE counts from now on. */
static void end_live(struct follower *follower, struct live *live)
{
    struct process_replay *replayed = live->replay.current;
    replay_end_process(&live->replay);
    add_children(follower, &live->replay);
    stats_process(follower->recording, replayed);
    stats_add(&follower->recording->stats, &replayed->result->stats);
    replayed->member->runs = replayed->member->runs && !replayed->process->ended;
    follower->watch.add(follower->watch.data, replayed->result->seen);
}

/* Told in the trace; or nobody by that name runs, and that for a while: it may be a container's. */
static bool has_ended(const struct live *live)
{
    const struct process *process = live->replay.current->process;
    struct timespec now;
    if (process->ended || live->replay.current->member->runs || process->kind == PROCESS_MASTER)
        return process->ended;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    return trace_wall_ns(process->header, process->tick) + IDLE_NS < now_ns;
}

/* Names that are told of by now have a place. */
static void follow_names(struct process_replay *replayed, uint32_t known)
{
    uint32_t limit = trace_name_limit(replayed->trace);
    if (limit <= known)
        return;
    replayed->tags = xreallocarray(replayed->tags, limit, sizeof(*replayed->tags));
    memset(replayed->tags + known, 0, (limit - known) * sizeof(*replayed->tags));
}

/* False: it is to be read anew. */
static bool follow_trace(struct live *live, uint64_t until)
{
    struct process_replay *replayed = live->replay.current;
    if (live->damaged)
        return true;
    uint32_t names = trace_name_limit(replayed->trace);
    if (!trace_follow(replayed->trace, until)) {
        live->damaged = trace_damage(replayed->trace) != NULL;
        return live->damaged;
    }
    replayed->member->header = *trace_header(replayed->trace);
    follow_names(replayed, names);
    replay_find_systems(&live->replay, replayed);
    return stack_ids_follow(replayed->stacks);
}

static enum following go_on(struct follower *follower, struct live *live, struct error *error)
{
    struct process_replay *replayed = live->waiting ? live->waiting : live->replay.current;
    bool runs = kill(replayed->process->pid, 0) == 0 || errno == EPERM;
    replayed->member->runs = runs;
    live->waiting = NULL;
    if (!live->replay.current && !replay_push(&live->replay, replayed, error))
        return FOLLOW_FAILED;
    uint64_t until = !runs               ? UINT64_MAX
                     : !follower->looked ? 0
                                         : moment_tick(follower->before, &replayed->member->header);
    if (!follow_trace(live, until))
        return FOLLOW_ANEW;
    while (replay_to_fork(&live->replay))
        add_children(follower, &live->replay);
    bool mistaken = replayed->connected && replayed->process->kind == PROCESS_MASTER;
    return mistaken && replayed->process->events < KIND_EVENTS ? FOLLOW_ANEW : FOLLOW_ON;
}

/* Who ended makes room. */
static void drop_ended(struct follower *follower)
{
    for (struct live **at = &follower->lives, *live; (live = *at);) {
        if (!live->replay.current || !has_ended(live)) {
            at = &live->next;
            continue;
        }
        end_live(follower, live);
        *at = live->next;
        if (!live->next)
            follower->last = at;
        free_live(live);
    }
}

/* All of them, or those that have not begun yet. */
static enum following replay_on(struct follower *follower, bool only_new, struct error *error)
{
    for (struct live *live = follower->lives; live; live = live->next) {
        enum following state =
            only_new && !live->waiting ? FOLLOW_ON : go_on(follower, live, error);
        if (state != FOLLOW_ON)
            return state;
    }
    drop_ended(follower);
    return FOLLOW_ON;
}

static bool are_waiting(const struct follower *follower)
{
    for (const struct live *live = follower->lives; live; live = live->next)
        if (live->waiting)
            return true;
    return false;
}

enum following follower_go_on(struct follower *follower, struct error *error)
{
    struct moment now = moment_now();
    enum following state = recording_look_again(follower->recording, error);
    if (state != FOLLOW_ON)
        return state;
    add_roots(follower);
    state = replay_on(follower, false, error);
    while (state == FOLLOW_ON && are_waiting(follower))
        state = replay_on(follower, true, error);
    follower->before = now;
    follower->looked = true;
    return state;
}

void follower_end(struct follower *follower)
{
    for (struct live *live = follower->lives; live; live = live->next)
        if (live->replay.current)
            end_live(follower, live);
    stats_finish(follower->recording);
}

void follower_close(struct follower *follower)
{
    while (follower->lives) {
        struct live *live = follower->lives;
        follower->lives = live->next;
        free_live(live);
    }
    recording_close(follower->recording);
    free(follower);
}
