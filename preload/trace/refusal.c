/* refusal.c - why a trace could not be begun in a directory; see refusal.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/refusal.h"

#include "preload/trace/format.h"
#include "preload/util/file_status.h"
#include "preload/util/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *why_missing(int error)
{
    switch (error) {
    case ENOENT:
        return "could not be made: the directory above it is missing, or not to be written";
    case ENOTDIR:
        return "is below what is no directory";
    case EACCES:
        return "may not be reached by this user";
    default:
        return "cannot be reached";
    }
}

static bool was_ended(const char *dir)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof(path), "%s/" TRACE_STOPPED_NAME, dir) < (int)sizeof(path) &&
           access(path, F_OK) == 0;
}

const char *trace_refusal(const char *dir)
{
    struct stat st;
    if (file_status_at(dir, &st) != 0)
        return why_missing(errno);
    if (S_ISLNK(st.st_mode))
        return "is a symbolic link";
    if (!S_ISDIR(st.st_mode))
        return "is no directory";
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return "is writable by others";
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return "is another user's";
    if (access(dir, W_OK | X_OK) != 0)
        return errno == EROFS ? "is on a file system that is read-only"
                              : "may not be written by this user";
    if (was_ended(dir))
        return "has a recording that was ended (lifeguard stop)";
    if (options_get()->max_total)
        return "has no room for a trace, or holds as much as LIFEGUARD_MAX_TOTAL allows";
    return "has no room for a trace, or a limit of the process leaves none";
}

/* Of the trace of PID. */
static bool has_announced(const char *dir, int pid)
{
    char path[PATH_MAX];
    uint32_t announced = 0;
    if (snprintf(path, sizeof(path), "%s/%d" TRACE_SUFFIX, dir, pid) >= (int)sizeof(path))
        return false;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got =
        pread(fd, &announced, sizeof(announced), offsetof(struct trace_header, announced));
    close(fd);
    return got == (ssize_t)sizeof(announced) && announced;
}

bool trace_was_announced(const char *dir)
{
    return has_announced(dir, (int)getppid()) || has_announced(dir, (int)getpid());
}
