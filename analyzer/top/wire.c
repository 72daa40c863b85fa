/*
 * wire.c - snapshots from the process that reads to the one that shows them, through a pipe; see
 * wire.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/top/wire.h"

#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool write_all(int fd, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return true;
}

static bool send(int fd, bool failed, const char *bytes, size_t size)
{
    struct top_message message = {.bytes = size, .failed = failed};
    return write_all(fd, &message, sizeof(message)) && write_all(fd, bytes, size);
}

bool top_wire_error(int fd, const struct error *error)
{
    return send(fd, true, error->text, strlen(error->text));
}

static void put_text(FILE *out, const char *text)
{
    size_t length = strlen(text);
    fwrite(&length, sizeof(length), 1, out);
    fwrite(text, 1, length, out);
}

/* Pointers in SNAPSHOT itself go along and mean nothing. */
static void put_snapshot(FILE *out, const struct top_snapshot *snapshot)
{
    fwrite(snapshot, sizeof(*snapshot), 1, out);
    put_text(out, snapshot->program);
    put_text(out, snapshot->work);
    put_text(out, snapshot->session);
    fwrite(snapshot->processes, sizeof(*snapshot->processes), snapshot->process_count, out);
    for (size_t i = 1; i <= snapshot->paths.count; i++)
        put_text(out, strings_get(&snapshot->paths, (uint32_t)i));
    fwrite(snapshot->rows, sizeof(*snapshot->rows), snapshot->row_count, out);
    for (size_t i = 0; i < snapshot->finding_count; i++) {
        fwrite(&snapshot->findings[i].severity, sizeof(enum severity), 1, out);
        put_text(out, snapshot->findings[i].text);
    }
}

bool top_wire_snapshot(int fd, const struct top_snapshot *snapshot)
{
    struct text text;
    put_snapshot(text_open(&text), snapshot);
    text_close(&text);
    bool sent = send(fd, false, text.bytes, text.length);
    free(text.bytes);
    return sent;
}

static void take(const char **from, void *to, size_t size)
{
    if (size)
        memcpy(to, *from, size);
    *from += size;
}

static char *take_text(const char **from)
{
    size_t length;
    take(from, &length, sizeof(length));
    char *text = xstrndup(*from, length);
    *from += length;
    return text;
}

static void take_rows(const char **from, struct top_snapshot *to, const struct top_snapshot *sent)
{
    for (size_t i = 1; i <= sent->paths.count; i++) {
        char *path = take_text(from);
        strings_intern_text(&to->paths, path);
        free(path);
    }
    for (size_t i = 0; i < sent->row_count; i++) {
        struct top_row row;
        take(from, &row, sizeof(row));
        *top_snapshot_row(to, row.process, row.path) = row;
    }
}

struct top_snapshot *top_wire_read(const char *bytes)
{
    struct top_snapshot sent, *to = xcalloc(1, sizeof(*to));
    take(&bytes, &sent, sizeof(sent));
    *to = (struct top_snapshot){.taken_ns = sent.taken_ns,
                                .read_ns = sent.read_ns,
                                .events = sent.events,
                                .recorded = sent.recorded,
                                .running = sent.running,
                                .process_count = sent.process_count,
                                .finding_count = sent.finding_count};
    to->program = take_text(&bytes);
    to->work = take_text(&bytes);
    to->session = take_text(&bytes);
    to->processes = xcalloc(sent.process_count, sizeof(*to->processes));
    take(&bytes, to->processes, sent.process_count * sizeof(*to->processes));
    take_rows(&bytes, to, &sent);
    to->findings = xcalloc(sent.finding_count, sizeof(*to->findings));
    for (size_t i = 0; i < sent.finding_count; i++) {
        take(&bytes, &to->findings[i].severity, sizeof(enum severity));
        to->findings[i].text = take_text(&bytes);
    }
    return to;
}
