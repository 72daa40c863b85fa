/*
 * check.h - a description held against a program: what of it would be hooked, and where.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_API_CHECK_H
#define ANALYZER_API_CHECK_H

#include "analyzer/api/probe.h"
#include "preload/api/pool_api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in a loaded file. */
struct api_place {
    const struct loaded_image *image; /* NULL: there is none */
    uint64_t offset;                  /* in the file's addresses */
};

/* What the recorder did about a function of the description, or a fallback for one. */
struct api_check_hook {
    const struct hook_definition *hook;
    struct api_place place;
};

struct api_check_root {
    struct slice name;
    bool first;                               /* no variable: the first pool that is made */
    const struct hook_definition *definition; /* of a variable that code was read for; or NULL */
    struct api_place place;
};

/* An image that defines some, not all, of what the description detects its system by. */
struct api_check_candidate {
    const struct loaded_image *image;
    bool defines[API_DETECT_MAX];
    unsigned count; /* of those that it defines */
};

enum api_verdict {
    API_WHOLE,  /* all that the description names is there */
    API_PARTLY, /* something is not, be there a fallback or not */
    API_NOTHING /* no function would be hooked */
};

struct api_check {
    const struct api *api;
    const struct loaded_image *image; /* that has the system; NULL: none has */
    const struct loaded_image *copy;  /* another that has it, and is not recorded; or NULL */
    enum image_names names;           /* by which the system was found */
    struct api_check_hook *hooks;     /* in the description's order; marks are hooks, too,
                                         and so are roots that code was read for */
    size_t hook_count;
    size_t hooked, missing; /* of the functions; marks are not counted */
    size_t marks_missing, roots_missing;
    struct api_check_root roots[API_ROOTS_MAX]; /* api->root_count, when `image` is there */
    struct api_check_candidate *candidates;     /* when it is not */
    bool shadow_stack; /* the program is built for one: see shadow_stack.h */
    size_t candidate_count;
};

/* Ended with api_check_free(), before API and PROBE are. PROBE has a trace. */
void api_check_make(struct api_check *check, const struct api *api, const struct api_probe *probe);
void api_check_free(struct api_check *check);

enum api_verdict api_check_verdict(const struct api_check *check);

/* Is it a function, not a mark or a root? */
bool api_check_is_function(const struct api_check_hook *entry);

/* The hook for mark number INDEX; NULL: the recorder tells nothing of it. */
const struct api_check_hook *api_check_mark(const struct api_check *check, unsigned index);

#endif
