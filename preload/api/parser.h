/* parser.h - what the files that read the sections of a description share. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_API_PARSER_H
#define PRELOAD_API_PARSER_H

#include "preload/api/pool_api.h"

struct api_parser {
    struct api *api;
    struct api_error *error;
    unsigned line;
    struct slice section;
    struct api_layout *layout; /* that the section [layout], or one of a kind of pools, tells */
};

/* Sets the parser's error; false, for the caller to return. */
bool api_fail(struct api_parser *parser, const char *message);

/* Whether [roots] has had NAME so far. */
bool api_has_root(const struct api *api, struct slice name);

/* Begins [layout], or [layout NAME] where that is not empty; ends all of them. */
bool api_begin_layout(struct api_parser *parser, struct slice name);

/* Read the line KEY = VALUE of [functions], of [marks], of [layout]. */
bool api_parse_function(struct api_parser *parser, struct slice key, struct slice value);
bool api_parse_mark(struct api_parser *parser, struct slice key, struct slice value);
bool api_parse_layout(struct api_parser *parser, struct slice key, struct slice value);

#endif
