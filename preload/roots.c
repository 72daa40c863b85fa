#include "roots.h"

#include "events.h"
#include "usage.h"

#include <stddef.h>

static const struct api *active;

/* The root variables, and what they held when last written. */
static struct {
    const uint64_t *variable;
    uint64_t held;
} roots[API_ROOTS_MAX];

static uint64_t first_pool; /* that was created, while it is there; 0: none */

/* In IMAGE or, where that does not define it, in the program that uses the pool system. */
static const uint64_t *find_variable(const struct image *image, struct slice name)
{
    struct image other;
    struct image_symbol symbol = image_symbol(image, name);
    if (!symbol.address)
        symbol = images_symbol(name, &other);
    return (const uint64_t *)symbol.address;
}

void roots_find(const struct api *api, const struct image *image)
{
    active = api;
    for (unsigned i = 0; i < api->root_count; i++)
        roots[i].variable =
            i + 1 == api->first_root ? &first_pool : find_variable(image, api->roots[i]);
}

const uint64_t *roots_variable(struct slice name)
{
    for (unsigned i = 0; name.length && i < active->root_count; i++) {
        if (slice_same(active->roots[i], name))
            return roots[i].variable;
    }
    return NULL;
}

void roots_note(struct stream *stream)
{
    for (unsigned i = 0; i < active->root_count; i++) {
        if (!roots[i].variable)
            continue;
        uint64_t holds = __atomic_load_n(roots[i].variable, __ATOMIC_RELAXED);
        if (holds == __atomic_load_n(&roots[i].held, __ATOMIC_RELAXED))
            continue;
        __atomic_store_n(&roots[i].held, holds, __ATOMIC_RELAXED);
        event_root(stream, i, holds);
    }
}

void roots_created(struct stream *stream, uint64_t pool)
{
    if (__atomic_load_n(&first_pool, __ATOMIC_RELAXED) == 0)
        __atomic_store_n(&first_pool, pool, __ATOMIC_RELAXED);
    roots_note(stream);
}

void roots_destroyed(struct stream *stream, uint64_t pool)
{
    if (__atomic_load_n(&first_pool, __ATOMIC_RELAXED) != pool)
        return;
    __atomic_store_n(&first_pool, 0, __ATOMIC_RELAXED);
    roots_note(stream);
}

void roots_survey(struct stream *stream)
{
    if (!active)
        return;
    roots_note(stream);
    for (unsigned i = 0; i < active->root_count; i++) {
        uint64_t holds = __atomic_load_n(&roots[i].held, __ATOMIC_RELAXED);
        if (holds)
            usage_survey(&active->layout, stream, holds);
    }
}
