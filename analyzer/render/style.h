/*
 * style.h - how a stream shows text: colour where it is wanted, and nothing but ASCII unless the
 * locale is UTF-8.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_STYLE_H
#define ANALYZER_RENDER_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Escape sequences, "" without colour. */
struct style {
    bool utf8;
    const char *error, *warning, *note, *strong, *faint, *off;
};

/* Neither colour nor width: for what is no terminal, in UTF-8. */
extern const struct style style_plain;

/* When there is colour: on a terminal, and without NO_COLOR; or as somebody has asked for. */
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* From now on, for all streams. */
void style_color(enum color_when when);

/* For OUT, on a screen or in text. */
bool style_wants_color(FILE *out);

/* For what is written to OUT. Takes the character encoding from the environment. */
struct style style_for(FILE *out);

/* "program     ": a line begins with what it is about, or with as many blanks. */
void style_head(FILE *out, const struct style *style, const char *head);

/* Writes LENGTH bytes that anyone may have chosen, escaped (analyzer/util/escape.h), to OUT. */
void style_put(FILE *out, const struct style *style, const char *bytes, size_t length);

/* The same of TEXT, which is escaped already. */
void style_put_escaped(FILE *out, const struct style *style, const char *text);

#endif
