/* uthash.h - uthash, as this program uses it: it does not fail, and nobody chooses what meets. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_UTIL_UTHASH_H
#define ANALYZER_UTIL_UTHASH_H

#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"

#define uthash_fatal(message)              memory_exhausted()
#define HASH_FUNCTION(key, length, hashed) ((hashed) = (unsigned)keyed_bytes(key, length))
#include <uthash.h>

#endif
