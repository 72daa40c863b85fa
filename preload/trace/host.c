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

#define GROUPS_MAX 4096 /* bytes that are read of what control groups it is in */

/* A value of the recording: "key" NUL "value". */
static void put(struct stream *stream, const char *key, const char *value, size_t length)
{
    const struct definition_part parts[] = {{key, strlen(key) + 1}, {value, length}};
    if (length > 0 && length <= VALUE_MAX)
        definition_write(stream, TRACE_RECORD_HOST, parts, 2);
}

/* How many bytes of the file there are, which ROOM, of SIZE bytes, takes; 0: it cannot be read. */
static size_t read_file(const char *path, char *room, size_t size)
{
    const int fd = open(path, PROC_READ);
    if (fd < 0)
        return 0;
    const ssize_t got = read(fd, room, size);
    close(fd);
    return got > 0 ? (size_t)got : 0;
}

/* The file's first line. */
static void put_file(struct stream *stream, const char *key, const char *path)
{
    char text[VALUE_MAX + 1];
    const char *end = memchr(text, '\n', read_file(path, text, sizeof(text)));
    put(stream, key, text, end ? (size_t)(end - text) : 0);
}

/* Where in a line that ends at END, "0::/a.service" or "4:memory:/docker/1b3c", the path is. */
static const char *group_path(const char *line, const char *end)
{
    const char *first = memchr(line, ':', (size_t)(end - line));
    const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
    return second ? second + 1 : end;
}

/* There is a line for each hierarchy, and where they differ the longest path says most. */
static void put_control_group(struct stream *stream)
{
    char text[GROUPS_MAX];
    const char *longest = text, *line = text, *end;
    const char *limit = text + read_file("/proc/self/cgroup", text, sizeof(text));
    size_t length = 0;
    for (; (end = memchr(line, '\n', (size_t)(limit - line))); line = end + 1) {
        const char *path = group_path(line, end);
        if ((size_t)(end - path) <= length)
            continue;
        longest = path;
        length = (size_t)(end - path);
    }
    put(stream, "cgroup", longest, length);
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
