/*
 * growth.h - mistakes with pools that take more than one command, and what looks like them and is
 * none.
 */
#ifndef POOLD_GROWTH_H
#define POOLD_GROWTH_H

/* In each command. */
void hoard_in_session_pool(void);
void hoard_in_pool_of_command(void);
void hoard_subpools(void);
void work_in_batches(void);
void take_one_large_buffer(void);
void copy_a_listing(void);
void feed_client_pool(void);
void pile_up_below_client(void);
void pile_up_below_many_clients(void);
void flush_pool(void);
void flush_subpools(void);
void hang_below_the_last(void);
void nest_and_destroy(void);
void fill_slow_cache(void);
void fill_slow_pool(void);
void evict_from_cache(void);
void grow_each_tenth(void);
void leak_each_tenth(void);
void grow_now_and_then(void);
void open_lazily(void);
void keep_every_third(void);
void replace_last(void);

/* In a session before its first command. */
void leak_while_busy(void);
void grow_while_busy(void);
void chain_while_busy(void);
void hold_and_end_while_busy(void);
void be_busy(void);
void load_and_be_busy(void);
void cache_while_busy(void);
void leak_while_not_busy(void);

#define KEPT_POOLS 1024

extern struct pool_rec *kept_pools[KEPT_POOLS];

#endif
/* SPDX-License-Identifier: MIT */
