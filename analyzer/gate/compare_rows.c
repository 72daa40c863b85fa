/* compare_rows.c - rows of many recordings as a side of a comparison; see compare_rows.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/compare_rows.h"

#include "analyzer/gate/standing.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/string_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROW_MAX (16u << 20) /* bytes; of what somebody else wrote */

static const char begins[] = "{\"row\":";

struct reading {
    struct side *side;
    struct strings ids; /* fingerprints; a finding's index is its number less 1 */
    struct standing standing;
    unsigned line; /* from 1 */
};

bool compare_is_rows(const char *name)
{
    char start[sizeof begins] = "";
    FILE *in = fopen(name, "re");
    if (!in)
        return false;
    const size_t got = fread(start, 1, sizeof begins - 1, in);
    fclose(in);
    return got == sizeof begins - 1 && strcmp(start, begins) == 0;
}

/* Which is the worse one of the same finding. */
static bool is_more(const struct known_finding *a, const struct known_finding *b)
{
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->count > b->count;
}

static bool read_finding(struct reading *reading, const json_t *row, const char **expected)
{
    struct known_finding known;
    struct known_list *list = &reading->side->known;
    if (!known_parse(json_object_get(row, "known"), &known, expected))
        return false;
    const uint32_t number = strings_intern_text(&reading->ids, known.id.text);
    if (number > list->count) {
        known_list_add(list, known);
    } else if (is_more(&known, &list->items[number - 1])) {
        known_free(&list->items[number - 1]);
        list->items[number - 1] = known;
    } else {
        known_free(&known);
    }
    standing_take_finding(&reading->standing, row, number - 1);
    return true;
}

static void read_recording(struct reading *reading, const json_t *row)
{
    const json_t *doubts = json_object_get(row, "doubts");
    standing_take_recording(&reading->standing, row, &reading->side->work);
    for (size_t i = 0; i < json_array_size(doubts); i++) {
        const char *text = json_string_value(json_array_get(doubts, i));
        side_doubt(reading->side, text ? text : "");
    }
}

static bool read_row(struct reading *reading, const char *text, size_t length, struct error *error)
{
    json_error_t problem;
    const char *expected = NULL;
    json_t *row = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    const char *kind = json_string_value(json_object_get(row, "row"));
    if (!row)
        error_set(error, "%s:%u: %s", reading->side->name, reading->line, problem.text);
    else if (!kind)
        expected = "an object with \"row\"";
    else if (strcmp(kind, "recording") == 0)
        read_recording(reading, row);
    else if (strcmp(kind, "gone") == 0)
        standing_take_gone(&reading->standing, row);
    else if (strcmp(kind, "finding") == 0 && !read_finding(reading, row, &expected))
        expected = expected ? expected : "a finding";
    if (expected)
        error_set(error, "%s:%u: expected %s", reading->side->name, reading->line, expected);
    json_decref(row);
    return row && !expected;
}

/* Most rows are of allocations, and say nothing here. */
static bool is_wanted(const char *text)
{
    static const char *const others[] = {"{\"row\":\"allocation\"", "{\"row\":\"pool\"",
                                         "{\"row\":\"stack\""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strncmp(text, others[i], strlen(others[i])) == 0)
            return false;
    }
    return true;
}

static bool read_lines(struct reading *reading, FILE *in, struct error *error)
{
    char *line = NULL;
    size_t room = 0;
    bool read = true;
    ssize_t length;
    while (read && (length = getline(&line, &room, in)) > 0) {
        reading->line++;
        if (length > (ssize_t)ROW_MAX) {
            error_set(error, "%s:%u: the line has more than %u bytes", reading->side->name,
                      reading->line, ROW_MAX);
            read = false;
        } else if (is_wanted(line) && line[strspn(line, " \t\r\n")]) {
            read = read_row(reading, line, (size_t)length, error);
        }
    }
    if (ferror(in)) {
        error_set(error, "%s: %s", reading->side->name, strerror(errno));
        read = false;
    }
    free(line);
    return read;
}

bool compare_read_rows(struct side *side, struct error *error)
{
    struct reading reading = {.side = side};
    FILE *in = fopen(side->name, "re");
    if (!in) {
        error_set(error, "%s: %s", side->name, strerror(errno));
        return false;
    }
    const bool read = read_lines(&reading, in, error);
    if (read && !side->work.known)
        side_doubt(side, "There is no row of a recording.");
    fclose(in);
    standing_keep(&reading.standing, &side->known);
    standing_free(&reading.standing);
    strings_free(&reading.ids);
    return read;
}
