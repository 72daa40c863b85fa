/* callers.c - which functions of an image call a certain one, or use a variable; see callers.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/callers.h"

#include "preload/code/eh_frame.h"

#include <string.h>

#define BRANCH_MAX 6                            /* bytes, of a branch with a target of 4 */
#define WORD       8u                           /* bytes that are looked at together */
#define EACH       UINT64_C(0x0101010101010101) /* 1 in each of them */

enum reference {
    REFERENCE_NONE,
    REFERENCE_CALL,
    REFERENCE_JUMP,
    REFERENCE_BRANCH, /* a jump on a condition */
    REFERENCE_ADDRESS /* is taken */
};

/* A look through the code of an image, for what refers to TARGET. */
struct search {
    const struct image *image;
    uint64_t target;
    unsigned segment;
    uint64_t at, end; /* of the target's 4 bytes, in that segment */
};

static struct search search_begin(const struct image *image, uint64_t target)
{
    return (struct search){.image = image, .target = target};
}

/* What the instruction is that seems to end at END, in 4 bytes that mean the target. */
static enum reference kind_of(const uint8_t *end)
{
    const uint8_t last = end[-5], before = end[-6];
    if (before == 0x0f && (last & 0xf0) == 0x80)
        return REFERENCE_BRANCH;
    if (last == 0xe8)
        return REFERENCE_CALL;
    if (last == 0xe9)
        return REFERENCE_JUMP;
    return before == 0x8d && (last & 0xc7) == 0x05 ? REFERENCE_ADDRESS : REFERENCE_NONE;
}

static bool next_segment(struct search *search)
{
    while (search->segment < search->image->header_count) {
        const Elf64_Phdr *segment = &search->image->headers[search->segment++];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) ||
            segment->p_filesz < BRANCH_MAX)
            continue;
        search->at = search->image->bias + segment->p_vaddr + BRANCH_MAX - sizeof(uint32_t);
        search->end = search->image->bias + segment->p_vaddr + segment->p_filesz - sizeof(uint32_t);
        return true;
    }
    return false;
}

static uint64_t load(uint64_t address)
{
    uint64_t word;
    memcpy(&word, (const void *)(uintptr_t)address, sizeof(word));
    return word;
}

/* Where the 4 bytes at ADDRESS lead, from behind them. */
static uint32_t leads(uint64_t address)
{
    uint32_t relative;
    memcpy(&relative, (const void *)(uintptr_t)address, sizeof(relative));
    return relative;
}

/* The highest bit of each byte that is 0, and perhaps of some above such a one. */
static uint64_t zeros(uint64_t bytes)
{
    return (bytes - EACH) & ~bytes & EACH << 7;
}

/* The first of COUNT places from AT on whose 4 bytes lead to what is RELATIVE to the first, or the
 * last few of them. The upper two bytes would be the same in all: most places are passed by for
 * these, WORD at a time. */
static uint64_t pass(uint64_t at, uint64_t count, uint32_t relative)
{
    const uint64_t third = EACH * (relative >> 16 & 0xff), fourth = EACH * (relative >> 24);
    for (const uint64_t end = at + count / WORD * WORD; at < end; at += WORD, relative -= WORD) {
        uint64_t same = zeros((load(at + 2) ^ third) | (load(at + 3) ^ fourth));
        for (; same; same &= same - 1) {
            const unsigned i = (unsigned)__builtin_ctzll(same) / WORD;
            if (leads(at + i) == relative - i)
                return at + i;
        }
    }
    return at;
}

/* Goes on to the next place that leads to the target, or has to be looked at by itself. */
static void search_pass(struct search *search)
{
    uint64_t before;
    do {
        const uint32_t relative = (uint32_t)(search->target - sizeof(relative) - search->at);
        const uint64_t alike = (relative & 0xffff) + 1, left = search->end - search->at;
        before = search->at;
        search->at = pass(before, alike < left ? alike : left, relative);
    } while (search->at - before >= WORD && search->at < search->end);
}

/* The next place, *PLACE, that seems to refer to the target: bytes may look like that which are
 * none. */
static enum reference search_next(struct search *search, uint64_t *place)
{
    do {
        for (; search->at < search->end; search->at++) {
            search_pass(search);
            if (search->at >= search->end)
                break;
            const uint64_t end = search->at + sizeof(int32_t);
            if (end + (uint64_t)(int32_t)leads(search->at) != search->target)
                continue;
            const enum reference kind = kind_of((const uint8_t *)(uintptr_t)end);
            if (kind == REFERENCE_NONE)
                continue;
            *place = search->at++;
            return kind;
        }
    } while (next_segment(search));
    return REFERENCE_NONE;
}

/* Is ADDRESS in a table, as those of functions that are called by a pointer are? All of the image
 * is looked at, what AddressSanitizer puts between variables, too. */
__attribute__((no_sanitize_address)) static bool is_held(const struct image *image,
                                                         uint64_t address)
{
    for (unsigned i = 0; i < image->header_count; i++) {
        const Elf64_Phdr *segment = &image->headers[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_X)
            continue;
        const uint64_t start = image->bias + segment->p_vaddr;
        const uint64_t *word = (const void *)(uintptr_t)((start + 7) & ~UINT64_C(7));
        const uint64_t *end = (const void *)(uintptr_t)(start + segment->p_filesz);
        for (; word + 1 <= end; word++) {
            if (*word == address)
                return true;
        }
    }
    return false;
}

/* Does a function begin at ADDRESS? Where its parts lie apart, each looks like one in the unwind
 * tables; but those are branched to. */
static bool is_entry(const struct image *image, uint64_t address)
{
    struct search search = search_begin(image, address);
    bool called = image_exports(image, address) || is_held(image, address);
    enum reference kind;
    uint64_t place;
    while ((kind = search_next(&search, &place))) {
        if (kind == REFERENCE_BRANCH)
            return false;
        called |= kind != REFERENCE_JUMP;
    }
    return called;
}

/* What may follow the 4 bytes of an address in an instruction. */
static bool may_use(uint64_t end, uint64_t address)
{
    int32_t relative;
    memcpy(&relative, (const char *)(uintptr_t)end - sizeof(relative), sizeof(relative));
    const uint64_t behind = address - (uint64_t)(int64_t)relative - end;
    return behind == 0 || behind == 1 || behind == 2 || behind == 4;
}

/* The next place that seems to have ADDRESS as an operand. */
static bool next_use(struct search *search, uint64_t *place)
{
    do {
        for (; search->at < search->end; search->at++) {
            if (!may_use(search->at + sizeof(uint32_t), search->target))
                continue;
            *place = search->at++;
            return true;
        }
    } while (next_segment(search));
    return false;
}

static bool is_among(const struct image_symbol *all, unsigned count, uint64_t address)
{
    unsigned i = 0;
    while (i < count && all[i].address != address)
        i++;
    return i < count;
}

unsigned image_users(const struct image *image, uint64_t address, struct image_symbol *users,
                     unsigned max)
{
    struct search search = search_begin(image, address);
    struct function_bounds bounds;
    unsigned count = 0;
    uint64_t place;
    while (image->eh_frame_hdr && count < max && next_use(&search, &place)) {
        if (!eh_frame_function(image->eh_frame_hdr, place, &bounds) ||
            is_among(users, count, bounds.start) ||
            !image_refers(bounds.start, bounds.end - bounds.start, address) ||
            !is_entry(image, bounds.start))
            continue;
        users[count++] = (struct image_symbol){bounds.start, bounds.end - bounds.start};
    }
    return count;
}

unsigned image_callers(const struct image *image, uint64_t target, struct image_symbol *callers,
                       unsigned max)
{
    struct search search = search_begin(image, target);
    struct function_bounds bounds;
    unsigned count = 0;
    uint64_t place;
    while (image->eh_frame_hdr && count < max && search_next(&search, &place)) {
        if (!eh_frame_function(image->eh_frame_hdr, place, &bounds) || bounds.start == target ||
            is_among(callers, count, bounds.start) ||
            !image_reaches(bounds.start, bounds.end - bounds.start, target) ||
            !is_entry(image, bounds.start))
            continue;
        callers[count++] = (struct image_symbol){bounds.start, bounds.end - bounds.start};
    }
    return count;
}
