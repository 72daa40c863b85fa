/* measure.c - counts what lies in the blocks of one pool. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/measure.h"

#include "preload/hooks/operand.h"
#include "preload/util/readable.h"

#define CHUNKS_MAX 131072 /* of a pool; to count more would be felt */
#define PAGE       4096u  /* pools lie close together */

void measure_begin(struct measure_pages *pages)
{
    measure_begin_with(pages, pages->few, MEASURE_PAGES);
    for (unsigned i = 0; i < MEASURE_PAGES; i++)
        pages->few[i] = 0;
}

void measure_begin_with(struct measure_pages *pages, uint64_t *known, unsigned count)
{
    pages->known = known;
    pages->count = count;
}

bool measure_can_read(struct measure_pages *pages, uint64_t address)
{
    const uint64_t page = address / PAGE;
    uint64_t *known = &pages->known[page & (pages->count - 1)];
    if (*known != page + 1 && !is_readable_often(address))
        return false;
    *known = page + 1;
    return true;
}

/* Is there something at ADDRESS, which is a multiple of SIZE as all of a pool is? */
static inline bool is_there(const struct measure_look *look, uint64_t address, size_t size)
{
    return look->pages ? address % size == 0 && measure_can_read(look->pages, address)
                       : operand_is_address(address);
}

static inline bool read_word(const struct measure_look *look, uint64_t address, uint64_t *word)
{
    if (!is_there(look, address, sizeof(*word)))
        return false;
    *word = operand_load(address);
    return true;
}

bool measure_word(const struct measure_look *look, uint64_t address, uint64_t *word)
{
    return read_word(look, address, word);
}

bool measure_half(const struct measure_look *look, uint64_t address, uint64_t *word)
{
    uint32_t half;
    if (!is_there(look, address, sizeof(half)))
        return false;
    memcpy(&half, (const void *)(uintptr_t)address, sizeof(half));
    *word = half;
    return true;
}

/* What FIELD tells; PART is the block or chunk that it may be of. */
static inline bool read_field(const struct measure_look *look, const struct api_field *field,
                              uint64_t part, uint64_t *value)
{
    const uint64_t base = field->base == API_BASE_POOL ? look->pool : part;
    uint64_t word = field->offset;
    if (field->base == API_BASE_NONE)
        return false;
    if (field->base != API_BASE_NUMBER &&
        !(field->width == 4 ? measure_half : read_word)(look, base + field->offset, &word))
        return false;
    *value = (word >> field->shift) + field->plus;
    return true;
}

struct block {
    uint64_t at, data, used, end, next;
};

/* The block that a link to LINK means, whose header is HEADER bytes. False: it is none. */
static inline bool read_block(const struct measure_look *look, uint64_t link, uint64_t header,
                              struct block *block)
{
    const struct api_layout *layout = look->layout;
    uint64_t bytes, at = link - layout->block_link;
    block->at = at;
    block->data = at + header;
    block->next = 0;
    if (layout->bytes.base == API_BASE_NONE) {
        if (!read_word(look, at + layout->block_end, &block->end))
            return false;
    } else {
        if (!read_field(look, &layout->bytes, at, &bytes))
            return false;
        block->end = at + bytes;
    }
    block->used = block->end;
    return (!layout->has_used || read_word(look, at + layout->block_used, &block->used)) &&
           (!layout->has_next || read_word(look, at + layout->block_next, &block->next)) &&
           block->data <= block->used && block->used <= block->end;
}

/* The bytes that the chunk at AT, in a block in use up to USED, gives. False: it is none. */
static bool chunk_bytes(const struct measure_look *look, uint64_t at, uint64_t used,
                        uint64_t *bytes)
{
    const struct api_chunks *chunks = &look->layout->chunks;
    uint64_t word;
    *bytes = used - at - chunks->size;
    if (!read_word(look, at, &word))
        return false;
    if (chunks->external && word >> chunks->external & 1) /* alone in its block */
        return true;
    if (!read_field(look, &chunks->bytes, at, &word))
        return false;
    if (chunks->unit)
        word = word < chunks->classes ? (uint64_t)chunks->unit << word : 0;
    if (word == 0 || word > *bytes)
        return false;
    *bytes = word;
    return true;
}

/* Does a chunk's header have all that is asked of it? */
static bool is_in_header(const struct api_chunks *chunks)
{
    const uint32_t word = sizeof(uint64_t);
    return chunks->bytes.base == API_BASE_CHUNK && chunks->size >= word &&
           chunks->bytes.offset <= chunks->size - word &&
           (chunks->owner == API_NOWHERE || chunks->owner <= chunks->size - word);
}

/* Where headers from DATA to USED are looked at, and how: with care each page is asked for once. */
static struct measure_look look_within(const struct measure_look *look, uint64_t data,
                                       uint64_t used)
{
    struct measure_look within = *look;
    bool there = look->pages && data % sizeof(uint64_t) == 0 && is_in_header(&look->layout->chunks);
    for (uint64_t at = data; there && at < used; at = (at | (PAGE - 1)) + 1)
        there = measure_can_read(look->pages, at);
    if (there)
        within.pages = NULL;
    return within;
}

/* Counts the chunks from DATA to USED that are in use, as far as they tell. */
static bool count_headers(const struct measure_look *from, uint64_t data, uint64_t used,
                          struct measured *held)
{
    const struct measure_look within = look_within(from, data, used), *look = &within;
    const struct api_chunks *chunks = &look->layout->chunks;
    uint64_t owner, bytes;
    for (uint64_t at = data; used - at >= chunks->size; at += chunks->size + bytes) {
        if (++held->passed > CHUNKS_MAX || !chunk_bytes(look, at, used, &bytes))
            return false;
        if (chunks->owner == API_NOWHERE)
            held->chunks++;
        else if (read_word(look, at + chunks->owner, &owner))
            held->chunks += owner == look->pool;
    }
    return true;
}

bool measure_counts_chunks(const struct api_layout *layout)
{
    return layout->block_chunks.base != API_BASE_NONE ||
           (layout->chunks.size > 0 && layout->chunks.bytes.base != API_BASE_NONE);
}

static bool count_chunks(const struct measure_look *look, const struct block *block, uint64_t data,
                         struct measured *held)
{
    const struct api_layout *layout = look->layout;
    uint64_t chunks, unused = 0;
    if (!measure_counts_chunks(layout))
        return true;
    if (layout->block_chunks.base == API_BASE_NONE)
        return count_headers(look, data, block->used, held);
    if (!read_field(look, &layout->block_chunks, block->at, &chunks) ||
        (layout->block_unused.base != API_BASE_NONE &&
         !read_field(look, &layout->block_unused, block->at, &unused)) ||
        unused > chunks)
        return false;
    held->chunks += chunks - unused;
    return true;
}

/* A free chunk lies in one of the pool's blocks: no link that was overwritten is followed. */
static bool is_within(const struct measured *held, uint64_t address)
{
    for (unsigned i = 0; i < held->blocks && i < MEASURE_SPANS; i++) {
        if (address >= held->spans[i].data && address < held->spans[i].used)
            return address % sizeof(address) == 0;
    }
    return false;
}

/* Takes off what the pool's lists of free chunks have. */
static bool discount_free(const struct measure_look *look, struct measured *held)
{
    const struct api_chunks *chunks = &look->layout->chunks;
    uint64_t at;
    if (!measure_counts_chunks(look->layout) || chunks->lists == API_NOWHERE)
        return true;
    for (uint32_t i = 0; i < chunks->classes; i++) {
        if (!read_word(look, look->pool + chunks->lists + i * sizeof(at), &at))
            return false;
        while (at) {
            if (!is_within(held, at) || held->chunks == 0 ||
                !read_word(look, at + chunks->next, &at))
                return false;
            held->chunks--;
        }
    }
    return held->blocks <= MEASURE_SPANS;
}

static inline void keep_span(struct measured *held, uint64_t data, uint64_t used)
{
    if (held->blocks < MEASURE_SPANS)
        held->spans[held->blocks] = (struct measure_span){data, used};
    held->blocks++;
}

bool measure_is_plain(const struct api_layout *layout)
{
    return layout->place == API_PLACE_BLOCK && layout->bytes.base == API_BASE_NONE &&
           layout->has_used && layout->has_next && layout->lists.base == API_BASE_NONE &&
           layout->header.base == API_BASE_NUMBER && layout->large.list == API_NOWHERE &&
           layout->chunks.lists == API_NOWHERE && !measure_counts_chunks(layout);
}

/* Each end of a pool waits for it, so what it needs of the layout is loaded once. */
bool measure_plain(const struct api_layout *layout, uint64_t pool, struct measured *held)
{
    const uint64_t link_at = layout->block_link, next_at = layout->block_next - link_at;
    const uint64_t used_at = layout->block_used - link_at, end_at = layout->block_end - link_at;
    const uint64_t data_at = layout->block_size - link_at, holder = pool + layout->pool_blocks;
    const uint64_t head = holder - next_at; /* where the list ends, beside NULL */
    uint64_t own = layout->header.offset + layout->header.plus, all_used = 0, all = 0, next;
    unsigned blocks = 0;
    if (!operand_is_address(holder))
        return false;
    const uint64_t first = operand_load(holder);
    if (!first || first == head || first + data_at != pool) /* the pool is at its begin */
        return false;
    for (uint64_t link = first; link && link != head; link = next == first ? 0 : next) {
        if (blocks++ == MEASURE_BLOCKS || !operand_is_address(link - link_at))
            return false;
        const uint64_t used = operand_load(link + used_at), end = operand_load(link + end_at);
        const uint64_t data = link + data_at;
        if (data > used || used > end || used - data < own)
            return false;
        all_used += used - data - own;
        all += end - data;
        own = 0;
        next = operand_load(link + next_at);
    }
    *held = (struct measured){.used = all_used, .capacity = all, .blocks = blocks};
    return true;
}

/* The blocks of the list that begins with FIRST; HEAD is where it ends, beside NULL. The first one
 * of all may begin with the pool, of SIZE bytes. */
static bool measure_list(const struct measure_look *look, uint64_t first, uint64_t head,
                         uint64_t size, struct measured *held)
{
    const struct api_layout *layout = look->layout;
    uint64_t link = first;
    while (link && link != head) {
        const bool whole = held->blocks == 0 && layout->place == API_PLACE_SELF;
        struct block block;
        if (held->blocks == MEASURE_BLOCKS ||
            !read_block(look, link, whole ? size : layout->block_size, &block))
            return false;
        uint64_t data = block.data;
        if (held->blocks == 0 && layout->place == API_PLACE_BLOCK) {
            /* A stale pointer rarely looks like that. */
            if (data != look->pool || block.used - data < size)
                return false;
            data += size;
        }
        keep_span(held, data, block.used);
        held->used += block.used - data;
        held->capacity += block.end - block.data;
        if (!count_chunks(look, &block, data, held))
            return false;
        link = block.next == first ? 0 : block.next; /* some lists are rings */
    }
    return true;
}

/* Each large allocation has an entry, in a block, that stays when it is given back. False: the list
 * does not end. */
static bool discount_entries(const struct measure_look *look, struct measured *held)
{
    const struct api_large *large = &look->layout->large;
    const uint64_t size =
        (large->next > large->data ? large->next : large->data) + sizeof(uint64_t);
    uint64_t entry;
    if (large->list == API_NOWHERE)
        return true;
    if (!read_word(look, look->pool + large->list, &entry))
        return false;
    for (unsigned i = 0; entry; i++) {
        if (i == MEASURE_BLOCKS || held->used < size ||
            !read_word(look, entry + large->next, &entry))
            return false;
        held->used -= size;
    }
    return true;
}

/* Apart, for the stack that it takes. */
static __attribute__((noinline)) bool measure_lists(const struct measure_look *look,
                                                    struct measured *held)
{
    const struct api_layout *layout = look->layout;
    struct measure_span spans[MEASURE_SPANS];
    uint64_t size, lists = 1, first;
    *held = (struct measured){.spans = spans};
    if (!read_field(look, &layout->header, 0, &size))
        return false;
    if (layout->place == API_PLACE_SELF)
        return measure_list(look, look->pool, 0, size, held) && discount_entries(look, held);
    if (layout->lists.base != API_BASE_NONE && !read_field(look, &layout->lists, 0, &lists))
        return false;
    for (uint64_t i = 0; i < lists; i++) {
        const uint64_t holder = look->pool + layout->pool_blocks + i * layout->stride;
        const uint64_t head = holder - (layout->block_next - layout->block_link);
        if (i == MEASURE_BLOCKS || !read_word(look, holder, &first) ||
            !measure_list(look, first, head, size, held))
            return false;
    }
    return discount_entries(look, held) && discount_free(look, held) &&
           (layout->place != API_PLACE_BLOCK || held->blocks > 0);
}

bool measure_pool(const struct measure_look *look, struct measured *held)
{
    const bool plain = !look->pages && measure_is_plain(look->layout);
    const bool measured =
        plain ? measure_plain(look->layout, look->pool, held) : measure_lists(look, held);
    held->spans = NULL;
    return measured;
}

uint64_t measure_kept(const struct measure_look *look, const struct measured *measured)
{
    return measured->blocks > 1 ? (uint64_t)look->layout->cleared * (measured->blocks - 1) : 0;
}

bool measure_children(const struct measure_look *look, uint64_t *count)
{
    uint64_t child;
    *count = 0;
    if (!read_word(look, look->pool + look->layout->pool_children, &child))
        return false;
    for (; child; ++*count) {
        if (*count == MEASURE_BLOCKS ||
            !read_word(look, child + look->layout->pool_sibling, &child))
            return false;
    }
    return true;
}
