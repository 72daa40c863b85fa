/* threads.c - whether this process has more than one thread; see threads.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/threads.h"

#include "preload/util/old_library.h"
#include "preload/util/proc_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define STATUS_ROOM 4096u

static const char unknown;
const char *threads_single = &unknown;

/* Before other constructors. */
__attribute__((constructor(101))) static void find_single(void)
{
    const char *single = old_library() ? NULL : dlsym(RTLD_DEFAULT, "__libc_single_threaded");
    if (single)
        threads_single = single;
}

static bool has_line(const char *text, ssize_t length, const char *line)
{
    const size_t size = strlen(line);
    for (ssize_t i = 0; i + (ssize_t)size <= length; i++) {
        if (memcmp(text + i, line, size) == 0)
            return true;
    }
    return false;
}

bool threads_are_several(void)
{
    char status[STATUS_ROOM];
    const int error = errno;
    if (threads_alone())
        return false;
    const int fd = open("/proc/self/status", PROC_READ);
    const ssize_t length = fd < 0 ? -1 : read(fd, status, sizeof(status));
    if (fd >= 0)
        close(fd);
    errno = error;
    return !has_line(status, length, "\nThreads:\t1\n");
}
