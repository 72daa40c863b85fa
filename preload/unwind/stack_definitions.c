/* stack_definitions.c - backtraces as definitions; see stack_definitions.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/stack_definitions.h"

#include "preload/trace/varint.h"
#include "preload/util/address_space.h"

#include <string.h>

#define BYTES_A_SLOT 16 /* of a block: about as many slots as it holds frames */
#define SLOTS_MAX    16384u
#define HEAD_MAX     (3 + 4 * VARINT_MAX) /* bytes of a record in front of its frames */

/* The outermost frames of a backtrace, up to some depth; 96 bits of hash stand for them. */
struct outer {
    uint64_t hash;
    uint32_t check;
    uint32_t ordinal; /* of the last backtrace in the block that had them */
};

struct shared_stacks {
    struct outer slots[SLOTS_MAX];
};

/* What a backtrace has in common with one that came `back` before it; 0: nothing with any. */
struct sharing {
    uint32_t back;
    unsigned frames;
};

static struct shared_stacks *get_slots(struct stream *stream)
{
    if (!stream->shared)
        stream->shared = address_space_map(sizeof(struct shared_stacks));
    return stream->shared;
}

/* Each block begins elsewhere, so that what was noted for those before is not found. */
static struct outer begin(const struct trace_block *block)
{
    uint64_t seed = block->base_tick << 16 ^ block->sequence;
    return (struct outer){.hash = seed, .check = (uint32_t)seed};
}

static void extend(struct outer *outer, uint64_t frame)
{
    uint64_t mixed = (outer->hash ^ frame) * 0x9fb21c651e98df25u;
    uint64_t check = (outer->check ^ frame) * 0xd6e8feb86659fd93u;
    outer->hash = mixed ^ mixed >> 29;
    outer->check = (uint32_t)(check >> 32);
}

/* Looks for what BACKTRACE shares, and notes it for those to come. */
static struct sharing share(struct stream *stream, const struct backtrace *backtrace)
{
    struct sharing best = {0};
    const struct trace_block *block = stream->definitions.block;
    struct shared_stacks *shared = get_slots(stream);
    if (!shared)
        return best;
    uint32_t slots = block->size / BYTES_A_SLOT;
    uint32_t mask = (slots < SLOTS_MAX ? slots : SLOTS_MAX) - 1;
    struct outer outer = begin(block);
    outer.ordinal = stream->definitions.stacks;
    for (unsigned frames = 1; frames <= backtrace->depth; frames++) {
        extend(&outer, backtrace->frames[backtrace->depth - frames]);
        struct outer *slot = &shared->slots[outer.hash & mask];
        if (slot->hash == outer.hash && slot->check == outer.check)
            best = (struct sharing){outer.ordinal - slot->ordinal, frames};
        *slot = outer;
    }
    return best;
}

static uint8_t *put_stack(uint8_t *to, uint64_t id_step, const struct backtrace *backtrace,
                          struct sharing sharing)
{
    unsigned own = backtrace->depth - sharing.frames;
    to = put_varint(to, zigzag(id_step) << 1 | backtrace->cut);
    to = put_varint(to, sharing.back);
    if (sharing.back)
        to = put_varint(to, sharing.frames);
    uint64_t outward = sharing.back ? backtrace->frames[own] : 0;
    for (unsigned i = own; i-- > 0;) {
        to = put_signed(to, backtrace->frames[i] - outward);
        outward = backtrace->frames[i];
    }
    return to;
}

/* Space for a record with so many frames of its own; NULL: the block has none. */
static uint8_t *find_room(const struct stream_block *to, unsigned frames)
{
    size_t size = HEAD_MAX + (size_t)frames * VARINT_MAX;
    return to->block && (size_t)(to->end - to->cursor) >= size ? to->cursor : NULL;
}

bool definition_stack(struct stream *stream, uint32_t id, const struct backtrace *backtrace)
{
    struct stream_block *to = &stream->definitions;
    struct sharing sharing = {0};
    const struct trace_block *shared = to->block;
    if (shared)
        sharing = share(stream, backtrace);
    uint8_t *record = find_room(to, backtrace->depth - sharing.frames);
    if (!record) {
        if (!stream_reserve_definition(stream, HEAD_MAX + backtrace->depth * VARINT_MAX)) {
            to->end = to->cursor; /* the next one must not share with this one */
            to->left = 0;
            return false;
        }
        if (to->block != shared)
            sharing = share(stream, backtrace);
        record = to->cursor;
    }
    uint8_t *body = record + 2;
    size_t length =
        (size_t)(put_stack(body, (uint64_t)id - to->last_stack, backtrace, sharing) - body);
    record[0] = TRACE_RECORD_STACK;
    if (length > 0x7f)
        memmove(body + 1, body, length);
    to->stacks++;
    to->last_stack = id;
    stream_commit(to, put_varint(record + 1, length) + length);
    return true;
}
