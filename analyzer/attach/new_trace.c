/* new_trace.c - the file of a trace that is about to begin; see new_trace.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/new_trace.h"

#include "preload/trace/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAME_PID_MAX 10000

int attach_new_trace(int dir, pid_t pid, char name[32], struct error *error)
{
    int fd = -1;
    if (faccessat(dir, TRACE_STOPPED_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        error_set(error, "the recording there was ended (lifeguard stop): record elsewhere");
        return -1;
    }
    for (unsigned n = 0; fd < 0 && n < SAME_PID_MAX; n++) {
        if (n == 0)
            snprintf(name, 32, "%d" TRACE_SUFFIX, (int)pid);
        else
            snprintf(name, 32, "%d.%u" TRACE_SUFFIX, (int)pid, n);
        fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        error_set(error, "%s: no trace can be made: %s", name, strerror(errno));
    return fd;
}
