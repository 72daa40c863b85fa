/*
 * preflight.h - whether a process can be attached to, as far as that is to be known before it is
 * touched.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_PREFLIGHT_H
#define ANALYZER_ATTACH_PREFLIGHT_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <sys/types.h>

#define YAMA_FILE "/proc/sys/kernel/yama/ptrace_scope"

/* False with *ERROR set: it cannot. */
bool preflight(pid_t pid, struct error *error);

/* Why the kernel does not let us at PID, which it said by the errno WHY, in words: *ERROR. YAMA is
 * the file with the setting of that security module. */
void preflight_explain(pid_t pid, int why, const char *yama, struct error *error);

#endif
