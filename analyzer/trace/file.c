/* file.c - the files of a recording: which they are, opened and read; see file.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_SETLEASE */

#include "analyzer/trace/file.h"

#include "preload/trace/format.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *name, size_t length, const char *suffix)
{
    size_t end = strlen(suffix);
    return length > end && memcmp(name + length - end, suffix, end) == 0;
}

enum recording_file recording_file_kind(const char *name)
{
    size_t length = strlen(name);
    if (name[0] == '.')
        return FILE_OTHER;
    if (ends_with(name, length, TRACE_SUFFIX))
        return FILE_TRACE;
    return ends_with(name, length, TRACE_SUFFIX PACKED_SUFFIX) ? FILE_PACKED : FILE_OTHER;
}

bool recording_file_in_use(int fd, pid_t pid)
{
    /* A lease for reading is given only while nobody has the file for writing; a mapping counts. */
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
    }
    if (errno == EAGAIN)
        return true;
    return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

int trace_open_file(const char *path, struct error *error)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    const bool known = fd >= 0 && fstat(fd, &st) == 0;
    if (known && S_ISREG(st.st_mode))
        return fd;
    if (error && !known)
        error_set(error, "%s: %s", path, strerror(errno));
    else if (error)
        error_set(error, "%s: is no regular file", path);
    if (fd >= 0)
        close(fd);
    return -1;
}

ssize_t trace_read_at(int fd, void *to, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (char *)to + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}
