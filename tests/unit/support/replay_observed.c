/* replay_observed.c - a trace of a small program that tests make; see replay_observed.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/replay_observed.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/util/memory.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char api_text[] = "[api]\n"
                               "name = test\n"
                               "detect = make_pool\n"
                               "align = 8\n"
                               "[functions]\n"
                               "make_pool = create pool=ret parent=a0\n"
                               "[roots]\n"
                               "permanent_pool\n"
                               "[marks]\n"
                               "command = next_command\n"
                               "restart = event a0=\"restart\"\n"
                               "connection = event a0=\"connect\"\n"
                               "startup = event a0=\"startup\"\n"
                               "shutdown = event a0=\"shutdown\"\n";

char *observed_dir;
char observed[65536];

static const struct replay *current;

void observed_set_up(void)
{
    observed_dir = temporary_directory();
    observed[0] = '\0';
}

void observed_tear_down(void)
{
    remove_directory(observed_dir);
}

__attribute__((format(printf, 2, 3))) static void note(const struct process *process,
                                                       const char *format, ...)
{
    size_t used = strlen(observed);
    used += (size_t)snprintf(observed + used, sizeof(observed) - used, "%d: ", process->pid);
    va_list arguments;
    va_start(arguments, format);
    used += (size_t)vsnprintf(observed + used, sizeof(observed) - used, format, arguments);
    va_end(arguments);
    snprintf(observed + used, sizeof(observed) - used, "\n");
}

static const char *label(const struct pool *pool)
{
    const char *text = replay_pool_label(current, pool);
    return text ? text : "-";
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)data;
    current = replay;
    note(process, "start %s, %u pools, %llu B",
         process->kind == PROCESS_SESSION ? "session" : "master", process->pools,
         (unsigned long long)process->bytes);
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    (void)data;
    const struct pool *parent = replay_pool(current, pool->parent);
    note(process, "create %llx in %s, stack %u", (unsigned long long)pool->address,
         parent ? label(parent) : "nothing", pool->created);
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    (void)data;
    note(process, "alloc %llu in %s of %llu B, stack %u", (unsigned long long)size, label(pool),
         (unsigned long long)pool->bytes, stack);
    return true;
}

/* Wants to be told once of each pool only. */
static bool on_first_alloc(void *data, const struct process *process, const struct pool *pool,
                           uint64_t size, uint32_t stack)
{
    on_alloc(data, process, pool, size, stack);
    return false;
}

static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    (void)data;
    note(process, "free %llu %sof stack %u in %s of %llu B, stack %u",
         (unsigned long long)object->size, object->inherited ? "inherited " : "", object->stack,
         label(pool), (unsigned long long)pool->bytes, stack);
}

static void on_name(void *data, const struct process *process, const struct pool *pool)
{
    (void)data;
    note(process, "name %s", label(pool));
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)data;
    note(process, "clear %s of %llu B, stack %u", label(pool), (unsigned long long)pool->bytes,
         stack);
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)data;
    char *path = replay_pool_path(current, pool);
    note(process, "destroy %s with %s, stack %u", path, label(with), stack);
    free(path);
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count)
{
    (void)count;
    (void)data;
    note(process, "mark %s in %s %u, phase %d", api_mark_name(mark),
         process->unit.kind == API_MARK_KINDS ? "none" : api_mark_name(process->unit.kind),
         process->unit.index, (int)process->phase);
}

static void on_fork(void *data, const struct process *process)
{
    (void)data;
    note(process, "fork, phase %d", (int)process->phase);
}

static void on_stale(void *data, const struct process *process, const struct trace_event *event,
                     const struct pool *pool, uint32_t stack)
{
    (void)data;
    char *path = replay_pool_path(current, pool);
    note(process, "%s %s, made at %u, destroyed at %u, stack %u",
         event->kind == TRACE_EVENT_DESTROY  ? "destroys again"
         : event->kind == TRACE_EVENT_CREATE ? "below gone"
                                             : "uses gone",
         path, pool->created, pool->destroyed, stack);
    free(path);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)data;
    current = replay;
    note(process, "end, %u pools, %llu B, %s %d", process->pools,
         (unsigned long long)process->bytes, process->ended ? "status" : "not told",
         process->exit_status);
}

static void on_fault(void *data, const struct process *process, const struct trace_event *event,
                     const struct touched *touched, uint32_t stack)
{
    (void)data;
    char *path = touched->pool ? replay_pool_path(current, touched->pool) : NULL;
    note(process,
         "fault %d of %" PRIu64 " B at %d in %s, made %" PRIu32 ", taken %" PRIu32 ", %s %" PRIu32
         ", stack %" PRIu32,
         (int)event->fault, touched->size, (int)event->fault_offset, path ? path : touched->path,
         path ? touched->pool->created : touched->created, touched->allocated,
         touched->cleared ? "cleared" : "ended", touched->destroyed, stack);
    free(path);
}

static void on_sampled(void *data, const struct process *process, const struct sampled *sampled)
{
    (void)data;
    note(process, "sampled %" PRIu32 ": %" PRIu64 " uses%s, %s made %" PRIu32, sampled->stack,
         sampled->uses, sampled->used_at_end ? " at its end" : "",
         sampled->hand ? sampled->hand : "none", sampled->hand_created);
}

static void on_young(void *data, const struct process *process, const struct young_sum *young)
{
    (void)data;
    note(process, "young %u of stack %u, ended %u%s%s, %llu took %llu B, largest %llu B",
         young->count, young->created, young->destroyed, young->with ? " with another" : "",
         young->had_pools ? " that had pools" : "", (unsigned long long)young->allocations,
         (unsigned long long)young->bytes, (unsigned long long)young->largest);
}

static void on_place(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack, uint64_t count, uint64_t bytes)
{
    (void)data;
    note(process, "place %u took %llu times, %llu B in %s of %llu B", stack,
         (unsigned long long)count, (unsigned long long)bytes, label(pool),
         (unsigned long long)pool->bytes);
}

static void on_like(void *data, const struct process *process, const struct pool *pool,
                    uint64_t number)
{
    (void)data;
    note(process, "%s is like %llu", label(pool), (unsigned long long)number);
}

static void on_again(void *data, const struct process *process, uint64_t number, uint32_t count,
                     uint32_t unit)
{
    (void)data;
    note(process, "%u like %llu, the last in %u", count, (unsigned long long)number, unit);
}

const struct replay_observer observing = {
    .on_start = on_start,
    .on_create = on_create,
    .on_alloc = on_alloc,
    .on_free = on_free,
    .on_name = on_name,
    .on_clear = on_clear,
    .on_destroy = on_destroy,
    .on_mark = on_mark,
    .on_fork = on_fork,
    .on_stale = on_stale,
    .on_fault = on_fault,
    .on_sampled = on_sampled,
    .on_young = on_young,
    .on_place = on_place,
    .on_like = on_like,
    .on_again = on_again,
    .on_end = on_end,
};

const struct replay_observer observed_once = {.on_start = on_start, .on_alloc = on_first_alloc};

struct trace_builder *new_trace(uint64_t id, int pid)
{
    return new_trace_of(id, pid, api_text);
}

struct trace_builder *new_trace_of(uint64_t id, int pid, const char *api)
{
    struct trace_builder *builder = builder_new(id, pid);
    builder_program(builder, "/bin/test");
    builder_api(builder, api);
    builder_hook(builder, TRACE_RECORD_HOOK, "make_pool", "test", "symbol");
    for (uint64_t i = 1; i <= 9; i++)
        builder_stack(builder, (uint32_t)i, 1, &i);
    /* In the destruction called at 2; in that, the one below it; in that, one more call. */
    builder_stack(builder, IN_2, 2, (const uint64_t[]){50, 2});
    builder_stack(builder, IN_2_DESTROY, 2, (const uint64_t[]){60, 2});
    builder_stack(builder, IN_2_DESTROY_IN, 3, (const uint64_t[]){50, 60, 2});
    return builder;
}

void write_trace(struct trace_builder *builder)
{
    builder_write(builder, observed_dir);
    builder_free(builder);
}

struct recording *replay_all(void)
{
    struct error error = {""};
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observing, 1, &error), "%s", error.text);
    return recording;
}
