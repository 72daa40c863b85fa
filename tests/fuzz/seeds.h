/*
 * seeds.h - seeds that are made, not recorded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_SEEDS_H
#define LIFEGUARD_SEEDS_H

/* Writes those of sums_fuzz.c into the directory TO, which is there. Ends the program on failure.
 */
void sums_seeds(const char *to);

#endif
