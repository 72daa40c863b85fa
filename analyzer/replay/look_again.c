/* look_again.c - finds the traces that came to the directory of a recording since. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/recording.h"
#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void remember_names(struct recording *recording, size_t first)
{
    for (size_t i = first; i < recording->count; i++)
        *keymap_put(&recording->names, member_name_key(member_name(recording->members[i]))) = 1;
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
        uint64_t key = member_name_key(entry->d_name);
        if (recording_file_kind(entry->d_name) == FILE_OTHER)
            continue;
        if (keymap_get(&recording->names, key))
            *keymap_put(&seen, key) = 1;
        else
            members_add(recording, entry->d_name);
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
        uint32_t *known = keymap_put(&names, member_name_key(member_name(member)));
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
    qsort(recording->members + known, recording->count - known, sizeof(struct member *),
          member_by_start);
    members_number(recording, known);
    remember_names(recording, known);
    struct member **parents = xcalloc(known, sizeof(*parents));
    for (size_t i = 0; i < known; i++)
        parents[i] = recording->members[i]->parent;
    members_find_parents(recording);
    members_find_children(recording);
    damage_misnamed(recording, known);
    state = fits_in(recording, parents, known) ? FOLLOW_ON : FOLLOW_ANEW;
    free(parents);
    return state;
}
