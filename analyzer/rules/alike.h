/*
 * alike.h - findings about pools of which one stands for many: what that one had was told, of the
 * others how many there were.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_ALIKE_H
#define ANALYZER_RULES_ALIKE_H

#include "analyzer/util/keymap.h"

#include <stddef.h>
#include <stdint.h>

#define ALIKE_MAX 65535u /* pools that stand for others */

/* What one of them had part in. */
struct alike {
    uint32_t finding; /* number, from 1, */
    uint32_t stack;   /* that it was reported with, */
    uint64_t count, bytes;
};

/* By the pool that stands for others. Zeroed: there are none. */
struct alikes {
    struct alike *items; /* those of one pool are one after the other */
    size_t count, capacity;
    struct keymap first;  /* by the pool's number, to that of its first item, from 1, ... */
    struct keymap counts; /* ... and to how many it has */
};

/* The pool NUMBER had part in what ALIKE says. Those of one pool come together. */
void alikes_note(struct alikes *alikes, uint32_t number, const struct alike *alike);

/* What was noted of it: so many, *COUNT. */
const struct alike *alikes_of(const struct alikes *alikes, uint64_t number, uint32_t *count);

void alikes_free(struct alikes *alikes); /* its contents */

#endif
