/*
 * origin.h - where a recording is from: the host, the build, and what somebody calls them by.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_ORIGIN_H
#define ANALYZER_PROFILE_ORIGIN_H

#include "analyzer/replay/recording.h"
#include "analyzer/symbols/package.h"
#include "analyzer/util/label_set.h"

#define BUILD_ID_TEXT 129

struct origin {
    const char *host, *boot, *control_group; /* NULL: not recorded; the recording's */
    struct label_set labels;
    char build_id[BUILD_ID_TEXT]; /* of the program; "": it has none */
    struct package package;       /* of the program; NULL in it: not known, or not asked for */
};

/* Of RECORDING, after its replay. WITH_PACKAGE: the package manager is asked, which takes some
 * hundredths of a second. Of the host nothing is told where that is redacted. */
void origin_find(struct origin *origin, const struct recording *recording, bool with_package);

/* The package of ORIGIN's build is the one there from now on, and not asked for again: in a process
 * that goes on, or in one that it forks. */
void origin_remember(const struct origin *origin);

void origin_free(struct origin *origin);

#endif
