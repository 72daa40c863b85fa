/* temp_dir.c - a directory for a test's traces; see temp_dir.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/temp_dir.h"

#include "analyzer/util/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void write_trace_file(const char *path, const void *bytes, size_t length)
{
    FILE *out = fopen(path, "we");
    if (!out || fwrite(bytes, 1, length, out) != length || fclose(out) != 0)
        abort();
}

char *temporary_directory(void)
{
    const char *base = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof(path), "%s/lifeguard-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(path))
        abort();
    return xstrdup(path);
}

void remove_directory(char *dir)
{
    DIR *entries = opendir(dir);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        char path[8192];
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(path);
    }
    if (entries)
        closedir(entries);
    rmdir(dir);
    free(dir);
}
