/* crash_json.c - see crash_json.h and lifeguard-json(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/crash_json.h"

#include "analyzer/render/frame.h"
#include "analyzer/util/json.h"
#include "analyzer/util/redact.h"

#include <inttypes.h>
#include <stdio.h>

#define HEX_TEXT 20

json_t *signal_json(int signal)
{
    char text[SIGNAL_TEXT];
    return signal ? json_string(signal_text(signal, text)) : json_null();
}

static json_t *hex_json(uint64_t number)
{
    char text[HEX_TEXT];
    snprintf(text, sizeof(text), "0x%" PRIx64, number);
    return json_string(text);
}

static json_t *registers_json(const struct crash_note *note)
{
    /* They may hold data of the program. */
    if (!note->noted || redact_is_on())
        return json_null();
    json_t *json = json_checked(json_object());
    for (unsigned i = 0; i < TRACE_REGISTERS; i++)
        json_set(json, crash_register_name(i), hex_json(note->registers[i]));
    return json;
}

static json_t *event_json(const struct crash_event *event, const struct name_source *names)
{
    json_t *json = json_checked(json_object());
    json_set(json, "event", json_string(event->what));
    json_set(json, "at", time_json(event->ns));
    json_set(json, "pool", text_json(event->path));
    json_set(json, "size", event->size ? json_count(event->size) : json_null());
    json_set(json, "stack", stack_json(names->stacks, names->symbols, event->stack));
    return json;
}

static json_t *events_json(const struct crash_note *note, const struct name_source *names)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < note->event_count; i++)
        json_append(array, event_json(&note->events[i], names));
    return array;
}

json_t *crash_json(const struct crash_note *note, const struct name_source *names)
{
    if (!note)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "signal", signal_json(note->signal));
    json_set(json, "noted", json_boolean(note->noted));
    json_set(json, "sent", json_boolean(note->sent));
    json_set(json, "handled", json_boolean(note->handled));
    json_set(json, "went_on", json_boolean(note->went_on));
    json_set(json, "core_dumped", json_boolean(note->dumped));
    json_set(json, "address", note->has_address ? hex_json(note->address) : json_null());
    json_set(json, "offset", note->in_pool ? json_integer(note->offset) : json_null());
    json_set(json, "size", note->size ? json_count(note->size) : json_null());
    json_set(json, "registers", registers_json(note));
    json_set(json, "events", events_json(note, names));
    return json;
}
