/*
 * workers.h - the threads of one replay, and the results that they bring together.
 *
 * A child that is forked while a thread is free goes to that thread; else who replays its parent
 * replays it, before the parent goes on. So there are never more processes in work than threads
 * times the generations of processes, and few that wait. Results are added in one order,
 * whichever thread they come from.
 */
#ifndef ANALYZER_REPLAY_WORKERS_H
#define ANALYZER_REPLAY_WORKERS_H

#include "analyzer/util/error.h"

#include <stdbool.h>

struct crew;
struct frame;
struct member;
struct recording;
struct replay;
struct replay_watch;
struct result;

/* WATCH may be NULL. The caller frees it, when no thread is at work any more. */
struct crew *crew_new(struct recording *recording, const struct replay_watch *watch);
void crew_free(struct crew *crew);

/* Starts one more thread, for REPLAY. */
bool crew_hire(struct crew *crew, struct replay *replay);

/* Hands FRAME over; false: nobody is free. It may wait for results that are long due. */
bool crew_give(struct crew *crew, struct frame *frame);

/* Takes part in what was handed over until all of it is done. */
void crew_catch_up(struct replay *replay);
/* The same, and nothing more will come: the threads end. */
void crew_finish(struct replay *replay);

/* Adds RESULT, of MEMBER, which passes on, once all before it are there. */
void crew_add(struct crew *crew, struct member *member, struct result *result);

/* The replay breaks off; the first ERROR is kept. */
void crew_fail(struct crew *crew, const struct error *error);
bool crew_failed(struct crew *crew);
const struct error *crew_error(const struct crew *crew);

#endif
