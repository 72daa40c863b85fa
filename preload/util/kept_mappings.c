/* kept_mappings.c - mappings without /proc (kept_mappings.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/util/kept_mappings.h"

#include "preload/util/address_space.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/readable.h"
#include "preload/util/system_calls.h"
#include "preload/util/threads.h"
#include "preload/util/valgrind.h"

#include <errno.h>
#include <sys/mman.h>

#define KEPT_MAX   2048
#define PAGE       4096u
#define SECOND     UINT64_C(1000000000) /* ns */
#define PROBES_MAX (1u << 15)           /* pages looked at */
#define PLACE      16u                  /* ... that take as long as to ask for a place */

struct kept {
    unsigned count;
    bool cut;
    uint64_t brk; /* where the heap was to begin; 0: it had begun */
    struct mapping items[KEPT_MAX];
};

FORKED static struct kept *kept;
FORKED static uint64_t renewed_ns; /* when, last */

/* A look at what came. */
struct prober {
    mapping_seen *seen;
    void *data;
    unsigned most; /* pages that may be looked at */
    unsigned pages, probes;
};

static bool may_go_on(const struct prober *prober)
{
    return prober->probes < PROBES_MAX && prober->pages < prober->most;
}

static uint64_t whole_pages(uint64_t address)
{
    return (address + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* What is the recorder's is left out: there may be thousands. */
static void keep(void *data, const struct mapping *mapping)
{
    struct kept *to = data;
    uint64_t first, last;
    if (address_space_find(mapping->begin, mapping->end, &first, &last) &&
        first <= mapping->begin && mapping->end <= last)
        return;
    if (to->count == KEPT_MAX)
        to->cut = true;
    else
        to->items[to->count++] = *mapping;
    if (mapping->kind == MAPPING_HEAP)
        to->brk = 0;
}

void kept_mappings_begin(void)
{
    if (is_under_valgrind()) /* what came could not be asked for: see is_free() */
        return;
    if (!kept)
        kept = address_space_map(sizeof(*kept));
    kept_mappings_renew();
    renewed_ns = 0; /* much comes before main */
}

/* Two threads at once would write to the same. */
static bool can_look(void)
{
    return kept && threads_alone() && system_calls_may_open();
}

void kept_mappings_renew(void)
{
    char *room = can_look() ? address_space_map(MAPPINGS_ROOM) : NULL;
    if (!room)
        return;
    renewed_ns = clock_ns(CLOCK_MONOTONIC);
    const unsigned before = kept->count;
    kept->count = 0;
    kept->cut = false;
    kept->brk = (uint64_t)(uintptr_t)sbrk(0);
    const bool whole = mappings_read(room, keep, kept) && !kept->cut;
    if (!whole)
        kept->count =
            kept->count > 0 ? 0 : before; /* what was kept is there, if nothing was read */
    address_space_unmap(room, MAPPINGS_ROOM);
}

void kept_mappings_refresh(void)
{
    if (kept && clock_ns(CLOCK_MONOTONIC) - renewed_ns >= SECOND)
        kept_mappings_renew();
}

bool kept_mappings_in_reach(mapping_seen *seen, void *data)
{
    char *room = can_look() ? address_space_map(MAPPINGS_ROOM) : NULL;
    const bool whole = room && mappings_read(room, seen, data);
    if (room)
        address_space_unmap(room, MAPPINGS_ROOM);
    return whole;
}

/* Is there nothing from BEGIN to END? Asked by mapping something there, which is undone. */
static bool is_free(struct prober *prober, uint64_t begin, uint64_t end)
{
    const int error = errno;
    prober->probes += PLACE;
    void *wanted = (void *)(uintptr_t)begin;
    void *got = mmap(wanted, end - begin, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    const bool taken = got == MAP_FAILED ? errno == EEXIST : got != wanted;
    if (got != MAP_FAILED)
        munmap(got, end - begin);
    errno = error;
    return !taken;
}

/* Where the first page is that something is in, of those from BEGIN to END, of which one is. */
static uint64_t first_taken(struct prober *prober, uint64_t begin, uint64_t end)
{
    uint64_t low = begin, high = end; /* something is before HIGH, and nothing before LOW */
    while (high - low > PAGE) {
        const uint64_t middle = low + (high - low) / 2 / PAGE * PAGE;
        if (is_free(prober, low, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t end_of_readable(struct prober *prober, uint64_t begin, uint64_t end)
{
    while (begin < end && may_go_on(prober) && is_readable(begin)) {
        prober->probes++;
        prober->pages++;
        begin += PAGE;
    }
    return begin;
}

/* What came between BEGIN and END. */
static void look_between(struct prober *prober, uint64_t begin, uint64_t end)
{
    while (begin < end && may_go_on(prober) && !is_free(prober, begin, end)) {
        const uint64_t from = first_taken(prober, begin, end);
        begin = end_of_readable(prober, from, end);
        if (begin > from)
            prober->seen(prober->data, &(struct mapping){from, begin, MAPPING_OWN});
        else
            begin += PAGE;
    }
}

/* What came between BEGIN and END that is not the recorder's: it would have to be mapped to be
 * looked at. */
static void look_beside_own(struct prober *prober, uint64_t begin, uint64_t end)
{
    uint64_t first, last;
    while (begin < end && address_space_find(begin, end, &first, &last)) {
        if (first > begin)
            look_between(prober, begin, first);
        begin = whole_pages(last); /* what was asked for need not be whole pages */
    }
    look_between(prober, begin, end);
}

/* What came between BEGIN and END, of which the heap that ends at HEAP_END may be. */
static void look_for_heap(struct prober *prober, uint64_t begin, uint64_t end, uint64_t heap_end)
{
    const uint64_t brk = whole_pages(kept->brk);
    if (brk < begin || heap_end > end || brk >= heap_end) {
        look_beside_own(prober, begin, end);
        return;
    }
    look_beside_own(prober, begin, brk);
    prober->seen(prober->data, &(struct mapping){brk, heap_end, MAPPING_HEAP});
    look_beside_own(prober, heap_end, end);
}

bool kept_mappings_read(mapping_seen *seen, void *data, unsigned most)
{
    struct prober prober = {.seen = seen, .data = data, .most = most};
    const uint64_t heap_end = whole_pages((uint64_t)(uintptr_t)sbrk(0));
    uint64_t end = 0; /* of the one before */
    if (!kept || kept->count == 0)
        return false;
    for (unsigned i = 0; i < kept->count; i++) {
        struct mapping mapping = kept->items[i];
        const bool last = i + 1 == kept->count || kept->items[i + 1].kind != MAPPING_HEAP;
        if (end && mapping.begin > end)
            look_for_heap(&prober, end, mapping.begin, heap_end);
        if (mapping.kind == MAPPING_HEAP && last && heap_end > mapping.begin)
            mapping.end = heap_end;
        if (mapping.end > end)
            end = mapping.end;
        seen(data, &mapping);
    }
    return may_go_on(&prober);
}
