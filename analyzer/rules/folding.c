/* folding.c - processes that ended long ago become sums; see folding.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/folding.h"

#include "analyzer/replay/folded.h"
#include "analyzer/rules/folded_sums.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

struct folder {
    struct sums sums; /* of those that fold; a watch of these: it is first */
    struct recording *recording;
    struct seen **seen; /* in the order in which they are added */
    size_t count, capacity;
};

static void keep_seen(void *data, void *taken)
{
    struct folder *folder = data;
    GROW(folder->seen, folder->count, folder->capacity);
    folder->seen[folder->count++] = taken;
}

/* A crash is told one by one. */
static bool has_crash(const struct seen *seen)
{
    for (size_t i = 0; i < RULES; i++)
        if (all_rules[i] == &rule_crash)
            return seen->by_rules[i] && seen->by_rules[i]->findings.count > 0;
    return false;
}

/* One of those that fold, or stay. */
struct candidate {
    size_t place; /* in their order */
    uint64_t held, grown;
    bool stays;
};

static int by_place(const struct candidate *a, const struct candidate *b)
{
    return a->place < b->place ? -1 : a->place > b->place;
}

static int by_held(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    return a->held != b->held ? (a->held > b->held ? -1 : 1) : by_place(a, b);
}

static int by_grown(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    return a->grown != b->grown ? (a->grown > b->grown ? -1 : 1) : by_place(a, b);
}

static int in_order(const void *left, const void *right)
{
    return by_place(left, right);
}

/* The worst by what pools held, and by how the process grew; of equals, the first. */
static struct candidate *choose(struct seen *const *seen, size_t count, size_t worst)
{
    struct candidate *candidates = xcalloc(count + 1, sizeof(*candidates));
    for (size_t i = 0; i < count; i++)
        candidates[i] = (struct candidate){.place = i,
                                           .held = seen[i]->peak.held,
                                           .grown = footprint_growth(&seen[i]->peak.memory)};
    qsort(candidates, count, sizeof(*candidates), by_held);
    for (size_t i = 0; i < count && i < worst / 2; i++)
        candidates[i].stays = true;
    qsort(candidates, count, sizeof(*candidates), by_grown);
    for (size_t i = 0; i < count && i < worst / 2; i++)
        candidates[i].stays = true;
    qsort(candidates, count, sizeof(*candidates), in_order);
    return candidates;
}

static enum foldable foldable(const struct folder *folder, const struct seen *seen)
{
    return has_crash(seen) ? FOLDABLE_NOT : recording_may_fold(folder->recording, seen->process);
}

static size_t count_unusual(const struct folder *folder)
{
    size_t count = 0;
    for (size_t i = 0; i < folder->count; i++)
        count += foldable(folder, folder->seen[i]) == FOLDABLE_UNUSUAL;
    return count;
}

/* Who may fold comes first, in their order; returns how many. The latest UNUSUAL of those that are
 * may not. */
static size_t divide(struct folder *folder, size_t unusual, struct seen **others,
                     size_t *other_count)
{
    size_t count = 0, left = count_unusual(folder);
    for (size_t i = 0; i < folder->count; i++) {
        struct seen *seen = folder->seen[i];
        const enum foldable as = foldable(folder, seen);
        if (as == FOLDABLE || (as == FOLDABLE_UNUSUAL && left-- > unusual))
            folder->seen[count++] = seen;
        else
            others[(*other_count)++] = seen;
    }
    return count;
}

/* Adds them in their order, but for those that stay. */
static size_t add_all(struct folder *folder, const struct fold_request *request, size_t count)
{
    const size_t older = count > request->latest ? count - request->latest : 0;
    struct candidate *candidates = choose(folder->seen, older, request->worst);
    size_t folded = 0;
    for (size_t i = 0; i < count; i++) {
        struct seen *seen = folder->seen[i];
        if (i >= older || candidates[i].stays) {
            seen_free(seen);
            continue;
        }
        recording_fold(folder->recording, seen->process);
        sums_add(&folder->sums, seen);
        folded++;
    }
    free(candidates);
    return folded;
}

static size_t fold_seen(struct folder *folder, const struct fold_request *request)
{
    struct seen **others = xcalloc(folder->count + 1, sizeof(*others));
    size_t other_count = 0;
    const size_t count = divide(folder, request->unusual, others, &other_count);
    for (size_t i = 0; i < other_count; i++)
        seen_free(others[i]);
    free(others);
    folder->count = 0;
    return add_all(folder, request, count);
}

static bool fold(struct folder *folder, const struct fold_request *request, size_t *folded,
                 struct error *error)
{
    struct replay_watch watch = sums_watch(&folder->sums);
    watch.add = keep_seen;
    struct fields fields = {0};
    bool ok = recording_watch(folder->recording, &watch, 0, error);
    const size_t count = fold_seen(folder, request);
    if (ok && count > 0) {
        folded_sums_write(&folder->sums, folder->recording, &fields);
        ok = recording_write_folded(folder->recording, &fields, error);
    }
    free(fields.bytes);
    *folded = ok ? count : 0;
    return ok;
}

/* What cannot be read is not replaced. */
static bool may_go_on(const struct folder *folder, struct error *error)
{
    const struct recording *recording = folder->recording;
    if (!recording_folded_refused(recording))
        return true;
    error_set(error, "%s", recording_refused(recording, recording_refused_count(recording) - 1));
    return false;
}

bool fold_processes(const struct fold_request *request, size_t *folded, size_t *seen,
                    struct error *error)
{
    struct folder folder = {.recording = recording_open(request->dir, error)};
    *folded = *seen = 0;
    if (!folder.recording)
        return false;
    bool ok = true;
    sums_begin(&folder.sums, 0);
    *seen = recording_choose_foldable(folder.recording, request->skip, request->most);
    if (*seen > request->latest) {
        folded_sums_read(&folder.sums, folder.recording);
        ok = may_go_on(&folder, error) && fold(&folder, request, folded, error);
    }
    sums_end(&folder.sums);
    free(folder.seen);
    recording_close(folder.recording);
    return ok;
}
