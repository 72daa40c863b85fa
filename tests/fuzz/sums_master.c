/* sums_master.c - a master and its children; see sums_master.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/sums_master.h"

#include "tests/unit/support/trace_builder.h"

#include <stdlib.h>
#include <string.h>

#define PERMANENT UINT64_C(0x10000)
#define UNITS     12

enum { CONNECTION, COMMAND };

static const char api[] =
    "[api]\nname = test\n"
    "[functions]\nmake = create pool=ret parent=a0\ntake = alloc pool=a0 size=a1\n"
    "end = destroy pool=a0\n"
    "[marks]\nconnection = accept\ncommand = serve\n";

static void define(struct trace_builder *builder, uint32_t first)
{
    builder_program(builder, "/d");
    builder_module(builder, 0x400000, 0x500000, 0, TRACE_NO_STACK, "/d");
    for (uint32_t i = 0; i < 4; i++)
        builder_stack(builder, first + i, 3,
                      (const uint64_t[]){0x400100 + first * 16 + i, 0x400800, 0x400900});
}

struct trace_builder *sums_build_master(void)
{
    struct trace_builder *builder = builder_new(SUMS_MASTER, 70);
    builder_api(builder, api);
    builder_hook(builder, TRACE_RECORD_HOOK, "make", "/d", "symbol");
    define(builder, 1);
    builder_create(builder, PERMANENT, 0, 1);
    for (uint32_t i = 1; i <= SUMS_SESSIONS; i++)
        builder_fork_event(builder, i);
    return builder;
}

struct trace_builder *sums_build_session(unsigned number)
{
    struct trace_builder *builder =
        builder_fork(SUMS_MASTER + number, 100 + (int)number, SUMS_MASTER, number, 100);
    define(builder, 100);
    builder_mark(builder, CONNECTION);
    builder_create(builder, 0x20000, PERMANENT, 101);
    for (uint64_t i = 0; i < UNITS + number; i++) {
        builder_mark(builder, COMMAND);
        builder_create(builder, 0x30000 + i * 64, 0x20000, 102);
        builder_alloc(builder, 0x20000, 103, 64);
        builder_create(builder, 0x90000, 0x20000, 100);
        builder_destroy(builder, 0x90000, 103, UINT64_MAX, UINT64_MAX);
    }
    builder_end(builder, 0);
    return builder;
}

unsigned char *sums_master(size_t *size)
{
    struct trace_builder *builder = sums_build_master();
    const unsigned char *image = builder_image(builder, size);
    unsigned char *copy = malloc(*size);
    if (!copy)
        abort();
    memcpy(copy, image, *size);
    builder_free(builder);
    return copy;
}
