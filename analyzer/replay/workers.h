/*
 * workers.h - the threads of one replay, and the results that they bring together.
 *
 * A child that is forked while a thread is free goes to that thread; else who replays its parent
 * replays it, before the parent goes on. So there are never more processes in work than threads
 * times the generations of processes, and few that wait. Results are added in one order,
 * whichever thread they come from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_WORKERS_H
#define ANALYZER_REPLAY_WORKERS_H

#include "analyzer/util/error.h"

#include <stdbool.h>

struct workers;
struct process_replay;
struct member;
struct recording;
struct replay;
struct replay_watch;
struct result;

/* What a worker does with REPLAYED, which passes on. */
typedef void workers_task(struct replay *replay, struct process_replay *replayed);

/* WATCH may be NULL. The caller frees it, when no thread is at work any more. */
struct workers *workers_new(struct recording *recording, const struct replay_watch *watch,
                            workers_task *task);
void workers_free(struct workers *workers);

/* Starts one more thread, for REPLAY. */
bool workers_start(struct workers *workers, struct replay *replay);

/* Hands REPLAYED over; false: nobody is free. It may wait for results that are long due. */
bool workers_give(struct workers *workers, struct process_replay *replayed);

/* Takes part in what was handed over until all of it is done. */
void workers_catch_up(struct replay *replay);
/* The same, and nothing more will come: the threads end. */
void workers_finish(struct replay *replay);

/* Adds RESULT, of MEMBER, which passes on, once all before it are there. */
void workers_add(struct workers *workers, struct member *member, struct result *result);

/* The replay breaks off; the first ERROR is kept. */
void workers_fail(struct workers *workers, const struct error *error);
bool workers_failed(struct workers *workers);
const struct error *workers_error(const struct workers *workers);

#endif
