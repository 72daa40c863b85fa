/* style.c - how a stream shows text; see style.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/style.h"

#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum color_when color_when;

void style_color(enum color_when when)
{
    color_when = when;
}

bool style_wants_color(FILE *out)
{
    if (color_when != COLOR_AUTO)
        return color_when == COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if ((no_color && *no_color) || !terminal || strcmp(terminal, "dumb") == 0)
        return false;
    return isatty(fileno(out)) == 1;
}

const struct style style_plain = {true, "", "", "", "", "", ""};

struct style style_for(FILE *out)
{
    setlocale(LC_CTYPE, "");
    struct style style = {strcmp(nl_langinfo(CODESET), "UTF-8") == 0, "", "", "", "", "", ""};
    if (style_wants_color(out)) {
        style.error = "\033[1;31m";
        style.warning = "\033[1;33m";
        style.note = "\033[1;36m";
        style.strong = "\033[1m";
        style.faint = "\033[2m";
        style.off = "\033[0m";
    }
    return style;
}

void style_head(FILE *out, const struct style *style, const char *head)
{
    fprintf(out, "%s%-13s%s", style->strong, head, style->off);
}

void style_put(FILE *out, const struct style *style, const char *bytes, size_t length)
{
    size_t size = ESCAPED_SIZE(length);
    char *text = xmalloc(size);
    escape_text(bytes, length, text, size);
    style_put_escaped(out, style, text);
    free(text);
}

void style_put_escaped(FILE *out, const struct style *style, const char *text)
{
    for (const char *at = text; *at; at++) {
        if (style->utf8 || (unsigned char)*at < 0x80)
            putc(*at, out);
        else
            fprintf(out, "\\x%02X", (unsigned char)*at);
    }
}
