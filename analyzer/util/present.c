/* present.c - what a process has in memory just now; see present.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/present.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static FILE *open_of(int32_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%" PRId32 "/%s", pid, name);
    return fopen(path, "re");
}

/* Whether process PID has FILE mapped. */
static bool is_mapped(int32_t pid, const struct stat *file)
{
    FILE *maps = open_of(pid, "maps");
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    while (maps && !found && getline(&line, &room, maps) > 0) {
        unsigned major, minor;
        uint64_t inode;
        if (sscanf(line, "%*s %*s %*s %x:%x %" SCNu64, &major, &minor, &inode) == 3)
            found = inode == file->st_ino && makedev(major, minor) == file->st_dev;
    }
    free(line);
    if (maps)
        fclose(maps);
    return found;
}

uint64_t present_memory(int32_t pid, const char *path)
{
    struct stat file;
    uint64_t pages = 0;
    if (pid <= 0 || stat(path, &file) != 0 || !S_ISREG(file.st_mode) || !is_mapped(pid, &file))
        return 0;
    FILE *in = open_of(pid, "statm");
    if (in && fscanf(in, "%*u %" SCNu64, &pages) != 1)
        pages = 0;
    if (in)
        fclose(in);
    return pages <= UINT64_MAX >> 20 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
