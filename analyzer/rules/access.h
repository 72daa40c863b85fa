/*
 * access.h - how something was touched that must not be: of data-after-destroy and overflow.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_ACCESS_H
#define ANALYZER_RULES_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

struct access {
    bool known;     /* else the finding is of no such rule */
    bool write;     /* else it was read */
    bool later;     /* it was seen afterwards that it had been; the finding's stack tells when */
    bool cleared;   /* the pool was cleared, not destroyed */
    int64_t offset; /* bytes, of the address from the allocation or, without one, from the pool */
    uint64_t size;  /* bytes asked for; 0: no allocation is known */
};

#endif
