/* directory.c - opens the traces of a directory, and finds whose child each process is. */
#include "analyzer/replay/recording.h"

#include "analyzer/replay/internal.h"
#include "analyzer/trace/file.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *join_path(const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = xmalloc(size);
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static void free_member(struct member *member)
{
    free(member->path);
    free(member->damage);
    free(member);
}

/* Takes PATH over. False with *ERROR set when it is no trace. */
static bool add_member(struct recording *recording, char *path, struct error *error)
{
    struct member *member = xcalloc(1, sizeof(*member));
    member->path = path;
    enum trace_state state = trace_read_header(path, &member->header, error);
    if (state != TRACE_USABLE) {
        free_member(member);
        recording->empty += state == TRACE_NOT_BEGUN;
        return state == TRACE_NOT_BEGUN;
    }
    /* A power of two, or the first: the array is full. */
    if ((recording->count & (recording->count - 1)) == 0)
        recording->members =
            xreallocarray(recording->members, recording->count ? 2 * recording->count : 1,
                          sizeof(struct member *));
    recording->members[recording->count++] = member;
    return true;
}

static bool list_members(struct recording *recording, struct error *error)
{
    DIR *dir = opendir(recording->dir);
    if (!dir) {
        error_set(error, "%s: %s", recording->dir, strerror(errno));
        return false;
    }
    bool ok = true;
    const struct dirent *entry;
    while (ok && (entry = readdir(dir)))
        if (recording_file_kind(entry->d_name) != FILE_OTHER)
            ok = add_member(recording, join_path(recording->dir, entry->d_name), error);
    closedir(dir);
    if (ok && recording->count == 0) {
        error_set(error,
                  recording->empty ? "%s: every process ended before its recording began"
                                   : "%s: no recording: there is no trace in it",
                  recording->dir);
        return false;
    }
    return ok;
}

static int by_start(const void *left, const void *right)
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
    return recording_file_kind(strrchr(member->path, '/') + 1) == FILE_PACKED;
}

/* Where a trace is there packed and as it was, packing it was broken off: the packed one goes. */
static void drop_packed_twins(struct recording *recording)
{
    size_t kept = 1;
    for (size_t i = 1; i < recording->count; i++) {
        struct member *last = recording->members[kept - 1], *member = recording->members[i];
        if (member->header.file_id && last->header.file_id == member->header.file_id &&
            is_packed(last) != is_packed(member)) {
            struct member *twin = is_packed(member) ? member : last;
            if (twin == last)
                recording->members[kept - 1] = member;
            free_member(twin);
        } else {
            recording->members[kept++] = member;
        }
    }
    recording->count = kept;
}

static int by_number(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Those without a parent first. */
static int by_parent_and_fork(const void *left, const void *right)
{
    const struct member *a = *(struct member *const *)left, *b = *(struct member *const *)right;
    if (a->parent != b->parent)
        return by_number(a->parent ? a->parent->process.index + 1 : 0,
                         b->parent ? b->parent->process.index + 1 : 0);
    return a->fork_seq != b->fork_seq ? by_number(a->fork_seq, b->fork_seq)
                                      : by_number(a->process.index, b->process.index);
}

/* Their indexes, from FIRST on. */
static void number_processes(struct recording *recording, size_t first)
{
    for (size_t i = first; i < recording->count; i++) {
        struct member *member = recording->members[i];
        member->fork_seq = member->header.fork_seq;
        member->process = (struct process){
            .index = (uint32_t)i,
            .pid = member->header.pid,
            .parent_pid = member->header.parent_pid,
            .program = "",
            .header = &member->header,
        };
    }
}

/* Fills BY_ID with index + 1 by file id. False: a trace is there twice. */
static bool index_by_id(const struct recording *recording, struct keymap *by_id,
                        struct error *error)
{
    for (size_t i = recording->count; i-- > 0;) {
        const struct member *member = recording->members[i];
        if (!member->header.file_id)
            continue;
        uint32_t *index = keymap_put(by_id, member->header.file_id);
        if (*index) {
            error_set(error, "%s: is a copy of %s", member->path,
                      recording->members[*index - 1]->path);
            return false;
        }
        *index = (uint32_t)(i + 1);
    }
    return true;
}

/* Of traces that claim to be each other's ancestors one has no parent: whoever goes up ends. */
static void cut_circles(struct recording *recording)
{
    size_t *walks = xcalloc(recording->count, sizeof(*walks)); /* that came by a member */
    for (size_t walk = 1; walk <= recording->count; walk++) {
        struct member *member = recording->members[walk - 1];
        size_t *last = &walks[walk - 1];
        while (!*last && member->parent) {
            *last = walk;
            last = &walks[member->parent->process.index];
            if (*last == walk)
                member->parent = NULL;
            else
                member = member->parent;
        }
    }
    free(walks);
}

static bool find_parents(struct recording *recording, struct error *error)
{
    struct keymap by_id = {0};
    bool ok = index_by_id(recording, &by_id, error);
    for (size_t i = 0; ok && i < recording->count; i++) {
        struct member *member = recording->members[i];
        uint32_t parent =
            member->header.parent_id ? keymap_get(&by_id, member->header.parent_id) : 0;
        member->parent = parent ? recording->members[parent - 1] : NULL;
    }
    cut_circles(recording);
    keymap_free(&by_id);
    return ok;
}

/* Tells every process its parent, and its children in the order of the forks. */
static void find_children(struct recording *recording)
{
    recording->families =
        xreallocarray(recording->families, recording->count, sizeof(struct member *));
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->families[i] = recording->members[i];
        member->process.parent = member->parent ? &member->parent->process : NULL;
        member->children = member->children_end = NULL;
    }
    qsort(recording->families, recording->count, sizeof(struct member *), by_parent_and_fork);
    for (size_t i = 0; i < recording->count; i++) {
        struct member **child = &recording->families[i], *parent = (*child)->parent;
        (*child)->self = child;
        if (!parent)
            continue;
        if (!parent->children)
            parent->children = child;
        parent->children_end = child + 1;
    }
}

static struct member *first_below(struct member *member)
{
    while (member->children != member->children_end)
        member = *member->children;
    return member;
}

static struct member *first_of_root_from(const struct recording *recording, size_t index)
{
    while (index < recording->count && recording->members[index]->parent)
        index++;
    return index < recording->count ? first_below(recording->members[index]) : NULL;
}

struct member *results_first(const struct recording *recording)
{
    return first_of_root_from(recording, 0);
}

struct member *results_next(const struct recording *recording, const struct member *member)
{
    if (!member->parent)
        return first_of_root_from(recording, member->process.index + 1);
    if (member->self + 1 != member->parent->children_end)
        return first_below(member->self[1]);
    return member->parent;
}

/* The same for a trace as it was written and packed. */
static uint64_t name_key(const char *name)
{
    size_t length = strlen(name), packed = strlen(PACKED_SUFFIX);
    if (length > packed && strcmp(name + length - packed, PACKED_SUFFIX) == 0)
        length -= packed;
    uint64_t key = hash_bytes(HASH_START, name, length);
    return key ? key : 1;
}

static void remember_names(struct recording *recording, size_t first)
{
    for (size_t i = first; i < recording->count; i++)
        *keymap_put(&recording->names, name_key(strrchr(recording->members[i]->path, '/') + 1)) = 1;
}

/* Adds those whose names are not known; FOLLOW_ANEW: one that is known is gone. */
static enum following list_news(struct recording *recording, struct error *error)
{
    DIR *dir = opendir(recording->dir);
    if (!dir) {
        error_set(error, "%s: %s", recording->dir, strerror(errno));
        return FOLLOW_FAILED;
    }
    struct keymap seen = {0};
    bool ok = true;
    recording->empty = 0;
    for (const struct dirent *entry; ok && (entry = readdir(dir));) {
        uint64_t key = name_key(entry->d_name);
        if (recording_file_kind(entry->d_name) == FILE_OTHER)
            continue;
        if (keymap_get(&recording->names, key))
            *keymap_put(&seen, key) = 1;
        else
            ok = add_member(recording, join_path(recording->dir, entry->d_name), error);
    }
    closedir(dir);
    bool all = seen.count == recording->names.count;
    keymap_free(&seen);
    return !ok ? FOLLOW_FAILED : all ? FOLLOW_ON : FOLLOW_ANEW;
}

/* Of the new ones from FIRST on, those that are there already, packed, go. */
static void drop_known(struct recording *recording, size_t first)
{
    struct keymap ids = {0};
    size_t kept = 0;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        uint32_t *known = member->header.file_id ? keymap_put(&ids, member->header.file_id) : NULL;
        if (i >= first && known && *known) {
            free_member(member);
            continue;
        }
        if (known)
            *known = 1;
        recording->members[kept++] = member;
    }
    recording->count = kept;
    keymap_free(&ids);
}

/* A parent that came after its child, or was beyond its fork when the child came, is no news. */
static bool fits_in(const struct recording *recording, struct member *const *parents, size_t known)
{
    for (size_t i = 0; i < recording->count; i++) {
        const struct member *member = recording->members[i], *parent = member->parent;
        if (i < known ? parents[i] != parent
                      : parent && parent->started && parent->forks >= member->fork_seq)
            return false;
    }
    return true;
}

enum following recording_look_again(struct recording *recording, struct error *error)
{
    const size_t known = recording->count;
    if (recording->names.count == 0)
        remember_names(recording, 0);
    enum following state = list_news(recording, error);
    drop_known(recording, known);
    if (state != FOLLOW_ON || recording->count == known)
        return state;
    qsort(recording->members + known, recording->count - known, sizeof(struct member *), by_start);
    number_processes(recording, known);
    remember_names(recording, known);
    struct member **parents = xcalloc(known, sizeof(*parents));
    for (size_t i = 0; i < known; i++)
        parents[i] = recording->members[i]->parent;
    bool ok = find_parents(recording, error);
    if (ok)
        find_children(recording);
    state = !ok ? FOLLOW_FAILED : fits_in(recording, parents, known) ? FOLLOW_ON : FOLLOW_ANEW;
    free(parents);
    return state;
}

struct recording *recording_open(const char *dir, struct error *error)
{
    struct recording *recording = xcalloc(1, sizeof(*recording));
    recording->dir = xstrdup(dir);
    pthread_mutex_init(&recording->lock, NULL);
    pthread_mutex_init(&recording->symbols_lock, NULL);
    recording->stacks = stacks_new();
    recording->symbols = symbols_new(recording->stacks);
    if (!list_members(recording, error)) {
        recording_close(recording);
        return NULL;
    }
    qsort(recording->members, recording->count, sizeof(struct member *), by_start);
    drop_packed_twins(recording);
    number_processes(recording, 0);
    if (!find_parents(recording, error)) {
        recording_close(recording);
        return NULL;
    }
    find_children(recording);
    stats_reset(recording);
    return recording;
}

void recording_close(struct recording *recording)
{
    if (!recording)
        return;
    for (size_t i = 0; i < recording->count; i++)
        free_member(recording->members[i]);
    stats_free(recording);
    recorded_apis_free(recording);
    strings_free(&recording->strings);
    keymap_free(&recording->names);
    symbols_free(recording->symbols);
    stacks_free(recording->stacks);
    free(recording->members);
    free(recording->families);
    pthread_mutex_destroy(&recording->lock);
    pthread_mutex_destroy(&recording->symbols_lock);
    free(recording->dir);
    free(recording);
}

const struct stacks *recording_stacks(const struct recording *recording)
{
    return recording->stacks;
}

struct symbols *recording_symbols(const struct recording *recording)
{
    return recording->symbols;
}

size_t recording_process_count(const struct recording *recording)
{
    return recording->count;
}

const struct process *recording_process(const struct recording *recording, size_t index)
{
    return &recording->members[index]->process;
}

bool recording_process_runs(const struct recording *recording, size_t index)
{
    return recording->members[index]->runs;
}

bool recording_has_process(const struct recording *recording, int32_t pid)
{
    for (size_t i = 0; i < recording->count; i++) {
        if (recording->members[i]->process.pid == pid)
            return true;
    }
    return false;
}

const char *recording_damage(const struct recording *recording, size_t index)
{
    return recording->members[index]->damage;
}

const struct recording_stats *recording_stats(const struct recording *recording)
{
    return &recording->stats;
}

const struct api_set *recording_apis(const struct recording *recording)
{
    const struct recorded_systems *first = recorded_systems_first(recording);
    return first ? &first->set : NULL;
}
