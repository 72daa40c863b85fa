/*
 * inside.h - whether a thread of another process is inside the recorder just now.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_INSIDE_H
#define ANALYZER_ATTACH_INSIDE_H

#include "analyzer/attach/memory.h"
#include "preload/util/control.h"

#include <sys/user.h>

/* The thread with REGISTERS: in the recorder that CONTROL tells of, in the code that leads there,
 * or in what the recorder has called. */
bool is_inside_recorder(const struct control *control, const struct target_memory *memory,
                        const struct user_regs_struct *registers);

#endif
