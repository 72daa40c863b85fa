/* baseline.c - the file of findings that are accepted, lifeguard-baseline(5); see baseline.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/baseline.h"

#include "analyzer/util/json.h"
#include "analyzer/util/output_file.h"

#include <string.h>
#include <sys/stat.h>

#define VERSION_KEY      "lifeguard-baseline"
#define BASELINE_VERSION 1

static json_t *parse_line(const struct input_file *file, struct slice line, struct error *error)
{
    json_error_t problem;
    json_t *json = json_loadb(line.text, line.length, JSON_REJECT_DUPLICATES, &problem);
    if (!json)
        input_error(file, error, "expected one JSON object: %s", problem.text);
    return json;
}

static bool read_version(struct input_file *file, struct error *error)
{
    struct slice line;
    json_t *json = input_line(file, &line) ? parse_line(file, line, error) : NULL;
    json_int_t version = json_integer_value(json_object_get(json, VERSION_KEY));
    json_decref(json);
    if (version == BASELINE_VERSION)
        return true;
    file->line = 1;
    return input_error(file, error, "expected {\"" VERSION_KEY "\": %d}: this is no baseline%s",
                       BASELINE_VERSION, version ? " that this version can read" : "");
}

static bool read_entry(struct input_file *file, struct slice line, struct known_list *list,
                       struct error *error)
{
    json_t *json = parse_line(file, line, error);
    if (!json)
        return false;
    struct known_finding known;
    const char *expected;
    bool read = known_parse(json, &known, &expected);
    if (read)
        known_list_add(list, known);
    else
        input_error(file, error, "expected %s", expected);
    json_decref(json);
    return read;
}

bool baseline_begins(const struct input_file *file)
{
    size_t length = strcspn(file->text, "\n");
    return memmem(file->text, length, VERSION_KEY, strlen(VERSION_KEY));
}

bool baseline_parse(struct input_file *file, struct known_list *list, struct error *error)
{
    bool read = read_version(file, error);
    for (struct slice line; read && input_line(file, &line);) {
        if (line.length > 0)
            read = read_entry(file, line, list, error);
    }
    return read;
}

bool baseline_read(const char *name, struct known_list *list, struct error *error)
{
    struct input_file file;
    if (!input_open(&file, name, error))
        return false;
    bool read = baseline_parse(&file, list, error);
    input_close(&file);
    return read;
}

static bool write_all(FILE *out, const void *data)
{
    const struct known_list *list = data;
    json_t *version = json_checked(json_object());
    json_set(version, VERSION_KEY, json_integer(BASELINE_VERSION));
    bool written = json_write(out, version, 0);
    for (size_t i = 0; written && i < list->count; i++)
        written = json_write(out, known_json(&list->items[i]), 0);
    return written;
}

bool baseline_replaceable(const char *name, struct error *error)
{
    struct stat st;
    if (stat(name, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return true;
    struct known_list old = {0};
    bool is_one = baseline_read(name, &old, error);
    known_list_free(&old);
    return is_one;
}

bool baseline_write(const char *name, struct known_list *list, struct error *error)
{
    known_list_sort(list);
    return output_file(name, write_all, list, error);
}
