/* fold.c - processes that ended are added to the sums of those before them; see folded.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded_internal.h"
#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL 9

/* --- which */

static struct member *root_of(struct member *member)
{
    while (member->parent)
        member = member->parent;
    return member;
}

/* Ended, settled, and nobody's parent. */
static bool is_foldable(const struct member *member)
{
    return member->parent && member->children == member->children_end && member->header.file_id &&
           member->parent->header.file_id &&
           recording_file_kind(member_name(member)) == FILE_PACKED;
}

static struct member *newest_root(const struct recording *recording)
{
    struct member *root = NULL;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *of =
            is_foldable(recording->members[i]) ? root_of(recording->members[i]) : NULL;
        if (of && (!root || of->process.index > root->process.index))
            root = of;
    }
    return root;
}

/* Members are in the order of their start. */
static size_t choose(const struct recording *recording, const struct member *root, size_t skip,
                     size_t most, bool *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < recording->count && count < most; i++) {
        struct member *member = recording->members[i];
        if (!is_foldable(member) || root_of(member) != root)
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        count++;
        for (; member && !wanted[member->process.index]; member = member->parent)
            wanted[member->process.index] = true;
    }
    return count;
}

static void leave_out(struct recording *recording, const bool *wanted)
{
    size_t kept = 0;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (wanted[i])
            recording->members[kept++] = member;
        else
            member_free(member);
    }
    recording->count = kept;
    members_number(recording, 0);
    members_find_parents(recording);
    members_find_children(recording);
}

/* Sums of another run are not added to. False: ROOT has some, which were not read, as a later run
 * has some, too. */
static bool leave_others(struct recording *recording, const struct member *root)
{
    if (!recording->folded || recording->folded->root == root->header.file_id)
        return true;
    char *path = folded_path(recording, root->header.file_id);
    const bool has_some = access(path, F_OK) == 0;
    free(path);
    if (has_some)
        return false;
    folded_free(recording->folded);
    recording->folded = NULL;
    return true;
}

size_t recording_choose_foldable(struct recording *recording, size_t skip, size_t most)
{
    struct member *root = newest_root(recording);
    if (!root || !leave_others(recording, root))
        return 0;
    bool *wanted = xcalloc(recording->count, sizeof(*wanted));
    const size_t count = choose(recording, root, skip, most, wanted);
    leave_out(recording, wanted);
    free(wanted);
    struct folding *folding = xcalloc(1, sizeof(*folding));
    folding->root = root;
    folding->parts = xcalloc(recording->count, sizeof(*folding->parts));
    folding->candidates = xcalloc(recording->count, sizeof(*folding->candidates));
    folding->folds = xcalloc(recording->count, sizeof(*folding->folds));
    for (size_t i = 0; i < recording->count; i++)
        folding->candidates[i] = is_foldable(recording->members[i]);
    recording->folding = folding;
    return count;
}

bool folding_keep_part(struct recording *recording, const struct member *member,
                       struct recording_stats *part)
{
    struct folding *folding = recording->folding;
    if (folding)
        folding->parts[member->process.index] = *part;
    return folding != NULL;
}

void folding_free(struct recording *recording)
{
    struct folding *folding = recording->folding;
    for (size_t i = 0; folding && i < recording->count; i++) {
        coverage_clear(&folding->parts[i].coverage);
        label_sums_free(&folding->parts[i].labels);
    }
    if (folding) {
        free(folding->parts);
        free(folding->candidates);
        free(folding->folds);
    }
    free(folding);
    recording->folding = NULL;
}

/* What sums have no room for. */
static bool can_be_summed(const struct recording_stats *part)
{
    return part->processes && part->sessions && !part->damaged && !part->attached &&
           !part->unattached && !part->detached && !part->ended_by_us && !part->survivors_not &&
           !part->coverage.mismatches;
}

/* What is told of one by one, while there are not too many. */
static bool is_usual(const struct recording_stats *part)
{
    size_t stops = 0;
    for (size_t i = 0; i < TRACE_STOP_KINDS; i++)
        stops += part->stops[i];
    return !stops && !part->lost_events && !part->unforked && !part->untraced && !part->signalled;
}

enum foldable recording_may_fold(const struct recording *recording, size_t index)
{
    const struct member *member = recording->members[index];
    const struct recording_stats *part = &recording->folding->parts[index];
    if (!recording->folding->candidates[index] || member->damage || member->tells_hooks ||
        member->systems || !can_be_summed(part))
        return FOLDABLE_NOT;
    return is_usual(part) && !member->told_signal ? FOLDABLE : FOLDABLE_UNUSUAL;
}

void recording_fold(struct recording *recording, size_t index)
{
    recording->folding->folds[index] = true;
}

/* --- writing */

static struct folded_parent *parent_of(struct folded *folded, uint64_t file_id)
{
    for (size_t i = 0; i < folded->parent_count; i++)
        if (folded->parents[i].file_id == file_id)
            return &folded->parents[i];
    const size_t count = folded->parent_count++;
    folded->parents = xreallocarray(folded->parents, count + 1, sizeof(*folded->parents));
    folded->parents[count] = (struct folded_parent){.file_id = file_id};
    return &folded->parents[count];
}

static void forget_parent(struct folded *folded, uint64_t file_id)
{
    for (size_t i = 0; i < folded->parent_count; i++)
        if (folded->parents[i].file_id == file_id)
            folded->parents[i--] = folded->parents[--folded->parent_count];
}

static void add_member(struct recording *recording, struct folded *folded, size_t index)
{
    const struct member *member = recording->members[index];
    struct folded_parent *parent = parent_of(folded, member->parent->header.file_id);
    parent->count++;
    parent->upto = member->fork_seq > parent->upto ? member->fork_seq : parent->upto;
    forget_parent(folded, member->header.file_id);
    folded->left[folded->left_count++] =
        (struct folded_left){xstrdup(member_name(member)), member->header.file_id};
    stats_add(&folded->stats, &recording->folding->parts[index]);
    recording->folding->parts[index] = (struct recording_stats){0};
}

/* Traces that BEFORE has in sums, and that are there still, would be counted again if these did not
 * name them. */
static void keep_left(const struct recording *recording, const struct folded *before,
                      struct folded *folded)
{
    folded->left =
        xreallocarray(folded->left, recording->count + before->left_count, sizeof(*folded->left));
    for (size_t i = 0; i < before->left_count; i++) {
        const struct folded_left *left = &before->left[i];
        char *path = xasprintf("%s/%s", recording->dir, left->name);
        if (access(path, F_OK) == 0)
            folded->left[folded->left_count++] =
                (struct folded_left){xstrdup(left->name), left->file_id};
        free(path);
    }
}

/* Those before, of the same run, and those that are to be added. */
static struct folded *add_up(struct recording *recording)
{
    const struct folded *before = recording->folded;
    struct folded *folded = xcalloc(1, sizeof(*folded));
    folded->version = FOLDED_VERSION;
    folded->root = recording->folding->root->header.file_id;
    folded->path = folded_path(recording, folded->root);
    folded->left = xcalloc(recording->count, sizeof(*folded->left));
    if (before && before->root == folded->root) {
        folded->parent_count = before->parent_count;
        folded->parents = xreallocarray(NULL, before->parent_count + 1, sizeof(*folded->parents));
        memcpy(folded->parents, before->parents, before->parent_count * sizeof(*folded->parents));
        folded_add_stats(&folded->stats, before);
        keep_left(recording, before, folded);
    }
    for (size_t i = 0; i < recording->count; i++)
        if (recording->folding->folds[i])
            add_member(recording, folded, i);
    return folded;
}

static bool write_bytes(FILE *out, const void *data)
{
    const struct fields *fields = data;
    const struct folded_header header = {FOLDED_MAGIC, FOLDED_VERSION, fields->size};
    const size_t bound = ZSTD_compressBound(fields->size);
    void *packed = xmalloc(bound);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context)
        memory_exhausted();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    const size_t size = ZSTD_compress2(context, packed, bound, fields->bytes, fields->size);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(size))
        memory_exhausted();
    const bool ok = fwrite(&header, sizeof(header), 1, out) == 1 &&
                    fwrite(packed, 1, size, out) == size && fflush(out) == 0 &&
                    fsync(fileno(out)) == 0;
    free(packed);
    return ok;
}

bool recording_write_folded(struct recording *recording, const struct fields *rest,
                            struct error *error)
{
    struct folded *folded = add_up(recording);
    struct fields fields = {0};
    folded_fields(recording, &fields, folded);
    fields_raw(&fields, rest->bytes, rest->size);
    const bool ok = output_file_private(folded->path, write_bytes, &fields, error);
    free(fields.bytes);
    folded_free(folded);
    return ok;
}
