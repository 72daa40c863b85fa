/*
 * trace_dir.h - a directory of traces that a test builds and replays. To be included once in a
 * program, whose suite has these set_up() and tear_down().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_TRACE_DIR_H
#define LIFEGUARD_TRACE_DIR_H

#include "analyzer/replay/recording.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>

static char *dir;

static void set_up(void)
{
    dir = temporary_directory();
}

static void tear_down(void)
{
    remove_directory(dir);
}

/* Into the directory; the builder is freed. */
static void write_trace(struct trace_builder *builder)
{
    builder_write(builder, dir);
    builder_free(builder);
}

/* The recording in the directory, which nobody has watched. */
static inline struct recording *replay_all(void)
{
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, NULL, 0, &error), "%s", error.text);
    return recording;
}

#endif
