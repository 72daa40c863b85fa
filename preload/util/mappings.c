/* mappings.c - /proc/self/maps, line by line (mappings.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/util/mappings.h"

#include "preload/util/proc_file.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ADDRESS_MAX (UINT64_C(1) << 47) /* what lies beyond is the kernel's */
#define SHARED_MAX  (UINT64_C(16) << 20)

static const char *read_hex(const char *at, uint64_t *number)
{
    *number = 0;
    for (;; at++) {
        const char digit = *at;
        if (digit >= '0' && digit <= '9')
            *number = *number << 4 | (uint64_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            *number = *number << 4 | (uint64_t)(digit - 'a' + 10);
        else
            return at;
    }
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    const size_t size = strlen(end);
    return length >= size && memcmp(text + length - size, end, size) == 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Does LINE, of a mapping that is shared, tell of memory: no device, and no trace? */
static bool is_memory(const char *line, size_t length)
{
    const char *name = strchr(line, '/');
    if (!name ||
        (begins(name, "/dev/") && !begins(name, "/dev/zero") && !begins(name, "/dev/shm/")))
        return false;
    return !ends_with(line, length, ".trace") && !ends_with(line, length, ".trace (deleted)");
}

/* LINE, of LENGTH bytes, is terminated: "BEGIN-END rw-p ...". */
static void take_line(const char *line, size_t length, mapping_seen *seen, void *data)
{
    uint64_t begin, end;
    const char *at = read_hex(line, &begin);
    if (*at++ != '-')
        return;
    at = read_hex(at, &end);
    const bool own = strncmp(at, " rw", 3) == 0 && at[3] && at[4] == 'p';
    const bool shared = strncmp(at, " r", 2) == 0 && at[2] && at[3] && at[4] == 's';
    const bool constant = strncmp(at, " r--p", 5) == 0 ||
                          (shared && end - begin <= SHARED_MAX && is_memory(line, length));
    const bool heap = own && ends_with(line, length, " [heap]");
    if (begin < end && end <= ADDRESS_MAX)
        seen(data, &(struct mapping){begin, end,
                                     heap       ? MAPPING_HEAP
                                     : own      ? MAPPING_OWN
                                     : constant ? MAPPING_CONSTANT
                                                : MAPPING_OTHER});
}

/* The whole lines in the LENGTH bytes of ROOM; returns how many bytes of the next one are there,
 * now at its beginning. */
static size_t take_lines(char *room, size_t length, mapping_seen *seen, void *data)
{
    char *line = room, *end;
    while ((end = memchr(line, '\n', (size_t)(room + length - line)))) {
        *end = '\0';
        take_line(line, (size_t)(end - line), seen, data);
        line = end + 1;
    }
    const size_t rest = (size_t)(room + length - line);
    memmove(room, line, rest);
    return rest;
}

/* After a chroot(2) anything may be there. */
static bool is_of_proc(int fd)
{
    struct statfs system;
    return fstatfs(fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

bool mappings_read(char *room, mapping_seen *seen, void *data)
{
    const int error = errno;
    const int fd = open("/proc/self/maps", PROC_READ);
    size_t length = 0;
    ssize_t got = fd >= 0 && is_of_proc(fd) ? 1 : -1;
    while (got > 0 && length < MAPPINGS_ROOM) {
        got = read(fd, room + length, MAPPINGS_ROOM - length);
        if (got > 0)
            length = take_lines(room, length + (size_t)got, seen, data);
    }
    if (fd >= 0)
        close(fd);
    errno = error;
    return got == 0;
}
