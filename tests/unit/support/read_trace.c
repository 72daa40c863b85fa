/* read_trace.c - traces that tests build and read, and their events as text; see read_trace.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/read_trace.h"

#include <criterion/criterion.h>
#include <stdio.h>

char *trace_directory;
char trace_file[4096];

void trace_set_up(void)
{
    trace_directory = temporary_directory();
    snprintf(trace_file, sizeof(trace_file), "%s/1.trace", trace_directory);
}

void trace_tear_down(void)
{
    remove_directory(trace_directory);
}

struct trace *open_built(struct trace_builder *builder)
{
    struct error error = {""};
    builder_write(builder, trace_directory);
    builder_free(builder);
    struct trace *trace = trace_open(trace_file, &error);
    cr_assert(trace, "%s", error.text);
    return trace;
}

/* One event as text, so that a test shows what it expects. */
static void describe_rest(const struct trace_event *event, char *text, size_t size)
{
    static const char *const found[] = {"allocations", "pools", "bytes kept"};
    unsigned long long tick = event->tick, pool = event->pool, number = event->number;
    switch (event->kind) {
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
    case TRACE_EVENT_RESET:
        snprintf(text, size, "%llu %s %llx stack %u used %lld of %lld", tick,
                 event->kind == TRACE_EVENT_CLEAR   ? "clear"
                 : event->kind == TRACE_EVENT_RESET ? "reset"
                                                    : "destroy",
                 pool, event->stack, (long long)event->used, (long long)event->capacity);
        break;
    case TRACE_EVENT_SURVEY:
        snprintf(text, size, "%llu survey %llx used %lld of %lld", tick, pool,
                 (long long)event->used, (long long)event->capacity);
        break;
    case TRACE_EVENT_FOUND:
        snprintf(text, size, "%llu found %llu %s in %llx", tick, number, found[event->found], pool);
        break;
    case TRACE_EVENT_LARGE:
        snprintf(text, size, "%llu large %llx of %llx", tick, (unsigned long long)event->object,
                 pool);
        break;
    case TRACE_EVENT_WALK:
        snprintf(text, size, "%llu walk %u result %u of %llu pools", tick, event->walk.when,
                 event->walk.result, number);
        break;
    case TRACE_EVENT_UNREACHABLE:
        snprintf(text, size, "%llu unreachable %llx with %llu below", tick, pool, number);
        break;
    case TRACE_EVENT_NAME:
        snprintf(text, size, "%llu name %llx stack %u '%.*s'", tick, pool, event->stack,
                 (int)event->name_length, event->name);
        break;
    case TRACE_EVENT_LABEL:
        snprintf(text, size, "%llu label '%.*s'", tick, (int)event->name_length, event->name);
        break;
    case TRACE_EVENT_ROOT:
        snprintf(text, size, "%llu root %llu is %llx", tick, number, pool);
        break;
    default:
        snprintf(text, size, "%llu kind %d number %llu", tick, (int)event->kind, number);
    }
}

const char *describe(const struct trace_event *event)
{
    static char text[256];
    unsigned long long tick = event->tick, pool = event->pool;
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        snprintf(text, sizeof(text), "%llu alloc %llx stack %u size %llu", tick, pool, event->stack,
                 (unsigned long long)event->size);
        break;
    case TRACE_EVENT_OBJECT:
        snprintf(text, sizeof(text), "%llu object %llx in %llx stack %u size %llu", tick,
                 (unsigned long long)event->object, pool, event->stack,
                 (unsigned long long)event->size);
        break;
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_RELEASE:
        snprintf(text, sizeof(text), "%llu %s %llx in %llx stack %u", tick,
                 event->kind == TRACE_EVENT_FREE ? "free" : "release",
                 (unsigned long long)event->object, pool, event->stack);
        break;
    case TRACE_EVENT_RELOCATE:
        snprintf(text, sizeof(text), "%llu relocate %llx to %llx stack %u", tick, pool,
                 (unsigned long long)event->object, event->stack);
        break;
    case TRACE_EVENT_MOVE:
        snprintf(text, sizeof(text), "%llu move %llx to %llx stack %u", tick, pool,
                 (unsigned long long)event->parent, event->stack);
        break;
    case TRACE_EVENT_ADOPT:
        snprintf(text, sizeof(text), "%llu adopt %llx in %llx used %lld", tick, pool,
                 (unsigned long long)event->adopted_below, (long long)event->used);
        break;
    case TRACE_EVENT_ORPHAN:
        snprintf(text, sizeof(text), "%llu orphan %llx stack %u", tick, pool, event->stack);
        break;
    case TRACE_EVENT_CREATE:
        snprintf(text, sizeof(text), "%llu create %llx in %llx stack %u", tick, pool,
                 (unsigned long long)event->parent, event->stack);
        break;
    default:
        describe_rest(event, text, sizeof(text));
    }
    return text;
}

void expect_events(struct trace *trace, const char *const *lines)
{
    struct trace_event event;
    for (; *lines; lines++) {
        cr_assert(trace_next(trace, &event), "the trace ends before: %s", *lines);
        cr_assert_str_eq(describe(&event), *lines);
    }
    cr_assert_not(trace_next(trace, &event), "one event more: %s", describe(&event));
}
