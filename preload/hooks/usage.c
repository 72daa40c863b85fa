/* usage.c - what a pool's blocks really hold, by the description's layout; see usage.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/usage.h"

#include "preload/hooks/measure.h"
#include "preload/util/forked.h"

uint64_t usage_pools[USAGE_MADE];
FORKED uint64_t usage_forks;

/* Pools that are objects: one block each, all of it theirs. */
static bool is_object(const struct api_layout *layout)
{
    return layout->place == API_PLACE_SELF && !layout->has_next && !layout->has_used;
}

static const struct api_layout *first_layout(const struct pool_system *system)
{
    return system->layout_count > 0 ? system->layouts[0] : NULL;
}

static bool is_exported(const struct image *image, const struct slice *symbols, unsigned count,
                        bool all)
{
    for (unsigned i = 0; i < count; i++) {
        if ((image_symbol(image, symbols[i]).address != 0) != all)
            return !all;
    }
    return all;
}

void usage_find_layouts(struct pool_system *system, const struct image *image)
{
    const struct api_layout *layout;
    unsigned i;
    system->layout_count = 0;
    system->reads_names = false; /* what has ended cannot be read any more */
    for (i = 0; i < system->api.function_count; i++)
        system->reads_names |= system->api.functions[i].role == API_SET_NAME;
    system->reads_names &= !api_ends_late(&system->api);
    for (i = 0; i < system->api.function_count; i++)
        system->reads_names &=
            system->api.functions[i].role != API_CREATE || system->api.functions[i].name.count == 0;
    for (i = 0; (layout = api_layout(&system->api, i)); i++) {
        if (is_exported(image, layout->when, layout->whens, true) &&
            !is_exported(image, layout->unless, layout->unlesses, false))
            system->layouts[system->layout_count++] = layout;
    }
    system->plain = true;
    for (i = 0; i < system->layout_count; i++)
        system->plain &=
            system->layouts[i]->type_at == API_NOWHERE && measure_is_plain(system->layouts[i]);
}

bool usage_is_short(const struct pool_system *system)
{
    const struct api_layout *layout = first_layout(system);
    return !layout || (layout->large.list == API_NOWHERE && layout->cleared == 0);
}

bool usage_counts_pools(const struct pool_system *system)
{
    const struct api_layout *layout = first_layout(system);
    return layout && layout->tree && is_object(layout);
}

/* Does the type of LOOK's pool, which is that of the first pool and a number, say that it is of
 * LAYOUT's kind? */
static bool is_kind(const struct measure_look *look, const struct pool_system *system,
                    const struct api_layout *layout)
{
    const uint64_t root = __atomic_load_n(&system->first_pool, __ATOMIC_RELAXED);
    uint64_t type, first;
    return layout->type_at == API_NOWHERE ||
           (root && measure_half(look, root - layout->address + layout->type_at, &first) &&
            measure_half(look, look->pool + layout->type_at, &type) &&
            (uint32_t)(type - first) == layout->type);
}

/* What the pool at ADDRESS holds, as the kind that it is of, which is kept in LOOK. */
static bool measure_as_any(struct measure_look *look, const struct pool_system *system,
                           uint64_t address, struct measured *held)
{
    for (unsigned i = 0; i < system->layout_count; i++) {
        look->layout = system->layouts[i];
        look->pool = address - look->layout->address;
        if (is_kind(look, system, look->layout) && measure_pool(look, held))
            return true;
    }
    return false;
}

static void tell_large(struct stream *stream, const struct measure_look *look, uint64_t pool)
{
    const struct api_large *large = &look->layout->large;
    uint64_t entry, data;
    if (large->list == API_NOWHERE || !measure_word(look, look->pool + large->list, &entry))
        return;
    for (unsigned i = 0; entry && i < MEASURE_BLOCKS; i++) {
        if (!measure_word(look, entry + large->data, &data) ||
            !measure_word(look, entry + large->next, &entry))
            return;
        if (data)
            event_large(stream, pool, data);
    }
}

/* That nothing is in use is told by the bytes, whatever is counted. */
static struct pool_usage tell(struct stream *stream, const struct measure_look *look, uint64_t pool,
                              const struct measured *held)
{
    tell_large(stream, look, pool);
    if (!measure_counts_chunks(look->layout))
        return (struct pool_usage){held->used, held->capacity};
    if (held->chunks == 0)
        return (struct pool_usage){0, held->capacity};
    event_found(stream, pool, TRACE_FOUND_ALLOCATIONS, held->chunks);
    return (struct pool_usage){UINT64_MAX, held->capacity};
}

void usage_forget(void)
{
    for (unsigned i = 0; i < USAGE_MADE; i++)
        usage_pools[i] = 0;
}

/* One that many forks before was made counts as its own. */
void usage_forked(void)
{
    usage_forks = (usage_forks + 1) & USAGE_FORKS;
}

void usage_each_own(usage_own *seen, void *data)
{
    for (unsigned i = 0; i < USAGE_MADE; i++) {
        const uint64_t made = __atomic_load_n(&usage_pools[i], __ATOMIC_RELAXED);
        if (made && (made & USAGE_FORKS) == usage_forks)
            seen(data, made & ~USAGE_FORKS);
    }
}

/* PAGES is for what was not seen being made: that may be anything, and is read with care. */
static struct measure_pages *care_for(uint64_t pool, struct measure_pages *pages)
{
    if (pool && usage_is_made(pool))
        return NULL;
    measure_begin(pages);
    return pages;
}

/* Apart, for the stack that it takes. */
static __attribute__((noinline)) struct pool_usage
tell_with_care(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    struct measure_pages pages;
    struct measured held;
    if (usage_counts_pools(system))
        return POOL_USAGE_UNKNOWN;
    struct measure_look look = {.pages = care_for(pool, &pages)};
    if (!measure_as_any(&look, system, pool, &held))
        return POOL_USAGE_UNKNOWN;
    return tell(stream, &look, pool, &held);
}

struct pool_usage usage_tell(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    struct measured held;
    if (!system->plain || !usage_is_made(pool))
        return tell_with_care(stream, system, pool);
    for (unsigned i = 0; i < system->layout_count; i++) {
        const struct api_layout *layout = system->layouts[i];
        if (measure_plain(layout, pool - layout->address, &held))
            return (struct pool_usage){held.used, held.capacity};
    }
    return POOL_USAGE_UNKNOWN;
}

uint64_t usage_kept(const struct pool_system *system, uint64_t pool)
{
    const struct api_layout *layout = first_layout(system);
    struct measure_pages pages;
    struct measured held;
    if (!layout || layout->cleared == 0)
        return 0;
    struct measure_look look = {.pages = care_for(pool, &pages)};
    return measure_as_any(&look, system, pool, &held) ? measure_kept(&look, &held) : 0;
}

bool usage_looks(const struct pool_system *system, uint64_t pool, struct pool_usage *usage)
{
    struct measure_pages pages;
    return usage_looks_with(system, pool, care_for(pool, &pages), usage);
}

bool usage_looks_with(const struct pool_system *system, uint64_t pool, struct measure_pages *pages,
                      struct pool_usage *usage)
{
    struct measured held;
    struct measure_look look = {.pages = pages};
    *usage = POOL_USAGE_UNKNOWN;
    if (system->layout_count == 0 || usage_counts_pools(system))
        return true;
    if (!measure_as_any(&look, system, pool, &held))
        return false;
    if (!measure_counts_chunks(look.layout))
        *usage = (struct pool_usage){held.used, held.capacity};
    return true;
}

const char *usage_name_with_care(const struct api_layout *layout, uint64_t pool, uint64_t known)
{
    uint64_t name;
    struct measure_pages pages;
    const struct measure_look look = {.layout = layout, .pages = care_for(pool, &pages)};
    if (!measure_word(&look, pool - layout->address + layout->pool_tag, &name) || !name ||
        name == known)
        return NULL;
    measure_begin(&pages);
    for (uint64_t at = name; at < name + TRACE_NAME_MAX; at++) {
        if (!measure_can_read(&pages, at))
            return NULL;
        if (*(const char *)at == '\0')
            break;
    }
    return (const char *)name;
}

/* Is the pool that links mean by AT among those below the one that they mean by PARENT? */
static bool is_below(const struct measure_look *look, uint64_t parent, uint64_t at)
{
    uint64_t child;
    if (!measure_word(look, parent + look->layout->pool_children, &child))
        return false;
    for (unsigned i = 0; child && child != at && i < MEASURE_BLOCKS; i++) {
        if (!measure_word(look, child + look->layout->pool_sibling, &child))
            return false;
    }
    return child == at;
}

uint64_t usage_parent(const struct pool_system *system, uint64_t pool)
{
    const struct api_layout *layout = first_layout(system);
    const uint64_t at = layout ? pool - layout->address : 0;
    struct measure_pages pages;
    uint64_t parent;
    if (!layout || !layout->tree || layout->parent == API_NOWHERE)
        return 0;
    measure_begin(&pages);
    const struct measure_look look = {.layout = layout, .pages = &pages};
    return measure_word(&look, at + layout->parent, &parent) && parent &&
                   is_below(&look, parent, at)
               ? parent + layout->address
               : 0;
}

void usage_tell_pools(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    const struct api_layout *layout = first_layout(system);
    struct measure_pages pages;
    const struct measure_look look = {
        .layout = layout, .pages = care_for(pool, &pages), .pool = pool - layout->address};
    uint64_t count;
    if (measure_children(&look, &count) && count > 0)
        event_found(stream, pool, TRACE_FOUND_POOLS, count);
}

void usage_survey(struct stream *stream, const struct pool_system *system, uint64_t pool,
                  struct measure_pages *pages, usage_visit *found)
{
    struct measure_look look = {.pages = pages};
    struct measured held;
    uint64_t count;
    if (!usage_counts_pools(system)) {
        if (!measure_as_any(&look, system, pool, &held))
            return;
        found(stream, system, pool);
        event_survey(stream, pool, tell(stream, &look, pool, &held));
        return;
    }
    look.layout = first_layout(system);
    look.pool = pool - look.layout->address;
    if (!measure_children(&look, &count))
        return;
    found(stream, system, pool);
    event_found(stream, pool, TRACE_FOUND_POOLS, count);
}
