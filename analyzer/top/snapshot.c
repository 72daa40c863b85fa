/*
 * snapshot.c - a recording as it is at one moment, while it is being written or after; see
 * snapshot.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/top/snapshot.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

static uint64_t row_key(uint32_t process, uint32_t path)
{
    return (uint64_t)(process + 1) << 32 | path;
}

struct top_row *top_snapshot_row(struct top_snapshot *to, uint32_t index, uint32_t number)
{
    uint32_t *row = keymap_put(&to->index, row_key(index, number));
    if (*row)
        return &to->rows[*row - 1];
    GROW(to->rows, to->row_count, to->row_capacity);
    to->rows[to->row_count] = (struct top_row){.process = index, .path = number};
    *row = (uint32_t)++to->row_count;
    return &to->rows[*row - 1];
}

void top_snapshot_free(struct top_snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (size_t i = 0; i < snapshot->finding_count; i++)
        free(snapshot->findings[i].text);
    free(snapshot->findings);
    free(snapshot->processes);
    free(snapshot->rows);
    free(snapshot->program);
    free(snapshot->work);
    free(snapshot->session);
    keymap_free(&snapshot->index);
    strings_free(&snapshot->paths);
    free(snapshot);
}

const struct top_process *top_snapshot_process(const struct top_snapshot *snapshot, int32_t pid)
{
    for (size_t i = 0; i < snapshot->process_count; i++)
        if (snapshot->processes[i].pid == pid)
            return &snapshot->processes[i];
    return NULL;
}

/* The number of the same text in STRINGS, which has it, or 0. */
static uint32_t same_path(struct strings *strings, const char *path)
{
    size_t before = strings->count;
    uint32_t number = strings_intern_text(strings, path);
    return number <= before ? number : 0;
}

const struct top_row *top_snapshot_find(const struct top_snapshot *earlier,
                                        const struct top_snapshot *snapshot,
                                        const struct top_row *row)
{
    const struct top_process *process =
        top_snapshot_process(earlier, snapshot->processes[row->process].pid);
    if (!process)
        return NULL;
    uint32_t path =
        same_path((struct strings *)&earlier->paths, strings_get(&snapshot->paths, row->path));
    uint32_t found =
        path ? keymap_get(&earlier->index, row_key((uint32_t)(process - earlier->processes), path))
             : 0;
    return found ? &earlier->rows[found - 1] : NULL;
}
