/*
 * touch.h - mistakes with what lies in pools, not with the pools: data touched after its pool's
 * end, or beyond its own. In each command.
 */
#ifndef POOLD_TOUCH_H
#define POOLD_TOUCH_H

void write_data_of_destroyed_pool(void);
void read_data_of_ended_parent(void);
void write_behind_the_end(void);
void read_behind_the_end(void);
void touch_to_the_end(void);

#endif
/* SPDX-License-Identifier: MIT */
