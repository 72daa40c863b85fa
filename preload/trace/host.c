/* host.c - what a process runs on; see host.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/host.h"

#include "preload/trace/definitions.h"
#include "preload/util/options.h"
#include "preload/util/proc_file.h"

#include <string.h>
#include <unistd.h>

#define VALUE_MAX                                                                                  \
    (TRACE_HOST_MAX - 16u) /* bytes; what is longer is left out: half a name would be another's */

/* A value of the recording: "key" NUL "value". */
static void put(struct stream *stream, const char *key, const char *value, size_t length)
{
    const struct definition_part parts[] = {{key, strlen(key) + 1}, {value, length}};
    if (length > 0 && length <= VALUE_MAX)
        definition_write(stream, TRACE_RECORD_HOST, parts, 2);
}

/* How many bytes the file's first line has, which ROOM takes; 0: it cannot be read. */
static size_t read_line(const char *path, char room[VALUE_MAX + 1])
{
    const int fd = open(path, PROC_READ);
    if (fd < 0)
        return 0;
    const ssize_t got = read(fd, room, VALUE_MAX + 1);
    close(fd);
    const char *end = got > 0 ? memchr(room, '\n', (size_t)got) : NULL;
    return end ? (size_t)(end - room) : 0;
}

static void put_file(struct stream *stream, const char *key, const char *path)
{
    char line[VALUE_MAX + 1];
    put(stream, key, line, read_line(path, line));
}

/* Of a unified hierarchy: "0::/system.slice/proftpd.service". */
static void put_control_group(struct stream *stream)
{
    char line[VALUE_MAX + 1];
    const size_t length = read_line("/proc/self/cgroup", line);
    if (length > 3 && memcmp(line, "0::", 3) == 0)
        put(stream, "cgroup", line + 3, length - 3);
}

void host_write(struct stream *stream)
{
    const char *labels = options_get()->labels;
    put_file(stream, "host", "/proc/sys/kernel/hostname");
    put_file(stream, "boot", "/proc/sys/kernel/random/boot_id");
    put_control_group(stream);
    if (labels)
        put(stream, "labels", labels, strlen(labels));
}
