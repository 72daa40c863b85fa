#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(replay_threads, .init = observed_set_up, .fini = observed_tear_down);

/* Events from here on are THREAD's, from 1. */
static void turn_to(struct trace_builder *builder, uint32_t thread)
{
    builder_stream(builder, thread - 1);
}

Test(replay_threads, a_command_is_its_threads_alone)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_mark(builder, COMMAND);
    turn_to(builder, 2);
    builder_mark(builder, COMMAND); /* it has begun none before: the process is in the first */
    builder_mark(builder, COMMAND);
    turn_to(builder, 1);
    builder_mark(builder, COMMAND);
    builder_mark(builder, RESTART); /* concerns the other one, too */
    turn_to(builder, 2);
    builder_mark(builder, COMMAND);
    turn_to(builder, 3);
    builder_mark(builder, STARTUP);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: mark command in none 0, phase 0\n"
                               "1: mark command in command 1, phase 1\n"
                               "1: mark command in command 2, phase 1\n"
                               "1: mark command in command 1, phase 1\n"
                               "1: mark restart in command 4, phase 1\n"
                               "1: mark command in restart 1, phase 1\n"
                               "1: mark startup in command 5, phase 1\n"
                               "1: end, 0 pools, 0 B, not told 0\n");
    const struct process *process = recording_process(recording, 0);
    cr_assert_eq(process->units[API_MARK_COMMAND], 5);
    cr_assert_eq(process->command, 5, "the third thread has begun none");
    recording_close(recording);
}

/* Who wants to know nothing more of a pool while one thread uses it is told when another does. */
Test(replay_threads, each_is_another_moment)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, CHILD, 0, 1);
    builder_mark(builder, COMMAND);
    for (uint32_t thread = 1; thread <= 2; thread++) {
        turn_to(builder, thread);
        builder_alloc(builder, CHILD, thread, 8);
        builder_alloc(builder, CHILD, thread, 8);
    }
    write_trace(builder);
    struct error error = {""};
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observed_once, 1, &error), "%s", error.text);
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: alloc 8 in - of 8 B, stack 1\n"
                               "1: alloc 8 in - of 24 B, stack 2\n");
    recording_close(recording);
}
