/* filters.c - a program sets a filter of system calls; see filters.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/filters.h"

#include "preload/libc/seccomp.h"
#include "preload/trace/file.h"
#include "preload/util/system_calls.h"

#include <unistd.h>

/* Who borrows this memory, after vfork(), sets a filter for itself alone. */
static bool is_ours(void)
{
    const struct trace_header *header = trace_file_header();
    return header && header->pid == getpid();
}

/* Where it leaves no way to claim blocks, some are claimed before. */
static uint32_t begin_filter(const struct sock_fprog *filter)
{
    if (!is_ours())
        return 0;
    const uint32_t before = system_calls_filter(filter);
    if (!system_calls_may_claim())
        trace_file_reserve();
    return before;
}

static void filter_failed(uint32_t before)
{
    if (is_ours())
        system_calls_restore(before);
}

void filters_setup(void)
{
    static const struct seccomp_watch watch = {begin_filter, filter_failed};
    seccomp_watch = &watch;
}
