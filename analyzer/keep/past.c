/* past.c - traces of processes that ended long ago are thinned; see past.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/past.h"

#include "analyzer/keep/take_out.h"
#include "analyzer/keep/total.h"
#include "analyzer/thin/thin.h"
#include "analyzer/trace/file.h"
#include "analyzer/trace/kept.h"
#include "analyzer/trace/pack.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST 4096 /* bytes: what a file takes, whatever is in it */

/* What is known of a file. */
enum known { KNOWN_NOT, KNOWN_FULL, KNOWN_SETTLED };

/* One that is kept in full. */
struct full_trace {
    char *name;              /* NULL: its process goes on, and... */
    struct kept_trace *live; /* ...it is this */
    uint64_t size, key;      /* bytes that it takes on the disk */
    struct timespec written;
};

struct past {
    int dir;
    const char *path;
    uint64_t full;
    struct keymap known, before; /* enum known, by the file's key: in this look, and the last one */
    struct full_trace *items;    /* in this look */
    size_t count, capacity;
    uint64_t size;
};

struct past *past_new(int dir, const char *path, uint64_t full)
{
    struct past *past = xcalloc(1, sizeof(*past));
    *past = (struct past){.dir = dir, .path = path, .full = full};
    return past;
}

static void end_look(struct past *past)
{
    for (size_t i = 0; i < past->count; i++)
        free(past->items[i].name);
    past->count = 0;
    past->size = 0;
    keymap_free(&past->before);
    past->before = past->known;
    past->known = (struct keymap){0};
}

void past_free(struct past *past)
{
    end_look(past);
    keymap_free(&past->before);
    free(past->items);
    free(past);
}

/* Another one for each content that a file may have. */
static uint64_t key_of(const struct stat *st)
{
    const uint64_t words[] = {st->st_ino, (uint64_t)st->st_mtim.tv_sec,
                              (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_size};
    uint64_t key = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        key = (key ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ key >> 29;
    return key ? key : 1;
}

/* Bytes that NAME with SUFFIX takes; 0: it is not there, or not this user's. */
static uint64_t size_on_disk(const struct past *past, const char *name, const char *suffix,
                             struct stat *st)
{
    char *whole = xasprintf("%s%s", name, suffix);
    const bool there = fstatat(past->dir, whole, st, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISREG(st->st_mode) && st->st_uid == geteuid();
    free(whole);
    return there ? (uint64_t)st->st_blocks * 512 : 0;
}

static enum known look_into(const struct past *past, const char *name, uint64_t size)
{
    struct trace_header header;
    struct error error;
    if (size <= LEAST && past->full > 0) /* it would be no less */
        return KNOWN_SETTLED;
    char *path = xasprintf("%s/%s", past->path, name);
    const bool full = trace_read_header(path, &header, &error) == TRACE_USABLE &&
                      !header.young[TRACE_YOUNG_MADE] && header.thinned != TRACE_THINNED_ALL;
    free(path);
    return full ? KNOWN_FULL : KNOWN_SETTLED;
}

void past_note(struct past *past, const char *name)
{
    struct stat st, kept;
    uint64_t size = size_on_disk(past, name, "", &st);
    if (size == 0)
        return;
    if (recording_file_kind(name) == FILE_TRACE)
        size += size_on_disk(past, name, KEPT_SUFFIX, &kept);
    const uint64_t key = key_of(&st);
    uint32_t known = keymap_get(&past->before, key);
    if (known == KNOWN_NOT)
        known = look_into(past, name, size);
    *keymap_put(&past->known, key) = known;
    if (known == KNOWN_SETTLED)
        return;
    GROW(past->items, past->count, past->capacity);
    past->items[past->count++] =
        (struct full_trace){.name = xstrdup(name), .size = size, .key = key, .written = st.st_mtim};
    past->size += size;
}

void past_note_live(struct past *past, struct kept_trace *trace)
{
    const uint64_t size = kept_trace_full(trace);
    if (size == 0)
        return;
    GROW(past->items, past->count, past->capacity);
    past->items[past->count++] = (struct full_trace){.live = trace, .size = size};
    past->size += size;
}

/* Those that go on come last, those with most of them first. */
static int by_age(const void *left, const void *right)
{
    const struct full_trace *one = left, *other = right;
    const struct timespec *a = &one->written, *b = &other->written;
    if (!one->live != !other->live)
        return one->live ? 1 : -1;
    if (one->live)
        return one->size > other->size ? -1 : one->size < other->size;
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* Puts INSTEAD, a file, packed, in the place of ITEM. */
static bool replace(const struct past *past, const struct full_trace *item, const char *instead,
                    struct error *error)
{
    const struct pack_place place = {past->dir, past->path};
    struct packed_part part;
    if (pack_write(&place, item->name, instead, &part, error) != PACK_DONE)
        return false;
    const bool done = pack_settle(&place, &part, 1, error) == 1;
    if (done)
        total_give_back(past->dir, item->size, part.after);
    packed_part_free(&part);
    return done;
}

/* A file that whoever comes next removes, if this does not come to its end. */
static char *new_name(const struct past *past, const char *name)
{
    return xasprintf("%s/.%s.thin" TRACE_SUFFIX PACKED_SUFFIX ".part", past->path, name);
}

static bool thin(struct past *past, const struct full_trace *item, struct error *error)
{
    char *path = xasprintf("%s/%s", past->path, item->name);
    char *thinned = new_name(past, item->name);
    struct error why = {""};
    unlink(thinned);
    const int fd = open(thinned, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum thin_result result = THIN_FAILED;
    if (fd < 0)
        error_set(&why, "%s", strerror(errno));
    else
        result = thin_trace(past->path, path, fd, &why);
    bool ok = result != THIN_FAILED;
    if (result == THIN_DONE)
        ok = replace(past, item, thinned, error);
    else if (!ok)
        error_set(error, "%s: %s", path, why.text);
    *keymap_put(&past->known, item->key) = KNOWN_SETTLED;
    if (fd >= 0)
        close(fd);
    unlink(thinned);
    free(thinned);
    free(path);
    return ok;
}

bool past_thin(struct past *past, struct error *error)
{
    bool ok = true;
    const uint64_t wanted = past->full - past->full / 4;
    if (past->size > past->full) {
        qsort(past->items, past->count, sizeof(*past->items), by_age);
        for (size_t i = 0; i < past->count && past->size > wanted; i++) {
            ok = (past->items[i].live ? kept_trace_thin(past->items[i].live, error)
                                      : thin(past, &past->items[i], error)) &&
                 ok;
            past->size -= past->items[i].size;
        }
    }
    end_look(past);
    return ok;
}
