/* frame.c - a backtrace's frames for people and for programs; see frame.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/frame.h"

#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"
#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

json_t *time_json(uint64_t ns)
{
    char text[WALL_TIME_TEXT];
    return ns ? json_string(wall_time_iso(ns, text)) : json_null();
}

/* Null where not known. New reference. */
static json_t *frame_json(const struct symbol_frame *frame)
{
    json_t *json =
        json_pack("{s:o, s:o, s:I, s:o, s:o, s:b, s:b}", "module", text_json(frame->module),
                  "function", text_json(frame->function), "offset", (json_int_t)frame->offset,
                  "file", text_json(redact_file(frame->file)), "line",
                  frame->line ? json_integer(frame->line) : json_null(), "inlined", frame->inlined,
                  "variable", frame->variable);
    if (!json)
        memory_exhausted();
    return json;
}

json_t *stack_json(const struct stacks *stacks, struct symbols *symbols, uint32_t number)
{
    json_t *array = json_array();
    struct code_stack stack = stacks_get(stacks, number);
    for (uint32_t i = 0; i < stack.depth; i++) {
        const struct symbol_frame *frames;
        size_t count = symbols_resolve(symbols, stack.frames[i], true, &frames);
        for (size_t k = 0; k < count; k++)
            if (json_array_append_new(array, frame_json(&frames[k])) != 0)
                memory_exhausted();
    }
    return array;
}

static size_t append(char *text, size_t used, size_t size, const char *what)
{
    if (used + 1 >= size)
        return used;
    return used + escape_text(what, strlen(what), text + used, size - used);
}

char *frame_text(const struct symbol_frame *frame, char *text, size_t size)
{
    size_t used = append(text, 0, size, frame->module ? frame->module : "?");
    if (!frame->function) {
        snprintf(text + used, size - used, "+0x%" PRIx64, frame->offset);
        return text;
    }
    used = append(text, used, size, "!");
    used = append(text, used, size, frame->function);
    if (!frame->file)
        return text;
    used = append(text, used, size, " ");
    used = append(text, used, size, redact_file(frame->file));
    if (frame->line)
        snprintf(text + used, size - used, ":%u", frame->line);
    return text;
}
