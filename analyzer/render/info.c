/* info.c - a recording's own stats, for people; see info.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/info.h"

#include "analyzer/gate/doubts.h"
#include "analyzer/render/coverage_text.h"
#include "analyzer/render/info_guard.h"
#include "analyzer/render/info_runs.h"
#include "analyzer/render/info_survivors.h"
#include "analyzer/render/info_walks.h"
#include "analyzer/render/recorder.h"
#include "analyzer/render/style.h"
#include "analyzer/replay/folded.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/silent_marks.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/crash_note.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PROCESSES_LISTED 20
#define LABELS_SHOWN     12

struct info {
    FILE *out;
    struct style style;
    const struct recording *recording;
    const struct recording_stats *stats;
};

static void put_head(const struct info *info, const char *head)
{
    style_head(info->out, &info->style, head);
}

static void put_raw(const struct info *info, const char *text)
{
    style_put(info->out, &info->style, text, strlen(text));
}

static const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* Where it ran, and what that is called by. */
static void put_host(const struct info *info)
{
    const char *const *facts = info->stats->host;
    if (!facts[HOST_NAME] && !facts[HOST_LABELS])
        return;
    put_head(info, "host");
    put_raw(info, facts[HOST_NAME] ? facts[HOST_NAME] : "not known");
    if (facts[HOST_CONTROL_GROUP]) {
        fputs(", control group ", info->out);
        put_raw(info, facts[HOST_CONTROL_GROUP]);
    }
    if (facts[HOST_LABELS]) {
        fputs(", labels ", info->out);
        put_raw(info, facts[HOST_LABELS]);
    }
    putc('\n', info->out);
}

static void put_origin(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    char start[WALL_TIME_TEXT], duration[UNITS_TEXT], recorder[RECORDER_TEXT];
    put_head(info, "program");
    put_raw(info, *stats->program ? stats->program : "not known");
    putc('\n', info->out);
    put_host(info);
    put_head(info, "recorded");
    fprintf(info->out, "%s, for %s\n", wall_time_local(stats->first_ns, start),
            duration_text(stats->last_ns - stats->first_ns, duration));
    put_head(info, "recorder");
    fprintf(info->out, "lifeguard %s\n", recorder_text(info->recording, recorder));
}

static void put_process(const struct info *info, const struct process *process)
{
    char count[UNITS_TEXT], signal[SIGNAL_TEXT];
    put_head(info, "");
    fprintf(info->out, "%d %s, ", process->pid,
            process_word(recording_apis(info->recording), process->kind, 1));
    if (process->parent)
        fprintf(info->out, "child of %d, ", process->parent->pid);
    fprintf(info->out, "%s pool events, ", count_text(process_events(process), count));
    if (process->ended)
        fprintf(info->out, "exit status %d", process->exit_status);
    else if (process->signal)
        fprintf(info->out, "ended by %s%s", signal_text(process->signal, signal),
                process->dumped ? ", core dumped" : "");
    else if (process->header->stop == TRACE_STOP_DETACHED)
        fputs("let go of, end not seen", info->out);
    else if (trace_was_ended(process->header))
        fputs("recorded up to lifeguard stop", info->out);
    else
        fputs("end not seen (killed, still running, or replaced by another program)", info->out);
    if (strcmp(process->program, info->stats->program) != 0) {
        fputs(", ", info->out);
        put_raw(info, process->program);
    }
    putc('\n', info->out);
}

static void put_processes(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    char all[UNITS_TEXT], masters[UNITS_TEXT], sessions[UNITS_TEXT];
    put_head(info, "processes");
    fprintf(info->out, "%s: %s %s, %s %s\n", count_text(stats->processes, all),
            count_text(stats->masters, masters), plural(stats->masters, "master", "masters"),
            count_text(stats->sessions, sessions),
            process_word(recording_apis(info->recording), PROCESS_SESSION, stats->sessions));
    if (recording_folded(info->recording)) {
        put_head(info, "");
        fprintf(info->out, "%s of these, which ended long ago, are summed up\n",
                count_text(recording_folded(info->recording), all));
    }
    size_t count = recording_process_count(info->recording);
    for (size_t i = 0; i < count && i < PROCESSES_LISTED; i++)
        put_process(info, recording_process(info->recording, i));
    if (count > PROCESSES_LISTED) {
        put_head(info, "");
        fprintf(info->out, "and %s more\n", count_text(count - PROCESSES_LISTED, all));
    }
    if (stats->empty) {
        put_head(info, "");
        fprintf(info->out, "%s ended before the recording of it began\n",
                count_text(stats->empty, all));
    }
}

static void put_events(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    const struct api_set *apis = recording_apis(info->recording);
    char events[UNITS_TEXT], pool_events[UNITS_TEXT], allocations[UNITS_TEXT], creates[UNITS_TEXT],
        destroys[UNITS_TEXT], stacks[UNITS_TEXT];
    put_head(info, "events");
    fprintf(info->out, "%s, of which %s on pools: %s allocations, %s pools made, %s destroyed\n",
            count_text(stats->events, events), count_text(stats->pool_events, pool_events),
            count_text(stats->allocations, allocations), count_text(stats->creates, creates),
            count_text(stats->destroys, destroys));
    if (stats->frees) {
        put_head(info, "");
        fprintf(info->out, "%s of the allocations given back by themselves\n",
                count_text(stats->frees, events));
    }
    put_head(info, "");
    fprintf(info->out, "with %s distinct %s\n", count_text(stats->distinct_stacks, stacks),
            plural(stats->distinct_stacks, "backtrace", "backtraces"));
    put_head(info, "");
    fprintf(info->out, "in %s %s, %s %s, %s %s\n", count_text(stats->commands, events),
            unit_word(apis, API_MARK_COMMAND, stats->commands),
            count_text(stats->restarts, pool_events),
            unit_word(apis, API_MARK_RESTART, stats->restarts),
            count_text(stats->connections, allocations),
            unit_word(apis, API_MARK_CONNECTION, stats->connections));
}

static void put_silent_marks(const struct info *info)
{
    struct silent_mark marks[SILENT_MARKS_MAX];
    const unsigned count = silent_marks(info->recording, marks);
    for (unsigned i = 0; i < count; i++) {
        char *text = silent_mark_text(&marks[i], recording_apis(info->recording));
        put_head(info, i == 0 ? "not counted" : "");
        put_raw(info, text);
        putc('\n', info->out);
        free(text);
    }
}

/* What they were about. */
static void put_labels(const struct info *info)
{
    const struct label_sums *labels = &info->stats->labels;
    char text[UNITS_TEXT];
    uint64_t others = labels->others;
    if (labels->count == 0)
        return;
    put_head(info, "");
    for (size_t i = 0; i < labels->count; i++) {
        if (i >= LABELS_SHOWN) {
            others += labels->items[i].units;
            continue;
        }
        fprintf(info->out, "%s%s ", i ? ", " : "", count_text(labels->items[i].units, text));
        put_raw(info, labels->items[i].name);
    }
    if (others)
        fprintf(info->out, " and %s others", count_text(others, text));
    putc('\n', info->out);
}

static void put_backtraces(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    char taken[UNITS_TEXT], unwound[UNITS_TEXT], slow[UNITS_TEXT], cut[UNITS_TEXT],
        checked[UNITS_TEXT];
    put_head(info, "backtraces");
    fprintf(info->out, "%s taken: from a cache, validated by the stack words they depend on,\n",
            count_text(stats->pool_events, taken));
    put_head(info, "");
    fprintf(info->out, "%s unwound, %s of them by libunwind itself, %s cut at %d frames\n",
            count_text(stats->unwound, unwound), count_text(stats->unwound_slow, slow),
            count_text(stats->cut, cut), TRACE_DEPTH_MAX);
    if (stats->incomplete) {
        put_head(info, "");
        fprintf(info->out, "%s end at code without an unwind table: what called it is not known\n",
                count_text(stats->incomplete, taken));
    }
    if (stats->checked) {
        put_head(info, "");
        fprintf(info->out, "%s compared with libunwind's: %s different\n",
                count_text(stats->checked, checked), count_text(stats->differed, taken));
    }
}

static void put_hook(const struct info *info, const char *head, const struct recording_hook *hook)
{
    put_head(info, head);
    if (*hook->function) {
        put_raw(info, hook->function);
        fprintf(info->out, " (%s)", api_role_name(hook->role));
    }
    if (*hook->module) {
        fputs(*hook->function ? " in " : "", info->out);
        put_raw(info, hook->module);
    }
    fputs(": ", info->out);
    put_raw(info, hook->how);
    putc('\n', info->out);
}

/* Variables are told, too, and what concerns a description, but are no functions. */
static size_t count_hooks(const struct info *info, bool skipped)
{
    size_t count = 0;
    for (size_t i = 0; i < info->stats->hook_count; i++) {
        const struct recording_hook *hook = &info->stats->hooks[i];
        count += hook->skipped == skipped && hook->role != API_ROOT && *hook->function;
    }
    return count;
}

static size_t put_hooks(const struct info *info, bool skipped, const char *head)
{
    const size_t count = count_hooks(info, skipped);
    if (count > 0) {
        put_head(info, head);
        fprintf(info->out, "%zu %s\n", count, plural(count, "function", "functions"));
    }
    for (size_t i = 0, first = count == 0; i < info->stats->hook_count; i++) {
        if (info->stats->hooks[i].skipped != skipped)
            continue;
        put_hook(info, first ? head : "", &info->stats->hooks[i]);
        first = 0;
    }
    return count;
}

static void put_api(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    put_head(info, stats->system_count > 1 ? "pool APIs" : "pool API");
    for (size_t i = 0; i < stats->system_count; i++) {
        fputs(i ? ", " : "", info->out);
        put_raw(info, stats->systems[i]);
    }
    fputs(stats->system_count ? "" : "none was found", info->out);
    putc('\n', info->out);
    size_t hooked = put_hooks(info, false, "hooked");
    put_hooks(info, true, "not hooked");
    if (hooked == 0)
        fprintf(info->out, "\n%sNOTHING WAS HOOKED: this recording says nothing about pools.%s\n\n",
                info->style.error, info->style.off);
    else if (stats->without_hooks) {
        put_head(info, "");
        fprintf(info->out, "nothing in %zu of %zu processes\n", stats->without_hooks,
                stats->processes);
    }
}

static void put_mismatches(const struct info *info)
{
    const struct coverage *coverage = &info->stats->coverage;
    for (size_t i = 0; i < coverage->sample_count; i++) {
        const struct coverage_mismatch *sample = &coverage->samples[i];
        put_head(info, "");
        fprintf(info->out, "process %d, ", sample->pid);
        put_raw(info,
                sample->path && *sample->path ? sample->path : "a pool that was not recorded");
        const char *unit = sample->unit == COVERAGE_BYTES ? "B" : coverage_unit_name(sample->unit);
        fprintf(info->out, ": %" PRIu64 " %s traced, %" PRIu64 " %s there\n", sample->traced, unit,
                sample->used, unit);
    }
    if (coverage->mismatches > coverage->sample_count) {
        put_head(info, "");
        fprintf(info->out, "and %" PRIu64 " more\n", coverage->mismatches - coverage->sample_count);
    }
}

static void put_compared(const struct info *info, const struct coverage *coverage)
{
    char traced[AMOUNT_TEXT], used[AMOUNT_TEXT];
    for (unsigned unit = 0; unit < COVERAGE_UNITS; unit++) {
        if (!coverage_has(coverage, unit))
            continue;
        put_head(info, "");
        fprintf(info->out, "at a pool's end or its process's: %s traced, %s there\n",
                coverage_amount(unit, coverage->traced[unit], traced),
                coverage_amount(unit, coverage->used[unit], used));
    }
}

static void put_coverage(const struct info *info)
{
    const struct coverage *coverage = &info->stats->coverage;
    char pools[UNITS_TEXT], allocations[UNITS_TEXT], mismatches[UNITS_TEXT];
    put_head(info, "coverage");
    if (coverage->pools == 0) {
        fputs("not known: what pools really use could not be seen\n", info->out);
        return;
    }
    if (coverage->mismatches)
        fputs("NOT COMPLETE: ", info->out);
    coverage_text(info->out, coverage);
    fprintf(info->out, ": %s comparisons, %s mismatches\n", count_text(coverage->pools, pools),
            count_text(coverage->mismatches, mismatches));
    put_compared(info, coverage);
    put_head(info, "");
    fprintf(info->out, "of %s allocations and %s pools made\n",
            count_text(info->stats->allocations, allocations),
            count_text(info->stats->creates, pools));
    if (coverage->in_change) {
        put_head(info, "");
        fprintf(info->out,
                "%" PRIu64 " pools that another thread was changing at a fork: not compared\n",
                coverage->in_change);
    }
    put_mismatches(info);
}

struct oddity {
    uint64_t count;
    const char *words;
};

/* What does not make a record wrong by itself, and should be known of it. */
static void put_oddities(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    const struct oddity oddities[] = {
        {stats->stale, "on pools that were not alive"},
        {stats->recreated, "made a pool where one was still alive"},
        {stats->unknown_parents, "made a pool under a parent that is not known"},
        {stats->unknown_objects, "gave back what nobody was seen to take"},
        {stats->unknown_stacks, "with a backtrace that is not in the recording"},
    };
    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        char text[UNITS_TEXT];
        if (oddities[i].count == 0)
            continue;
        put_head(info, "odd");
        fprintf(info->out, "%s %s %s\n", count_text(oddities[i].count, text),
                plural(oddities[i].count, "event", "events"), oddities[i].words);
    }
}

static void put_adopted(const struct info *info)
{
    const uint64_t adopted = info->stats->adopted;
    char text[UNITS_TEXT];
    if (adopted == 0)
        return;
    put_head(info, "adopted");
    fprintf(info->out, "%s %s that root variables hold, and nobody was seen to make\n",
            count_text(adopted, text), plural(adopted, "pool", "pools"));
}

static void put_attached(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    char attached[UNITS_TEXT], pools[UNITS_TEXT];
    if (stats->attached) {
        put_head(info, "attached");
        fprintf(info->out, "to %s %s that ran, in which %s %s there before\n",
                count_text(stats->attached, attached),
                plural(stats->attached, "process", "processes"),
                count_text(stats->there_before, pools),
                plural(stats->there_before, "pool was", "pools were"));
    }
    if (stats->unattached) {
        put_head(info, stats->attached ? "" : "attached");
        fprintf(info->out, "%s of them not in the end: who attached was ended in the middle\n",
                count_text(stats->unattached, attached));
    }
    if (stats->detached) {
        put_head(info, "let go of");
        fprintf(info->out, "%s %s, which went on unrecorded\n",
                count_text(stats->detached, attached),
                plural(stats->detached, "process", "processes"));
    }
}

static void put_stopped(const struct info *info)
{
    const struct recording_stats *stats = info->stats;
    char count[UNITS_TEXT], when[WALL_TIME_TEXT];
    if (stats->ended_by_us == 0)
        return;
    put_head(info, "stopped");
    fprintf(info->out, "at %s by lifeguard stop, in %s %s, which went on unrecorded\n",
            wall_time_local(stats->ended_ns, when), count_text(stats->ended_by_us, count),
            plural(stats->ended_by_us, "process", "processes"));
}

static void put_kept(const struct info *info)
{
    char text[UNITS_TEXT];
    if (info->stats->kept == 0)
        return;
    put_head(info, "kept");
    fprintf(info->out,
            "%s of events were compressed by lifeguard keep; they are read as they were\n",
            bytes_text(info->stats->kept, text));
}

static void put_losses(const struct info *info)
{
    char text[UNITS_TEXT];
    put_head(info, "lost");
    fprintf(info->out, "%s events\n", count_text(info->stats->lost_events, text));
    if (info->stats->untraced) {
        put_head(info, "");
        fprintf(info->out, "%s forks whose child left no trace: it could not write one here\n",
                count_text(info->stats->untraced, text));
    }
    struct doubts doubts = doubts_of_record(info->recording);
    for (size_t i = 0; i < doubts.count; i++) {
        put_head(info, i == 0 ? "doubts" : "");
        put_raw(info, doubts.text[i]);
        putc('\n', info->out);
    }
    doubts_free(&doubts);
}

void render_info(FILE *out, const struct recording *recording)
{
    struct info info = {out, style_for(out), recording, recording_stats(recording)};
    put_origin(&info);
    put_runs(out, &info.style, recording);
    put_processes(&info);
    put_api(&info);
    put_events(&info);
    put_labels(&info);
    put_silent_marks(&info);
    put_backtraces(&info);
    put_coverage(&info);
    put_mode(out, &info.style, info.stats);
    put_walks(out, &info.style, &info.stats->walks);
    put_guarded(out, &info.style, info.stats->guarded);
    put_sampled(out, &info.style, info.stats->sampled);
    put_adopted(&info);
    put_attached(&info);
    put_stopped(&info);
    put_kept(&info);
    put_oddities(&info);
    put_losses(&info);
}
