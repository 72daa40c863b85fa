/* file_status.h - stat(2), by the kernel's calls: the C library has them in 2.33 and later only. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_FILE_STATUS_H
#define PRELOAD_UTIL_FILE_STATUS_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As fstat(). Async-signal-safe. */
static inline int file_status(int fd, struct stat *status)
{
    return (int)syscall(SYS_newfstatat, fd, "", status, AT_EMPTY_PATH);
}

/* As lstat(). Async-signal-safe. */
static inline int file_status_at(const char *path, struct stat *status)
{
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

#endif
