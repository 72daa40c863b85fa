/*
 * plan.h - what is to be attached to, and how it is to be recorded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_PLAN_H
#define ANALYZER_ATTACH_PLAN_H

#include <stdint.h>
#include <sys/types.h>

struct giver;

struct attach_plan {
    pid_t pid;
    const char *dir;      /* to record into; it is there */
    const char *library;  /* the recorder */
    const char *api;      /* name of a built-in description; or NULL */
    const char *api_file; /* path of a description; or NULL */
    const char *walk;     /* "off", "end" or "units"; NULL: not chosen */
    uint32_t young;      /* bytes a pool may hold that is not written; 0: all is recorded in full */
    struct giver *giver; /* for what it forks; NULL: that is not recorded */
};

#endif
