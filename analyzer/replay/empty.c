/* empty.c - why there is no recording in a directory, and where there is one. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BELOW_MOST 1024 /* directories that are looked into */

/* Recordings in directories of one, as LIFEGUARD_DIR=.../{time} makes them. */
struct below {
    unsigned count;
    char *latest; /* the path of the one that changed last; owned */
    struct timespec changed;
};

static bool has_trace(const char *path)
{
    bool found = false;
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && !found && (entry = readdir(dir)))
        found = recording_file_kind(entry->d_name) != FILE_OTHER;
    if (dir)
        closedir(dir);
    return found;
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* PATH passes on. */
static void look_into(struct below *below, char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode) || !has_trace(path)) {
        free(path);
        return;
    }
    if (below->count++ && !is_later(st.st_mtim, below->changed)) {
        free(path);
        return;
    }
    free(below->latest);
    below->latest = path;
    below->changed = st.st_mtim;
}

static struct below find_below(const char *path)
{
    struct below below = {0};
    DIR *dir = opendir(path);
    const struct dirent *entry;
    for (unsigned i = 0; dir && i < BELOW_MOST && (entry = readdir(dir)); i++)
        if (entry->d_name[0] != '.')
            look_into(&below, xasprintf("%s/%s", path, entry->d_name));
    if (dir)
        closedir(dir);
    return below;
}

/* As preload/trace/refusal.c has it. */
static bool is_refused(const struct recording *recording)
{
    struct stat st;
    return stat(recording->dir, &st) == 0 && st.st_mode & (S_IWGRP | S_IWOTH);
}

void say_empty(const struct recording *recording, struct error *error)
{
    static const char none[] = "no recording: there is no trace in it";
    struct below below = {0};
    if (recording->empty)
        error_set(error, "%s: every process ended before its recording began", recording->dir);
    else if (is_refused(recording))
        error_set(error, "%s: %s: it is writable by others, so that nothing is recorded there",
                  recording->dir, none);
    else if ((below = find_below(recording->dir)).count)
        error_set(error, "%s: %s, but %u recording%s in directories of it: the latest is %s",
                  recording->dir, none, below.count, below.count == 1 ? " is" : "s are",
                  below.latest);
    else
        error_set(error, "%s: %s", recording->dir, none);
    free(below.latest);
}
