/* recording_query.c - what is asked of a recording: see recording.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/recording.h"

#include "analyzer/replay/internal.h"

const struct stacks *recording_stacks(const struct recording *recording)
{
    return recording->stacks;
}

struct symbols *recording_symbols(const struct recording *recording)
{
    return recording->symbols;
}

void recording_seek(struct recording *recording, uint64_t address)
{
    recording->sought = address;
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

uint64_t recording_total_reached(const struct recording *recording)
{
    return recording->total_reached;
}

void recording_tell_of(struct recording *recording, int32_t pid)
{
    recording->told = pid;
}

bool recording_tells_of(const struct recording *recording, const struct process *process)
{
    return recording->told == 0 || recording->told == process->pid;
}
