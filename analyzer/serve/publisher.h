/*
 * publisher.h - what a recording that is looked after comes to, for monitoring: in a text file, by
 * HTTP, or both.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SERVE_PUBLISHER_H
#define ANALYZER_SERVE_PUBLISHER_H

#include "analyzer/serve/address.h"

#include <stdio.h>

struct analysis;
struct replay_observer;

struct publish_request {
    const char *metrics;          /* file; NULL: none */
    const struct address *listen; /* NULL: nowhere */
    bool redact;                  /* what names it has, see analyzer/util/redact.h */
};

struct publisher;

/* Checks the file, and listens; where, is said on stderr. NULL with *ERROR set. */
struct publisher *publisher_start(const struct publish_request *request, struct error *error);

/* The recording is read from its beginning: who is told of all of it from now on. */
struct replay_observer publisher_observe(void *publisher);

/* For struct keep_listener: in the forked process, and in the one that goes on. */
void publisher_write(void *publisher, struct analysis *analysis, FILE *to);
void publisher_take(void *publisher, const char *bytes, size_t size);

/* The file is removed. */
void publisher_end(struct publisher *publisher);

#endif
