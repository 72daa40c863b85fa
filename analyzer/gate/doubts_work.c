/* Doubts about the work: growth shows over units of it, and where none was counted nothing passes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/gate/doubts_work.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/series.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>

#define PROCESSES_LISTED 3
#define FUNCTION_SHOWN   64 /* bytes of a name */

static const char *function_of_marks(const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    for (size_t i = 0; i < stats->hook_count; i++) {
        const struct recording_hook *hook = &stats->hooks[i];
        if (!hook->skipped && hook->role == API_MARK &&
            api_set_begins_units(recording_apis(recording), hook->function))
            return hook->function;
    }
    return NULL;
}

/* A description for the wrong function looks like a program that did nothing. */
static bool doubt_marks(struct doubts *doubts, const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    const char *function = function_of_marks(recording);
    if (!function || stats->marks || !stats->pool_events)
        return false;
    doubts_add(doubts,
               "No unit of work was seen, though %.*s is hooked: was it not called, or is it "
               "inlined into its callers?",
               FUNCTION_SHOWN, function);
    return true;
}

static bool has_units(const struct process *process)
{
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++) {
        if (process->units[kind])
            return true;
    }
    return false;
}

/* A program without units, such as a tool, does one thing: it is judged by how it was at its end.
 */
static bool is_one_shot(const struct process *process)
{
    return !process->has_marks && process->ended;
}

static bool is_judged_by_time(const struct process *process)
{
    return process->moments && unit_is_judged(process, API_UNIT_TIME);
}

/* Where functions that begin units are known, and a process that worked called none of them, they
 * may be the wrong ones. */
static bool is_unjudged(const struct process *process)
{
    const bool judged = is_one_shot(process) || (!process->has_marks && is_judged_by_time(process));
    return process->events && unit_is_judged(process, API_UNIT_TIME) && !has_units(process) &&
           !judged;
}

static void doubt_process(struct doubts *doubts, const struct process *process)
{
    char events[UNITS_TEXT], cpu[UNITS_TEXT];
    const uint64_t taken = process->header->cpu_ns;
    doubts_add(doubts,
               "Process %" PRId32 " had %s pool events%s%s and no unit of work: what grows in it "
               "%s.",
               process->pid, count_text(process->events, events), taken ? ", CPU time of " : "",
               taken ? duration_text(taken, cpu) : "",
               is_judged_by_time(process) ? "is judged by time alone" : "cannot be told");
}

static void doubt_processes(struct doubts *doubts, const struct recording *recording)
{
    size_t count = 0;
    for (size_t i = 0; i < recording_process_count(recording); i++) {
        const struct process *process = recording_process(recording, i);
        if (is_unjudged(process) && count++ < PROCESSES_LISTED)
            doubt_process(doubts, process);
    }
    if (count > PROCESSES_LISTED)
        doubts_add(doubts, "%zu more processes have no unit of work.", count - PROCESSES_LISTED);
}

/* Whether growth can show in PROCESS: it has begun so many units of a kind, or is judged by time.
 */
static bool shows_growth(const struct process *process)
{
    bool shows = is_judged_by_time(process);
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        shows |= process->units[kind] >= SERIES_UNITS_LEAST;
    return shows;
}

/* What one command or two did says nothing of what grows. */
static void doubt_amount(struct doubts *doubts, const struct recording *recording)
{
    const struct api_set *apis = recording_apis(recording);
    bool little = false;
    for (size_t i = 0; i < recording_process_count(recording); i++) {
        const struct process *process = recording_process(recording, i);
        if (shows_growth(process))
            return;
        little |= process->events && !is_one_shot(process);
    }
    if (little)
        doubts_add(doubts,
                   "Leaks cannot be told yet: growth shows over %d or more %s, %s or %s of a "
                   "process.",
                   SERIES_UNITS_LEAST, unit_word(apis, API_MARK_COMMAND, 2),
                   unit_word(apis, API_MARK_CONNECTION, 2), unit_word(apis, API_MARK_RESTART, 2));
}

void doubts_of_work(struct doubts *doubts, const struct recording *recording)
{
    const size_t before = doubts->count;
    if (!doubt_marks(doubts, recording))
        doubt_processes(doubts, recording);
    if (doubts->count == before)
        doubt_amount(doubts, recording);
}

/* Many processes that did little each have not shown whether anything grows. */
static void doubt_spread(struct doubts *doubts, const struct recording *recording,
                         enum api_mark_kind kind)
{
    const uint32_t most = recording_stats(recording)->most_units[kind];
    const struct api_set *apis = recording_apis(recording);
    doubts_add(doubts,
               "No process had more than %" PRIu32 " %s: growth shows over %d and more in one "
               "process.",
               most, unit_word(apis, kind, most), SERIES_UNITS_LEAST);
}

void doubts_require(struct doubts *doubts, const struct recording *recording,
                    const uint64_t required[API_MARK_CONNECTION + 1])
{
    const struct recording_stats *stats = recording_stats(recording);
    const uint64_t begun[] = {[API_MARK_COMMAND] = stats->commands,
                              [API_MARK_RESTART] = stats->restarts,
                              [API_MARK_CONNECTION] = stats->connections};
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++) {
        if (begun[kind] < required[kind])
            doubts_add(doubts, "%" PRIu64 " %s were recorded, and %" PRIu64 " are required.",
                       begun[kind], unit_word(recording_apis(recording), kind, 2), required[kind]);
        else if (required[kind] >= SERIES_UNITS_LEAST &&
                 stats->most_units[kind] < SERIES_UNITS_LEAST)
            doubt_spread(doubts, recording, kind);
    }
}
