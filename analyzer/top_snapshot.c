#include "top_snapshot.h"

#include "analysis.h"
#include "memory.h"
#include "text_report.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct taking {
    struct top_snapshot *snapshot;
    const struct replay *replay;
};

uint64_t top_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t row_key(uint32_t process, uint32_t path)
{
    return (uint64_t)(process + 1) << 32 | path;
}

static struct top_row *row_of(struct taking *taking, uint32_t process, const struct pool *pool)
{
    struct top_snapshot *to = taking->snapshot;
    char *path = replay_pool_path(taking->replay, pool);
    uint32_t number = strings_intern(&to->paths, path, strlen(path));
    free(path);
    uint32_t *row = keymap_put(&to->index, row_key(process, number));
    if (*row)
        return &to->rows[*row - 1];
    if (to->row_count == to->row_capacity) {
        to->row_capacity = to->row_capacity ? 2 * to->row_capacity : 64;
        to->rows = xreallocarray(to->rows, to->row_capacity, sizeof(*to->rows));
    }
    to->rows[to->row_count] = (struct top_row){.process = process, .path = number};
    *row = (uint32_t)++to->row_count;
    return &to->rows[*row - 1];
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)process;
    ((struct taking *)data)->replay = replay;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    if (!pool->inherited)
        row_of(data, process->index, pool)->taken += pool->allocations;
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct taking *taking = data;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        /* What a session has of its master is told there; a daemon goes on with its starter's. */
        bool own = pool && (!pool->inherited || process->kind == PROCESS_MASTER);
        if (!own || pool->state != POOL_ALIVE)
            continue;
        struct top_row *row = row_of(taking, process->index, pool);
        row->pools++;
        row->bytes += pool->bytes;
        row->taken += pool->allocations;
    }
}

static void take_processes(struct top_snapshot *to, const struct recording *recording)
{
    to->process_count = recording_process_count(recording);
    to->processes = xcalloc(to->process_count, sizeof(*to->processes));
    for (size_t i = 0; i < to->process_count; i++) {
        const struct process *process = recording_process(recording, i);
        struct top_process *taken = &to->processes[i];
        taken->pid = process->pid;
        taken->kind = process->kind;
        taken->running = !process->ended && (kill(process->pid, 0) == 0 || errno == EPERM);
        taken->events = process->events;
        memcpy(taken->units, process->units, sizeof(taken->units));
        to->running += taken->running;
    }
}

static void take_findings(struct top_snapshot *to, const struct analysis *analysis)
{
    static const struct style plain = {true, "", "", "", "", "", ""};
    const struct findings *findings = &analysis->findings;
    to->findings = xcalloc(findings->count, sizeof(*to->findings));
    for (size_t i = 0; i < findings->count; i++) {
        struct top_finding *taken = &to->findings[to->finding_count++];
        size_t size;
        FILE *text = open_memstream(&taken->text, &size);
        if (!text)
            memory_exhausted();
        const struct text_report report = {text, plain, analysis->names, 0};
        print_headline(&report, &findings->items[i]);
        if (fclose(text) != 0)
            memory_exhausted();
        taken->text[strcspn(taken->text, "\n")] = '\0';
        taken->severity = findings->items[i].severity;
    }
}

static void take_account(struct top_snapshot *to, const struct recording_account *account)
{
    to->program = xstrdup(account->program);
    to->events = account->events;
    to->commands = account->commands;
    to->restarts = account->restarts;
    to->connections = account->connections;
}

struct top_snapshot *top_snapshot_read(const char *dir, struct error *error)
{
    struct top_snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
    struct taking taking = {.snapshot = snapshot};
    const struct replay_observer observer = {
        .data = &taking, .on_start = on_start, .on_destroy = on_destroy, .on_end = on_end};
    struct analysis analysis;
    snapshot->taken_ns = top_now_ns();
    if (!analysis_run_with(&analysis, dir, &observer, error)) {
        top_snapshot_free(snapshot);
        return NULL;
    }
    take_processes(snapshot, analysis.recording);
    take_findings(snapshot, &analysis);
    take_account(snapshot, recording_account(analysis.recording));
    analysis_end(&analysis);
    snapshot->read_ns = top_now_ns() - snapshot->taken_ns;
    return snapshot;
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
    uint32_t number = strings_intern(strings, path, strlen(path));
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
