/* replay_test.c - events to pools: what observers are told, in which order, in which process. */
#include "memory.h"
#include "recording.h"
#include "trace_builder.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN UINT64_MAX

/* Pools, by address. */
#define ROOT  UINT64_C(0x10000)
#define CHILD UINT64_C(0x20000)
#define GRAND UINT64_C(0x30000)
#define OTHER UINT64_C(0x40000)

enum { COMMAND, RESTART, CONNECTION, STARTUP, SHUTDOWN };
enum { IN_2 = 10, IN_2_DESTROY, IN_2_DESTROY_IN }; /* stacks, see new_trace() */

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

static char *dir;
static char told[65536]; /* what the observer was told, one line each */
static const struct replay *current;

static void set_up(void)
{
    dir = temporary_directory();
    told[0] = '\0';
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(replay, .init = set_up, .fini = tear_down);

__attribute__((format(printf, 2, 3))) static void tell(const struct process *process,
                                                       const char *format, ...)
{
    size_t used = strlen(told);
    used += (size_t)snprintf(told + used, sizeof(told) - used, "%d: ", process->pid);
    va_list arguments;
    va_start(arguments, format);
    used += (size_t)vsnprintf(told + used, sizeof(told) - used, format, arguments);
    va_end(arguments);
    snprintf(told + used, sizeof(told) - used, "\n");
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
    tell(process, "start %s, %u pools, %llu B",
         process->kind == PROCESS_SESSION ? "session" : "master", process->pools,
         (unsigned long long)process->bytes);
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    (void)data;
    const struct pool *parent = replay_pool(current, pool->parent);
    tell(process, "create %llx in %s, stack %u", (unsigned long long)pool->address,
         parent ? label(parent) : "nothing", pool->created);
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    (void)data;
    tell(process, "alloc %llu in %s of %llu B, stack %u", (unsigned long long)size, label(pool),
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

static void on_name(void *data, const struct process *process, const struct pool *pool)
{
    (void)data;
    tell(process, "name %s", label(pool));
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)data;
    tell(process, "clear %s of %llu B, stack %u", label(pool), (unsigned long long)pool->bytes,
         stack);
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)data;
    char *path = replay_pool_path(current, pool);
    tell(process, "destroy %s with %s, stack %u", path, label(with), stack);
    free(path);
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark)
{
    (void)data;
    tell(process, "mark %s in %s %u, phase %d", api_mark_name(mark),
         process->unit.kind == API_MARK_KINDS ? "none" : api_mark_name(process->unit.kind),
         process->unit.index, (int)process->phase);
}

static void on_fork(void *data, const struct process *process)
{
    (void)data;
    tell(process, "fork, phase %d", (int)process->phase);
}

static void on_stale(void *data, const struct process *process, const struct trace_event *event,
                     const struct pool *pool, uint32_t stack)
{
    (void)data;
    char *path = replay_pool_path(current, pool);
    tell(process, "%s %s, made at %u, destroyed at %u, stack %u",
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
    tell(process, "end, %u pools, %llu B, %s %d", process->pools,
         (unsigned long long)process->bytes, process->ended ? "status" : "not told",
         process->exit_status);
}

static const struct replay_observer observer = {
    .on_start = on_start,
    .on_create = on_create,
    .on_alloc = on_alloc,
    .on_name = on_name,
    .on_clear = on_clear,
    .on_destroy = on_destroy,
    .on_mark = on_mark,
    .on_fork = on_fork,
    .on_stale = on_stale,
    .on_end = on_end,
};

/* Tells of every event, so that runs are replayed one by one. */
static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    (void)process;
    *(uint64_t *)data += event->kind == TRACE_EVENT_ALLOC;
}

static struct trace_builder *new_trace(uint64_t id, int pid)
{
    struct trace_builder *builder = builder_new(id, pid);
    builder_program(builder, "/bin/test");
    builder_api(builder, api_text);
    builder_hook(builder, TRACE_RECORD_HOOK, "make_pool", "test", "symbol");
    for (uint64_t i = 1; i <= 9; i++)
        builder_stack(builder, (uint32_t)i, 1, &i);
    /* In the destruction called at 2; in that, the one below it; in that, one more call. */
    builder_stack(builder, IN_2, 2, (const uint64_t[]){50, 2});
    builder_stack(builder, IN_2_DESTROY, 2, (const uint64_t[]){60, 2});
    builder_stack(builder, IN_2_DESTROY_IN, 3, (const uint64_t[]){50, 60, 2});
    return builder;
}

static void write_trace(struct trace_builder *builder)
{
    builder_write(builder, dir);
    builder_free(builder);
}

static struct recording *replay_all(void)
{
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observer, 1, &error), "%s", error.text);
    return recording;
}

/* Writes BUILDER's trace, replays it and compares what was told. The caller closes the result. */
static struct recording *expect(struct trace_builder *builder, const char *expected)
{
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(told, expected);
    return recording;
}

Test(replay, a_pool_lives)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_root(builder, 0, ROOT);
    builder_create(builder, CHILD, ROOT, 2);
    builder_name(builder, CHILD, 2, "sub");
    builder_alloc(builder, CHILD, 3, 13);
    builder_alloc(builder, CHILD, 4, 8);
    builder_clear(builder, CHILD, 5, 24, 512);
    builder_alloc(builder, CHILD, 3, 1);
    builder_destroy(builder, CHILD, 6, 8, 512);
    builder_survey(builder, ROOT, 0, 512);
    builder_end(builder, 3);
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: name top\n"
                        "1: create 20000 in permanent_pool, stack 2\n"
                        "1: name sub\n"
                        "1: alloc 13 in sub of 16 B, stack 3\n"
                        "1: alloc 8 in sub of 24 B, stack 4\n"
                        "1: clear sub of 24 B, stack 5\n"
                        "1: alloc 1 in sub of 8 B, stack 3\n"
                        "1: destroy permanent_pool > sub with sub, stack 6\n"
                        "1: end, 1 pools, 0 B, status 3\n");
    const struct recording_account *account = recording_account(recording);
    cr_assert_eq(account->coverage.pools, 3);
    cr_assert_eq(account->coverage.mismatches, 0);
    cr_assert_eq(account->coverage.used_bytes, 32);
    cr_assert_eq(account->events, 12);
    cr_assert_eq(account->pool_events, 9);
    cr_assert_eq(account->allocations, 3);
    cr_assert_eq(account->traced_bytes, 32);
    cr_assert_eq(account->distinct_stacks, 6);
    cr_assert_str_eq(account->api, "test");
    cr_assert_str_eq(account->program, "/bin/test");
    cr_assert_eq(account->hook_count, 1);
    cr_assert_eq(account->without_hooks, 0);
    recording_close(recording);
}

Test(replay, what_is_below_ends_with_its_parent_and_may_still_be_used_by_cleanups)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_name(builder, CHILD, 1, "child");
    builder_create(builder, GRAND, CHILD, 1);
    builder_name(builder, GRAND, 1, "grand");
    told[0] = '\0';
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    builder_alloc(builder, CHILD, IN_2, 8); /* its cleanup */
    builder_alloc(builder, GRAND, IN_2, 8); /* the same one */
    builder_destroy(builder, GRAND, IN_2_DESTROY, 8, UNKNOWN);
    builder_alloc(builder, GRAND, IN_2_DESTROY_IN, 8); /* a cleanup of its own */
    builder_alloc(builder, GRAND, IN_2, 8); /* CHILD's, when GRAND's destruction is over */
    builder_alloc(builder, GRAND, 4, 8);
    builder_destroy(builder, CHILD, 5, 0, UNKNOWN);
    struct recording *recording = expect(
        builder, "1: start master, 0 pools, 0 B\n"
                 "1: create 10000 in nothing, stack 1\n"
                 "1: create 20000 in -, stack 1\n"
                 "1: name child\n"
                 "1: create 30000 in child, stack 1\n"
                 "1: name grand\n"
                 "1: destroy (no name) > child with child, stack 2\n"
                 "1: destroy (no name) > child > grand with child, stack 2\n"
                 "1: uses gone (no name) > child > grand, made at 1, destroyed at 2, stack 10\n"
                 "1: uses gone (no name) > child > grand, made at 1, destroyed at 2, stack 4\n"
                 "1: destroys again (no name) > child, made at 1, destroyed at 2, stack 5\n"
                 "1: end, 1 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_account(recording)->coverage.pools, 2);
    cr_assert_eq(recording_account(recording)->coverage.mismatches, 0);
    cr_assert_eq(recording_account(recording)->stale, 3);
    recording_close(recording);
}

Test(replay, a_destruction_is_over_when_the_next_one_begins_at_the_same_place)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_create(builder, GRAND, ROOT, 1);
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    builder_destroy(builder, GRAND, 2, 0, UNKNOWN);
    builder_alloc(builder, GRAND, IN_2, 8);
    builder_alloc(builder, CHILD, IN_2, 8); /* by a cleanup of GRAND */
    recording_close(
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 1\n"
                        "1: create 30000 in -, stack 1\n"
                        "1: destroy (no name) > (no name) with -, stack 2\n"
                        "1: destroy (no name) > (no name) with -, stack 2\n"
                        "1: uses gone (no name) > (no name), made at 1, destroyed at 2, stack 10\n"
                        "1: end, 1 pools, 0 B, not told 0\n"));
}

Test(replay, a_pool_below_one_that_is_gone_and_at_its_address)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_destroy(builder, ROOT, 2, 0, UNKNOWN);
    builder_create(builder, ROOT, ROOT, 4);
    builder_alloc(builder, ROOT, 5, 8);  /* the new one */
    builder_alloc(builder, CHILD, 5, 8); /* never seen */
    recording_close(expect(builder, "1: start master, 0 pools, 0 B\n"
                                    "1: create 10000 in nothing, stack 1\n"
                                    "1: destroy (no name) with -, stack 2\n"
                                    "1: below gone (no name), made at 1, destroyed at 2, stack 4\n"
                                    "1: create 10000 in nothing, stack 4\n"
                                    "1: alloc 8 in - of 8 B, stack 5\n"
                                    "1: end, 1 pools, 8 B, not told 0\n"));
}

Test(replay, a_child_uses_what_its_parent_destroyed_before_the_fork)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    builder_fork_event(builder, 1);
    builder_create(builder, CHILD, ROOT, 3); /* too late for the child to know */
    write_trace(builder);
    builder = builder_fork(2, 20, 1, 1, 20);
    builder_alloc(builder, CHILD, 4, 8);
    recording_close(
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 1\n"
                        "1: destroy (no name) > (no name) with -, stack 2\n"
                        "1: fork, phase 0\n"
                        "20: start master, 1 pools, 0 B\n"
                        "20: uses gone (no name) > (no name), made at 1, destroyed at 2, stack 4\n"
                        "20: end, 1 pools, 0 B, not told 0\n"
                        "1: create 20000 in -, stack 3\n"
                        "1: end, 2 pools, 0 B, not told 0\n"));
}

Test(replay, an_address_is_used_again)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 2);
    builder_create(builder, GRAND, CHILD, 2);
    builder_destroy(builder, CHILD, 3, UNKNOWN, UNKNOWN); /* a fallback: GRAND's own is not seen */
    builder_create(builder, GRAND, ROOT, 4);
    builder_create(builder, GRAND, ROOT, 5);  /* while it is alive */
    builder_create(builder, CHILD, OTHER, 6); /* in a parent never seen */
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 2\n"
                        "1: create 30000 in -, stack 2\n"
                        "1: destroy (no name) > (no name) with -, stack 3\n"
                        "1: destroy (no name) > (no name) > (no name)"
                        " with -, stack 3\n"
                        "1: create 30000 in -, stack 4\n"
                        "1: destroy (no name) > (no name) with -, stack 0\n"
                        "1: create 30000 in -, stack 5\n"
                        "1: create 20000 in nothing, stack 6\n"
                        "1: end, 3 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_account(recording)->recreated, 1);
    cr_assert_eq(recording_account(recording)->unknown_parents, 1);
    cr_assert_eq(recording_account(recording)->coverage.pools, 0);
    recording_close(recording);
}

Test(replay, units_and_phases)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_fork_event(builder, 1); /* as a daemon does at its start */
    builder_mark(builder, STARTUP);
    builder_mark(builder, RESTART);
    builder_mark(builder, COMMAND);
    builder_mark(builder, COMMAND);
    builder_mark(builder, 77);
    builder_fork_event(builder, 2);
    builder_mark(builder, SHUTDOWN);
    builder_mark(builder, RESTART);
    struct recording *recording = expect(builder, "1: start master, 0 pools, 0 B\n"
                                                  "1: fork, phase 0\n"
                                                  "1: mark startup in connection 1, phase 0\n"
                                                  "1: mark restart in connection 1, phase 1\n"
                                                  "1: mark command in restart 1, phase 1\n"
                                                  "1: mark command in command 1, phase 1\n"
                                                  "1: fork, phase 1\n"
                                                  "1: mark shutdown in connection 2, phase 1\n"
                                                  "1: mark restart in connection 2, phase 2\n"
                                                  "1: end, 0 pools, 0 B, not told 0\n");
    const struct process *process = recording_process(recording, 0);
    cr_assert_eq(process->units[API_MARK_COMMAND], 2);
    cr_assert_eq(recording_account(recording)->restarts, 2);
    cr_assert_eq(recording_account(recording)->connections, 2);
    recording_close(recording);
}

Test(replay, a_child_starts_as_its_parent_was_at_the_fork)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_root(builder, 0, ROOT);
    builder_alloc(builder, ROOT, 2, 8);
    builder_fork_event(builder, 1);
    builder_create(builder, CHILD, ROOT, 3);
    builder_fork_event(builder, 2);
    builder_end(builder, 0);
    write_trace(builder);

    builder = builder_fork(2, 20, 1, 1, 10);
    builder_mark(builder, CONNECTION);
    builder_alloc(builder, ROOT, 2, 16);
    builder_mark(builder, COMMAND);
    builder_survey(builder, ROOT, 24, 512);
    builder_end(builder, 1);
    write_trace(builder);

    builder = builder_fork(3, 30, 1, 2, 11);
    builder_destroy(builder, CHILD, 4, 0, 512);
    builder_survey(builder, ROOT, 9, 512);
    write_trace(builder);

    struct recording *recording = replay_all();
    cr_assert_str_eq(told, "1: start master, 0 pools, 0 B\n"
                           "1: create 10000 in nothing, stack 1\n"
                           "1: name top\n"
                           "1: alloc 8 in permanent_pool of 8 B, stack 2\n"
                           "1: fork, phase 0\n"
                           "20: start session, 1 pools, 8 B\n"
                           "20: mark connection in none 0, phase 0\n"
                           "20: alloc 16 in permanent_pool of 24 B, stack 2\n"
                           "20: mark command in none 0, phase 0\n"
                           "20: end, 1 pools, 24 B, status 1\n"
                           "1: create 20000 in permanent_pool, stack 3\n"
                           "1: fork, phase 0\n"
                           "30: start master, 2 pools, 8 B\n"
                           "30: destroy permanent_pool > (no name) with -, stack 4\n"
                           "30: end, 1 pools, 8 B, not told 0\n"
                           "1: end, 2 pools, 8 B, status 0\n");
    const struct recording_account *account = recording_account(recording);
    cr_assert_eq(account->sessions, 1);
    cr_assert_eq(account->masters, 2);
    cr_assert_eq(account->without_hooks, 0, "what is hooked stays so in a child");
    cr_assert_eq(account->coverage.mismatches, 1);
    cr_assert_eq(account->coverage.samples[0].traced, 8);
    cr_assert_eq(account->coverage.samples[0].used, 9);
    cr_assert_eq(account->coverage.samples[0].pid, 30);
    cr_assert_str_eq(account->coverage.samples[0].path, "permanent_pool");
    cr_assert_eq(recording_process(recording, 1)->parent, recording_process(recording, 0));
    cr_assert_str_eq(recording_process(recording, 1)->program, "/bin/test");
    recording_close(recording);
}

Test(replay, a_child_whose_fork_was_not_recorded_starts_with_nothing)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    write_trace(builder);
    builder = builder_fork(2, 20, 1, 1, 10);
    builder_alloc(builder, ROOT, 1, 8);
    write_trace(builder);
    builder = builder_fork(3, 30, 99, 1, 10); /* of a parent that is not here */
    builder_create(builder, ROOT, 0, 1);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(told, "1: start master, 0 pools, 0 B\n"
                           "1: create 10000 in nothing, stack 1\n"
                           "1: end, 1 pools, 0 B, not told 0\n"
                           "20: start master, 0 pools, 0 B\n"
                           "20: end, 0 pools, 0 B, not told 0\n"
                           "30: start master, 0 pools, 0 B\n"
                           "30: create 10000 in nothing, stack 0\n"
                           "30: end, 1 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_account(recording)->unforked, 2);
    cr_assert_eq(recording_account(recording)->unknown_stacks, 1);
    recording_close(recording);
}

Test(replay, a_second_replay_tells_the_same)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_alloc(builder, ROOT, 2, 8);
    write_trace(builder);
    struct recording *recording = replay_all();
    char *first = xstrdup(told);
    struct recording_account account = *recording_account(recording);
    told[0] = '\0';
    struct error error;
    cr_assert(recording_replay(recording, &observer, 1, &error));
    cr_assert_str_eq(told, first);
    cr_assert_eq(recording_account(recording)->events, account.events);
    cr_assert_eq(recording_account(recording)->hook_count, 1);
    free(first);
    recording_close(recording);
}

Test(replay, allocations_from_a_pool_of_no_interest_are_told_of_again_when_it_may_be_of_some)
{
    static const struct replay_observer once = {.on_start = on_start, .on_alloc = on_first_alloc};
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, 0, 1);
    for (uint64_t i = 1; i <= 4; i++)
        builder_alloc(builder, ROOT, 2, i);
    builder_alloc(builder, CHILD, 3, 1);
    builder_alloc(builder, ROOT, 77, 5); /* 77: no such backtrace */
    builder_mark(builder, COMMAND);
    builder_alloc(builder, ROOT, 4, 6);
    builder_alloc(builder, ROOT, 4, 7);
    builder_root(builder, 0, ROOT);
    builder_alloc(builder, ROOT, 5, 8);
    builder_fork_event(builder, 1);
    builder_alloc(builder, ROOT, 9, 9);
    builder_destroy(builder, ROOT, 6, UNKNOWN, UNKNOWN);
    builder_create(builder, ROOT, 0, 1);
    builder_alloc(builder, ROOT, 7, 10);
    builder_alloc(builder, ROOT, 8, 11);
    write_trace(builder);
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording_replay(recording, &once, 1, &error), "%s", error.text);
    cr_assert_str_eq(told, "1: start master, 0 pools, 0 B\n"
                           "1: alloc 1 in - of 8 B, stack 2\n"
                           "1: alloc 1 in - of 8 B, stack 3\n"
                           "1: alloc 6 in - of 48 B, stack 4\n"
                           "1: alloc 8 in permanent_pool of 64 B, stack 5\n"
                           "1: alloc 9 in permanent_pool of 80 B, stack 9\n"
                           "1: alloc 10 in - of 16 B, stack 7\n");
    const struct recording_account *account = recording_account(recording);
    cr_expect_eq(account->events, 19);
    cr_expect_eq(account->allocations, 12);
    cr_expect_eq(account->traced_bytes, 120);
    cr_expect_eq(account->unknown_stacks, 1);
    cr_expect_eq(account->distinct_stacks, 9);
    recording_close(recording);
}

static struct recording_account account_of(struct recording *recording,
                                           const struct replay_observer *by)
{
    struct error error;
    cr_assert(recording_replay(recording, by, 1, &error));
    return *recording_account(recording);
}

/* The same whether each allocation is told of or none. */
Test(replay, runs_of_allocations_count_as_each_of_them)
{
    struct trace_builder *builder = new_trace(1, 1);
    uint64_t state = 1, allocations = 0;
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    for (int i = 0; i < 20000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        builder_alloc(builder, state >> 60 ? ROOT : CHILD, (uint32_t)(state >> 40) % 40,
                      state >> 55 & 1 ? state >> 20 : state >> 50);
        if (i % 1000 == 999)
            builder_mark(builder, COMMAND);
    }
    write_trace(builder);
    struct error error;
    struct recording *recording = recording_open(dir, &error);
    struct recording_account none = account_of(recording, &(struct replay_observer){0});
    struct recording_account all = account_of(
        recording, &(struct replay_observer){.data = &allocations, .on_event = on_event});
    cr_expect_eq(allocations, 20000);
    cr_expect_eq(all.allocations, 20000);
    cr_expect_gt(all.unknown_stacks, 1000);
    cr_expect_eq(all.traced_bytes, none.traced_bytes);
    cr_expect_eq(all.events, none.events);
    cr_expect_eq(all.pool_events, none.pool_events);
    cr_expect_eq(all.allocations, none.allocations);
    cr_expect_eq(all.unknown_stacks, none.unknown_stacks);
    cr_expect_eq(all.distinct_stacks, none.distinct_stacks);
    recording_close(recording);
}

/* What no recorder writes: every kind of event on any of a few pools, under hostile numbers. */
Test(replay, random_events_leave_the_tree_whole, .timeout = 120)
{
    uint64_t state = 7;
    for (int round = 0; round < 300; round++) {
        struct trace_builder *builder = new_trace(1, 1);
        for (int i = 0; i < 150; i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            uint64_t pool = 0x1000 * (1 + (state >> 33) % 12);
            uint64_t parent = 0x1000 * ((state >> 40) % 13);
            switch ((state >> 50) % 8) {
            case 0:
            case 1:
            case 2:
                builder_create(builder, pool, parent, 1);
                break;
            case 3:
                builder_destroy(builder, pool, 2, state >> 60, UNKNOWN);
                break;
            case 4:
                builder_alloc(builder, pool, 3, state >> 20);
                break;
            case 5:
                builder_root(builder, (state >> 45) % 3, pool);
                break;
            case 6:
                builder_clear(builder, pool, 4, UNKNOWN, UNKNOWN);
                break;
            default:
                builder_name(builder, pool, 5, "x");
            }
        }
        write_trace(builder);
        told[0] = '\0';
        struct recording *recording = replay_all();
        const struct process *process = recording_process(recording, 0);
        cr_assert(process->pools <= 12, "%u pools", process->pools);
        recording_close(recording);
    }
}
