/* mapped.c - what is mapped into another process, for its recorder; see mapped.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/mapped.h"

#include "analyzer/attach/leftovers.h"
#include "analyzer/util/memory.h"
#include "preload/util/mappings.h"
#include "preload/walk/touched.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_MAX  (LEDGER_AT / sizeof(struct control_mapping))
#define GAP       (UINT64_C(64) << 10) /* bytes: less in between is told as well */
#define USER_END  (UINT64_C(1) << 47)
#define LINE_ROOM 4352 /* bytes: a path, and what is in front of it */

struct told {
    struct control_mapping *mappings;
    size_t count;
    uint64_t kind;  /* of the mapping that is looked at */
    uint64_t begin; /* where it begins */
    int pagemap;
    bool cut;
};

static void tell(void *data, uint64_t begin, uint64_t end)
{
    struct told *told = data;
    struct control_mapping *last = told->mappings + told->count - 1;
    if (told->count > 0 && last->begin >= told->begin && begin - last->end < GAP)
        last->end = end;
    else if (told->count == TOLD_MAX)
        told->cut = true;
    else
        told->mappings[told->count++] = (struct control_mapping){begin, end, told->kind};
}

/* "BEGIN-END rw-p 00000000 00:00 0   NAME" */
static void take_line(struct told *told, const char *line)
{
    uint64_t begin, end, inode;
    char rights[5];
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %" SCNu64, &begin, &end, rights,
               &inode) != 4 ||
        end > USER_END)
        return;
    const bool own = memcmp(rights, "rw", 2) == 0 && rights[3] == 'p';
    told->begin = begin;
    told->kind = own && strstr(line, " [heap]\n") ? MAPPING_HEAP
                 : own                            ? MAPPING_OWN
                 : strcmp(rights, "r--p") == 0    ? MAPPING_CONSTANT
                                                  : MAPPING_OTHER;
    if (told->kind == MAPPING_OWN && inode == 0)
        walk_touched(told->pagemap, begin, end, tell, told);
    else if (told->kind != MAPPING_OTHER)
        tell(told, begin, end);
}

static bool read_all(pid_t pid, struct told *told)
{
    char path[64], line[LINE_ROOM];
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
    told->pagemap = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *in = fopen(path, "re");
    while (in && fgets(line, sizeof(line), in))
        take_line(told, line);
    const bool whole = in && !ferror(in) && !told->cut;
    if (in)
        fclose(in);
    if (told->pagemap >= 0)
        close(told->pagemap);
    return whole;
}

bool mapped_tell(const struct recorder *recorder, const struct caller *caller)
{
    if (!recorder->control.searches)
        return true;
    struct told told = {.mappings = xcalloc(TOLD_MAX, sizeof(*told.mappings))};
    const struct target_memory *memory = caller->thread.images->memory;
    const uint32_t count = read_all(caller->thread.pid, &told) ? (uint32_t)told.count : 0;
    const bool ok =
        count > 0 &&
        target_write(memory, caller->memory, told.mappings, count * sizeof(*told.mappings)) &&
        target_write(memory, recorder->at + offsetof(struct control, mappings), &caller->memory,
                     sizeof(caller->memory)) &&
        target_write(memory, recorder->at + offsetof(struct control, mapping_count), &count,
                     sizeof(count));
    free(told.mappings);
    return ok;
}
