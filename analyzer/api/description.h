/*
 * description.h - the API description that a user names: a built-in one, or one in a file.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_API_DESCRIPTION_H
#define ANALYZER_API_DESCRIPTION_H

#include "analyzer/util/error.h"
#include "preload/api/pool_api.h"

#include <stdbool.h>

struct api_description {
    struct api api; /* refers to `text` */
    char *text;     /* owned, terminated */
    char *path;     /* absolute, owned; NULL: a built-in one */
    bool once;      /* a pipe or the like: what it gave is in `text`, and not at `path` any more */
};

/*
 * Reads the built-in description NAME or, where there is none of this name, the file NAME. NULL
 * with *ERROR set: there is no such description, or it has a mistake (file and line are named).
 * Ended with api_description_close().
 */
struct api_description *api_description_open(const char *name, struct error *error);
void api_description_close(struct api_description *description);

/* What LIFEGUARD_API takes for it. Lives as long as SOURCE, whose NAME this was opened by. */
const char *api_description_option(const struct api_description *description, const char *name);

#endif
