/* watching.c - what is told of pools that are watched; see watching.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/watching.h"

void watching_add(struct stream *stream, uint64_t pool, uint64_t bytes)
{
    for (unsigned i = 0; i < stream->watching; i++) {
        if (stream->watched[i].pool == pool)
            stream->watched[i].told += bytes;
    }
}

void watching_adopted(struct stream *stream, uint64_t pool, uint64_t used)
{
    for (unsigned i = 0; i < stream->watching; i++) {
        struct stream_watched *watched = &stream->watched[i];
        if (watched->pool == pool && used > watched->used + watched->told)
            watched->told = used - watched->used;
    }
}
