#define _GNU_SOURCE /* F_SETLEASE */

#include "analyzer/trace/file.h"

#include "preload/trace/format.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

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
