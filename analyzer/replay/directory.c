/* directory.c - opens the traces of a directory, and closes them. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/recording.h"

#include "analyzer/replay/internal.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *join_path(const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = xmalloc(size);
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

void members_add(struct recording *recording, const char *name)
{
    struct error error;
    struct member *member = xcalloc(1, sizeof(*member));
    member->path = join_path(recording->dir, name);
    enum trace_state state = trace_read_header(member->path, &member->header, &error);
    if (state != TRACE_USABLE) {
        member_free(member);
        if (state == TRACE_NOT_BEGUN)
            recording->empty++;
        else
            refuse(recording, error.text);
        return;
    }
    if (folded_has(recording, member)) {
        member_free(member);
        return;
    }
    /* A power of two, or the first: the array is full. */
    GROW_TO_POWER(recording->members, recording->count);
    recording->members[recording->count++] = member;
}

static bool list_members(struct recording *recording, struct error *error)
{
    DIR *dir = opendir(recording->dir);
    if (!dir) {
        error_set(error, "%s: %s", recording->dir, strerror(errno));
        return false;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (recording_file_kind(entry->d_name) != FILE_OTHER)
            members_add(recording, entry->d_name);
    closedir(dir);
    if (recording->count)
        return true;
    if (recording->refused_count)
        error_set(error, "%s", recording->refused[0]);
    else
        say_empty(recording, error);
    return false;
}

int member_by_start(const void *left, const void *right)
{
    const struct member *a = *(struct member *const *)left, *b = *(struct member *const *)right;
    if (a->header.wall_ns != b->header.wall_ns)
        return a->header.wall_ns < b->header.wall_ns ? -1 : 1;
    if (a->header.file_id != b->header.file_id)
        return a->header.file_id < b->header.file_id ? -1 : 1;
    return strcmp(a->path, b->path);
}

static bool is_packed(const struct member *member)
{
    return recording_file_kind(member_name(member)) == FILE_PACKED;
}

/* Where a trace is there packed and as it was, packing it was broken off: the packed one goes. */
static void drop_packed_twins(struct recording *recording)
{
    size_t kept = 1;
    for (size_t i = 1; i < recording->count; i++) {
        struct member *last = recording->members[kept - 1], *member = recording->members[i];
        if (member->header.file_id && last->header.file_id == member->header.file_id &&
            member_name_key(member_name(last)) == member_name_key(member_name(member))) {
            struct member *twin = is_packed(member) ? member : last;
            if (twin == last)
                recording->members[kept - 1] = member;
            member_free(twin);
        } else {
            recording->members[kept++] = member;
        }
    }
    recording->count = kept;
}

/* What the recorder noted of all traces together; a file that is none says nothing. */
static uint64_t read_total(const struct recording *recording)
{
    struct trace_total total;
    struct error error;
    char *path = join_path(recording->dir, TRACE_TOTAL_NAME);
    const int fd = trace_open_file(path, &error);
    const bool whole = fd >= 0 && trace_read_at(fd, &total, sizeof(total), 0) == sizeof(total);
    if (fd >= 0)
        close(fd);
    free(path);
    return whole && total.refused ? total.limit : 0;
}

struct recording *recording_open(const char *dir, struct error *error)
{
    struct recording *recording = xcalloc(1, sizeof(*recording));
    recording->dir = xstrdup(dir);
    recording->until_ns = UINT64_MAX;
    pthread_mutex_init(&recording->lock, NULL);
    pthread_mutex_init(&recording->symbols_lock, NULL);
    recording->stacks = stacks_new();
    recording->symbols = symbols_new(recording->stacks);
    if (!list_members(recording, error)) {
        recording_close(recording);
        return NULL;
    }
    qsort(recording->members, recording->count, sizeof(struct member *), member_by_start);
    drop_packed_twins(recording);
    refuse_copies(recording, 0);
    members_number(recording, 0);
    members_find_parents(recording);
    members_find_children(recording);
    damage_misnamed(recording, 0);
    stats_reset(recording);
    recording->total_reached = read_total(recording);
    if (!runs_choose(recording, error)) {
        recording_close(recording);
        return NULL;
    }
    folded_open(recording);
    return recording;
}

/* Members that started later than UNTIL_NS. They are in the order of their start. */
static void drop_later(struct recording *recording, uint64_t until_ns)
{
    while (recording->count && recording->members[recording->count - 1]->header.wall_ns > until_ns)
        member_free(recording->members[--recording->count]);
}

bool recording_set_span(struct recording *recording, uint64_t since_ns, uint64_t until_ns,
                        struct error *error)
{
    if (since_ns > until_ns || recording->members[0]->header.wall_ns > until_ns) {
        error_set(error, "%s: nothing was recorded of that time", recording->dir);
        return false;
    }
    recording->since_ns = since_ns;
    recording->until_ns = until_ns;
    drop_later(recording, until_ns);
    members_number(recording, 0);
    members_find_parents(recording);
    members_find_children(recording);
    return true;
}

void recording_close(struct recording *recording)
{
    if (!recording)
        return;
    for (size_t i = 0; i < recording->count; i++)
        member_free(recording->members[i]);
    stats_free(recording);
    refused_forget(recording);
    recorded_apis_free(recording);
    strings_free(&recording->strings);
    sites_free(&recording->sites);
    keymap_free(&recording->names);
    symbols_free(recording->symbols);
    stacks_free(recording->stacks);
    free(recording->members);
    free(recording->families);
    free(recording->runs);
    folding_free(recording);
    folded_free(recording->folded);
    pthread_mutex_destroy(&recording->lock);
    pthread_mutex_destroy(&recording->symbols_lock);
    free(recording->dir);
    free(recording);
}
