/*
 * Traces of a directory that cannot be used. Each session may write to its own trace, so what one
 * of them says costs nobody but itself: the others are replayed, and this is told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/internal.h"
#include "analyzer/trace/file.h"
#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

void member_free(struct member *member)
{
    free(member->path);
    free(member->damage);
    free(member);
}

const char *member_name(const struct member *member)
{
    return strrchr(member->path, '/') + 1;
}

uint64_t member_name_key(const char *name)
{
    size_t length = strlen(name), packed = strlen(PACKED_SUFFIX);
    if (length > packed && strcmp(name + length - packed, PACKED_SUFFIX) == 0)
        length -= packed;
    uint64_t key = keyed_bytes(name, length);
    return key ? key : 1;
}

void refuse(struct recording *recording, const char *why)
{
    recording->refused =
        xreallocarray(recording->refused, recording->refused_count + 1, sizeof(char *));
    recording->refused[recording->refused_count++] = xstrdup(why);
}

void refused_forget(struct recording *recording)
{
    for (size_t i = 0; i < recording->refused_count; i++)
        free(recording->refused[i]);
    free(recording->refused);
    recording->refused = NULL;
    recording->refused_count = 0;
}

/* Is it named after another process than the one that its header names? A session cannot change
 * the name. Who copied a trace may have named it at will. */
static bool is_misnamed(const struct member *member)
{
    char *end;
    long pid = strtol(member_name(member), &end, 10);
    return *end == '.' && end != member_name(member) && pid != member->header.pid;
}

static size_t count_children(const struct recording *recording, const struct member *member)
{
    size_t count = 0;
    for (size_t i = 0; i < recording->count; i++) {
        const struct trace_header *header = &recording->members[i]->header;
        count +=
            header->parent_id == member->header.file_id && header->parent_pid == member->header.pid;
    }
    return count;
}

/* Of two with one id, is A the one that it was given to? Children name both the id and the pid of
 * their parent. */
static bool is_truer(const struct recording *recording, const struct member *a,
                     const struct member *b)
{
    if (is_misnamed(a) != is_misnamed(b))
        return is_misnamed(b);
    bool a_own = a->header.parent_id == a->header.file_id,
         b_own = b->header.parent_id == b->header.file_id;
    if (a_own != b_own)
        return b_own;
    return count_children(recording, a) >= count_children(recording, b);
}

/* Fills BY_ID with index + 1 of the trace that has each id by right; one of the first KNOWN does.
 */
static void find_owners(const struct recording *recording, size_t known, struct keymap *by_id)
{
    for (size_t i = 0; i < recording->count; i++) {
        const struct member *member = recording->members[i];
        if (!member->header.file_id)
            continue;
        uint32_t *owner = keymap_put(by_id, member->header.file_id);
        if (!*owner ||
            (*owner > known && !is_truer(recording, recording->members[*owner - 1], member)))
            *owner = (uint32_t)(i + 1);
    }
}

static void refuse_copy(struct recording *recording, struct member *copy, const struct member *of)
{
    struct error error;
    error_set(&error, "%s: is a copy of %s", member_name(copy), member_name(of));
    refuse(recording, error.text);
    member_free(copy);
}

/* The trace that has MEMBER's id by right: itself, unless it is a copy. */
static struct member *owner_of(const struct recording *recording, const struct keymap *by_id,
                               struct member *member)
{
    const uint64_t id = member->header.file_id;
    return id ? recording->members[keymap_get(by_id, id) - 1] : member;
}

void refuse_copies(struct recording *recording, size_t known)
{
    struct keymap by_id = {0};
    struct member **owners = xcalloc(recording->count, sizeof(*owners));
    size_t kept = 0;
    find_owners(recording, known, &by_id);
    for (size_t i = 0; i < recording->count; i++)
        owners[i] = owner_of(recording, &by_id, recording->members[i]);
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (owners[i] == member)
            recording->members[kept++] = member;
        else
            refuse_copy(recording, member, owners[i]);
    }
    recording->count = kept;
    keymap_free(&by_id);
    free(owners);
}

void damage_misnamed(struct recording *recording, size_t from)
{
    for (size_t i = from; i < recording->count; i++) {
        if (is_misnamed(recording->members[i]))
            stats_damage(recording->members[i],
                         "at offset 40: another process than the one it is named after");
    }
}
