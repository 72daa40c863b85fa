/*
 * pack_dir.c - the traces of a recording packed, those whose processes have ended; see pack_dir.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/trace/pack_dir.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/pack.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/progress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many are put on the disk together: to wait for it is what takes the time with small ones. */
#define BATCH 64

struct batch {
    struct pack_place place;
    struct packed_part parts[BATCH];
    size_t count;
};

struct names {
    char **items;
    size_t count, capacity;
};

static void add_name(struct names *names, const char *name)
{
    GROW(names->items, names->count, names->capacity);
    names->items[names->count++] = xstrdup(name);
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

/* Opens PATH, and locks it against other packs; -1 with *ERROR set. */
static int open_locked(const char *path, struct error *error)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        error_set(error, "%s: %s", path, strerror(errno));
        return -1;
    }
    /* Where there are no locks, nobody else can have one. */
    if (flock(dir, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return dir;
    error_set(error, "%s: is being packed already", path);
    close(dir);
    return -1;
}

/* The traces to pack, by name; what an earlier pack left behind is removed. */
static struct names list_traces(int dir, struct pack_summary *summary)
{
    struct names names = {0};
    DIR *entries = fdopendir(dup(dir));
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        enum recording_file kind = recording_file_kind(entry->d_name);
        if (kind == FILE_TRACE)
            add_name(&names, entry->d_name);
        else if (kind == FILE_PACKED)
            summary->already++;
        else if (pack_is_remainder(entry->d_name))
            unlinkat(dir, entry->d_name, 0);
    }
    if (entries)
        closedir(entries);
    return names;
}

static void note_failures(struct pack_summary *summary, size_t count, const struct error *error)
{
    if (count > 0 && summary->failed == 0)
        summary->error = *error;
    summary->failed += count;
}

static void settle(struct batch *batch, struct pack_summary *summary)
{
    struct error error;
    size_t settled = pack_settle(&batch->place, batch->parts, batch->count, &error);
    note_failures(summary, batch->count - settled, &error);
    summary->packed += settled;
    for (size_t i = 0; i < batch->count; i++) {
        summary->before += batch->parts[i].packed ? batch->parts[i].before : 0;
        summary->after += batch->parts[i].packed ? batch->parts[i].after : 0;
        packed_part_free(&batch->parts[i]);
    }
    batch->count = 0;
}

static void pack_one(struct batch *batch, const char *name, struct pack_summary *summary)
{
    struct error error;
    struct packed_part *part = &batch->parts[batch->count];
    switch (pack_write(&batch->place, name, NULL, part, &error)) {
    case PACK_DONE:
        batch->count++;
        break;
    case PACK_IN_USE:
        summary->in_use++;
        break;
    case PACK_FAILED:
        note_failures(summary, 1, &error);
        break;
    case PACK_NONE:
        break;
    }
    if (batch->count == BATCH)
        settle(batch, summary);
}

/* Bytes to be read: each trace twice, see pack_write(). */
static uint64_t work_on(int dir, const struct names *names)
{
    uint64_t bytes = 0;
    struct stat st;
    for (size_t i = 0; i < names->count; i++)
        if (fstatat(dir, names->items[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
            bytes += 2 * 512 * (uint64_t)st.st_blocks; /* the file is sparse */
    return bytes;
}

bool pack_directory(const char *path, struct pack_summary *summary, struct error *error)
{
    *summary = (struct pack_summary){0};
    int dir = open_locked(path, error);
    if (dir < 0)
        return false;
    struct batch batch = {.place = {dir, path}};
    struct names names = list_traces(dir, summary);
    progress_begin("packing", work_on(dir, &names));
    for (size_t i = 0; i < names.count; i++)
        pack_one(&batch, names.items[i], summary);
    settle(&batch, summary);
    progress_end();
    bool any = names.count + summary->already > 0;
    if (!any)
        error_set(error, "%s: no recording: there is no trace in it", path);
    free_names(&names);
    close(dir);
    return any;
}
