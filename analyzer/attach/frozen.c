/* frozen.c - a process's control group is asked whether it is frozen; see frozen.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/frozen.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LINE_ROOM (PATH_MAX + 256) /* of /proc/PID/cgroup: "7:freezer:/a/group" */

/* Has the file NAME of the group GROUP, below MOUNT, LINE? */
static bool has_line(const char *mount, const char *group, const char *name, const char *line)
{
    char path[LINE_ROOM + 64], read[256];
    bool found = false;
    snprintf(path, sizeof(path), "%s%s/%s", mount, group, name);
    FILE *in = fopen(path, "re");
    while (in && !found && fgets(read, sizeof(read), in))
        found = strcmp(read, line) == 0;
    if (in)
        fclose(in);
    return found;
}

static bool is_group_frozen(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    const char *controllers = strchr(line, ':');
    const char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group++)
        return false;
    if (strncmp(controllers, "::", 2) == 0)
        return has_line("/sys/fs/cgroup", group, "cgroup.events", "frozen 1\n") ||
               has_line("/sys/fs/cgroup/unified", group, "cgroup.events", "frozen 1\n");
    return strncmp(controllers, ":freezer:", strlen(":freezer:")) == 0 &&
           (has_line("/sys/fs/cgroup/freezer", group, "freezer.state", "FROZEN\n") ||
            has_line("/sys/fs/cgroup/freezer", group, "freezer.state", "FREEZING\n"));
}

bool is_frozen(pid_t pid)
{
    char path[64], line[LINE_ROOM];
    bool frozen = false;
    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
    FILE *in = fopen(path, "re");
    while (in && !frozen && fgets(line, sizeof(line), in))
        frozen = is_group_frozen(line);
    if (in)
        fclose(in);
    return frozen;
}
