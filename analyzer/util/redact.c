/* redact.c - what is not to leave the host; see redact.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/redact.h"

#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/string_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool on;
static struct strings texts; /* what stands for others */
static struct strings kept;
static uint32_t kept_count;

void redact_start(void)
{
    on = true;
}

bool redact_is_on(void)
{
    return on;
}

void redact_keep(struct slice name)
{
    strings_intern(&kept, name.text, name.length);
    kept_count = kept.count;
}

static bool is_kept(const char *text)
{
    for (uint32_t i = 1; i <= kept_count; i++) {
        if (strcmp(strings_get(&kept, i), text) == 0)
            return true;
    }
    return false;
}

const char *redact_name(const char *text)
{
    if (!on || !text || !*text || is_kept(text))
        return text;
    char token[32];
    snprintf(token, sizeof(token), "redacted-%012" PRIx64, keyed_bytes(text, strlen(text)) >> 16);
    return strings_get(&texts, strings_intern_text(&texts, token));
}

const char *redact_file(const char *path)
{
    const char *slash = on && path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

/* What ends a path in a sentence. */
static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\n\"'`()", c);
}

const char *redact_words(const char *text)
{
    if (!on || !text || !strchr(text, '/'))
        return text;
    char *plain = xmalloc(strlen(text) + 1), *out = plain;
    for (const char *from = text; *from;) {
        const char *end = from, *name = from;
        for (; !ends_word(*end); end++)
            name = *end == '/' && end[1] && !ends_word(end[1]) ? end + 1 : name;
        end += *end != '\0';
        memcpy(out, name, (size_t)(end - name));
        out += end - name;
        from = end;
    }
    *out = '\0';
    const char *known = strings_get(&texts, strings_intern_text(&texts, plain));
    free(plain);
    return known;
}
