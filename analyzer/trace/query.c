/* query.c - what is asked of an open trace. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/phrases.h"
#include "analyzer/trace/trace.h"

uint64_t trace_wall_ns(const struct trace_header *header, uint64_t tick)
{
    double ticks = (double)(header->sync_ticks[1] - header->sync_ticks[0]);
    double ns = (double)(header->sync_ns[1] - header->sync_ns[0]);
    if (header->sync_ticks[1] <= header->sync_ticks[0] || header->sync_ns[1] <= header->sync_ns[0])
        return header->wall_ns;
    double wall = (double)(int64_t)(tick - header->start_tick) * (ns / ticks);
    if (wall < -(double)header->wall_ns || wall < -9e18 || wall > 9e18)
        return header->wall_ns;
    return header->wall_ns + (uint64_t)(int64_t)wall;
}

const struct trace_header *trace_header(const struct trace *trace)
{
    return &trace->header;
}

const char *trace_program(const struct trace *trace)
{
    return trace->program ? trace->program : "";
}

const char *trace_title(const struct trace *trace)
{
    return trace->title;
}

const char *trace_host(const struct trace *trace, enum trace_host fact)
{
    return trace->host[fact];
}

const struct resident_notes *trace_residents(const struct trace *trace)
{
    return &trace->residents;
}

const char *trace_api_text(const struct trace *trace, unsigned number, size_t *length)
{
    *length = trace->apis[number].length;
    return trace->apis[number].text;
}

uint64_t trace_memory(const struct trace *trace)
{
    return trace->buffered + trace->text_bytes + phrases_memory(trace->phrases) +
           trace->frame_bytes + trace->stack_capacity * sizeof(*trace->stacks) +
           trace->names.count * sizeof(*trace->names.items);
}

const char *trace_damage(const struct trace *trace)
{
    return trace->damage;
}

size_t trace_hook_count(const struct trace *trace)
{
    return trace->hook_count;
}

const struct hook_definition *trace_hook(const struct trace *trace, size_t index)
{
    return &trace->hooks[index];
}

size_t trace_crash_count(const struct trace *trace)
{
    return trace->crash_count;
}

const struct trace_crash *trace_crash(const struct trace *trace, size_t index)
{
    return &trace->crashes[index];
}

size_t trace_child_count(const struct trace *trace)
{
    return trace->child_count;
}

const struct trace_child *trace_child(const struct trace *trace, size_t index)
{
    return &trace->children[index];
}

size_t trace_module_count(const struct trace *trace)
{
    return trace->module_count;
}

const struct module_definition *trace_module(const struct trace *trace, size_t index)
{
    return trace->modules[index];
}

size_t trace_stack_count(const struct trace *trace)
{
    return trace->stack_count;
}

uint64_t trace_last_block_tick(const struct trace *trace)
{
    uint64_t last = trace->header.start_tick;
    for (size_t i = 0; i < trace->events.count; i++)
        if (trace->events.items[i].header.base_tick > last)
            last = trace->events.items[i].header.base_tick;
    return last;
}

uint64_t trace_event_bytes(const struct trace *trace)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < trace->events.count; i++)
        bytes += trace->events.items[i].header.used;
    return bytes;
}

uint32_t trace_name_limit(const struct trace *trace)
{
    return (uint32_t)trace->names.count;
}

const char *trace_name(const struct trace *trace, uint32_t id, uint32_t *length)
{
    const struct name_definition *name = names_find(&trace->names, id);
    if (name)
        *length = name->length;
    return name ? name->text : NULL;
}

enum trace_mode trace_mode(const struct trace *trace, const char **why)
{
    *why = trace->mode_why;
    return trace->mode;
}

const struct stack_definition *trace_stack(const struct trace *trace, size_t index)
{
    return &trace->stacks[index];
}
