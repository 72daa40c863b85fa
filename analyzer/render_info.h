/*
 * render_info.h - a recording's own account, for people.
 */
#ifndef LIFEGUARD_RENDER_INFO_H
#define LIFEGUARD_RENDER_INFO_H

#include "recording.h"

#include <stdio.h>

/* After the recording was replayed. */
void render_info(FILE *out, const struct recording *recording);

#endif
