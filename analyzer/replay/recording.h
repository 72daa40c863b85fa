/*
 * recording.h - a recording's directory: its traces, ordered by parent and child, their replay,
 * and the recording's own stats of what it holds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_RECORDING_H
#define ANALYZER_REPLAY_RECORDING_H

#include "analyzer/replay/coverage.h"
#include "analyzer/replay/replay.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stacks;
struct symbols;

struct recording;

/* Something that was hooked, or could not be (then `how` is the reason). Once for the recording. */
struct recording_hook {
    uint16_t role; /* enum api_role, not checked */
    bool skipped;
    char *function, *module, *how; /* hostile text, terminated */
};

/* Walks of the pools' memory, by the recorder. */
struct walk_stats {
    uint64_t results[TRACE_WALK_RESULTS]; /* by enum trace_walk_result: how many ended so */
    uint64_t when[TRACE_WALK_WHENS];      /* of those that were done, by enum trace_walk_when */
    uint64_t pools;                       /* in all of these together */
    uint64_t unknown;                     /* of what they told: not in the record */
    uint32_t longest_us;                  /* microseconds */
};

/* What the recording holds and what it lacks. Whole after recording_replay(). */
#define RECORDED_SYSTEMS_MAX 16                                  /* are told, of all processes */
#define RECORDED_MARKS_MAX   (TRACE_SYSTEMS_MAX * API_MARKS_MAX) /* of one process's descriptions */

struct recording_stats {
    const char *program;          /* path of the first process's executable; "" when not known */
    const char *host[HOST_FACTS]; /* what the first process runs on that tells; NULL: none does */
    char *api; /* names of the pool systems, with commas between; NULL: none was found */
    const char *systems[RECORDED_SYSTEMS_MAX]; /* the same one by one */
    size_t system_count;
    uint64_t events;      /* all events: pool events, marks, forks ... */
    uint64_t pool_events; /* create, destroy, clear, alloc, free, name ... */
    uint64_t creates, destroys, allocations;
    uint64_t traced_bytes; /* of these allocations, rounded up as the API does */
    uint64_t frees;        /* of these allocations, given back by themselves */
    uint64_t distinct_stacks;
    uint64_t unknown_stacks;  /* events whose backtrace is not in the recording */
    uint64_t stale;           /* events on pools that were not alive */
    uint64_t unknown_pools;   /* of these, on pools that were never seen */
    uint64_t recreated;       /* pools made at the address of one alive: its end was not seen */
    uint64_t unknown_parents; /* pools made under a parent that is not known, or moved there */
    uint64_t adopted;         /* pools that were there, and nobody was seen to make */
    uint64_t there_before;    /* the same, of programs that ran when recording began */
    uint64_t unknown_objects; /* given back without having been taken */
    uint64_t commands, restarts, connections; /* units of work begun */
    uint64_t marks; /* that began one, or told of a connection: forks alone are none */
    uint64_t
        fired[RECORDED_MARKS_MAX / 64]; /* a bit for each of the descriptions' marks, by number */
    uint64_t lost_events;               /* the sum of `lost` */
    uint64_t lost[TRACE_LOST_KINDS];    /* by enum trace_lost */
    uint64_t guarded[TRACE_GUARDED_KINDS]; /* by enum trace_guarded */
    uint64_t sampled[TRACE_SAMPLED_KINDS]; /* by enum trace_sampled */
    uint64_t young[TRACE_YOUNG_KINDS];     /* by enum trace_young */
    uint64_t young_allocations; /* of those that ended in their unit, and of which sums tell */
    uint64_t young_at_end;      /* pools that were young when the process ended, untold */
    size_t survivors;           /* of the processes, in how many only survivors are written */
    const char *survivors_not;  /* why not in others, where that was asked for; NULL: nowhere.
                                   Hostile text, valid as long as the recording */
    uint64_t unwound, unwound_slow, cut, checked, differed; /* as in struct trace_header */
    uint64_t incomplete;                                    /* the same */
    uint64_t kept; /* bytes of events that lifeguard keep took out of traces, as they were */
    uint64_t first_ns, last_ns; /* first and last moment, ns since 1970; 0: nothing recorded */
    size_t processes;           /* traces whose header is usable */
    size_t masters, sessions;
    size_t without_hooks;           /* of the processes, in how many nothing was hooked */
    size_t damaged;                 /* of the processes, how many have damage: recording_damage() */
    size_t stops[TRACE_STOP_KINDS]; /* of the processes, in how many recording stopped early, by
                                       why; [TRACE_STOP_NONE]: nobody knows */
    int stop_errno;                 /* of one of those that the file system refused; 0: none */
    size_t unforked;     /* of the processes, whose fork their parent's trace does not hold: they
                            were replayed from an empty tree */
    size_t untraced;     /* forks whose child left no trace: it could not write one */
    size_t failed;       /* of the processes, how many ended with another status than 0 */
    size_t attached;     /* of the processes, how many ran when recording began */
    size_t unattached;   /* ... and how many were not recorded after all */
    size_t detached;     /* ... and how many were let go of */
    size_t ended_by_us;  /* of the processes, of how many the recording was ended, ... */
    uint64_t ended_ns;   /* ... the last one then, ns since 1970 */
    size_t signalled;    /* of the processes, how many a signal ended, as far as that was told */
    size_t unended;      /* of the others, how many did not tell their end */
    size_t unended_idle; /* of these, how many had no pool event */
    uint32_t most_units[API_MARK_CONNECTION + 1]; /* that one process began, of each kind */
    size_t empty; /* trace files of processes that ended before their recording began */
    struct walk_stats walks;
    struct label_sums labels; /* of the commands; the most frequent first */
    struct coverage coverage;
    const struct recording_hook *hooks; /* hooked and skipped, each once */
    size_t hook_count;
};

/*
 * Opens the recording in DIR: reads the header of every *.trace file. NULL with *ERROR set when
 * there is none that can be used. Others that cannot are kept, see recording_refused(), and what is
 * damaged beyond its header, see recording_damage(). The caller closes it.
 */
struct recording *recording_open(const char *dir, struct error *error);
void recording_close(struct recording *recording);

/*
 * Replays are about the time from SINCE_NS to UNTIL_NS alone, ns since 1970; 0 and UINT64_MAX are
 * no limits. What was there at its begin was there before, as in a process that was forked then,
 * and processes that started after its end are none. To be called before anything else, once. False
 * with *ERROR set when nothing was recorded of that time.
 */
bool recording_set_span(struct recording *recording, uint64_t since_ns, uint64_t until_ns,
                        struct error *error);

/* ADDRESS, not 0, is what replay_where() is going to be asked of, and no other: then it knows of
 * allocations whose pool has ended, too. Before the replay. */
void recording_seek(struct recording *recording, uint64_t address);

/* What the recording holds is told of process PID alone, from the next replay on. */
void recording_tell_of(struct recording *recording, int32_t pid);

/* Whether what it holds is told of PROCESS, too. */
bool recording_tells_of(const struct recording *recording, const struct process *process);

enum following { FOLLOW_ON, FOLLOW_ANEW, FOLLOW_FAILED };

/*
 * Lists the directory again and adds the processes that came, at the end of the list.
 * FOLLOW_ANEW: what is there is no longer what was opened; FOLLOW_FAILED sets *ERROR.
 */
enum following recording_look_again(struct recording *recording, struct error *error);

/* Every distinct backtrace; filled by the replay. Lives as long as the recording. */
const struct stacks *recording_stacks(const struct recording *recording);

/* Their names. Lives as long as the recording. */
struct symbols *recording_symbols(const struct recording *recording);

/* The processes in the order of their start. `kind` and what happens in it are as of the replay. */
size_t recording_process_count(const struct recording *recording);
const struct process *recording_process(const struct recording *recording, size_t index);

/* Whether it ran when the recording was followed last, see follow.h. */
bool recording_process_runs(const struct recording *recording, size_t index);

bool recording_has_process(const struct recording *recording, int32_t pid);

/* Files of the directory that cannot be used: no traces, of another version, copies of others, not
 * to be read. Each with its name and why, printable. */
size_t recording_refused_count(const struct recording *recording);
const char *recording_refused(const struct recording *recording, size_t index);

/* The limit of all traces of the directory together, in bytes, if there was no room any more; else
 * 0. */
uint64_t recording_total_reached(const struct recording *recording);

/* What is damaged in a process's trace, or NULL. Whole after recording_replay(). */
const char *recording_damage(const struct recording *recording, size_t index);

/*
 * Replays everything once, depth first: a process without a recorded parent, and at each of its
 * forks the child. Every observer is told everything. May be called again; each time the stats
 * is made anew. False with *ERROR set when a trace can no longer be read.
 */
bool recording_replay(struct recording *recording, const struct replay_observer *observers,
                      size_t count, struct error *error);

/*
 * Who watches a replay by several threads: each thread has a watcher, whose observers are told of
 * whole processes one after the other, or of a child between two events of its parent. It does not
 * matter which thread a process is replayed by: what was seen in it is taken at its end, and added
 * up in the same order always, children before their parents.
 */
struct replay_watch {
    void *data;
    void *(*begin)(void *data); /* a watcher; not called by several threads at once, as is end() */
    const struct replay_observer *(*observers)(void *watcher, size_t *count); /* the watcher's */
    void *(*take)(void *watcher);        /* what was seen in the process that ended just now */
    void (*add)(void *data, void *seen); /* SEEN passes on; by one thread at a time */
    void (*end)(void *watcher);
};

/* As recording_replay(), by THREADS threads, 0: as many as there are processors for. */
bool recording_watch(struct recording *recording, const struct replay_watch *watch,
                     unsigned threads, struct error *error);

/* The stats of the last replay; valid until the next one or the recording is closed. */
const struct recording_stats *recording_stats(const struct recording *recording);

/* The pool systems of the recording (the first process's that has any), or NULL. After the replay.
 */
const struct api_set *recording_apis(const struct recording *recording);

#endif
