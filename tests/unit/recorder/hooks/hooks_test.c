/* hooks_test.c - two pool systems that name the same function: it is patched once, for the first;
 * and pools are told with the number of their system. The C library plays the library of pools. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/detour.h"
#include "preload/hooks/install.h"
#include "preload/hooks/process.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/unwind.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* preload/hooks/process.c belongs to the preloaded recorder alone. */
static uint32_t known = 1;
volatile uint32_t *process_known = &known;
bool process_idle;

bool process_adopt(void)
{
    return true;
}

void process_rest(void)
{
}

TestSuite(hooks, .fini = temp_trace_end);

static struct pool_system first, second;

static void read_system(struct pool_system *system, const char *text)
{
    struct api_error error;
    cr_assert(api_parse(text, strlen(text), &system->api, &error), "%s", error.message);
}

static bool install_in_c_library(struct image *image, void *stream)
{
    if (!image_defines(image, first.api.detect, first.api.detects))
        return false;
    hooks_install(&first, image, stream);
    hooks_install(&second, image, stream);
    return true;
}

static void install_both(void)
{
    read_system(&first, "[api]\nname=first\ndetect=a64l ffs\n[functions]\na64l=create pool=a0\n"
                        "[marks]\ncommand=ffs\nrestart=ffs a0=\"r\"\n");
    read_system(&second, "[api]\nname=second\ndetect=a64l\n[functions]\na64l=create pool=a0\n"
                         "l64a=create pool=a0\n[marks]\ncommand=ffs\n");
    second.number = 1;
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    modules_setup();
    unwind_setup(false);
    cr_assert(images_visit(install_in_c_library, stream));
    detour_finish();
    stream_leave();
}

static void expect_hook(const struct trace *trace, size_t index, const char *function,
                        const char *how)
{
    const struct hook_definition *hook = trace_hook(trace, index);
    cr_expect_str_eq(hook->function, function);
    cr_expect_str_eq(hook->how, how);
    cr_expect_eq(hook->skipped, strcmp(how, "symbol") != 0);
}

Test(hooks, a_function_of_two_systems_is_the_first_ones)
{
    install_both();
    struct trace *trace = temp_trace_read();
    cr_assert_eq(trace_hook_count(trace), 5);
    expect_hook(trace, 0, "a64l", "symbol");
    expect_hook(trace, 1, "ffs", "symbol");
    expect_hook(trace, 2, "a64l", "it is hooked for another pool system");
    expect_hook(trace, 3, "l64a", "symbol");
    expect_hook(trace, 4, "ffs", "it is hooked for another pool system");
    trace_close(trace);
}

Test(hooks, pools_are_told_with_the_number_of_their_system)
{
    struct trace_event event;
    long (*volatile of_first)(const char *) = a64l;
    char *(*volatile of_second)(long) = l64a;

    install_both();
    of_first("pool");
    of_second(4096);
    struct trace *trace = temp_trace_read();
    cr_assert(trace_next(trace, &event) && event.kind == TRACE_EVENT_CREATE);
    cr_expect_eq(event.system, 0);
    cr_assert(trace_next(trace, &event) && event.kind == TRACE_EVENT_CREATE);
    cr_expect_eq(event.system, 1);
    cr_expect_eq(event.pool, 4096);
    cr_expect_not(trace_next(trace, &event));
    trace_close(trace);
}
