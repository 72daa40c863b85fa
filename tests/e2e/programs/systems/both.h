/* both.h - what both.c does, for who is linked with it and for who loads it. */
#ifndef BOTH_H
#define BOTH_H

/* Makes and ends objects of talloc, and pools of APR; then objects alone. */
void work(unsigned rounds);
void work_with_objects(unsigned rounds);

/* So many of each. */
#define OBJECTS(rounds) (1 + 2ul * (rounds))
#define POOLS(rounds)   (1 + 1ul * (rounds))

#endif
/* SPDX-License-Identifier: MIT */
