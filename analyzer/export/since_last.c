/*
 * since_last.c - what is new since the last export; see since_last.h. Several rows may have one id,
 * and count together: where one of them changed, all are written.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/since_last.h"

#include "analyzer/rules/finding.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"
#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One row, whose text is without the brace at its end. */
struct held_row {
    struct exported_row row;
    size_t begin, length; /* of its text */
    bool wanted;
};

struct since_last {
    char *state;
    struct exported_rows before, now;
    struct text texts;
    struct held_row *rows;
    size_t count, capacity;
    char exported[WALL_TIME_TEXT];
    bool whole; /* there was no earlier export, as far as is known */
};

struct since_last *since_last_open(const char *state, struct error *error)
{
    struct since_last *since = xcalloc(1, sizeof *since);
    struct timespec now;
    since->state = xstrdup(state);
    *error = (struct error){""};
    exported_rows_read(&since->before, state, error);
    clock_gettime(CLOCK_REALTIME, &now);
    wall_time_iso((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec, since->exported);
    text_open(&since->texts);
    return since;
}

void since_last_free(struct since_last *since)
{
    if (!since)
        return;
    if (since->texts.out)
        text_close(&since->texts);
    free(since->texts.bytes);
    exported_rows_free(&since->before);
    exported_rows_free(&since->now);
    free(since->rows);
    free(since->state);
    free(since);
}

void since_last_add(struct since_last *since, enum exported_kind kind, uint64_t a, uint64_t b,
                    json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text)
        memory_exhausted();
    json_decref(json);
    const size_t length = strlen(text);
    GROW(since->rows, since->count, since->capacity);
    since->rows[since->count++] =
        (struct held_row){.row = {kind, {a, b}, hash_bytes(HASH_START, text, length)},
                          .begin = (size_t)ftello(since->texts.out),
                          .length = length - 1};
    fwrite(text, 1, length - 1, since->texts.out);
    free(text);
}

static int compare_held(const void *a, const void *b)
{
    const struct held_row *const *left = a, *const *right = b;
    return exported_row_compare(&(*left)->row, &(*right)->row);
}

/* The row that ROWS has of that id, or NULL; *NEXT goes on from call to call, as ids do. */
static const struct exported_row *find_before(const struct exported_rows *rows, size_t *next,
                                              const struct exported_row *wanted)
{
    while (*next < rows->count && exported_row_compare(&rows->items[*next], wanted) < 0)
        ++*next;
    const bool there =
        *next < rows->count && exported_row_compare(&rows->items[*next], wanted) == 0;
    return there ? &rows->items[*next] : NULL;
}

/* Sums ids up, and marks the rows of those that are not as before. */
static void judge(struct since_last *since)
{
    struct held_row **sorted = xcalloc(since->count, sizeof(struct held_row *));
    struct exported_rows *now = &since->now;
    size_t before = 0;
    for (size_t i = 0; i < since->count; i++)
        sorted[i] = &since->rows[i];
    qsort(sorted, since->count, sizeof *sorted, compare_held);
    for (size_t i = 0, end; i < since->count; i = end) {
        struct exported_row sum = sorted[i]->row;
        for (end = i + 1; end < since->count && compare_held(&sorted[i], &sorted[end]) == 0; end++)
            sum.hash += sorted[end]->row.hash;
        const struct exported_row *known = find_before(&since->before, &before, &sum);
        for (size_t row = i; row < end; row++)
            sorted[row]->wanted = !known || known->hash != sum.hash;
        GROW(now->items, now->count, now->capacity);
        now->items[now->count++] = sum;
    }
    free(sorted);
}

static void put_row(const struct since_last *since, const struct held_row *row, FILE *out)
{
    fwrite(since->texts.bytes + row->begin, 1, row->length, out);
    if (row->row.kind == EXPORTED_RECORDING)
        fprintf(out, ",\"whole\":%s", since->whole ? "true" : "false");
    fprintf(out, ",\"exported\":\"%s\"}\n", since->exported);
}

static void put_id(FILE *out, const char *key, uint64_t id)
{
    fprintf(out, ",\"%s\":\"%016" PRIx64 "\"", key, id);
}

/* It was there, and is no more: what it told is no longer so. */
static void put_gone(const struct since_last *since, const struct exported_row *row, FILE *out)
{
    fprintf(out, "{\"row\":\"gone\",\"recording\":\"%s\",\"of\":\"%s\"", since->now.recording,
            exported_kind_name(row->kind));
    if (row->kind == EXPORTED_FINDING) {
        put_id(out, "fingerprint", row->id[0]);
        fprintf(out, ",\"kind\":\"%s\"", process_kind_name((enum process_kind)row->id[1]));
    } else {
        put_id(out, row->kind == EXPORTED_STACK ? "stack_id" : "pool_id", row->id[0]);
        if (row->kind == EXPORTED_ALLOCATION)
            put_id(out, "stack_id", row->id[1]);
    }
    fprintf(out, ",\"exported\":\"%s\"}\n", since->exported);
}

/* Backtraces and the recording are as they are: nobody takes them back. */
static bool may_go(const struct exported_row *row)
{
    return row->kind == EXPORTED_POOL || row->kind == EXPORTED_ALLOCATION ||
           (row->kind == EXPORTED_FINDING && row->id[1] < PROCESS_KINDS);
}

static void put_all_gone(const struct since_last *since, FILE *out)
{
    size_t now = 0;
    for (size_t i = 0; i < since->before.count; i++) {
        const struct exported_row *row = &since->before.items[i];
        if (may_go(row) && !find_before(&since->now, &now, row))
            put_gone(since, row, out);
    }
}

void since_last_write(struct since_last *since, const char *recording, FILE *out)
{
    snprintf(since->now.recording, sizeof since->now.recording, "%s", recording);
    /* Another recording in the same place is no later state of the one before. */
    since->whole = strcmp(since->before.recording, recording) != 0;
    if (since->whole)
        exported_rows_free(&since->before);
    text_close(&since->texts);
    since->texts.out = NULL;
    judge(since);
    for (size_t i = 0; i < since->count; i++)
        if (since->rows[i].wanted)
            put_row(since, &since->rows[i], out);
    put_all_gone(since, out);
}

bool since_last_save(const struct since_last *since, struct error *error)
{
    return exported_rows_write(&since->now, since->state, error);
}
