/* label_set.c - labels of a host or a build; see label_set.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/label_set.h"

#include "analyzer/util/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const own_keys[] = {"api",       "boot",    "build",     "cgroup", "fingerprint",
                                       "host",      "kind",    "package",   "pool",   "pools",
                                       "processes", "program", "recording", "row",    "rule",
                                       "severity",  "unit",    "version",   "weak"};

static bool is_own(const char *key, size_t length)
{
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++) {
        if (strlen(own_keys[i]) == length && memcmp(own_keys[i], key, length) == 0)
            return true;
    }
    return false;
}

static bool is_key(const char *text, size_t length)
{
    if (length == 0 || length > LABEL_KEY_MAX || isdigit((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    }
    return strncmp(text, "__", 2) != 0; /* the engines' own */
}

static bool is_value(const char *text)
{
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f || text[i] == ',')
            return false;
    }
    return length > 0 && length <= LABEL_VALUE_MAX;
}

/* Where the key is, or goes. */
static size_t place_of(const struct label_set *set, const char *key, size_t length)
{
    size_t at = 0;
    while (at < set->count &&
           (strlen(set->items[at].key) != length || memcmp(set->items[at].key, key, length) != 0))
        at++;
    return at;
}

static void put(struct label_set *set, size_t at, char *key, char *value)
{
    if (at < set->count) {
        free(set->items[at].key);
        free(set->items[at].value);
    } else {
        set->count++;
    }
    set->items[at] = (struct label){key, value};
}

bool label_set_add(struct label_set *set, const char *text, struct error *error)
{
    const char *equals = strchr(text, '=');
    const size_t length = equals ? (size_t)(equals - text) : 0;
    const size_t at = place_of(set, text, length);
    if (!is_key(text, length))
        error_set(error, "'%s' is no label such as role=web: a name, then '='", text);
    else if (is_own(text, length))
        error_set(error, "'%s': that name is taken", text);
    else if (!is_value(equals + 1))
        error_set(error, "'%s': its value is to have 1 to %d characters, and no comma", text,
                  LABEL_VALUE_MAX);
    else if (at == LABELS_MAX)
        error_set(error, "'%s': there are more than %d labels", text, LABELS_MAX);
    else
        return put(set, at, xstrndup(text, length), xstrdup(equals + 1)), true;
    return false;
}

void label_set_read(struct label_set *set, const char *text)
{
    struct error ignored;
    while (*text) {
        const size_t length = strcspn(text, ",");
        char *item = xstrndup(text, length);
        label_set_add(set, item, &ignored);
        free(item);
        text += length + (text[length] == ',');
    }
}

void label_set_join(struct label_set *set, const struct label_set *more)
{
    char *text = label_set_text(more);
    label_set_read(set, text);
    free(text);
}

char *label_set_text(const struct label_set *set)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < set->count; i++) {
        char *longer =
            xasprintf("%s%s%s=%s", text, i ? "," : "", set->items[i].key, set->items[i].value);
        free(text);
        text = longer;
    }
    return text;
}

void label_set_free(struct label_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->items[i].key);
        free(set->items[i].value);
    }
    *set = (struct label_set){0};
}
