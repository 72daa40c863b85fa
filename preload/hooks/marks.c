/* marks.c - a call that begins a unit of work, or tells of the program's life; see marks.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/marks.h"

#include "preload/guard/sampling.h"
#include "preload/guard/stale.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/labels.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/reach.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/title.h"
#include "preload/trace/events.h"
#include "preload/trace/resident.h"
#include "preload/trace/units.h"
#include "preload/util/registers.h"

static bool is_text(const struct entry_frame *frame, const struct api_mark *mark)
{
    if (!mark->text.text)
        return true;
    const char *text = (const char *)frame->arguments[mark->argument];
    size_t i = 0;
    while (text && i < mark->text.length && text[i] == mark->text.text[i])
        i++;
    return text && i == mark->text.length && text[i] == '\0';
}

static bool is_meant(const struct hook *hook, const struct entry_frame *frame, unsigned number)
{
    return hook->marks & 1u << number && is_text(frame, &hook->system->api.marks[number]);
}

bool marks_are_none(const struct hook *hook, const struct entry_frame *frame)
{
    unsigned number = 0;
    while (number < hook->system->api.mark_count && !is_meant(hook, frame, number))
        number++;
    return number == hook->system->api.mark_count;
}

/* What the caller has, as the function was called. */
struct registers marks_registers(const struct entry_frame *frame)
{
    const struct unwind_start *start = &frame->start;
    const uint64_t *arguments = frame->arguments;
    return (struct registers){.sp = start->sp,
                              .count = 12,
                              .words = {start->rbp, start->rbx, start->r12, start->r13, start->r14,
                                        start->r15, arguments[0], arguments[1], arguments[2],
                                        arguments[3], arguments[4], arguments[5]}};
}

void marks_record(struct stream *stream, const struct hook *hook, const struct entry_frame *frame)
{
    const struct api *api = &hook->system->api;
    naming_tell_last(stream);
    for (unsigned i = 0; i < api->mark_count; i++) {
        if (!is_meant(hook, frame, i))
            continue;
        if (api->marks[i].kind == API_MARK_LABEL) {
            labels_tell(stream, &api->marks[i], frame);
            continue;
        }
        if (api->marks[i].kind == API_MARK_COMMAND)
            generation_unit_ends(stream);
        else
            generation_ends(stream);
        if (api->marks[i].kind == API_MARK_COMMAND)
            sampling_at_work();
        if (api->marks[i].kind == API_MARK_COMMAND)
            stale_unit_begins(stream);
        else
            stale_units_end(stream);
        if (!hook->system->late)
            roots_note(stream, hook->system, 0, false);
        const struct registers registers = marks_registers(frame);
        reach_at_mark(stream, hook->system, api->marks[i].kind, &registers);
        resident_note(stream, RESIDENT_AT_UNIT);
        if (api->marks[i].kind == API_MARK_COMMAND && generation_counts_units(stream))
            units_begin(stream, hook->system->first_mark + i, generation_now.apart);
        else
            event_mark(stream, hook->system->first_mark + i);
        stream_reach_ahead(stream);
        labels_tell_signal(stream, &api->marks[i]);
        title_note(stream);
        if (api->marks[i].kind == API_MARK_COMMAND)
            generation_unit_begins(stream);
    }
}
