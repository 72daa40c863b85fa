/* target.c - which recording a process is written to; see target.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/top/target.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The directory of the file that a LINE of /proc/PID/maps names, if it is a trace. */
static char *trace_dir(char *line)
{
    char *path = strchr(line, '/');
    if (!path)
        return NULL;
    path[strcspn(path, "\n")] = '\0';
    char *name = strrchr(path, '/');
    if (recording_file_kind(name + 1) != FILE_TRACE)
        return NULL;
    return name == path ? xstrdup("/") : xstrndup(path, (size_t)(name - path));
}

char *top_target(long pid, struct error *error)
{
    char maps[64], *line = NULL, *dir = NULL;
    size_t size = 0;
    snprintf(maps, sizeof(maps), "/proc/%ld/maps", pid);
    FILE *in = fopen(maps, "re");
    if (!in) {
        error_set(error, "process %ld: %s", pid,
                  errno == ENOENT ? "there is none" : strerror(errno));
        return NULL;
    }
    while (!dir && getline(&line, &size, in) > 0)
        dir = trace_dir(line);
    if (!dir)
        error_set(error, "process %ld is not recorded: it has no trace open", pid);
    free(line);
    fclose(in);
    return dir;
}
