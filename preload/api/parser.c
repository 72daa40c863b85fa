/* parser.c - what the files that read the sections of a description share; see parser.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/parser.h"

bool api_fail(struct api_parser *parser, const char *message)
{
    parser->error->line = parser->line ? parser->line : 1; /* nothing was read yet */
    parser->error->message = message;
    return false;
}

bool api_has_root(const struct api *api, struct slice name)
{
    for (unsigned i = 0; i < api->root_count; i++) {
        if (slice_same(api->roots[i].name, name))
            return true;
    }
    return false;
}
