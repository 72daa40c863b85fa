/*
 * exported_rows.c - the file of what was exported last; see exported_rows.h. Text:
 *
 *   lifeguard-exported 1 RECORDING
 *   KIND ID ID HASH                  a line for each id, in order; numbers have 16 digits
 *   end HASH                         of all before
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/exported_rows.h"

#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_ROOM 128 /* bytes, of any line */
#define HEAD      "lifeguard-exported 1 "
#define NUMBER    "%016" PRIx64
#define DIGITS    16

static const char *const names[EXPORTED_KINDS] = {
    [EXPORTED_RECORDING] = "recording",
    [EXPORTED_FINDING] = "finding",
    [EXPORTED_POOL] = "pool",
    [EXPORTED_STACK] = "stack",
    [EXPORTED_ALLOCATION] = "allocation",
};

const char *exported_kind_name(enum exported_kind kind)
{
    return names[kind];
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

int exported_row_compare(const struct exported_row *a, const struct exported_row *b)
{
    int order = compare_numbers(a->kind, b->kind);
    for (unsigned i = 0; order == 0 && i < 2; i++)
        order = compare_numbers(a->id[i], b->id[i]);
    return order;
}

void exported_rows_free(struct exported_rows *rows)
{
    free(rows->items);
    *rows = (struct exported_rows){0};
}

struct reading {
    struct exported_rows *rows;
    uint64_t hash;   /* of the lines so far */
    unsigned number; /* of the line, from 1 */
    bool ended;
};

/* Takes 16 digits and the byte behind them, which is END. */
static bool take_number(const char **at, char end, uint64_t *number)
{
    if (strspn(*at, "0123456789abcdef") != DIGITS || (*at)[DIGITS] != end)
        return false;
    *number = strtoull(*at, NULL, 16);
    *at += DIGITS + 1;
    return true;
}

static bool take_word(const char **at, const char *word)
{
    const size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0 || (*at)[length] != ' ')
        return false;
    *at += length + 1;
    return true;
}

static bool read_head(struct exported_rows *rows, const char *line)
{
    uint64_t id;
    const char *at = line + strlen(HEAD);
    if (strncmp(line, HEAD, strlen(HEAD)) != 0 || !take_number(&at, '\n', &id))
        return false;
    snprintf(rows->recording, sizeof rows->recording, NUMBER, id);
    return true;
}

static bool read_row(struct exported_rows *rows, const char *line)
{
    struct exported_row row = {.kind = EXPORTED_RECORDING};
    while (row.kind < EXPORTED_KINDS && !take_word(&line, names[row.kind]))
        row.kind++;
    if (row.kind == EXPORTED_KINDS || !take_number(&line, ' ', &row.id[0]) ||
        !take_number(&line, ' ', &row.id[1]) || !take_number(&line, '\n', &row.hash))
        return false;
    if (rows->count && exported_row_compare(&rows->items[rows->count - 1], &row) >= 0)
        return false;
    GROW(rows->items, rows->count, rows->capacity);
    rows->items[rows->count++] = row;
    return true;
}

static bool read_line(struct reading *reading, const char *line)
{
    uint64_t hash;
    const char *at = line;
    if (reading->ended)
        return false;
    if (reading->number == 1)
        return read_head(reading->rows, line);
    if (!take_word(&at, "end"))
        return read_row(reading->rows, line);
    reading->ended = true;
    return take_number(&at, '\n', &hash) && hash == reading->hash;
}

static bool read_lines(struct reading *reading, FILE *in)
{
    char line[LINE_ROOM];
    while (fgets(line, sizeof line, in)) {
        reading->number++;
        if (!read_line(reading, line))
            return false;
        reading->hash = hash_bytes(reading->hash, line, strlen(line));
    }
    reading->number++;
    return reading->ended && !ferror(in);
}

/* A regular file that no link leads to: what else there is may be endless, or not ours to read. */
static FILE *open_regular(const char *name)
{
    struct stat st;
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *in = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        in = fdopen(fd, "r");
    else if (fd >= 0)
        errno = EINVAL;
    if (fd >= 0 && !in)
        close(fd);
    return in;
}

enum exported_reading exported_rows_read(struct exported_rows *rows, const char *name,
                                         struct error *error)
{
    *rows = (struct exported_rows){0};
    struct reading reading = {.rows = rows, .hash = HASH_START};
    FILE *in = open_regular(name);
    if (!in) {
        const bool missing = errno == ENOENT;
        error_set(error, "%s: %s", name, strerror(errno));
        return missing ? EXPORTED_MISSING : EXPORTED_BROKEN;
    }
    const bool read = read_lines(&reading, in);
    fclose(in);
    if (read)
        return EXPORTED_READ;
    error_set(error, "%s:%u: is damaged", name, reading.number);
    exported_rows_free(rows);
    return EXPORTED_BROKEN;
}

static void put_line(FILE *out, uint64_t *hash, const char *line)
{
    *hash = hash_bytes(*hash, line, strlen(line));
    fputs(line, out);
}

static bool write_rows(FILE *out, const void *data)
{
    const struct exported_rows *rows = data;
    char line[LINE_ROOM];
    uint64_t hash = HASH_START;
    snprintf(line, sizeof line, HEAD "%s\n", rows->recording);
    put_line(out, &hash, line);
    for (size_t i = 0; i < rows->count; i++) {
        const struct exported_row *row = &rows->items[i];
        snprintf(line, sizeof line, "%s " NUMBER " " NUMBER " " NUMBER "\n", names[row->kind],
                 row->id[0], row->id[1], row->hash);
        put_line(out, &hash, line);
    }
    fprintf(out, "end " NUMBER "\n", hash);
    return fflush(out) == 0 && fsync(fileno(out)) == 0;
}

bool exported_rows_write(const struct exported_rows *rows, const char *name, struct error *error)
{
    return output_file_private(name, write_rows, rows, error);
}
