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

/* Takes PATH over. */
static void add_member(struct recording *recording, char *path)
{
    struct error error;
    struct member *member = xcalloc(1, sizeof(*member));
    member->path = path;
    enum trace_state state = trace_read_header(path, &member->header, &error);
    if (state != TRACE_USABLE) {
        member_free(member);
        if (state == TRACE_NOT_BEGUN)
            recording->empty++;
        else
            refuse(recording, error.text);
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
            add_member(recording, join_path(recording->dir, entry->d_name));
    closedir(dir);
    if (recording->count)
        return true;
    if (recording->refused_count)
        error_set(error, "%s", recording->refused[0]);
    else
        error_set(error,
                  recording->empty ? "%s: every process ended before its recording began"
                                   : "%s: no recording: there is no trace in it",
                  recording->dir);
    return false;
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
    return recording_file_kind(member_name(member)) == FILE_PACKED;
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

/* Where a trace is there packed and as it was, packing it was broken off: the packed one goes. */
static void drop_packed_twins(struct recording *recording)
{
    size_t kept = 1;
    for (size_t i = 1; i < recording->count; i++) {
        struct member *last = recording->members[kept - 1], *member = recording->members[i];
        if (member->header.file_id && last->header.file_id == member->header.file_id &&
            name_key(member_name(last)) == name_key(member_name(member))) {
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

/* Fills BY_ID with index + 1 by file id. */
static void index_by_id(const struct recording *recording, struct keymap *by_id)
{
    for (size_t i = 0; i < recording->count; i++) {
        const struct member *member = recording->members[i];
        if (member->header.file_id)
            *keymap_put(by_id, member->header.file_id) = (uint32_t)(i + 1);
    }
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

static void find_parents(struct recording *recording)
{
    struct keymap by_id = {0};
    index_by_id(recording, &by_id);
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        uint32_t parent =
            member->header.parent_id ? keymap_get(&by_id, member->header.parent_id) : 0;
        member->parent = parent ? recording->members[parent - 1] : NULL;
    }
    cut_circles(recording);
    keymap_free(&by_id);
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

static void remember_names(struct recording *recording, size_t first)
{
    for (size_t i = first; i < recording->count; i++)
        *keymap_put(&recording->names, name_key(member_name(recording->members[i]))) = 1;
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
    recording->empty = 0;
    refused_forget(recording);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        uint64_t key = name_key(entry->d_name);
        if (recording_file_kind(entry->d_name) == FILE_OTHER)
            continue;
        if (keymap_get(&recording->names, key))
            *keymap_put(&seen, key) = 1;
        else
            add_member(recording, join_path(recording->dir, entry->d_name));
    }
    closedir(dir);
    bool all = seen.count == recording->names.count;
    keymap_free(&seen);
    return all ? FOLLOW_ON : FOLLOW_ANEW;
}

/* Of the new ones from FIRST on, those that are there already, packed, go. */
static void drop_known(struct recording *recording, size_t first)
{
    struct keymap names = {0};
    size_t kept = first;
    for (size_t i = first; i < recording->count; i++) {
        struct member *member = recording->members[i];
        uint32_t *known = keymap_put(&names, name_key(member_name(member)));
        if (*known)
            member_free(member);
        else
            recording->members[kept++] = member;
        *known = 1;
    }
    recording->count = kept;
    keymap_free(&names);
    refuse_copies(recording, first);
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
    find_parents(recording);
    find_children(recording);
    damage_misnamed(recording, known);
    state = fits_in(recording, parents, known) ? FOLLOW_ON : FOLLOW_ANEW;
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
    refuse_copies(recording, 0);
    number_processes(recording, 0);
    find_parents(recording);
    find_children(recording);
    damage_misnamed(recording, 0);
    stats_reset(recording);
    return recording;
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

size_t recording_refused_count(const struct recording *recording)
{
    return recording->refused_count;
}

const char *recording_refused(const struct recording *recording, size_t index)
{
    return recording->refused[index];
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
