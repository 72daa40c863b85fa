/*
 * fingerprint.h - what a finding is known by from build to build and from run to run: a hash of
 * its rule, its pool's path of labels and the names in its backtrace, without addresses, lines,
 * versions, numbers or times.
 */
#ifndef LIFEGUARD_FINGERPRINT_H
#define LIFEGUARD_FINGERPRINT_H

#include "finding.h"
#include "logical_stack.h"

#include <stdbool.h>

struct fingerprint {
    char text[17]; /* 16 hexadecimal digits */
    bool weak;     /* a frame has no name, or there is none: others may have the same */
};

/* STACK: the culprit's. */
struct fingerprint fingerprint(const struct finding *finding, const struct logical_stack *stack);

struct fingerprint finding_fingerprint(const struct finding *finding,
                                       const struct name_source *names);

#endif
