/*
 * internal.h - what directory.c and look_again.c (the directory), families.c (whose child each
 * process is), recording_query.c and stats.c (what it holds), run.c (the order of replay in one
 * thread), threads.c and workers.c (of all threads), budget.c (how much of it at once), events.c
 * (every event), pools.c and allocations.c (what it does) share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_INTERNAL_H
#define ANALYZER_REPLAY_INTERNAL_H

#include "analyzer/replay/brief_kinds.h"
#include "analyzer/replay/guarded.h"
#include "analyzer/replay/objects.h"
#include "analyzer/replay/pool_tree.h"
#include "analyzer/replay/recent.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/time_span.h"
#include "analyzer/util/stable_array.h"
#include "analyzer/util/string_table.h"

#include <pthread.h>

struct fields;
struct folded;
struct folding;
struct recorded_run;
struct stack_ids;
struct stacks;
struct symbols;

/* A pool API as the traces tell it; kept once for each distinct text. */
struct recorded_api {
    struct recorded_api *next;
    char *text;
    size_t length;
    struct api api;
    uint32_t root_names[API_ROOTS_MAX]; /* in strings */
    uint32_t role_names[API_POOLS_MAX];
    uint32_t sign_tags[API_SIGNS_MAX];
    struct sign_index *signs;
    struct api_set alone; /* of nothing but this one */
    char *name;
    char fault[128]; /* empty, or why it cannot be read */
};

/* The pool systems of a process; kept once for each combination. */
struct recorded_systems {
    struct recorded_systems *next;
    const struct recorded_api *apis[TRACE_SYSTEMS_MAX];
    struct api_set set;                                                    /* the same */
    unsigned first_root[TRACE_SYSTEMS_MAX], first_role[TRACE_SYSTEMS_MAX]; /* numbers */
    uint32_t root_names[SET_ROOTS_MAX];                                    /* in strings */
    uint32_t role_names[SET_ROLES_MAX];
};

/* One trace of the recording, and its process. */
struct member {
    char *path;
    struct trace_header header; /* changes when its replay begins: others go by what is below */
    struct process process;
    struct member *parent;
    uint64_t fork_seq;                        /* its fork's number in its parent */
    struct member **children, **children_end; /* by fork_seq */
    struct member **self;                     /* among its parent's */
    char *damage;
    const struct recorded_systems *systems; /* if it tells of one itself, else NULL */
    struct result *result;   /* of this replay, until it is added to those before it */
    bool started;            /* in this replay */
    bool runs;               /* as it was followed last */
    uint64_t forks;          /* the number of the last one in this replay */
    uint64_t gone;           /* forks whose child may be in sums, see folded.h */
    uint32_t told_signal;    /* that ended it, as its parent was told; see struct trace_header */
    bool lacks_startup_mark; /* the end of its start-up is not seen */
    bool hooked;             /* something was hooked in it */
    bool tells_hooks;        /* its trace says so, and not its parent's alone */
    uint32_t start, run;     /* see daemon_runs.c */
};

/* What the replay of a process gave. */
struct result {
    struct recording_stats stats; /* its part */
    void *seen;                   /* by the watcher, see struct replay_watch */
};

/* Where backtraces were taken, see sites.c; the symbols' lock is theirs. */
struct sites {
    struct stable_array of_stacks; /* by stack number */
    struct stable_array frames;    /* struct code_frame, by the place's number */
    struct keymap numbers;         /* by code */
    uint32_t count;
};

struct recording {
    char *dir;
    struct member **members;  /* in the order of their start; each by itself: they never move */
    struct member **families; /* the same by parent, then fork */
    size_t count;
    struct recorded_run *runs; /* see daemon_runs.h */
    size_t run_count;
    uint32_t run;
    size_t startup_checks;
    int32_t told;           /* the process that its stats are of; 0: all */
    uint64_t total_reached; /* see recording_total_reached() */
    size_t empty;
    char **refused; /* why files cannot be used, one each */
    size_t refused_count;
    struct keymap names; /* of the traces' files, for recording_look_again() */
    struct stacks *stacks;
    struct symbols *symbols;
    /* Several threads may replay: what they add to until `stats` is the lock's. */
    pthread_mutex_t lock;
    struct strings strings;
    struct recorded_api *apis;
    struct recorded_systems *systems;
    struct member *described; /* the first one that tells of a pool system, or NULL */
    struct strings programs;  /* paths of executables, and titles of processes */
    struct kept_hook *hooks;
    size_t hook_count;
    uint64_t since_ns, until_ns; /* the time that replays are about; 0, UINT64_MAX: all */
    uint64_t sought;             /* see recording_seek(); 0: none */
    struct recording_stats stats;
    struct recording_hook *hook_list; /* the same as `hooks`, in their order */
    pthread_mutex_t symbols_lock;     /* of the symbols, while there is a replay */
    struct sites sites;
    struct folded *folded;   /* processes whose traces are gone, see folded.h; NULL: none */
    size_t folded_runs;      /* how many runs have such; of the newest of them they are read */
    bool folded_refused;     /* they are there, and cannot be read */
    struct folding *folding; /* while processes are added to these, or NULL */
};

/* The last command that a thread began; index 0: none. */
struct thread_unit {
    struct unit command;
    uint32_t era;
};

/* The last allocation that the address that is sought was in, and whose pool has ended. */
struct sought {
    uint64_t start, size;     /* bytes; 0: none */
    uint32_t stack;           /* that took it */
    uint32_t tag, role, path; /* of its pool, strings; 0: none */
    uint32_t created, destroyed;
    bool cleared;
};

/* A pool: its number may be another one's later. */
struct pool_life {
    uint32_t number, serial; /* number 0: none */
};

/* A process that is being replayed: now, or waiting for a child or for a thread. */
struct process_replay {
    struct process_replay *below; /* the process that waits for it in the same thread, or NULL */
    struct member *member;
    struct result *result;             /* the member's */
    bool forked;                       /* it started as a copy of its parent's tree */
    uint32_t last_thread;              /* the highest number of a thread that had events */
    uint32_t released_by, released_in; /* the thread that resizes an object, the pool it is of */
    bool unseen_given_back; /* of what some pool held that was there before, see compare.c */
    uint32_t in_change;     /* pools that other threads can have been at work on at its fork */
    struct process *process;
    struct trace *trace;
    struct event_feed *feed;
    const struct trace_event *next, *end; /* what was read of it, ... */
    const struct trace_event *begin;      /* ... from here on */
    struct recent recent;                 /* before that */
    struct brief brief;
    struct time_span span; /* of its time, what is replayed for the observers */
    struct stack_ids *stacks;
    struct pool_tree tree;
    struct objects objects;
    struct guarded_table guarded;
    struct sought sought;
    struct pool_life loop_top,
        loop_below; /* the first was put below the second, which is below it */
    const struct recorded_systems *systems;     /* NULL: none */
    uint64_t least_capacity[TRACE_SYSTEMS_MAX]; /* of the systems' pools, as far as seen; 0: not */
    uint64_t aligns[TRACE_SYSTEMS_MAX];   /* the systems', less one; 0 where it is none of 2^n */
    const struct recorded_systems *above; /* its parent's, or NULL */
    uint32_t *tags;                       /* by name id: string number + 1, 0: not asked yet */
    uint32_t roots[SET_ROOTS_MAX];        /* pool that each root variable holds, 0: none */
    struct unit unit;                     /* of threads that have begun none in this era */
    uint64_t moment_ends;   /* tick of the next moment of time; UINT64_MAX: none comes */
    uint64_t moment_length; /* ticks */
    bool gave_back;         /* the event before did, and may be the first half of a realloc */
    struct unit_labels labels[LABELLED_KINDS];
    struct counted_units {
        uint64_t next;       /* the first command of UNITS that may have no label, ... */
        uint32_t last;       /* ... and the last */
        uint32_t last_label; /* as in struct trace_event */
        uint32_t labels;     /* LABELLED, so far */
    } counted;
    uint32_t era;                /* a new one at each unit that is all threads' */
    struct thread_unit *threads; /* by their number, below... */
    uint32_t thread_limit;
    bool connected;                             /* a mark told that a client connected */
    bool has_startup_mark;                      /* a system has a mark for the end of start-up */
    struct member **next_child, **children_end; /* to be replayed before its next event */
    bool ended;
    const char *survivors_not; /* why the process is not recorded so, where that was asked for */
    uint64_t entries, above_entries; /* in tables, see budget.h: its own, its ancestors' */
    uint64_t above_bytes;            /* held by its ancestors */
    const char *refused;             /* NULL, or why it is not followed any further */
};

/* The observers that have a callback of one kind. */
struct listeners {
    const struct replay_observer **items;
    size_t count;
};

#define LISTENERS 28 /* kinds of callbacks */

/* One thread's. */
struct replay {
    struct recording *recording;
    struct workers *workers;
    struct read_ahead *ahead;         /* or NULL */
    bool growing;                     /* traces are read on at their ends */
    const struct replay_watch *watch; /* or NULL */
    void *watcher;
    const struct replay_observer **room; /* of the listeners' items */
    union {
        struct {
            struct listeners on_event, on_start, on_create, on_alloc, on_look, on_free, on_move,
                on_name, on_clear, on_destroy, on_brief_create, on_brief, on_brief_again,
                on_outer_create, on_outer, on_mark, on_fork, on_stale, on_walk, on_unreachable,
                on_dangling, on_fault, on_sampled, on_young, on_place, on_like, on_again, on_end;
        };
        struct listeners all[LISTENERS]; /* the same */
    };
    size_t listening[LISTENERS]; /* how many of each there are; none is told while `muted` */
    bool muted;
    bool tells_briefly;             /* all observers of pools take brief ones, see on_brief */
    bool tells_again;               /* ... and those that come again, see on_brief_again */
    struct process_replay *current; /* the process being replayed */
    struct recording_stats *stats;  /* its part */
    uint64_t generation; /* not 0; another one at whatever can make a pool interesting, and in
                        another thread of the process: see next_generation() */
};

#define GENERATION_THREADS 0xffffu /* the bits of a generation that are the thread's number */

_Static_assert(TRACE_THREADS_MAX <= GENERATION_THREADS + 1,
               "every thread has a generation of its own");

static inline void next_generation(struct replay *replay)
{
    replay->generation =
        (replay->generation | GENERATION_THREADS) + 1 + replay->current->process->thread;
}

/* Calls CALLBACK of every observer in LIST; the arguments follow its data. */
#define NOTIFY_THOSE(replay, list, callback, ...)                                                  \
    do {                                                                                           \
        const struct replay_observer *const *to = (replay)->list.items;                            \
        for (size_t left = (replay)->list.count; left > 0; left--, to++)                           \
            (*to)->callback((*to)->data, __VA_ARGS__);                                             \
    } while (0)

/* The same of every one that has it. */
#define NOTIFY(replay, callback, ...) NOTIFY_THOSE(replay, callback, callback, __VA_ARGS__)

/*
 * REPLAY, zeroed but for `recording`, `ahead`, `watch`, `watcher`, and `generation`, belongs to
 * WORKERS and tells OBSERVERS, which must outlive it. replay_end() frees what it holds.
 */
void replay_begin(struct replay *replay, struct workers *workers,
                  const struct replay_observer *observers, size_t count);
void replay_end(struct replay *replay);

/*
 * Of MEMBER, whose parent is at the moment of its fork if that is the process being replayed, and
 * has not ended. From here on it has all it needs of that process.
 */
struct process_replay *process_replay_new(struct replay *replay, struct member *member);
void process_replay_free(struct process_replay *replayed);

/* Begins the replay of REPLAYED, which passes on, on top of the process being replayed, if any. */
bool replay_push(struct replay *replay, struct process_replay *replayed, struct error *error);

/* Replays the process up to its next fork, or else as far as its trace goes: false. */
bool replay_to_fork(struct replay *replay);

/* The next child to replay before the process goes on, or NULL. */
struct member *replay_take_child(struct process_replay *replayed);

/* The process is at its end: all are told. */
void replay_end_process(struct replay *replay);

/* Replays the process of ROOT, which passes on, and all of its descendants that WORKERS does not
 * take; REPLAY is idle before and after. What fails is told to the workers. */
void replay_family(struct replay *replay, struct process_replay *root);

/* The same for all processes without a recorded parent. */
void replay_roots(struct replay *replay);

/* Applies EVENT, a run too, to the process being replayed and tells the observers. */
void replay_event(struct replay *replay, const struct trace_event *event);

void brief_forget(struct brief *brief);
void habits_free(struct habits *habits);

/* POOL, alive, was told of, and is about to be ended by itself: others may be brief. */
void brief_learn(struct replay *replay, const struct pool *pool);

/* Replays EVENT, which is before END; where it makes a pool, and that and all made meanwhile are
 * brief, those after it, too, up to its end. Returns the one after them. */
const struct trace_event *replay_next(struct replay *replay, const struct trace_event *event,
                                      const struct trace_event *end);

/* Of these, the marks, what they are about, and the forks; and that what follows is another
 * thread's. */
void replay_mark(struct replay *replay, const struct trace_event *event);
void replay_label(struct replay *replay, const struct trace_event *event);
void replay_units(struct replay *replay, const struct trace_event *event);
void replay_labelled(struct replay *replay, const struct trace_event *event);
void replay_fork(struct replay *replay, const struct trace_event *event);
void replay_turn(struct replay *replay, uint32_t thread);

uint32_t replay_new_tag(struct replay *replay, const struct trace_event *event);

/* The string number of the name that EVENT, a NAME or LABEL, carries. */
static inline uint32_t replay_tag(struct replay *replay, const struct trace_event *event)
{
    const bool asked = event->name_id != TRACE_NO_NAME;
    const uint32_t known = asked ? replay->current->tags[event->name_id] : 0;
    return known ? known - 1 : replay_new_tag(replay, event);
}

/* TAG, a new one of POOL: where the pools of its system have an identifier beside their name, the
 * first name and the identifier, as "CachedPlan: select 1". */
uint32_t replay_tag_with_first(struct replay *replay, const struct pool *pool, uint32_t tag);

/* Time begins to be a unit of work in REPLAYED if it may, see struct unit. */
void replay_start_time(struct replay *replay, struct process_replay *replayed);
/* The moment at TICK begins. */
void replay_begin_moment(struct replay *replay, uint64_t tick);

void sites_free(struct sites *sites);
/* The place of each number, to be written or read, see folded.h. */
void sites_fields(struct recording *recording, struct fields *fields);

/* folded_read.c: reads the sums of the newest run that has any; what is in them is no member. */
void folded_open(struct recording *recording);
bool folded_has(const struct recording *recording, const struct member *member);
/* A replay begins: they count, where they are asked for. */
void folded_begin(struct recording *recording);
/* The children of MEMBER's forks up to that number may be in them; and of so many that are GONE,
 * how many are not. */
uint64_t folded_upto(const struct recording *recording, const struct member *member);
uint64_t folded_missing(const struct recording *recording, const struct member *member,
                        uint64_t gone);
void folded_free(struct folded *folded);
/* fold.c: PART, of MEMBER, is kept apart. False: it is to be added to the others. */
bool folding_keep_part(struct recording *recording, const struct member *member,
                       struct recording_stats *part);
void folding_free(struct recording *recording);

/* POOL's blocks were looked at; UINT64_MAX: it is not known what they hold. */
void replay_learn_capacity(struct replay *replay, struct pool *pool, uint64_t capacity);

/* Whether the session being replayed uses a root pool in a documented role: which one. */
unsigned pool_roles_alias(const struct replay *replay);

/* The pool systems of MEMBER: those that TRACE, which is its, tells of, the others as ABOVE, which
 * may be NULL. NULL: there are none. *FAULT is set if one cannot be read. */
const struct recorded_systems *
recorded_systems_find(struct recording *recording, struct member *member, const struct trace *trace,
                      const struct recorded_systems *above, const char **fault);
/* Those of the first process which tells of any, so far; NULL: none does. */
const struct recorded_systems *recorded_systems_first(const struct recording *recording);
void recorded_apis_free(struct recording *recording);

/* The systems that the process of REPLAYED has by now, as its trace tells. */
void replay_find_systems(struct replay *replay, struct process_replay *replayed);

/* A session is told by a mark in the process itself, or is what a session forked. The trace is read
 * for that, and is at its begin again. */
enum process_kind replay_find_kind(const struct process_replay *replayed);

static inline unsigned systems_count(const struct process_replay *replayed)
{
    return replayed->systems ? replayed->systems->set.count : 0;
}

/* The system that POOL is of; NULL: none is known. */
static inline const struct recorded_api *system_of(const struct process_replay *replayed,
                                                   const struct pool *pool)
{
    return replayed->systems ? replayed->systems->apis[pool->system] : NULL;
}

/* Adds the trace in the file NAME of the directory; one that cannot be read is refused, or empty.
 */
void members_add(struct recording *recording, const char *name);
/* For qsort() of pointers to members: those first that started first. */
int member_by_start(const void *left, const void *right);
/* What tells NAME, of a file, from others; the same for a trace as it was written and packed. */
uint64_t member_name_key(const char *name);

/* Gives the members their indexes, from FIRST on. */
void members_number(struct recording *recording, size_t first);
/* Finds every member's parent, among all that have numbers. */
void members_find_parents(struct recording *recording);
/* Then tells every process its parent, and its children in the order of the forks. */
void members_find_children(struct recording *recording);

/* Leaves those of the run that was asked for; once all that are there have numbers and parents. */
bool runs_choose(struct recording *recording, struct error *error);

void member_free(struct member *member);
const char *member_name(const struct member *member); /* of its file */

/* empty.c: why there is no trace in the directory. */
void say_empty(const struct recording *recording, struct error *error);

/* Keeps WHY a file of the directory cannot be used. */
void refuse(struct recording *recording, const char *why);
void refused_forget(struct recording *recording);

/* Members with the id of another one go, and are refused; never one of the first KNOWN. */
void refuse_copies(struct recording *recording, size_t known);

/* Of the members from FROM on, those are damaged whose file is named after another process. */
void damage_misnamed(struct recording *recording, size_t from);

/* walked.c: WALK, UNREACHABLE and DANGLING. */
void replay_walk(struct replay *replay, const struct trace_event *event);
void replay_unreachable(struct replay *replay, const struct trace_event *event);
void replay_dangling(struct replay *replay, const struct trace_event *event);

/* What is known of GUARDED; of its pool, as it is or was when it ended. */
struct touched replay_touched(const struct replay *replay, const struct guarded *guarded);
struct touched replay_touched_sought(const struct replay *replay);

/* The number of TEXT among the recording's strings; NULL: 0. */
uint32_t replay_keep_text(struct replay *replay, const char *text);

/* faults.c: FAULT; and POOL ends at STACK, or is cleared there. */
void replay_fault(struct replay *replay, const struct trace_event *event);
void replay_end_guarded(struct replay *replay, struct pool *pool, uint32_t stack, bool cleared);

/* Two pools of which each is below the other will not be put right any more. */
void replay_end_loop(struct replay *replay);

/* samples.c: WATCHED, USED; no more is to be known of GUARDED, or of all there are. */
void replay_watched(struct replay *replay, const struct trace_event *event);
void replay_used(struct replay *replay, const struct trace_event *event);
void replay_end_sample(struct replay *replay, const struct guarded *guarded);
void replay_end_samples(struct replay *replay);

/* Keeps what is wrong with MEMBER's trace, the first time only. */
void stats_damage(struct member *member, const char *damage);

void stats_reset(struct recording *recording);
/* At the start and the end of a process's replay. */
void stats_start(struct recording *recording, struct process_replay *replayed);
void stats_process(const struct recording *recording, struct process_replay *replayed);
/* Adds PART, of one process, to STATS; it is empty then. */
void stats_add(struct recording_stats *stats, struct recording_stats *part);
void stats_finish(struct recording *recording);
void stats_free(struct recording *recording);

/* The process whose result is added first, and the one after MEMBER's; NULL: that was the last.
 * Children come before their parents. */
struct member *results_first(const struct recording *recording);
struct member *results_next(const struct recording *recording, const struct member *member);

/* compare.c: POOL, of which all was given back, is as new. */
void compare_emptied(struct pool *pool);

/* BYTES were allocated from POOL at ADDRESS. */
void compare_placed(struct pool *pool, uint64_t address, uint64_t bytes);

/* Compares what was traced of POOL, NULL: it was not recorded, with the bytes USED in its blocks,
 * UINT64_MAX: not known; and what was told to lie beside them. */
void compare_used(struct replay *replay, struct pool *pool, uint64_t used);

/* FOUND and LARGE. */
void compare_found(struct replay *replay, const struct trace_event *event);
void compare_told_large(struct replay *replay, const struct trace_event *event);

#endif
