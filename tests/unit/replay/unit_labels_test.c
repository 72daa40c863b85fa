/* unit_labels_test.c - commands have the labels that their threads and processes told of. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/recording.h"
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char labels[256]; /* "PID: LABEL LABEL ..." of the commands of each process, "-": none */

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)data, (void)replay;
    size_t used = strlen(labels);
    used += (size_t)snprintf(labels + used, sizeof(labels) - used, "%d:", process->pid);
    for (uint32_t i = 1; i <= process->units[API_MARK_COMMAND]; i++) {
        const unsigned number = unit_label_number(process->labels, i);
        const char *name = unit_label_name(process->labels, number);
        used += (size_t)snprintf(labels + used, sizeof(labels) - used, " %s", name ? name : "-");
    }
    snprintf(labels + used, sizeof(labels) - used, ";");
}

static void read_labels(void)
{
    static const struct replay_observer observer = {.on_end = on_end};
    struct error error = {""};
    struct recording *recording = recording_open(observed_dir, &error);
    labels[0] = '\0';
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observer, 1, &error), "%s", error.text);
    recording_close(recording);
}

TestSuite(unit_labels, .init = observed_set_up, .fini = observed_tear_down);

static struct trace_builder *trace_with_names(uint64_t id, int pid)
{
    struct trace_builder *builder = new_trace(id, pid);
    builder_tag(builder, 1, "OPTS");
    builder_tag(builder, 2, "LIST");
    return builder;
}

Test(unit_labels, the_first_one_in_a_command_counts)
{
    struct trace_builder *builder = trace_with_names(1, 100);
    builder_label(builder, 2); /* before any command */
    builder_mark(builder, COMMAND);
    builder_label(builder, 1);
    builder_label(builder, 2);
    builder_mark(builder, COMMAND);
    builder_mark(builder, RESTART);
    builder_label(builder, 2); /* not of a command */
    builder_mark(builder, COMMAND);
    builder_label(builder, 2);
    write_trace(builder);
    read_labels();
    cr_expect_str_eq(labels, "100: OPTS - LIST;");
}

Test(unit_labels, of_counted_commands_the_last_ones_is_known)
{
    struct trace_builder *builder = trace_with_names(1, 100);
    builder_units(builder, COMMAND, 4, 1);
    builder_labelled(builder, 1, 2);
    builder_labelled(builder, 2, 1);
    builder_units(builder, COMMAND, 3, 2);
    builder_labelled(builder, 1, 2);
    builder_labelled(builder, 2, 1);
    builder_units(builder, COMMAND, 2, 0);
    builder_labelled(builder, 2, 1);
    builder_label(builder, 1);
    builder_mark(builder, COMMAND);
    builder_label(builder, 2);
    write_trace(builder);
    read_labels();
    cr_expect_str_eq(labels, "100: OPTS LIST - OPTS OPTS OPTS LIST LIST OPTS LIST;");
}

Test(unit_labels, more_than_are_counted_are_nobodys)
{
    struct trace_builder *builder = trace_with_names(1, 100);
    builder_labelled(builder, 1, UINT32_MAX); /* of none */
    builder_units(builder, COMMAND, 2, 7);
    builder_labelled(builder, 2, UINT32_MAX);
    builder_labelled(builder, 1, UINT32_MAX);
    builder_units(builder, RESTART, UINT32_MAX, 1); /* which are not counted so */
    builder_labelled(builder, 1, 1);
    builder_mark(builder, COMMAND);
    write_trace(builder);
    read_labels();
    cr_expect_str_eq(labels, "100: LIST - -;");
}

static void count_units(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    *(uint32_t *)data = process->units[API_MARK_COMMAND];
}

/* Each event says that there are as many as can be: to look at each of them takes hours. */
Test(unit_labels, of_more_than_are_kept_nobody_looks_at_each)
{
    struct trace_builder *builder = trace_with_names(1, 100);
    uint32_t units = 0;
    for (unsigned i = 0; i < 2000; i++) {
        builder_units(builder, COMMAND, UINT32_MAX, i % 3);
        builder_labelled(builder, 1, UINT32_MAX);
        builder_labelled(builder, 2, UINT32_MAX);
    }
    write_trace(builder);
    const struct replay_observer observer = {.data = &units, .on_end = count_units};
    struct error error = {""};
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observer, 1, &error), "%s", error.text);
    recording_close(recording);
    cr_expect_eq(units, UINT32_MAX);
}

Test(unit_labels, each_threads_command_has_its_own)
{
    struct trace_builder *builder = trace_with_names(1, 100);
    builder_at(builder, 5000);
    builder_mark(builder, COMMAND);
    builder_stream(builder, 1);
    builder_at(builder, 5010);
    builder_mark(builder, COMMAND);
    builder_at(builder, 5020);
    builder_label(builder, 2);
    builder_stream(builder, 0);
    builder_at(builder, 5030);
    builder_label(builder, 1);
    write_trace(builder);
    read_labels();
    cr_expect_str_eq(labels, "100: OPTS LIST;");
}

Test(unit_labels, a_child_begins_with_none)
{
    struct trace_builder *builder = trace_with_names(1, 100);
    builder_at(builder, 5000);
    builder_mark(builder, COMMAND);
    builder_label(builder, 1);
    builder_fork_event(builder, 1);
    write_trace(builder);
    builder = builder_fork(2, 101, 1, 1, 100);
    builder_tag(builder, 9, "NOOP");
    builder_at(builder, 6000);
    builder_mark(builder, COMMAND);
    builder_label(builder, 9);
    write_trace(builder);
    read_labels();
    cr_expect_str_eq(labels, "101: NOOP;100: OPTS;");
}
