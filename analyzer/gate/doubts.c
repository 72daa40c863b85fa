#define _GNU_SOURCE /* vasprintf */
#include "analyzer/gate/doubts.h"

#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DAMAGES_TOLD 3

__attribute__((format(printf, 2, 3))) static void doubt(struct doubts *doubts, const char *format,
                                                        ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        memory_exhausted();
    if (doubts->count < DOUBTS_MAX)
        doubts->text[doubts->count++] = text;
    else
        free(text);
}

static size_t hooked(const struct recording_account *account)
{
    size_t count = 0;
    for (size_t i = 0; i < account->hook_count; i++)
        count += !account->hooks[i].skipped;
    return count;
}

static void doubt_content(struct doubts *doubts, const struct recording_account *account)
{
    if (!account->api)
        doubt(doubts, "No pool API was found in the program: nothing was hooked.");
    else if (hooked(account) == 0)
        doubt(doubts, "Nothing was hooked.");
    if (account->pool_events == 0)
        doubt(doubts, "No pool event was recorded.");
}

static const char *const lost_words[TRACE_LOST_KINDS] = {
    [TRACE_LOST_STOPPED] = "after recording had stopped",
    [TRACE_LOST_NESTING] = "in signal handlers nested too deeply",
    [TRACE_LOST_THREADS] = "in more threads than there are streams",
};

static void doubt_losses(struct doubts *doubts, const struct recording_account *account)
{
    for (size_t i = 0; i < TRACE_LOST_KINDS; i++) {
        if (account->lost[i])
            doubt(doubts, "%" PRIu64 " events were lost %s.", account->lost[i],
                  lost_words[i] ? lost_words[i] : "for a reason that this version does not know");
    }
    if (account->untraced > account->empty)
        doubt(doubts, "%zu forked processes are not recorded: no trace could be written in them.",
              account->untraced - account->empty);
    if (account->stopped)
        doubt(doubts,
              "Recording stopped early in %zu of %zu processes: the disk or the limit of "
              "the trace's size was full.",
              account->stopped, account->processes);
}

static void doubt_damage(struct doubts *doubts, const struct recording *recording,
                         const struct recording_account *account)
{
    size_t told = 0;
    for (size_t i = 0; i < recording_process_count(recording) && told < DAMAGES_TOLD; i++) {
        const char *damage = recording_damage(recording, i);
        if (damage && ++told)
            doubt(doubts, "The trace of process %" PRId32 " is damaged: %s.",
                  recording_process(recording, i)->pid, damage);
    }
    if (account->damaged > told)
        doubt(doubts, "%zu more traces are damaged.", account->damaged - told);
    if (account->unforked)
        doubt(doubts, "The pools that %zu of %zu processes had from their parent are not known.",
              account->unforked, account->processes);
}

static void doubt_truth(struct doubts *doubts, const struct recording_account *account)
{
    if (account->coverage.mismatches)
        doubt(doubts,
              "The record is not complete: the traced bytes of %" PRIu64 " of %" PRIu64
              " pools are not those used in their blocks.",
              account->coverage.mismatches, account->coverage.pools);
    if (account->differed)
        doubt(doubts, "%" PRIu64 " of %" PRIu64 " backtraces that were checked are wrong.",
              account->differed, account->checked);
}

struct doubts doubts_of(const struct recording *recording)
{
    struct doubts doubts = {0};
    const struct recording_account *account = recording_account(recording);
    doubt_content(&doubts, account);
    doubt_losses(&doubts, account);
    doubt_damage(&doubts, recording, account);
    doubt_truth(&doubts, account);
    return doubts;
}

void doubts_free(struct doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++)
        free(doubts->text[i]);
    doubts->count = 0;
}
