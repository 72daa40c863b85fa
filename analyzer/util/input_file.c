/*
 * input_file.c - a text file that a person wrote, as a whole and line by line; see input_file.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/util/input_file.h"

#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM 65536 /* bytes */

/* All of FD up to the limit; false with errno set. */
static bool read_all(int fd, struct input_file *file)
{
    size_t room = 0;
    for (;;) {
        if (file->length + 1 >= room) {
            room = room ? 2 * room : FIRST_ROOM;
            file->text = xrealloc(file->text, room);
        }
        ssize_t got = read(fd, file->text + file->length, room - file->length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        file->length += (size_t)got;
        if (file->length > INPUT_FILE_MAX) {
            errno = EFBIG;
            return false;
        }
    }
}

bool input_open(struct input_file *file, const char *name, struct error *error)
{
    *file = (struct input_file){.name = name};
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool whole = fd >= 0 && read_all(fd, file);
    if (!whole)
        error_set(error, "%s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (!whole) {
        input_close(file);
        return false;
    }
    file->text[file->length] = '\0';
    file->rest = (struct slice){file->text, file->length};
    return true;
}

void input_close(struct input_file *file)
{
    free(file->text);
    file->text = NULL;
}

bool input_line(struct input_file *file, struct slice *line)
{
    if (file->rest.length == 0)
        return false;
    const char *end = memchr(file->rest.text, '\n', file->rest.length);
    size_t length = end ? (size_t)(end - file->rest.text) : file->rest.length;
    size_t taken = length + (end != NULL);
    *line = slice_trim((struct slice){file->rest.text, length});
    file->rest = (struct slice){file->rest.text + taken, file->rest.length - taken};
    file->line++;
    return true;
}

bool input_error(const struct input_file *file, struct error *error, const char *format, ...)
{
    char message[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set(error, "%s:%u: %s", file->name, file->line, message);
    return false;
}
