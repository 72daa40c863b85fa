/* api_check.h - what lifeguard api check found, for people and for programs. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_API_CHECK_H
#define ANALYZER_RENDER_API_CHECK_H

#include "analyzer/api/check.h"

#include <jansson.h>
#include <stdio.h>

/* What was held against each other. */
struct api_check_subject {
    const char *file;    /* of the description; NULL: it is built in */
    const char *program; /* the executable's path; "" when it is not known */
};

void render_api_check_text(FILE *out, const struct api_check *check,
                           const struct api_check_subject *subject);
/* A new reference. */
json_t *api_check_json(const struct api_check *check, const struct api_check_subject *subject);

#endif
