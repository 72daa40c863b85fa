/*
 * host.h - what a process runs on, for recordings of many hosts to be told apart.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_HOST_H
#define PRELOAD_TRACE_HOST_H

#include "preload/trace/stream.h"

/*
 * Writes the names of the host and of its boot, the control group, and what LIFEGUARD_LABELS gives;
 * of these, what there is. Before main: it opens files of /proc, and closes them. errno may change.
 */
void host_write(struct stream *stream);

#endif
