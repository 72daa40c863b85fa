/* fuzz_dir.c - a directory in memory for the recording of one input. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "preload/trace/format.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/dev/shm/lifeguard-fuzz-XXXXXX";
static pid_t owner; /* not a fork of ours removes it */

static void trace_name(char *to, size_t size, unsigned number)
{
    snprintf(to, size, "%s/%u" TRACE_SUFFIX, dir, number);
}

static void remove_dir(void)
{
    char path[64];
    if (getpid() != owner)
        return;
    for (unsigned number = 1; number <= FUZZ_TRACES_MAX; number++) {
        trace_name(path, sizeof(path), number);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/" FUZZ_FILE, dir);
    unlink(path);
    rmdir(dir);
}

const char *fuzz_dir(void)
{
    if (!owner) {
        if (!mkdtemp(dir))
            abort();
        owner = getpid();
        atexit(remove_dir);
    }
    return dir;
}

static void write_trace(unsigned number, const uint8_t *bytes, size_t size)
{
    char path[64];
    trace_name(path, sizeof(path), number);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
        abort();
}

/* Where the trace that starts at FROM ends: at the next page that starts as a trace does. */
static size_t trace_end(const uint8_t *input, size_t from, size_t size)
{
    size_t at = from + TRACE_PAGE;
    while (at + sizeof(TRACE_MAGIC) <= size && memcmp(input + at, TRACE_MAGIC, sizeof(TRACE_MAGIC)))
        at += TRACE_PAGE;
    return at + sizeof(TRACE_MAGIC) <= size ? at : size;
}

void fuzz_write(const uint8_t *input, size_t size, unsigned most)
{
    static unsigned written;
    unsigned number = 0;
    size_t at = 0;
    fuzz_dir();
    do {
        size_t end = ++number < most ? trace_end(input, at, size) : size;
        write_trace(number, input + at, end - at);
        at = end;
    } while (at < size);
    for (unsigned old = number + 1; old <= written; old++) {
        char path[64];
        trace_name(path, sizeof(path), old);
        unlink(path);
    }
    written = number;
}
