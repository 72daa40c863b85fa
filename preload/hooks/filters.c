/* filters.c - a program sets a filter of system calls; see filters.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/filters.h"

#include "preload/guard/disposition.h"
#include "preload/guard/slots.h"
#include "preload/libc/seccomp.h"
#include "preload/trace/file.h"
#include "preload/util/clock.h"
#include "preload/util/kept_mappings.h"
#include "preload/util/system_calls.h"

#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool left_counter; /* for the strict filter, which may not be set after all */

/* Who borrows this memory, after vfork(), sets a filter for itself alone. */
static bool is_ours(void)
{
    const struct trace_header *header = trace_file_header();
    return header && header->pid == getpid();
}

/* What could not be done any more in a handler, or about a page that was touched, is done before.
 */
static void end_handling(void)
{
    if (!system_calls_may_handle() || !system_calls_may_close_pages())
        slots_end();
    if (!system_calls_may_handle())
        disposition_leave();
}

/* Where it leaves no way to claim blocks, some are claimed before; so is read what no file will
 * tell any more. */
static uint32_t begin_filter(const struct sock_fprog *filter)
{
    if (!is_ours())
        return 0;
    kept_mappings_renew();
    const uint32_t before = system_calls_filter(filter);
    if (!filter) /* then the counter may not be read, either */
        left_counter = clock_leave_counter();
    if (!system_calls_may_claim())
        trace_file_reserve();
    end_handling();
    return before;
}

static void filter_failed(uint32_t before)
{
    if (!is_ours())
        return;
    system_calls_restore(before);
    if (left_counter)
        clock_take_counter();
    left_counter = false;
}

static void set_counter(bool ends)
{
    if (!is_ours())
        return;
    if (ends)
        clock_leave_counter();
    else
        clock_take_counter();
}

static const struct sock_fprog *program_at(uint64_t address)
{
    return (const struct sock_fprog *)(uintptr_t)address;
}

/* One that is not set after all counts, too; and a counter that could be read again. */
void filters_prctl(const uint64_t *arguments)
{
    if ((int)arguments[0] == PR_SET_TSC && arguments[1] == PR_TSC_SIGSEGV)
        set_counter(true);
    if ((int)arguments[0] != PR_SET_SECCOMP)
        return;
    if (arguments[1] == SECCOMP_MODE_STRICT)
        begin_filter(NULL);
    else if (arguments[1] == SECCOMP_MODE_FILTER && arguments[2])
        begin_filter(program_at(arguments[2]));
}

void filters_syscall(const uint64_t *arguments)
{
    if (arguments[0] == SYS_seccomp && arguments[1] == SECCOMP_SET_MODE_STRICT)
        begin_filter(NULL);
    else if (arguments[0] == SYS_seccomp && arguments[1] == SECCOMP_SET_MODE_FILTER && arguments[3])
        begin_filter(program_at(arguments[3]));
    else if (arguments[0] == SYS_prctl)
        filters_prctl(arguments + 1);
}

void filters_setup(void)
{
    static const struct seccomp_watch watch = {begin_filter, filter_failed, set_counter};
    seccomp_watch = &watch;
}
