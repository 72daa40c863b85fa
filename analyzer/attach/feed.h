/*
 * feed.h - files for another process that it could not open itself: they go in by descriptor, over
 * a socket that is made in it, and take the place of what it opens by certain names.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_FEED_H
#define ANALYZER_ATTACH_FEED_H

#include "analyzer/attach/leftovers.h"

struct feed {
    struct {
        char name[128]; /* as the process opens it; without a slash: in any directory */
        int local;      /* descriptor here, -1: there is none */
        int remote;     /* ... and in the process */
    } files[FEED_MAX];
    size_t count;
    const struct target_memory *memory;
    struct user_regs_struct before; /* of a call that is changed */
    bool changed;
};

/* Adds the file that LOCAL, -1 for none, is, which belongs to FEED from here on; its number. */
size_t feed_add(struct feed *feed, const char *name, int local);

/* Hands all of them over, and observes CALLER's calls from here on. False with *ERROR set. */
bool feed_begin(struct feed *feed, struct caller *caller, struct error *error);

/* Closes all in the process but number KEPT, which was closed by who was called. */
void feed_end(struct feed *feed, struct caller *caller, size_t kept);

/* Closes all of them here. */
void feed_close(struct feed *feed);

#endif
