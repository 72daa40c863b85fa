/* folded_query.c - what is asked of sums of processes whose traces are gone; see folded.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded_internal.h"

bool folded_is_asked_for(const struct recording *recording)
{
    return recording->folded && !recording->told && recording->since_ns == 0 &&
           recording->until_ns == UINT64_MAX;
}

static const struct folded_parent *find_parent(const struct recording *recording,
                                               const struct member *member)
{
    const struct folded *folded = recording->folded;
    for (size_t i = 0; folded && i < folded->parent_count; i++)
        if (folded->parents[i].file_id == member->header.file_id)
            return &folded->parents[i];
    return NULL;
}

uint64_t folded_upto(const struct recording *recording, const struct member *member)
{
    const struct folded_parent *parent = find_parent(recording, member);
    return parent ? parent->upto : 0;
}

/* Of a part of the time nobody knows which of them were in it. */
uint64_t folded_missing(const struct recording *recording, const struct member *member,
                        uint64_t gone)
{
    const struct folded_parent *parent = find_parent(recording, member);
    const bool all = recording->since_ns == 0;
    return parent && all && gone > parent->count ? gone - parent->count : 0;
}

bool recording_folded_refused(const struct recording *recording)
{
    return recording->folded_refused;
}

uint64_t recording_folded(const struct recording *recording)
{
    return folded_is_asked_for(recording) ? recording->folded->stats.processes : 0;
}

size_t recording_folded_apart(const struct recording *recording)
{
    return recording->folded_runs > 1 ? recording->folded_runs - 1 : 0;
}

bool recording_folded_rest(const struct recording *recording, struct fields *fields)
{
    if (!folded_is_asked_for(recording))
        return false;
    const struct folded *folded = recording->folded;
    *fields = fields_of(folded->bytes + folded->rest, folded->size - folded->rest);
    return true;
}
