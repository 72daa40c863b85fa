/* metrics_file.c - a text file for node exporter's collector; see metrics_file.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/metrics_file.h"

#include "analyzer/util/memory.h"
#include "analyzer/util/output_file.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".prom"
#define MODE   0644 /* the exporter is another user's */

struct content {
    const char *text;
    size_t length;
};

/* The collector reads no others. */
static bool has_ending(const char *name)
{
    const size_t length = strlen(name), ending = strlen(ENDING);
    return length > ending && strcmp(name + length - ending, ENDING) == 0 &&
           name[length - ending - 1] != '/';
}

bool metrics_file_check(const char *name, struct error *error)
{
    struct stat st;
    if (!has_ending(name)) {
        error_set(error, "%s: does not end in " ENDING ", and would not be read", name);
        return false;
    }
    if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
        error_set(error, "%s: is no regular file", name);
        return false;
    }
    char *copy = xstrdup(name);
    const bool writable = access(dirname(copy), W_OK | X_OK) == 0;
    if (!writable)
        error_set(error, "%s: %s", name, strerror(errno));
    free(copy);
    return writable;
}

static bool write_content(FILE *out, const void *data)
{
    const struct content *content = data;
    return fwrite(content->text, 1, content->length, out) == content->length &&
           fchmod(fileno(out), MODE) == 0;
}

void metrics_file_write(struct metrics_file *file, const char *text, size_t length)
{
    struct error error;
    const struct content content = {text, length};
    const bool written = output_file(file->name, write_content, &content, &error);
    if (!written && !file->failed)
        fprintf(stderr, "lifeguard keep: %s: it is not up to date\n", error.text);
    file->failed = !written;
    file->written |= written;
}

void metrics_file_end(struct metrics_file *file)
{
    if (!file->written)
        return;
    if (unlink(file->name) == 0)
        fprintf(stderr, "lifeguard keep: %s is removed: nobody keeps it up to date any more\n",
                file->name);
    else if (errno != ENOENT)
        fprintf(stderr,
                "lifeguard keep: %s: cannot be removed, and is out of date from now on: %s\n",
                file->name, strerror(errno));
    file->written = false;
}
