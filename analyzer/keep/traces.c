/* traces.c - the traces of a recording that is looked after; see traces.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/traces.h"

#include "analyzer/keep/fold.h"
#include "analyzer/keep/past.h"
#include "analyzer/keep/take_out.h"
#include "analyzer/keep/thin_kept.h"
#include "analyzer/keep/total.h"
#include "analyzer/trace/file.h"
#include "analyzer/trace/kept.h"
#include "analyzer/trace/pack.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that all traces together may have before some is taken out, about: more at a time is packed
 * better. */
#define ALL_LEAST (8u << 20)
#define ONE_LEAST (64u << 10) /* of one: it is hardly worth it */

#define BATCH 64 /* so many are put on the disk together */

struct entry {
    struct kept_trace *trace;
    bool seen;  /* it is still there */
    bool whole; /* its process has ended, and all of it is kept */
};

struct traces {
    char *path;
    int dir;
    struct entry *entries;
    size_t count, capacity;
    struct packed_part parts[BATCH];
    size_t part_count;
    struct past *past;
    struct folder *folder;
    size_t packed; /* traces that are, in this look */
    bool failed;   /* something did, in this look */
};

struct traces *traces_open(const char *path, uint64_t full, struct error *error)
{
    struct stat st;
    const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) != 0) {
        error_set(error, "%s: %s", path, strerror(errno));
    } else if (st.st_uid != geteuid()) {
        error_set(error, "%s: is another user's, who is to run this", path);
    } else {
        struct traces *traces = xcalloc(1, sizeof(*traces));
        traces->path = xstrdup(path);
        traces->dir = dir;
        traces->past = past_new(dir, traces->path, full);
        traces->folder = folder_new(dir, traces->path);
        return traces;
    }
    if (dir >= 0)
        close(dir);
    return NULL;
}

void traces_free(struct traces *traces)
{
    for (size_t i = 0; i < traces->count; i++)
        kept_trace_free(traces->entries[i].trace);
    free(traces->entries);
    past_free(traces->past);
    folder_free(traces->folder);
    close(traces->dir);
    free(traces->path);
    free(traces);
}

static DIR *list(const struct traces *traces)
{
    const int copy = openat(traces->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!entries && copy >= 0)
        close(copy);
    return entries;
}

bool traces_are_there(const struct traces *traces, struct error *error)
{
    struct stat opened, named;
    if (stat(traces->path, &named) != 0)
        error_set(error, "%s: %s", traces->path, strerror(errno));
    else if (fstat(traces->dir, &opened) == 0 && opened.st_dev == named.st_dev &&
             opened.st_ino == named.st_ino)
        return true;
    else
        error_set(error, "%s: is another directory now", traces->path);
    return false;
}

size_t traces_count(const struct traces *traces)
{
    DIR *entries = list(traces);
    size_t count = 0;
    for (const struct dirent *entry; entries && (entry = readdir(entries));)
        count += recording_file_kind(entry->d_name) != FILE_OTHER;
    if (entries)
        closedir(entries);
    return count;
}

static bool is_written(int dir, const char *name)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    const int fd = openat(dir, name, flags);
    int32_t pid = 0; /* where nothing was begun yet: not known */
    if (fd >= 0)
        trace_read_at(fd, &pid, sizeof(pid), offsetof(struct trace_header, pid));
    const bool written = fd >= 0 && recording_file_in_use(fd, pid);
    if (fd >= 0)
        close(fd);
    return written;
}

bool traces_are_written(const struct traces *traces)
{
    DIR *entries = list(traces);
    bool any = false;
    for (const struct dirent *entry; entries && !any && (entry = readdir(entries));)
        any = recording_file_kind(entry->d_name) == FILE_TRACE &&
              is_written(traces->dir, entry->d_name);
    if (entries)
        closedir(entries);
    return any;
}

uint64_t traces_refused(const struct traces *traces)
{
    return total_refused(traces->dir);
}

static struct entry *find_entry(struct traces *traces, const char *name)
{
    for (size_t i = 0; i < traces->count; i++)
        if (strcmp(kept_trace_name(traces->entries[i].trace), name) == 0)
            return &traces->entries[i];
    GROW(traces->entries, traces->count, traces->capacity);
    struct entry *entry = &traces->entries[traces->count++];
    *entry = (struct entry){.trace = kept_trace_new(traces->dir, traces->path, name)};
    return entry;
}

static void settle(struct traces *traces, struct error *error)
{
    const struct pack_place place = {traces->dir, traces->path};
    if (pack_settle(&place, traces->parts, traces->part_count, error) < traces->part_count)
        traces->failed = true;
    for (size_t i = 0; i < traces->part_count; i++) {
        struct packed_part *part = &traces->parts[i];
        if (part->packed)
            total_give_back(traces->dir, part->before, part->after);
        packed_part_free(part);
    }
    traces->part_count = 0;
}

static void pack(struct traces *traces, const char *name, struct error *error)
{
    const struct pack_place place = {traces->dir, traces->path};
    const enum pack_result result =
        pack_write(&place, name, NULL, &traces->parts[traces->part_count], error);
    traces->part_count += result == PACK_DONE;
    traces->failed |= result == PACK_FAILED;
    if (traces->part_count == BATCH)
        settle(traces, error);
}

static void look_at(struct traces *traces, const char *name, uint64_t least, struct error *error)
{
    struct entry *entry = find_entry(traces, name);
    enum taken taken = TAKEN_ALL;
    entry->seen = true;
    if (entry->whole)
        past_note(traces->past, name);
    if (entry->whole)
        return;
    if (!kept_trace_look(entry->trace, least, &taken, error))
        traces->failed = true;
    else if (taken == TAKEN_NOTHING)
        pack(traces, name, error);
    else if (taken == TAKEN)
        past_note_live(traces->past, entry->trace);
    entry->whole = taken == TAKEN_ALL;
    if (entry->whole)
        past_note(traces->past, name);
}

/* What was taken out of a trace that is gone, or packed. */
static void remove_left(const struct traces *traces, const char *name)
{
    struct stat st;
    char *trace = xstrndup(name, strlen(name) - strlen(KEPT_SUFFIX));
    if (fstatat(traces->dir, trace, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        unlinkat(traces->dir, name, 0);
    free(trace);
}

/* Of how many bytes on what is settled of a trace is taken out. */
static uint64_t least_of_each(const struct traces *traces)
{
    const uint64_t share = ALL_LEAST / (traces->count + 1);
    return share > KEPT_PIECE ? KEPT_PIECE : share < ONE_LEAST ? ONE_LEAST : share;
}

static void note_packed(struct traces *traces, const char *name)
{
    traces->packed++;
    past_note(traces->past, name);
}

static void look_at_all(struct traces *traces, DIR *entries, uint64_t least, struct error *error)
{
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (recording_file_kind(entry->d_name) == FILE_TRACE)
            look_at(traces, entry->d_name, least, error);
        else if (recording_file_kind(entry->d_name) == FILE_PACKED)
            note_packed(traces, entry->d_name);
        else if (kept_is_file(entry->d_name))
            remove_left(traces, entry->d_name);
        else if (pack_is_remainder(entry->d_name) || thin_kept_is_remainder(entry->d_name))
            unlinkat(traces->dir, entry->d_name, 0);
    }
    settle(traces, error);
}

/* Those that are not there any more are forgotten. */
static void forget(struct traces *traces)
{
    size_t left = 0;
    for (size_t i = 0; i < traces->count; i++) {
        struct entry *entry = &traces->entries[i];
        if (entry->seen)
            traces->entries[left++] = *entry;
        else
            kept_trace_free(entry->trace);
    }
    traces->count = left;
    for (size_t i = 0; i < left; i++)
        traces->entries[i].seen = false;
}

bool traces_look(struct traces *traces, bool last, struct error *error)
{
    struct error gone;
    if (!traces_are_there(traces, &gone) ||
        (flock(traces->dir, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK))
        return true;
    DIR *entries = list(traces);
    traces->failed = !entries;
    traces->packed = 0;
    if (entries) {
        look_at_all(traces, entries, last ? 0 : least_of_each(traces), error);
        closedir(entries);
        traces->failed |= !past_thin(traces->past, error);
        traces->failed |= !folder_look(traces->folder, traces->packed, last, error);
        forget(traces);
    } else {
        error_set(error, "%s: %s", traces->path, strerror(errno));
    }
    flock(traces->dir, LOCK_UN);
    return !traces->failed;
}

struct traces_sizes traces_sizes(const struct traces *traces)
{
    struct traces_sizes sizes = {0};
    for (size_t i = 0; i < traces->count; i++) {
        uint64_t out, kept;
        kept_trace_sizes(traces->entries[i].trace, &out, &kept);
        sizes.out += out;
        sizes.kept += kept;
    }
    return sizes;
}
