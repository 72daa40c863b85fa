/* units.c - units of work that leave nothing behind are counted; see units.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/units.h"

#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/trace/names.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"

#define LABELS  8u /* of one count */
#define MOMENTS 28 /* bits of a clock in ns: times of units are known as exactly as that */
#define ALONE   2u /* units of work that leave nothing behind: so few take less when written */
#define MOST    (UINT32_MAX / 2)

/* What was told of units since something else was written, and where. */
FORKED static struct window {
    uint64_t file;         /* whose trace it is */
    const uint8_t *cursor; /* behind it */
    uint64_t *units; /* how many, and the number of the last one's label: see format.h; NULL: it is
                        one, and not counted */
    uint64_t moment;
    unsigned mark;
    uint32_t label_count; /* of one that is not counted, how many were told */
    uint32_t written;     /* of those, one after the other */
    struct {
        uint32_t name;
        uint32_t *units;
    } labels[LABELS];
} window;

/* Was nothing written since, by whomever? */
static bool is_open(const struct stream *stream)
{
    const struct trace_header *header = trace_file_header();
    return stream->depth == 0 && header && header->stop == TRACE_STOP_NONE &&
           window.file == header->file_id && window.cursor == stream->events.cursor &&
           stream_is_alone(stream);
}

/* UNITS: where they are counted, NULL: one was written. */
static void told(const struct stream *stream, uint64_t *units)
{
    const struct trace_header *header = trace_file_header();
    window.units = units;
    window.cursor = stream->events.cursor;
    window.file = header ? header->file_id : 0;
    window.label_count = 0;
}

static void count_anew(struct stream *stream, unsigned mark, uint64_t moment)
{
    window.cursor = NULL;
    window.mark = mark;
    window.moment = moment;
    uint64_t *units = event_units(stream, mark);
    if (units)
        told(stream, units);
}

static void write(struct stream *stream, unsigned mark)
{
    window.cursor = NULL;
    event_mark(stream, mark);
    told(stream, NULL);
    window.written++;
}

void units_begin(struct stream *stream, unsigned mark, bool apart)
{
    const uint64_t moment = clock_coarse() >> MOMENTS;
    const bool open = !apart && is_open(stream);
    window.written = open ? window.written : 0;
    if (!open || (!window.units && window.written < ALONE))
        write(stream, mark);
    else if (!window.units || window.mark != mark || window.moment != moment ||
             (uint32_t)*window.units >= MOST)
        count_anew(stream, mark, moment);
    else /* which has no label yet */
        __atomic_store_n(window.units, (uint32_t)*window.units + 1, __ATOMIC_RELEASE);
}

/* The number of the label that is called NAME, from 1; 0: there is no room for it. */
static uint32_t number_of(struct stream *stream, uint32_t name)
{
    for (uint32_t i = 0; i < window.label_count; i++)
        if (window.labels[i].name == name)
            return i + 1;
    uint32_t *units = window.label_count < LABELS ? event_labelled(stream, name) : NULL;
    if (!units)
        return 0;
    window.labels[window.label_count].name = name;
    window.labels[window.label_count].units = units;
    window.cursor = stream->events.cursor;
    return ++window.label_count;
}

/* First the label counts one more, then it is the last one's. False: it has no room. */
static bool count_label(struct stream *stream, const char *name)
{
    const uint32_t id = names_intern(stream, name);
    const uint32_t number = id ? number_of(stream, id) : 0;
    if (number == 0)
        return false;
    uint32_t *units = window.labels[number - 1].units;
    __atomic_store_n(units, *units + 1, __ATOMIC_RELEASE);
    __atomic_store_n(window.units, (uint32_t)*window.units | (uint64_t)number << 32,
                     __ATOMIC_RELEASE);
    return true;
}

void units_label(struct stream *stream, const char *name)
{
    const bool open = is_open(stream), counts = open && window.units;
    if (counts && *window.units >> 32) /* the first one that is told counts */
        return;
    if (counts && count_label(stream, name))
        return;
    if (open && !counts && window.label_count++ > 0)
        return;
    event_label(stream, name);
    if (open && !counts)
        window.cursor = stream->events.cursor;
}
