/* folded_left.c - traces of processes that are in sums, and are there still; see folded.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded_internal.h"

#include <time.h>

#define NS UINT64_C(1000000000)

uint64_t folded_left_key(const char *name, uint64_t file_id)
{
    const uint64_t key = keyed_mix(member_name_key(name), file_id);
    return key ? key : 1;
}

/* A session may write what it likes to its header, but it cannot name its file. */
bool folded_has(const struct recording *recording, const struct member *member)
{
    const uint64_t id = member->header.file_id;
    return recording->folded && id && member->header.parent_id &&
           keymap_get(&recording->folded->left_index, folded_left_key(member_name(member), id));
}

void recording_each_left(const struct recording *recording, unsigned seconds,
                         void (*drop)(void *data, const char *name, uint64_t file_id), void *data)
{
    const struct folded *folded = recording->folded;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t now_ns = (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
    if (!folded || folded->written_ns + seconds * NS > now_ns)
        return;
    for (size_t i = 0; i < folded->left_count; i++)
        drop(data, folded->left[i].name, folded->left[i].file_id);
}
