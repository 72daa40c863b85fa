/*
 * pool_path.h - where a pool hangs, as text: the labels from its root pool down.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_POOL_PATH_H
#define ANALYZER_REPLAY_POOL_PATH_H

#include <stddef.h>

struct pool;
struct replay;

/* The labels from the root pool down to POOL, " > " between; raw bytes. The caller owns it. */
char *replay_pool_path(const struct replay *replay, const struct pool *pool);

/* The same for people alone: a pool without a name is told by its documented role. */
char *replay_pool_path_of_roles(const struct replay *replay, const struct pool *pool);

/* Of "a > b > c", the length of "a > b"; 0 for a root pool's. */
size_t pool_path_above(const char *path);

/* The last label of PATH, which replay_pool_path() made. */
const char *pool_path_label(const char *path);

/* LENGTH bytes of PATH, which are a label, as its pool has it: what replay_pool_path() did to its
 * ">" is undone. Raw bytes. The caller owns it. */
char *pool_path_plain(const char *label, size_t length);

/* PATH escaped for people (analyzer/util/escape.h), whose marks on ">" are no backslashes of a
 * label's. The caller owns it. */
char *pool_path_text(const char *path);

#endif
