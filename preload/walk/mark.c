/* mark.c - conservative marking of pools (mark.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/mark.h"

#include "preload/walk/filter.h"
#include "preload/walk/heap.h"
#include "preload/walk/internal.h"

#include <string.h>

#define WORD       sizeof(uint64_t)
#define GAP_MAX    4096u /* bytes that are read for nothing rather than by another call */
#define SWEEPS_MAX 8
/* Of a word, what an address of the program's may be. */
#define ADDRESS_BYTES 6u
#define ADDRESS_MASK  ((UINT64_C(1) << 8 * ADDRESS_BYTES) - 1)

/* Where words are read from, while they are. */
struct source {
    uint32_t pool;  /* in whose data they lie; WALK_NONE: in no pool's */
    bool tells;     /* of references to free blocks */
    bool has_holes; /* that are to be left out */
    uint64_t ahead; /* up to where words are read, in order; or 0 */
};

static void reach(struct walk *walk, uint32_t index, uint64_t from)
{
    struct walk_pool *pool = &walk->pools[index];
    if (pool->flags & WALK_REACHED)
        return;
    pool->flags |= WALK_REACHED;
    pool->from = from;
    walk->queue[walk->queued++] = index;
    for (uint32_t i = pool->first; i != WALK_NONE; i = walk->extents[i].next)
        walk_pend(walk, &walk->extents[i], false);
}

static void note_dangler(struct walk *walk, const struct source *source, uint64_t at, uint64_t to,
                         uint32_t block)
{
    if (walk->dangler_count == walk->dangler_max)
        walk->lost.danglers++;
    else
        walk->danglers[walk->dangler_count++] =
            (struct walk_dangler){.at = at, .to = to, .pool = source->pool, .block = block};
}

/* The word TO at AT, of SOURCE, may be a reference. */
static void refer(struct walk *walk, const struct source *source, uint64_t at, uint64_t to)
{
    const uint32_t index = walk_find(walk, to);
    if (index == WALK_NONE)
        return;
    const struct walk_extent *extent = &walk->extents[index];
    if (to < extent->target || to >= extent->used)
        return;
    if (source->has_holes && walk_in_hole(walk, at))
        return;
    if (extent->kind == WALK_DEAD && source->tells && !walk->careful)
        note_dangler(walk, source, at, to, index);
    if (extent->pool == WALK_NONE || extent->pool == source->pool)
        return;
    if (walk->pools[extent->pool].free_chunks == 0 || !walk_in_hole(walk, to))
        reach(walk, extent->pool, at);
}

void walk_mark_words(struct walk *walk, const uint64_t *words, size_t count)
{
    const struct source source = {.pool = WALK_NONE};
    for (size_t i = 0; i < count; i++)
        refer(walk, &source, 0, walk->careful ? words[i] & ADDRESS_MASK : words[i]);
}

/* The words of what is at AT. */
struct words {
    const uint64_t *words;
    size_t count;
    uint64_t at;
};

/* Word number I; LOW and SPAN are where anything may be. */
static inline void scan_word(struct walk *walk, const struct source *source,
                             const struct words *words, size_t i, uint64_t low, uint64_t span)
{
    const uint64_t word = words->words[i];
    if (__builtin_expect(word - low < span, 0) && walk_is_pending(walk, word))
        refer(walk, source, words->at + i * WORD, word);
}

/* Most lead nowhere: each turn of the loop looks at four. */
static void scan_far(struct walk *walk, const struct source *source, const struct words *words)
{
    const uint64_t *const word = words->words;
    const uint64_t low = walk->low, span = walk->high - low;
    size_t i = 0;
    for (; i + 4 <= words->count; i += 4) {
        if ((word[i] | word[i + 1] | word[i + 2] | word[i + 3]) < low)
            continue; /* nothing, or small numbers */
        scan_word(walk, source, words, i, low, span);
        scan_word(walk, source, words, i + 1, low, span);
        scan_word(walk, source, words, i + 2, low, span);
        scan_word(walk, source, words, i + 3, low, span);
    }
    for (; i < words->count; i++)
        scan_word(walk, source, words, i, low, span);
}

typedef uint32_t __attribute__((may_alias)) half_word;

/* Where the upper half of all addresses is the same: that alone is looked at, where it lies. */
static void scan_near(struct walk *walk, const struct source *source, const struct words *words)
{
    const half_word *const upper = (const half_word *)words->words + 1;
    const uint64_t low = walk->low, span = walk->high - low;
    const half_word wanted = (half_word)(low >> 32);
    size_t i = 0;
    for (; i + 4 <= words->count; i += 4) {
        if (__builtin_expect(upper[2 * i] == wanted, 0))
            scan_word(walk, source, words, i, low, span);
        if (__builtin_expect(upper[2 * i + 2] == wanted, 0))
            scan_word(walk, source, words, i + 1, low, span);
        if (__builtin_expect(upper[2 * i + 4] == wanted, 0))
            scan_word(walk, source, words, i + 2, low, span);
        if (__builtin_expect(upper[2 * i + 6] == wanted, 0))
            scan_word(walk, source, words, i + 3, low, span);
    }
    for (; i < words->count; i++)
        scan_word(walk, source, words, i, low, span);
}

static void scan_words(struct walk *walk, const struct source *source, uint64_t at,
                       const uint64_t *words, size_t count)
{
    const struct words all = {words, count, at};
    if ((walk->low ^ (walk->high - 1)) >> 32 == 0)
        scan_near(walk, source, &all);
    else
        scan_far(walk, source, &all);
}

static void scan_byte(struct walk *walk, const struct source *source, uint64_t at,
                      const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, WORD);
    word &= ADDRESS_MASK;
    if (word - walk->suspects.begin < walk->suspects.end - walk->suspects.begin &&
        walk_is_pending(walk, word))
        refer(walk, source, at, word);
}

/* The place in an address, and the value, of a byte that all suspects have in theirs and that is
 * not 0: most of what there is has it nowhere. 0: there is none. */
static unsigned common_byte(const struct walk_range *suspects, unsigned char *value)
{
    for (unsigned place = ADDRESS_BYTES - 1; place >= 2; place--) {
        const unsigned bits = 8 * place;
        if (suspects->begin >> bits != (suspects->end - 1) >> bits)
            return 0;
        *value = (unsigned char)(suspects->begin >> bits);
        if (*value)
            return place;
    }
    return 0;
}

/* The words at each of SIZE bytes at AT, WORD at least, whatever their highest bits are. */
static void scan_bytes(struct walk *walk, const struct source *source, uint64_t at,
                       const unsigned char *bytes, size_t size)
{
    unsigned char value;
    const unsigned place = common_byte(&walk->suspects, &value);
    const unsigned char *first = bytes + place, *end = bytes + size - (WORD - 1) + place;
    for (; first < end; first++) {
        if (place)
            first = memchr(first, value, (size_t)(end - first));
        if (!first)
            return;
        const unsigned char *word = first - place;
        scan_byte(walk, source, at + (uint64_t)(word - bytes), word);
    }
}

/* What is in the buffer of the *SIZE bytes from BEGIN on: *SIZE becomes how many are. What lies
 * beyond, up to AHEAD, is likely to be asked for next. */
static const void *copy(struct walk *walk, uint64_t begin, size_t *size, uint64_t ahead)
{
    if (begin < walk->window || begin + WORD - walk->window > walk->copied) {
        const size_t wanted = ahead - begin < WALK_BUFFER ? (size_t)(ahead - begin) : WALK_BUFFER;
        walk->window = begin;
        walk->copied = walk->memory->read(walk->memory->from, begin, walk->buffer, wanted);
    }
    const size_t left = walk->copied - (size_t)(begin - walk->window);
    *size = *size < left ? *size : left;
    return walk->buffer + (begin - walk->window);
}

/* Looks for references in SIZE bytes of what is at AT. Returns where to go on. */
static uint64_t scan_piece(struct walk *walk, const struct source *source, uint64_t at,
                           const void *piece, size_t size)
{
    walk->bytes_scanned += size;
    if (walk->careful) {
        scan_bytes(walk, source, at, piece, size);
        return at + size - (WORD - 1); /* a word may lie across the end */
    }
    scan_words(walk, source, at, piece, size / WORD);
    return at + size;
}

/* All words from BEGIN to END, whatever lies there. */
static void scan(struct walk *walk, const struct source *source, uint64_t begin, uint64_t end)
{
    const uint64_t ahead = source->ahead > end ? source->ahead : end;
    struct walk_memory *memory = walk->memory;
    if (!walk->careful)
        begin = (begin + WORD - 1) & ~(uint64_t)(WORD - 1);
    if (walk->bytes_scanned > WALK_SCAN_MAX) {
        walk->lost.unscanned++;
        return;
    }
    while (begin < end && end - begin >= WORD && walk->bytes_scanned <= WALK_SCAN_MAX) {
        const size_t wanted = (size_t)(end - begin);
        size_t size = wanted;
        const void *words = walk_memory_seen(memory, begin, size);
        if (!words && memory->view)
            words = memory->view(memory->from, begin, &size);
        if (!words)
            words = copy(walk, begin, &size, ahead);
        if (size > wanted)
            size = wanted;
        if (!walk->careful)
            size &= ~(WORD - 1);
        if (size < WORD) {
            walk->lost.unread++;
            return;
        }
        begin = scan_piece(walk, source, begin, words, size);
    }
}

/* The first extent that begins at ADDRESS or behind it. */
static uint32_t extent_from(const struct walk *walk, uint64_t address)
{
    uint32_t low = 0, high = walk->extent_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (walk->extents[middle].begin < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What lies from BEGIN to END outside of extents; those before number FIRST end before. */
static void scan_gaps(struct walk *walk, const struct source *source, uint64_t begin, uint64_t end,
                      uint32_t first)
{
    for (uint32_t i = first; i < walk->extent_count; i++) {
        const struct walk_extent *extent = &walk->extents[i];
        if (extent->begin >= end)
            break;
        if (extent->end <= begin)
            continue;
        if (extent->begin > begin)
            scan(walk, source, begin, extent->begin);
        begin = extent->end;
    }
    if (begin < end)
        scan(walk, source, begin, end);
}

/* The first extent that those end before, or at, ADDRESS that come before it and are in no other:
 * what is in one follows it, and ends with it at the latest. */
static uint32_t first_behind(const struct walk *walk, uint64_t address)
{
    const uint32_t from = extent_from(walk, address);
    uint32_t outermost = from > 0 ? from - 1 : WALK_NONE;
    while (outermost != WALK_NONE && walk->extents[outermost].outer != WALK_NONE)
        outermost = walk->extents[outermost].outer;
    return outermost != WALK_NONE && walk->extents[outermost].end > address ? outermost : from;
}

/* The same; mostly ADDRESS is a bit behind the one that was asked for before. */
static uint32_t next_behind(struct walk *walk, uint64_t address)
{
    uint32_t i = walk->cursor;
    if (address < walk->cursor_at)
        i = first_behind(walk, address);
    while (i < walk->extent_count && walk->extents[i].end <= address)
        i++;
    walk->cursor = i;
    walk->cursor_at = address;
    return i;
}

static void scan_range(struct walk *walk, const struct source *source, uint64_t begin, uint64_t end)
{
    if (begin < end)
        scan_gaps(walk, source, begin, end, next_behind(walk, begin));
}

void walk_mark_range(struct walk *walk, uint64_t begin, uint64_t end, enum walk_roots roots)
{
    const struct source source = {.pool = WALK_NONE, .tells = roots == WALK_STATIC, .ahead = end};
    scan_range(walk, &source, begin, end);
}

struct heap {
    struct walk *walk;
    struct source source;
};

static void mark_given(void *data, uint64_t begin, uint64_t end, bool chunk)
{
    struct heap *heap = data;
    if (!chunk || !walk_is_empty_pool(heap->walk, begin, end))
        scan_range(heap->walk, &heap->source, begin, end);
}

void walk_mark_heap(struct walk *walk, uint64_t begin, uint64_t end)
{
    struct heap heap = {walk, {.pool = WALK_NONE, .ahead = end}};
    walk_heap(walk->memory, begin, end, mark_given, &heap);
}

static bool is_due(const struct walk *walk, const struct walk_extent *extent)
{
    return extent->kind == WALK_BLOCK && !extent->scanned && extent->used > extent->data &&
           walk->pools[extent->pool].flags & WALK_REACHED;
}

static void scan_extent(struct walk *walk, uint32_t index, uint64_t ahead)
{
    struct walk_extent *extent = &walk->extents[index];
    const struct source source = {.pool = extent->pool,
                                  .tells = true,
                                  .has_holes = walk->pools[extent->pool].free_chunks > 0,
                                  .ahead = ahead};
    extent->scanned = true;
    scan_gaps(walk, &source, extent->data, extent->used,
              index + 1); /* what lies in it follows it */
}

/* Up to where what is due lies close together, from extent number INDEX on. */
static uint64_t due_until(const struct walk *walk, uint32_t index)
{
    uint64_t until = walk->extents[index].used;
    const uint64_t limit = walk->extents[index].data + WALK_BUFFER;
    for (uint32_t i = index + 1; i < walk->extent_count && until < limit; i++) {
        const struct walk_extent *extent = &walk->extents[i];
        if (extent->begin > until + GAP_MAX)
            break;
        if (is_due(walk, extent) && extent->used > until)
            until = extent->used;
    }
    return until;
}

/* What is due, in the order of addresses: it can be read in large pieces. */
static void sweep(struct walk *walk)
{
    uint64_t ahead = 0;
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        if (!is_due(walk, &walk->extents[i]))
            continue;
        if (walk->extents[i].used > ahead)
            ahead = due_until(walk, i);
        scan_extent(walk, i, ahead);
    }
}

/* The rest, in the order in which it was reached: a chain downwards would take a sweep a pool. */
static void drain(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->queued; i++) {
        uint32_t index = walk->pools[walk->queue[i]].first;
        for (; index != WALK_NONE; index = walk->extents[index].next) {
            if (is_due(walk, &walk->extents[index]))
                scan_extent(walk, index, 0);
        }
    }
}

void walk_spread(struct walk *walk)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        if (walk->pools[i].flags & WALK_ROOT)
            reach(walk, i, 0);
    }
    /* What is viewed takes no call to read, in whatever order. */
    for (unsigned i = 0; i < SWEEPS_MAX && before < walk->queued && !walk->memory->view; i++) {
        before = walk->queued;
        sweep(walk);
    }
    drain(walk);
}

/* Who asks a pool for the one that it is below gets that: all above a pool that is reached. */
static void keep_above(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        if (!(walk->pools[i].flags & WALK_REACHED))
            continue;
        uint32_t above = walk->pools[i].parent;
        while (above != WALK_NONE && !(walk->pools[above].flags & (WALK_REACHED | WALK_KEPT))) {
            walk->pools[above].flags |= WALK_KEPT;
            above = walk->pools[above].parent;
        }
    }
}

/* The upper pool that each unreachable one is below: what is above a pool was found before it, but
 * for roots, which may be below others that were found later. */
static uint32_t find_upper(struct walk *walk, uint32_t index)
{
    uint32_t *upper = walk->queue;
    const uint32_t parent = walk->pools[index].parent;
    if (walk->pools[index].flags & WALK_UPPER)
        return index;
    if (parent < index)
        return upper[parent];
    uint32_t above = parent;
    while (!(walk->pools[above].flags & WALK_UPPER))
        above = walk->pools[above].parent;
    return above;
}

/* Adds the pools below each upper one to it. */
static void add_below(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        const struct walk_pool *pool = &walk->pools[i];
        if (!(pool->flags & WALK_UNREACHABLE))
            continue;
        const uint32_t above = find_upper(walk, i);
        walk->queue[i] = above;
        if (above == i)
            continue;
        walk->pools[above].below++;
        walk->pools[above].below_held += pool->capacity;
    }
}

struct walk_verdict walk_judge(struct walk *walk)
{
    struct walk_verdict verdict = {0};
    keep_above(walk);
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        struct walk_pool *pool = &walk->pools[i];
        verdict.reached += (pool->flags & WALK_REACHED) != 0;
        verdict.kept += (pool->flags & WALK_KEPT) != 0;
        if (pool->flags & (WALK_REACHED | WALK_KEPT | WALK_INTERNAL))
            continue;
        pool->flags |= WALK_UNREACHABLE;
        verdict.unreachable++;
        verdict.held += pool->capacity;
    }
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        struct walk_pool *pool = &walk->pools[i];
        const bool below =
            pool->parent != WALK_NONE && walk->pools[pool->parent].flags & WALK_UNREACHABLE;
        if (!(pool->flags & WALK_UNREACHABLE) || below)
            continue;
        pool->flags |= WALK_UPPER;
        verdict.upper++;
    }
    add_below(walk);
    return verdict;
}
