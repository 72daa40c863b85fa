/*
 * redact.h - what is not to leave the host: names that a program gives to its pools, processes and
 * units of work, and where its files lie. Until redact_start() all stays as it is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_REDACT_H
#define ANALYZER_UTIL_REDACT_H

#include "preload/api/slice.h"

#include <stdbool.h>

/* From now on, in one thread. */
void redact_start(void);
bool redact_is_on(void);

/* NAME is no secret: a documented one, that stays as it is. */
void redact_keep(struct slice name);

/*
 * What stands for TEXT: itself or, redacted, "redacted-" and a hash under a key that is drawn anew
 * in each run: the same for the same text, and of no use to who guesses. NULL for NULL. It lives as
 * long as TEXT does, or for ever.
 */
const char *redact_name(const char *text);

/* PATH or, redacted, the name of the file alone: the end of PATH. NULL for NULL. */
const char *redact_file(const char *path);

/* A sentence, whose paths lose their directories. It lives as long as TEXT does, or for ever. */
const char *redact_words(const char *text);

#endif
