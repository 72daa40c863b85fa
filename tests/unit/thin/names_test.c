/* names_test.c - what pools are called is as it was when a trace was thinned: any bytes. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/thin.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOT = 0x10000, POOL = 0x20010 };
enum { COMMAND };

static const char api[] = "[api]\nname = test\n"
                          "[functions]\nmake = create pool=ret parent=a0\n"
                          "take = alloc pool=a0 size=a1\nend = destroy pool=a0\n"
                          "[marks]\ncommand = serve\n";

static const char name[] = "a\0bc\0 and so on, longer than what malloc() rounds up to";

static char *dir, from[256], to[256];

static void set_up(void)
{
    dir = temporary_directory();
    snprintf(from, sizeof(from), "%s/1.trace", dir);
    snprintf(to, sizeof(to), "%s/2.trace", dir);
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(names, .init = set_up, .fini = tear_down);

/* The pool outlives the unit of work that it was made and named in. */
static void write_trace(void)
{
    size_t size;
    struct trace_builder *builder = builder_new(7, 1);
    builder_api(builder, api);
    builder_program(builder, "/d");
    builder_module(builder, 0x400000, 0x500000, 0, TRACE_NO_STACK, "/d");
    for (uint32_t i = 1; i <= 4; i++)
        builder_stack(builder, i, 1, (const uint64_t[]){0x400100 + i});
    builder_create(builder, ROOT, 0, 1);
    for (unsigned i = 0; i < 100; i++) { /* so that there is something to leave out */
        builder_mark(builder, COMMAND);
        builder_create(builder, POOL, ROOT, 2);
        builder_alloc(builder, POOL, 3, 64);
        builder_destroy(builder, POOL, 4, 64, UINT64_MAX);
    }
    builder_mark(builder, COMMAND);
    builder_create(builder, POOL, ROOT, 2);
    builder_name_bytes(builder, POOL, TRACE_NO_STACK, name, sizeof(name));
    builder_alloc(builder, POOL, 3, 64);
    builder_mark(builder, COMMAND);
    builder_mark(builder, COMMAND);
    builder_end(builder, 0);
    const unsigned char *image = builder_image(builder, &size);
    write_trace_file(from, image, size);
    builder_free(builder);
}

Test(names, have_any_bytes)
{
    struct error error = {""};
    struct trace_event event;
    unsigned found = 0;
    write_trace();
    const int fd = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(thin_trace(dir, from, fd, &error), THIN_DONE, "%s", error.text);
    close(fd);
    struct trace *thinned = trace_open(to, &error);
    cr_assert(thinned, "%s", error.text);
    while (trace_next(thinned, &event)) {
        if (event.kind != TRACE_EVENT_NAME)
            continue;
        found++;
        cr_assert_eq(event.name_length, sizeof(name));
        cr_expect_arr_eq(event.name, name, sizeof(name));
    }
    cr_expect_eq(found, 1);
    trace_close(thinned);
}
