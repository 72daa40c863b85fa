/* parser.h - what the files that read the sections of a description share. */
#ifndef PRELOAD_API_PARSER_H
#define PRELOAD_API_PARSER_H

#include "preload/api/pool_api.h"

struct api_parser {
    struct api *api;
    struct api_error *error;
    unsigned line;
    struct slice section;
};

/* Sets the parser's error; false, for the caller to return. */
bool api_fail(struct api_parser *parser, const char *message);

/* Whether [roots] has had NAME so far. */
bool api_has_root(const struct api *api, struct slice name);

/* Read the line KEY = VALUE of [functions], of [marks]. */
bool api_parse_function(struct api_parser *parser, struct slice key, struct slice value);
bool api_parse_mark(struct api_parser *parser, struct slice key, struct slice value);

#endif
