/* output_file.c - files that appear whole or not at all; see output_file.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/output_file.h"

#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct content {
    bool (*write)(FILE *out, const void *data);
    const void *data;
};

/* Writes to FD and closes it. */
static bool write_to(int fd, const struct content *content)
{
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool written = file && content->write(file, content->data);
    if (file ? fclose(file) != 0 : fd >= 0 && close(fd) != 0)
        written = false;
    return written;
}

static bool replace_file(const char *path, mode_t mode, const struct content *content)
{
    size_t size = strlen(path) + 32;
    char *temporary = xmalloc(size);
    snprintf(temporary, size, "%s.%ld.tmp", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    bool written = write_to(fd, content) && rename(temporary, path) == 0;
    int saved = errno;
    if (fd >= 0 && !written)
        unlink(temporary);
    errno = saved;
    free(temporary);
    return written;
}

bool output_file(const char *name, bool (*write)(FILE *out, const void *data), const void *data,
                 struct error *error)
{
    const struct content content = {write, data};
    char *target = realpath(name, NULL);
    const char *path = target ? target : name;
    struct stat st;
    if (!target && lstat(name, &st) == 0)
        return error_set(error, "%s: leads to nothing: %s", name, strerror(errno)), false;
    bool there = stat(path, &st) == 0;
    bool written = there && !S_ISREG(st.st_mode)
                       ? write_to(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), &content)
                       : replace_file(path, there ? st.st_mode & 0777 : 0666, &content);
    if (!written)
        error_set(error, "%s: %s", name, strerror(errno));
    free(target);
    return written;
}

bool output_file_private(const char *name, bool (*write)(FILE *out, const void *data),
                         const void *data, struct error *error)
{
    const struct content content = {write, data};
    const bool written = replace_file(name, 0600, &content);
    if (!written)
        error_set(error, "%s: %s", name, strerror(errno));
    return written;
}
