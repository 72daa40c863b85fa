/*
 * attached.c - recording that begins in a program that runs, and ends before it does: what who
 * attaches calls, see control.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/code/detour.h"
#include "preload/code/loaded_objects.h"
#include "preload/hooks/filters.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/install.h"
#include "preload/hooks/own_hooks.h"
#include "preload/hooks/process.h"
#include "preload/hooks/systems.h"
#include "preload/hooks/title.h"
#include "preload/hooks/usage.h"
#include "preload/trace/definitions.h"
#include "preload/trace/file.h"
#include "preload/trace/giver.h"
#include "preload/trace/names.h"
#include "preload/trace/resident.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/stack_cache.h"
#include "preload/unwind/unwind.h"
#include "preload/util/address_space.h"
#include "preload/util/clock.h"
#include "preload/util/control.h"
#include "preload/util/options.h"
#include "preload/util/system_calls.h"
#include "preload/util/vectors.h"

#include <errno.h>
#include <string.h>

#define PATIENCE_NS UINT64_C(100000000) /* 100 ms */

#define EXPORTED __attribute__((visibility("default")))

static uint64_t prepare(void), commit(void), finish(void);

_Static_assert(CONTROL_WORDS == REGISTERS_MAX, "as many as are given on");
_Static_assert(CONTROL_JUMP == DETOUR_JUMP, "patches are jumps");
_Static_assert(CONTROL_KNOWN == PROCESS_KNOWN && CONTROL_HELD == PROCESS_HELD,
               "as hooks know them");

/* Not among what a fork changes: see forked.h. */
EXPORTED __attribute__((section("control"))) struct control lifeguard_control = {
    .magic = CONTROL_MAGIC,
    .size = sizeof(struct control),
};

static uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static uint64_t fail(const char *why)
{
    memcpy(lifeguard_control.why, why,
           strnlen(why, sizeof(lifeguard_control.why) - 1)); /* it is zero before */
    return 1;
}

/* What lies outside of this thread's own does so at the same distance in every thread. */
static int64_t distance_to_entered(void)
{
    uint64_t base;
    __asm__("movq %%fs:0, %0" : "=r"(base));
    return (int64_t)(address_of(&stream_self.latest) - base);
}

/* Before main, or as the library is loaded into a program that runs. */
__attribute__((constructor)) static void tell_control(void)
{
    struct control *control = &lifeguard_control;
    modules_setup();
    modules_recorder(&control->code_begin, &control->code_end);
    control->trace = address_of(trace_file_place());
    control->serves = address_of(&options_get()->guard);
    control->entered = distance_to_entered();
    control->known = address_of((const void *)&process_known);
    process_waits_at(&control->waits_begin, &control->waits_end);
    control->prepare = address_of((const void *)prepare);
    control->commit = address_of((const void *)commit);
    control->finish = address_of((const void *)finish);
}

static void tell_patches(void)
{
    struct control *control = &lifeguard_control;
    static struct detour_patch patches[CONTROL_PATCHES];
    const unsigned count = detours_list(patches, CONTROL_PATCHES);
    for (unsigned i = 0; i < count; i++) {
        struct control_patch *to = &control->patches[i];
        to->address = patches[i].address;
        memcpy(to->instead, patches[i].moved, sizeof(to->instead));
        memcpy(to->original, patches[i].original, DETOUR_JUMP);
        memcpy(to->jump, patches[i].jump, DETOUR_JUMP);
    }
    control->patch_count = count;
    control->functions = hooks_count();
    for (unsigned i = 0; i < CONTROL_REGIONS; i++)
        control->regions[i] = detour_region(i, &control->region_size);
}

/* As if nothing had been recorded in this process. */
static void start_over(void)
{
    detours_undone(); /* who called saw to it */
    systems_forget();
    streams_restart();
    names_forget();
    modules_forget();
    unwind_forget_rules();
    backtraces_forget();
    backtraces_continue(1);
    usage_forget();
    generation_forked(NULL, false);
}

static void read_request(const struct control_request *request)
{
    const struct options options = {.api = *request->api ? request->api : NULL,
                                    .max_size = request->max_size,
                                    .walk = (enum option_walk)request->walk,
                                    .survivors = request->young > 0,
                                    .young = request->young,
                                    .attached = true};
    options_take(&options, request->program);
    title_take((const char *)(uintptr_t)request->title, request->title_size);
    giver_set(request->giver_name, request->children ? request->giver : 0);
}

static void set_up_once(void)
{
    static bool done;
    if (!done && !process_is_watched()) {
        address_space_begin();
        clock_setup();
        vectors_setup();
        streams_setup(stack_cache_forget_thread);
        unwind_setup(false);
    }
    done = true;
}

static void begin_trace(struct stream *stream)
{
    const char *program = options_program();
    const struct definition_part part = {program, strlen(program)};
    definition_write(stream, TRACE_RECORD_PROGRAM, &part, 1);
    resident_begin(stream, false);
    modules_find_relative(stream, backtraces_next_id());
    systems_find(stream, options_get()->api);
}

/* The jumps are not written: threads may be anywhere. */
static uint64_t prepare_trace(void)
{
    struct stream *stream = stream_enter();
    if (!stream)
        return fail("there is no place for its main thread's events");
    detours_put_off(true);
    begin_trace(stream);
    const char *why = own_hooks_end(process_ends);
    if (!why)
        why = own_hooks_filters(filters_prctl, filters_syscall);
    const bool sealed = detour_finish();
    detours_put_off(false);
    stream_leave();
    tell_patches();
    lifeguard_control.searches = systems_search();
    lifeguard_control.mapping_count = 0;
    if (!sealed)
        return fail("the kernel lets no new code into it");
    return why ? fail(why) : 0;
}

static uint64_t prepare(void)
{
    struct control *control = &lifeguard_control;
    const struct trace_origin none = {0};
    const int error = errno;
    uint64_t failed = 1;
    read_request(&control->request);
    system_calls_take((const struct sock_fprog *)(uintptr_t)control->request.filters,
                      control->request.filter_count);
    set_up_once();
    loaded_setup();
    process_setup_attached(systems_at_end, systems_at_fork);
    start_over();
    if (trace_file_take(control->request.trace, control->request.max_size, &none))
        failed = prepare_trace();
    else
        fail("its limits (RLIMIT_FSIZE, RLIMIT_AS) leave no room for its trace, or a filter of "
             "system calls (seccomp) has one fail that it takes");
    control->state = CONTROL_PREPARED;
    errno = error;
    return failed;
}

/* Who called may be gone. */
static void wait_for_release(void)
{
    struct control *control = &lifeguard_control;
    const uint64_t until = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    __atomic_store_n(&control->held, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&control->released, __ATOMIC_ACQUIRE) &&
           clock_ns(CLOCK_MONOTONIC) < until)
        __builtin_ia32_pause();
}

static uint64_t commit(void)
{
    const struct control *control = &lifeguard_control;
    const int error = errno;
    struct stream *stream = stream_enter();
    if (stream) {
        systems_adopt(stream, (const struct control_mapping *)(uintptr_t)control->mappings,
                      control->mapping_count);
        stream_leave();
        trace_file_attached();
        process_set_idle(false);
        lifeguard_control.state = CONTROL_COMMITTED;
    }
    errno = error;
    const uint64_t failed = stream ? 0 : fail("nothing can be recorded");
    wait_for_release();
    return failed;
}

static void end_trace(void)
{
    const struct control *control = &lifeguard_control;
    struct registers registers = {.sp = control->registers.sp, .count = CONTROL_WORDS};
    memcpy(registers.words, control->registers.words, sizeof(registers.words));
    struct stream *stream = process_is_idle() ? NULL : stream_enter();
    if (stream) {
        resident_note(stream, RESIDENT_AT_END);
        systems_at_end(stream, &registers);
        stream_leave();
    }
    process_set_idle(true);
    if (trace_file_header())
        trace_file_detach();
}

static uint64_t finish(void)
{
    const int error = errno;
    tell_patches();
    end_trace();
    lifeguard_control.state = CONTROL_ENDED;
    errno = error;
    wait_for_release();
    return 0;
}
