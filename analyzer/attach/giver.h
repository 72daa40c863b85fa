/*
 * giver.h - hands a trace to each process that one that is attached to forks: those have neither
 * the right nor a path to make one, and ask by a socket. See preload/trace/giver.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_GIVER_H
#define ANALYZER_ATTACH_GIVER_H

#include "analyzer/attach/call.h"

#define GIVER_NAME 33 /* bytes, with its NUL */

struct giver {
    int listener; /* -1: there is none */
    int dir;
    pid_t pid; /* whose children are served */
    char name[GIVER_NAME];
    pid_t *given; /* who got one, and may run */
    size_t count, capacity;
    size_t refused; /* how many got none */
};

/* A name for the socket of those that PID forks, recorded into DIR. False with *ERROR set. */
bool giver_begin(struct giver *giver, pid_t pid, const char *dir, struct error *error);

/* Makes the socket in CALLER's process, so that it is of that network namespace, takes it from
 * there, and closes it there. False with *ERROR set. */
bool giver_listen(struct giver *giver, struct caller *caller, struct error *error);

/* Somebody asks: gives a trace, if it is one of theirs. */
void giver_serve(struct giver *giver);

void giver_end(struct giver *giver);

#endif
