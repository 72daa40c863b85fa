/* strangers.c - functions that an allocation was put into; see strangers.h. */
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

/* Adds the callers of what gets memory, GETTER, to STRANGERS. A part of a function that is recorded
 * as a whole is called by it. */
static unsigned add_callers(const struct described *described, const struct image *image,
                            uint64_t getter, struct image_symbol *strangers, unsigned max)
{
    struct image_symbol callers[STRANGERS_MAX];
    const unsigned found = image_callers(image, getter, callers, STRANGERS_MAX);
    unsigned count = 0;
    for (unsigned i = 0; i < found && count < max; i++) {
        const uint64_t address = callers[i].address;
        if (!is_described(described, address) && !is_used_by(described, API_ALLOC, true, address) &&
            !is_used_by(described, API_CREATE, true, address))
            strangers[count++] = callers[i];
    }
    return count;
}

unsigned strangers_find(const struct api *api, const struct image *image,
                        struct image_symbol *strangers, unsigned max)
{
    struct described described;
    uint64_t callees[CALLEES_MAX];
    unsigned count = 0;
    find_described(api, image, &described);
    for (unsigned i = 0; i < described.count && count == 0; i++) {
        if (described.role[i] != API_CREATE)
            continue;
        const unsigned called = image_callees(image, described.at[i], callees, CALLEES_MAX);
        for (unsigned j = 0; j < called && count == 0; j++) {
            if (!is_described(&described, callees[j]) &&
                is_used_by(&described, API_ALLOC, false, callees[j]))
                count = add_callers(&described, image, callees[j], strangers, max);
        }
    }
    return count;
}
