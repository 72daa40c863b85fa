/*
 * folded.h - processes that ended long ago, and whose traces are gone: what they came to, in sums.
 *
 * A recording that goes on for months has one file of these for each run of its daemon, which
 * lifeguard keep writes (analyzer/keep/fold.c). It holds every backtrace that was known then under
 * its number, so that numbers in it need not be translated: it is read before any trace is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_FOLDED_H
#define ANALYZER_REPLAY_FOLDED_H

#include "analyzer/replay/recording.h"
#include "analyzer/util/fields.h"

/* How many processes the recording has in sums. */
uint64_t recording_folded(const struct recording *recording);

/* How many earlier runs of the daemon are in the recording whose sums are not, as another one's
 * are.
 */
size_t recording_folded_apart(const struct recording *recording);

/* What observers left of these, to be read from *FIELDS, which stay the recording's. False: there
 * is nothing, or what is asked for is not about all of the recording. */
bool recording_folded_rest(const struct recording *recording, struct fields *fields);

/* What observers left is no such thing: it is told as a trace that cannot be used. Was that, or
 * anything else of them? */
void recording_refuse_folded(struct recording *recording);
bool recording_folded_refused(const struct recording *recording);

/* As replay_place(). */
uint64_t recording_place(const struct recording *recording, uint32_t created);

/* A number of a backtrace, of a place as replay_site() gives it, or a label's text. Wrong: the
 * recording has none such. */
void folded_stack(const struct recording *recording, struct fields *fields, uint32_t *stack);
void folded_site(const struct recording *recording, struct fields *fields, uint32_t *site);
void folded_label(struct recording *recording, struct fields *fields, const char **label);

/*
 * Which run's processes can be folded: of the newest root with candidates, those that have ended,
 * were packed, and forked no other that is there; the oldest first. All other processes but for
 * their ancestors are left out of the recording, and at most MOST are candidates, behind the first
 * SKIP. Returns how many there are. The stats of each are kept apart in the next replay. Before
 * that replay.
 */
size_t recording_choose_foldable(struct recording *recording, size_t skip, size_t most);

/* Of the process INDEX, after that replay: is it no candidate, or does sums' form have no room for
 * it; or is it one that lost events, was ended by a signal or the like? */
enum foldable { FOLDABLE_NOT, FOLDABLE_UNUSUAL, FOLDABLE };
enum foldable recording_may_fold(const struct recording *recording, size_t index);

/* It is to be in the sums. */
void recording_fold(struct recording *recording, size_t index);

/* Writes the sums to the file of the run, in the place of the one before, with what observers leave
 * in REST. The traces are there still. False with *ERROR set. */
bool recording_write_folded(struct recording *recording, const struct fields *rest,
                            struct error *error);

/* Calls DROP with the name and id of each trace that is in the sums and may still be there, as soon
 * as it is SECONDS since these were written: a reader may have begun before. */
void recording_each_left(const struct recording *recording, unsigned seconds,
                         void (*drop)(void *data, const char *name, uint64_t file_id), void *data);

#endif
