/* page_write.c - a recording as one page for a browser; see page_write.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/html/page_write.h"

#include "analyzer/html/history.h"
#include "analyzer/html/page.h"
#include "analyzer/html/page_data.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/output_file.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_BYTES_MAX 5000000u

static size_t before_size(void)
{
    return (size_t)(page_before_data_end - page_before_data);
}

static size_t after_size(void)
{
    return (size_t)(page_after_data_end - page_after_data);
}

static bool write_parts(FILE *out, const void *data)
{
    return fwrite(page_before_data, 1, before_size(), out) == before_size() &&
           fputs(data, out) >= 0 && fwrite(page_after_data, 1, after_size(), out) == after_size() &&
           fflush(out) == 0;
}

/* The processes with findings, or PID alone. */
static bool *mentioned_processes(const struct analysis *analysis, int32_t pid)
{
    size_t count = recording_process_count(analysis->recording);
    bool *mentioned = xcalloc(count, sizeof(*mentioned));
    for (size_t k = 0; k < count; k++) {
        const int32_t own = recording_process(analysis->recording, k)->pid;
        mentioned[k] = own == pid;
        for (size_t i = 0; !pid && i < analysis->findings.count && !mentioned[k]; i++)
            mentioned[k] = finding_has_pid(&analysis->findings.items[i], own);
    }
    return mentioned;
}

static bool write_history(const struct analysis *analysis, const struct check *check,
                          const struct history *history, const char *file, struct error *error)
{
    char *data = page_data(analysis, check, history, PAGE_BYTES_MAX - before_size() - after_size());
    if (!data)
        error_set(error, "what is to be drawn does not fit into %u bytes", PAGE_BYTES_MAX);
    bool written = data && output_file(file, write_parts, data, error);
    free(data);
    return written;
}

bool page_write(const struct analysis *analysis, const struct check *check, int32_t pid,
                const char *file, struct error *error)
{
    if (!before_size()) {
        error_set(error, "this lifeguard was built without d3, which draws: install Debian's "
                         "node-d3 and build it again");
        return false;
    }
    struct history history;
    struct finding_parts parts;
    finding_parts_init(&parts, &analysis->findings, &analysis->names);
    bool *mentioned = mentioned_processes(analysis, pid);
    bool written = history_read(&history, analysis->recording, &parts, mentioned, error) &&
                   write_history(analysis, check, &history, file, error);
    free(mentioned);
    history_free(&history);
    finding_parts_free(&parts);
    return written;
}
