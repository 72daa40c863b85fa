/* resident.c - how much memory the processes of a recording have; see resident.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/resident.h"

#include "analyzer/record/traces.h"
#include "analyzer/util/present.h"

static void note(void *data, const char *path, const struct trace_header *header)
{
    (void)data;
    const uint64_t bytes = present_memory(header->pid, path);
    if (bytes)
        traces_note(path, offsetof(struct trace_header, resident), &bytes, sizeof(bytes));
}

void resident_note_all(const char *dir)
{
    traces_visit(dir, note, NULL);
}
