/* traces.c - the traces of a recording that is looked after; see traces.h. */
#include "analyzer/keep/traces.h"

#include "analyzer/trace/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool traces_count(const char *dir, size_t *count, struct error *error)
{
    DIR *entries = opendir(dir);
    *count = 0;
    if (!entries) {
        error_set(error, "%s: %s", dir, strerror(errno));
        return false;
    }
    for (const struct dirent *entry; (entry = readdir(entries));)
        *count += recording_file_kind(entry->d_name) != FILE_OTHER;
    closedir(entries);
    return true;
}

static bool is_written(int dir, const char *name)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    const int fd = openat(dir, name, flags);
    const bool written = fd >= 0 && recording_file_in_use(fd, 0);
    if (fd >= 0)
        close(fd);
    return written;
}

bool traces_are_written(const char *dir)
{
    DIR *entries = opendir(dir);
    bool any = false;
    for (const struct dirent *entry; entries && !any && (entry = readdir(entries));)
        any = recording_file_kind(entry->d_name) == FILE_TRACE &&
              is_written(dirfd(entries), entry->d_name);
    if (entries)
        closedir(entries);
    return any;
}
