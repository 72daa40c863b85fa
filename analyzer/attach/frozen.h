/*
 * frozen.h - whether a process is frozen, with its control group: nothing of it runs then, nor can
 * be made to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_FROZEN_H
#define ANALYZER_ATTACH_FROZEN_H

#include <stdbool.h>
#include <sys/types.h>

/* As far as control groups are mounted where they usually are. */
bool is_frozen(pid_t pid);

#endif
