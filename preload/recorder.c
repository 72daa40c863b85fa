/*
 * recorder.c - the constructor: from the environment to a recording that runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/code/detour.h"
#include "preload/code/loaded_objects.h"
#include "preload/guard/crash.h"
#include "preload/guard/interrupted.h"
#include "preload/hooks/filters.h"
#include "preload/hooks/own_hooks.h"
#include "preload/hooks/process.h"
#include "preload/hooks/systems.h"
#include "preload/hooks/title.h"
#include "preload/trace/definitions.h"
#include "preload/trace/file.h"
#include "preload/trace/host.h"
#include "preload/trace/refusal.h"
#include "preload/trace/resident.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/stack_cache.h"
#include "preload/unwind/unwind.h"
#include "preload/util/address_space.h"
#include "preload/util/announce.h"
#include "preload/util/clock.h"
#include "preload/util/control.h"
#include "preload/util/old_library.h"
#include "preload/util/options.h"
#include "preload/util/readable.h"
#include "preload/util/system_calls.h"
#include "preload/util/threads.h"
#include "preload/util/vectors.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

static void begin_trace(struct stream *stream)
{
    const char *program = options_program();
    const struct definition_part part = {program, strlen(program)};
    definition_write(stream, TRACE_RECORD_PROGRAM, &part, 1);
    host_write(stream);
    resident_begin(stream, true);
    modules_find_relative(stream, backtraces_next_id());
    if (threads_are_several()) /* they may be in what would be overwritten */
        systems_leave(stream, "other threads run already: one was begun before main");
    else
        systems_find(stream, options_get()->api);
}

/* One line for who started the first process of a recording by hand, or reads its log. */
static void tell(bool recorded)
{
    const char *dir = options_get()->dir;
    const char *const records[] = {"records the pools of ", options_program(), " into ", dir};
    const char *const refuses[] = {"nothing is recorded: ", dir, " ",
                                   dir[0] == '/' ? trace_refusal(dir) : "is a relative path"};
    const bool announced = recorded && trace_was_announced(dir);
    if (!recorded)
        announce(refuses, 4);
    else if (systems_found() && !announced)
        announce(records, 4);
    if (recorded && (announced || systems_found()))
        trace_file_announced();
}

/* Does the program run without being recorded, whatever is asked for? */
static bool is_refused(void)
{
    const char *old = old_library();
    const char *const refuses[] = {"nothing is recorded: the C library is ", old,
                                   ", and 2.34 or later is needed"};
    if (old && options_read())
        announce(refuses, 3);
    return old;
}

/* Was the library loaded by who attaches? Then it is told what to do. */
static bool is_attached(void)
{
    struct loaded_object found;
    loaded_setup();
    return loaded_find((uint64_t)(uintptr_t)is_attached, &found) &&
           strcmp(found.map->l_name, CONTROL_PATH) == 0;
}

/* What binds to its own libraries first (RTLD_DEEPBIND), or finds them by dlsym(), calls the C
 * library's functions, not this one's: a filter that was set so would end the program. */
static void watch_filters(void)
{
    if (!systems_found())
        return;
    own_hooks_filters(filters_prctl, filters_syscall);
    detour_finish();
}

__attribute__((constructor)) static void start_recording(int argc, char **argv)
{
    int error = errno;
    const struct trace_origin none = {0};
    if (is_refused()) {
        errno = error;
        return;
    }
    if (!is_attached() && options_read()) {
        system_calls_setup();
        readable_setup();
        address_space_begin();
        clock_setup();
        vectors_setup();
        modules_setup();
        streams_setup(stack_cache_forget_thread);
        mkdir(options_get()->dir, 0700);
        struct stream *stream = trace_file_open(options_get()->dir, options_get()->max_size, &none)
                                    ? stream_enter()
                                    : NULL;
        if (stream) {
            title_setup(argc, argv);
            unwind_setup(options_get()->verify);
            filters_setup();
            process_setup(systems_at_end, systems_at_fork);
            interrupted_setup(process_knows);
            if (options_get()->crash)
                crash_setup();
            begin_trace(stream);
            watch_filters();
            stream_leave();
        }
        tell(stream);
    } else if (options_get()->dir) {
        tell(false);
    }
    errno = error;
}
