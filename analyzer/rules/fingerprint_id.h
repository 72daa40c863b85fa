/*
 * fingerprint_id.h - what a finding is known by from build to build and from run to run, see
 * fingerprint.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FINGERPRINT_ID_H
#define ANALYZER_RULES_FINGERPRINT_ID_H

#include <stdbool.h>

struct fingerprint {
    char text[17];   /* 16 hexadecimal digits */
    char nearby[17]; /* the same of the nearest frames only: it stays when the caller moves */
    bool weak;       /* a frame has no name, or there is none: others may have the same */
    bool nearby_weak;
};

#endif
