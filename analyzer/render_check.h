/*
 * render_check.h - the gate's judgement, for people and for programs. Each renderer writes to a
 * file of its own and returns false with errno set when it could not.
 */
#ifndef LIFEGUARD_RENDER_CHECK_H
#define LIFEGUARD_RENDER_CHECK_H

#include "analysis.h"
#include "gate.h"

#include <stdbool.h>
#include <stdio.h>

/* What is rendered. */
struct check {
    const struct analysis *analysis;
    const struct gate *gate;
    bool fails; /* findings do, or stale suppressions where they are to; without doubts */
};

typedef bool check_renderer(FILE *out, const struct check *check);

check_renderer render_check_json;

void render_check_text(FILE *out, const struct check *check);

#endif
