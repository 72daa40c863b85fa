/* strangers.c - functions that an allocation was put into; see strangers.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/strangers.h"

#include "preload/code/callers.h"
#include "preload/hooks/locate.h"

#define CALLEES_MAX   16
#define DESCRIBED_MAX (API_FUNCTIONS_MAX * 2)

/* A description's functions, where they are. */
struct described {
    struct image_symbol at[DESCRIBED_MAX];
    enum api_role role[DESCRIBED_MAX];
    bool located[DESCRIBED_MAX]; /* else it is one that stands in for another, or has it inlined */
    unsigned count;
};

static void describe(struct described *described, enum api_role role, struct image_symbol at,
                     bool located)
{
    if (!at.address || described->count == DESCRIBED_MAX)
        return;
    described->role[described->count] = role;
    described->located[described->count] = located;
    described->at[described->count++] = at;
}

static void find_described(const struct api *api, const struct image *image,
                           struct described *described)
{
    described->count = 0;
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        const bool inlined = function->locations[0].locator == API_INLINED;
        describe(described, function->role,
                 inlined ? locate_symbol(image, function->locations[0].symbol)
                         : locate(api, image, function).at,
                 !inlined);
        for (unsigned j = 0; j < function->fallbacks; j++)
            describe(described, function->role, locate_symbol(image, function->fallback[j]), false);
    }
}

/* Does a described function of ROLE call or jump to TARGET? With LOCATED, one that was located. */
static bool is_used_by(const struct described *described, enum api_role role, bool located,
                       uint64_t target)
{
    for (unsigned i = 0; i < described->count; i++) {
        const struct image_symbol *from = &described->at[i];
        if (described->role[i] == role && described->located[i] >= located &&
            from->address != target && image_reaches(from->address, from->size, target))
            return true;
    }
    return false;
}

static bool is_described(const struct described *described, uint64_t address)
{
    unsigned i = 0;
    while (i < described->count && described->at[i].address != address)
        i++;
    return i < described->count;
}

static bool is_among(const struct image_symbol *all, unsigned count, uint64_t address)
{
    unsigned i = 0;
    while (i < count && all[i].address != address)
        i++;
    return i < count;
}

/* Functions of an image that were found. */
struct found {
    struct image_symbol *strangers;
    unsigned count;
    bool more; /* than there is room for */
};

/* Adds those of FUNCTIONS, STRANGERS_MAX of which may not be all, that no description speaks of. A
 * part of a function that is recorded as a whole is called by it. */
static void add(struct found *found, const struct described *described,
                const struct image_symbol *functions, unsigned count)
{
    unsigned i = 0;
    for (; i < count && found->count < STRANGERS_MAX; i++) {
        const uint64_t address = functions[i].address;
        if (!is_described(described, address) && !is_used_by(described, API_ALLOC, true, address) &&
            !is_used_by(described, API_CREATE, true, address) &&
            !is_among(found->strangers, found->count, address))
            found->strangers[found->count++] = functions[i];
    }
    found->more |= i < count || count == STRANGERS_MAX;
}

/* What described function number INDEX, which makes pools, calls to get memory: its callers. */
static void add_callers(struct found *found, const struct described *described,
                        const struct image *image, unsigned index)
{
    uint64_t callees[CALLEES_MAX];
    struct image_symbol callers[STRANGERS_MAX];
    const unsigned called = image_callees(image, described->at[index], callees, CALLEES_MAX);
    for (unsigned i = 0; i < called && found->count == 0; i++) {
        if (!is_described(described, callees[i]) &&
            is_used_by(described, API_ALLOC, false, callees[i]))
            add(found, described, callers,
                image_callers(image, callees[i], callers, STRANGERS_MAX));
    }
}

unsigned strangers_find(const struct api *api, const struct image *image, uint64_t free_blocks,
                        struct image_symbol strangers[STRANGERS_MAX], bool *more)
{
    struct described described;
    struct image_symbol users[STRANGERS_MAX];
    struct found found = {strangers, 0, false};
    find_described(api, image, &described);
    for (unsigned i = 0; i < described.count && found.count == 0; i++) {
        if (described.role[i] == API_CREATE)
            add_callers(&found, &described, image, i);
    }
    if (free_blocks && found.count > 0)
        add(&found, &described, users, image_users(image, free_blocks, users, STRANGERS_MAX));
    *more = found.more;
    return found.count;
}
