/*
 * rhythm.h - in which units something grew: in the same ones of each round, or as a cache that is
 * filled with what is asked for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_RHYTHM_H
#define ANALYZER_RULES_RHYTHM_H

#include <stdbool.h>
#include <stdint.h>

#define RHYTHM_STRETCHES 64

/* Units one after the other, the first of which grew, in stretches of one or more. Zeroed: none. */
struct rhythm {
    uint32_t before; /* units that came before these */
    uint32_t count;
    uint32_t units[RHYTHM_STRETCHES];
    uint32_t grew[RHYTHM_STRETCHES]; /* of these; never more than that */
};

/* Adds a stretch, at most RHYTHM_STRETCHES; those before the first that grew are left out. */
void rhythm_add(struct rhythm *rhythm, uint32_t units, uint32_t grew);

/* Whether it grows as a clock would have it, or a client that does the same in each of a few
 * rounds: two growths are as far from each other as any other two, and a round is not cut off. */
bool rhythm_is_even(const struct rhythm *rhythm);

/* Whether it repeats itself, three times at least, as far as stretches show; up to a short rest in
 * the end, as when a client has left. */
bool rhythm_repeats(const struct rhythm *rhythm);

/*
 * Whether growth that comes by chance, as often early as late, is less than twice as likely to look
 * so as a cache is of which each unit asks for one thing: all that comes first is new to it, and
 * ever less of what comes later. Caches that would not show that yet do not count.
 */
bool rhythm_fills(const struct rhythm *rhythm);

#endif
