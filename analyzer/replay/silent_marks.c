/* silent_marks.c - marks of units of work that never fired; see silent_marks.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/silent_marks.h"

#include "analyzer/replay/unit_words.h"
#include "analyzer/trace/api_set.h"
#include "analyzer/util/memory.h"

#include <string.h>

#define FUNCTION_SHOWN 64 /* bytes of a name */

static bool is_hooked(const struct recording_stats *stats, struct slice function)
{
    for (size_t i = 0; i < stats->hook_count; i++) {
        const struct recording_hook *hook = &stats->hooks[i];
        if (!hook->skipped && hook->role == API_MARK && slice_equals(function, hook->function))
            return true;
    }
    return false;
}

/* Another mark of the same function may have: it was called, in another way. */
static bool has_fired(const struct recording_stats *stats, const struct api_set *apis,
                      struct slice function)
{
    const struct api_mark *mark;
    for (unsigned i = 0; i < RECORDED_MARKS_MAX && (mark = api_set_mark(apis, i)); i++) {
        if (stats->fired[i / 64] >> i % 64 & 1 && slice_same(mark->symbol, function))
            return true;
    }
    return false;
}

static bool is_told(const struct silent_mark *marks, unsigned count, const struct api_mark *mark)
{
    for (unsigned i = 0; i < count; i++) {
        if (marks[i].kind == mark->kind && slice_same(marks[i].function, mark->symbol))
            return true;
    }
    return false;
}

unsigned silent_marks(const struct recording *recording, struct silent_mark marks[SILENT_MARKS_MAX])
{
    const struct recording_stats *stats = recording_stats(recording);
    const struct api_set *apis = recording_apis(recording);
    const uint64_t units[] = {[API_MARK_COMMAND] = stats->commands,
                              [API_MARK_RESTART] = stats->restarts,
                              [API_MARK_CONNECTION] = stats->connections};
    const struct api_mark *mark;
    unsigned count = 0;
    if (stats->pool_events == 0)
        return 0;
    for (unsigned i = 0; count < SILENT_MARKS_MAX && (mark = api_set_mark(apis, i)); i++) {
        if (mark->kind <= API_MARK_CONNECTION && units[mark->kind] == 0 &&
            is_hooked(stats, mark->symbol) && !has_fired(stats, apis, mark->symbol) &&
            !is_told(marks, count, mark))
            marks[count++] = (struct silent_mark){mark->symbol, mark->kind};
    }
    return count;
}

char *silent_mark_text(const struct silent_mark *mark, const struct api_set *apis)
{
    const struct slice *function = &mark->function;
    const int length = (int)(function->length < FUNCTION_SHOWN ? function->length : FUNCTION_SHOWN);
    return xasprintf("%.*s was never called: %s cannot be counted", length, function->text,
                     unit_word(apis, mark->kind, 2));
}
