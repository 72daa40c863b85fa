/*
 * poison.h - LIFEGUARD_POISON: the memory of destroyed pools is filled, and its reuse put off.
 *
 * For systems whose layout says `reuse = room`: a block that was given back says that it is empty,
 * and is handed out again when it has room. One that is held back here says that it is full. Only
 * the program's own memory is written to, at most POISON_BLOCKS blocks of POISON_BYTES are held
 * back at a time, the oldest goes first. Async-signal-safe; a forked process goes on with what it
 * inherited.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_POISON_H
#define PRELOAD_HOOKS_POISON_H

#include "preload/api/pool_api.h"

#include <stdbool.h>
#include <stdint.h>

#define POISON_BYTE   0xdb /* eight of them are no address */
#define POISON_BLOCKS 1024u
#define POISON_BYTES  (4u << 20)

/* Told of a block of POOL, destroyed, that was written to while it was held back, the first such
 * byte being OFFSET behind the pool. Once for a block. */
typedef void poison_written(void *data, uint64_t pool, uint64_t offset);

/* POOL was just destroyed: fills and holds back its blocks that nobody has taken since. LAYOUT must
 * live as long as the process. WRITTEN is told of the blocks that are given free for that. */
void poison_pool(const struct api_layout *layout, uint64_t pool, poison_written *written,
                 void *data);

/* WRITTEN is told of all that are held back. */
void poison_look(poison_written *written, void *data);

/* One that writes it as an event to the stream DATA. */
void poison_tell(void *data, uint64_t pool, uint64_t offset);

/* Is POOL a destroyed one whose memory is held back? */
bool poison_holds(const struct api_layout *layout, uint64_t pool);

/* The destroyed pool, whose memory is held back from its first block on, that the block at BLOCK
 * was of; 0: none. */
uint64_t poison_pool_of(uint64_t block);

/* In a forked child that does not return into poison_pool(). */
void poison_forked(void);

#endif
