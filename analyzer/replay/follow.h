/*
 * follow.h - a recording that is replayed while it is written: each process goes on where
 * it was, new ones come. Events wait until what others did before them must be there, too: as long
 * as from one call to the next.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_FOLLOW_H
#define ANALYZER_REPLAY_FOLLOW_H

#include "analyzer/replay/recording.h"

struct follower;

/* Follows RECORDING, which passes on, for WATCH, as in recording_watch(): each process has a
 * watcher of its own. The caller closes it. */
struct follower *follower_new(struct recording *recording, const struct replay_watch *watch);
void follower_close(struct follower *follower); /* and the recording */

/*
 * Replays what came; the first time, only what processes wrote that do not run. FOLLOW_ANEW: it
 * must be closed, and opened anew; FOLLOW_FAILED sets *ERROR.
 */
enum following follower_go_on(struct follower *follower, struct error *error);

/* As if all processes had come to their ends: then the stats are whole, and WATCH has all. Only
 * follower_close() may follow. */
void follower_end(struct follower *follower);

#endif
