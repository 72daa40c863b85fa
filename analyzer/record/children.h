/*
 * children.h - the processes that this one is the parent of, orphans of its own included where it
 * is a subreaper (PR_SET_CHILD_SUBREAPER).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_CHILDREN_H
#define ANALYZER_RECORD_CHILDREN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One of them, or 0. */
pid_t children_any(void);

/*
 * Ends them all and what they leave behind: SIGTERM, and SIGKILL after two seconds. Returns how
 * many did not go away even then: those of another user.
 */
size_t children_end(void);

#endif
