/*
 * documents.h - what is served of a recording: made in one process, passed on to another as bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SERVE_DOCUMENTS_H
#define ANALYZER_SERVE_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct analysis;
struct pool_profile;

enum document {
    DOCUMENT_METRICS,  /* OpenMetrics */
    DOCUMENT_FINDINGS, /* JSON */
    DOCUMENT_HEAP,     /* a profile of pprof */
    /* So that nobody has to ask for them again: */
    DOCUMENT_BUILD_ID, /* of the program; "": not known */
    DOCUMENT_PACKAGE,  /* that it is of, its name; "": none, or not known */
    DOCUMENT_VERSION,
    DOCUMENTS
};

/* Pieces of what documents_write() wrote. */
struct documents {
    struct {
        const char *bytes;
        size_t length;
    } items[DOCUMENTS];
};

/* Writes all of them to OUT; without PROFILE, the findings and the profile are left empty. */
void documents_write(FILE *out, const struct analysis *analysis,
                     const struct pool_profile *profile);

/* Finds them in SIZE bytes, which go on to belong to the caller. False: they are no such bytes. */
bool documents_read(struct documents *documents, const char *bytes, size_t size);

/* Has origin_find() know the package from now on. */
void documents_remember(const struct documents *documents);

#endif
