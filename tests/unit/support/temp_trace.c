/* temp_trace.c - a trace of the test's own; see temp_trace.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/temp_trace.h"

#include "preload/trace/file.h"
#include "preload/unwind/stack_cache.h"
#include "preload/util/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/lifeguard-test-XXXXXX";
static char path[sizeof(dir) + 32];

struct stream *temp_trace_begin(uint64_t limit)
{
    const struct trace_origin none = {0};
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/%d" TRACE_SUFFIX, dir, (int)getpid());
    clock_setup();
    streams_setup(stack_cache_forget_thread);
    cr_assert(trace_file_open(dir, limit, &none));
    struct stream *stream = stream_enter();
    cr_assert_not_null(stream);
    return stream;
}

static struct trace *read_it(bool growing)
{
    struct error error = {""};
    struct trace *trace = growing ? trace_open_growing(path, &error) : trace_open(path, &error);
    cr_assert_not_null(trace, "%s", error.text);
    cr_assert_null(trace_damage(trace), "%s", trace_damage(trace));
    return trace;
}

struct trace *temp_trace_read(void)
{
    return read_it(false);
}

struct trace *temp_trace_read_growing(void)
{
    return read_it(true);
}

void temp_trace_end(void)
{
    if (!path[0])
        return;
    unlink(path);
    rmdir(dir);
}
