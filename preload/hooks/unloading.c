/* unloading.c - code that is gone; see unloading.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/unloading.h"

#include "preload/hooks/process.h"
#include "preload/trace/stream.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/rules.h"
#include "preload/unwind/unwind.h"

#include <errno.h>

void unloading_notice(void)
{
    const int error = errno;
    struct stream *stream = process_check_fork() ? stream_enter() : NULL;
    if (stream) {
        if (modules_drop_unloaded(stream, backtraces_next_id())) {
            unwind_forget_rules();
            backtraces_forget();
        } else if (rules_lack_tables()) {
            unwind_forget_rules();
        }
        stream_leave();
    }
    errno = error;
}
