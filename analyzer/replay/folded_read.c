/* folded_read.c - sums of processes whose traces are gone, as they are read; see folded.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded_internal.h"
#include "analyzer/symbols/stacks.h"
#include "analyzer/trace/file.h"
#include "analyzer/trace/kept.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define NS UINT64_C(1000000000)

char *folded_path(const struct recording *recording, uint64_t root)
{
    return xasprintf("%s/" KEPT_STATE_PREFIX "%016llx" KEPT_STATE_SUFFIX, recording->dir,
                     (unsigned long long)root);
}

/* --- what is in them */

static void parent_fields(struct fields *fields, struct folded *folded)
{
    fields_count(fields, &folded->parent_count, 3);
    if (fields->reads)
        folded->parents = xcalloc(folded->parent_count, sizeof(*folded->parents));
    for (size_t i = 0; i < folded->parent_count; i++) {
        fields_u64(fields, &folded->parents[i].file_id);
        fields_u64(fields, &folded->parents[i].count);
        fields_u64(fields, &folded->parents[i].upto);
    }
}

/* Whoever is told to remove it finds nothing but a packed trace under that name. */
static bool is_left(const char *name)
{
    return name && !strchr(name, '/') && recording_file_kind(name) == FILE_PACKED;
}

static void left_fields(struct fields *fields, struct folded *folded)
{
    fields_count(fields, &folded->left_count, 3);
    if (fields->reads)
        folded->left = xcalloc(folded->left_count, sizeof(*folded->left));
    for (size_t i = 0; i < folded->left_count; i++) {
        struct folded_left *left = &folded->left[i];
        fields_text(fields, &left->name);
        fields_u64(fields, &left->file_id);
        fields->wrong |= !is_left(left->name) || !left->file_id;
        if (fields->reads && !fields->wrong)
            *keymap_put(&folded->left_index, folded_left_key(left->name, left->file_id)) = 1;
    }
}

static void module_fields(struct fields *fields, const struct stacks *from, uint32_t index,
                          struct code_module *module)
{
    const struct code_module none = {.path = NULL};
    *module = fields->reads ? none : *stacks_module(from, index);
    uint32_t length = module->build_id_length;
    fields_text(fields, &module->path);
    fields_below(fields, &length, sizeof(module->build_id) + 1);
    module->build_id_length = length;
    fields_raw(fields, module->build_id, length);
    fields_u64(fields, &module->image_end);
    fields->wrong |= !module->path;
}

static void modules_fields(struct fields *fields, struct stacks *stacks)
{
    size_t count = stacks_module_count(stacks);
    fields_count(fields, &count, 4);
    for (size_t i = 0; i < count && !fields->wrong; i++) {
        struct code_module module;
        module_fields(fields, stacks, (uint32_t)i, &module);
        if (!fields->reads)
            continue;
        fields->wrong |= module.path && stacks_intern_module(stacks, &module) != i;
        free(module.path);
    }
}

/* In the order of their numbers, which they have again where they are read first. */
static void stacks_fields(struct fields *fields, struct stacks *stacks)
{
    const uint32_t modules = stacks_module_count(stacks);
    struct code_frame frames[TRACE_DEPTH_MAX];
    size_t count = stacks_count(stacks);
    fields_count(fields, &count, 5);
    for (size_t i = 1; i <= count && !fields->wrong; i++) {
        struct code_stack stack = {.frames = frames};
        if (!fields->reads)
            stack = stacks_get(stacks, (uint32_t)i);
        fields_below(fields, &stack.depth, TRACE_DEPTH_MAX + 1);
        fields_bool(fields, &stack.cut);
        if (!fields->reads)
            memcpy(frames, stack.frames, stack.depth * sizeof(*frames));
        for (uint32_t j = 0; j < stack.depth; j++)
            folded_frame(fields, modules, &frames[j]);
        if (fields->reads && !fields->wrong)
            fields->wrong = stacks_intern(stacks, &stack) != i;
    }
}

void folded_fields(struct recording *recording, struct fields *fields, struct folded *folded)
{
    fields_u64(fields, &folded->root);
    parent_fields(fields, folded);
    left_fields(fields, folded);
    modules_fields(fields, recording->stacks);
    stacks_fields(fields, recording->stacks);
    sites_fields(recording, fields);
    folded_stats_fields(recording, fields, &folded->stats, folded->version);
}

/* --- reading */

void folded_free(struct folded *folded)
{
    if (!folded)
        return;
    for (size_t i = 0; i < folded->left_count; i++)
        free(folded->left[i].name);
    label_sums_free(&folded->stats.labels);
    keymap_free(&folded->left_index);
    free(folded->left);
    free(folded->parents);
    free(folded->bytes);
    free(folded->path);
    free(folded);
}

/* All that is packed behind HEADER in FD, whose file has SIZE bytes; NULL: it is damaged. */
static unsigned char *unpack(int fd, const struct folded_header *header, size_t size)
{
    const size_t packed_size = size - sizeof(*header);
    unsigned char *packed = malloc(packed_size), *bytes = NULL;
    if (packed && trace_read_at(fd, packed, packed_size, sizeof(*header)) == (ssize_t)packed_size &&
        ZSTD_getFrameContentSize(packed, packed_size) == header->size)
        bytes = malloc(header->size);
    if (bytes && ZSTD_decompress(bytes, header->size, packed, packed_size) != header->size) {
        free(bytes);
        bytes = NULL;
    }
    free(packed);
    return bytes;
}

/* Why what is in FD cannot be read; NULL: *FOLDED has it. */
static const char *read_bytes(int fd, struct folded *folded)
{
    struct folded_header header;
    struct stat st;
    if (fstat(fd, &st) != 0 || trace_read_at(fd, &header, sizeof(header), 0) != sizeof(header) ||
        header.magic != FOLDED_MAGIC)
        return "has no sums of processes";
    if (header.version == 0 || header.version > FOLDED_VERSION)
        return "was written by another version of lifeguard keep";
    folded->version = header.version;
    folded->written_ns = (uint64_t)st.st_mtim.tv_sec * NS + (uint64_t)st.st_mtim.tv_nsec;
    folded->size = header.size;
    if (header.size && header.size < FOLDED_MOST && (uint64_t)st.st_size < FOLDED_MOST)
        folded->bytes = unpack(fd, &header, (size_t)st.st_size);
    return folded->bytes ? NULL : "is damaged";
}

static struct folded *read_folded(struct recording *recording, const char *path, int fd)
{
    struct folded *folded = xcalloc(1, sizeof(*folded));
    const char *why = read_bytes(fd, folded);
    struct fields fields = fields_of(folded->bytes, why ? 0 : folded->size);
    if (!why) {
        folded_fields(recording, &fields, folded);
        why = fields.wrong ? "is damaged" : NULL;
    }
    folded->path = xstrdup(path);
    folded->rest = fields.at;
    if (!why)
        return folded;
    struct error error;
    error_set(&error, "%s: %s: what it holds of processes that ended is not known", path, why);
    refuse(recording, error.text);
    recording->folded_refused = true;
    folded_free(folded);
    return NULL;
}

/* Members whose traces are still there go: they are in the sums. */
static void drop_left(struct recording *recording)
{
    size_t kept = 0;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (folded_has(recording, member))
            member_free(member);
        else
            recording->members[kept++] = member;
    }
    recording->count = kept;
    members_number(recording, 0);
    members_find_parents(recording);
    members_find_children(recording);
}

/* Those of the run that ROOT began, where they are there and no later run has some. */
static void open_of(struct recording *recording, const struct member *root)
{
    char *path = folded_path(recording, root->header.file_id);
    const int fd = trace_open_file(path, NULL);
    if (fd >= 0 && recording->folded_runs++ == 0) {
        struct folded *folded = read_folded(recording, path, fd);
        if (folded && folded->root == root->header.file_id)
            recording->folded = folded;
        else
            folded_free(folded);
    }
    if (fd >= 0)
        close(fd);
    free(path);
}

void folded_open(struct recording *recording)
{
    for (size_t i = recording->count; i > 0; i--) {
        const struct member *root = recording->members[i - 1];
        if (!root->parent && root->header.file_id)
            open_of(recording, root);
    }
    if (recording->folded && recording->folded->left_count)
        drop_left(recording);
}

void folded_begin(struct recording *recording)
{
    if (folded_is_asked_for(recording))
        folded_add_stats(&recording->stats, recording->folded);
}

void recording_refuse_folded(struct recording *recording)
{
    struct error error;
    error_set(&error, "%s: is damaged: what it holds of processes that ended is not known",
              recording->folded->path);
    refuse(recording, error.text);
    recording->folded_refused = true;
}
