/* traces.c - the traces of a recording that was just written; see traces.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/traces.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/trace.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

void traces_visit(const char *dir,
                  void (*visit)(void *data, const char *path, const struct trace_header *header),
                  void *data)
{
    DIR *entries = opendir(dir);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        struct trace_header header;
        struct error error;
        char path[PATH_MAX];
        const int length = snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        if (recording_file_kind(entry->d_name) == FILE_TRACE && length < (int)sizeof(path) &&
            trace_read_header(path, &header, &error) == TRACE_USABLE)
            visit(data, path, &header);
    }
    if (entries)
        closedir(entries);
}

void traces_note(const char *path, size_t offset, const void *bytes, size_t length)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    (void)!pwrite(fd, bytes, length, (off_t)offset);
    close(fd);
}
