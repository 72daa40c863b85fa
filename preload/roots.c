#include "roots.h"

#include "events.h"
#include "operand.h"
#include "usage.h"

#include <stddef.h>

static const struct api *active;

/* What holds a root pool, and which one that was when last written. */
struct root {
    bool found;
    const uint64_t *variable; /* NULL: it takes more than one */
    struct operand holder;
    uint64_t held;
};

static struct root roots[API_ROOTS_MAX];
static uint64_t first_pool; /* that was created, while it is there; 0: none */

void roots_find(const struct api *api, const struct image *image)
{
    active = api;
    for (unsigned i = 0; i < api->root_count; i++) {
        const struct expression *holder = &api->roots[i].holder;
        const bool first = i + 1 == api->first_root;
        roots[i].found = first || !operand_prepare(&roots[i].holder, holder, image);
        roots[i].variable = first                ? &first_pool
                            : holder->count == 1 ? roots[i].holder.variables[0]
                                                 : NULL;
    }
}

const struct root *roots_named(struct slice name)
{
    for (unsigned i = 0; name.length && i < active->root_count; i++) {
        if (slice_same(active->roots[i].name, name))
            return roots[i].found ? &roots[i] : NULL;
    }
    return NULL;
}

uint64_t roots_pool(const struct root *root)
{
    uint64_t pool;
    if (!root)
        return 0;
    if (root->variable)
        return __atomic_load_n(root->variable, __ATOMIC_RELAXED);
    return operand_read(&root->holder, NULL, &pool) ? pool : 0;
}

void roots_note(struct stream *stream)
{
    for (unsigned i = 0; i < active->root_count; i++) {
        if (!roots[i].found)
            continue;
        uint64_t holds = roots_pool(&roots[i]);
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
    if (streams_are_several())
        return;
    for (unsigned i = 0; i < active->root_count; i++) {
        uint64_t holds = __atomic_load_n(&roots[i].held, __ATOMIC_RELAXED);
        if (holds)
            usage_survey(&active->layout, stream, holds);
    }
}
