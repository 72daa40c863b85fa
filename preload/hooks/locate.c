/* locate.c - where the functions of a description are in an image; see locate.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/locate.h"

#define CALLEES_MAX 16

static struct image_symbol whole(const struct image *image, struct image_symbol symbol)
{
    symbol.size = symbol.address ? image_function_size(image, symbol.address, symbol.size) : 0;
    return symbol;
}

static bool reaches(struct image_symbol from, uint64_t target)
{
    return target && from.address && from.address != target &&
           image_reaches(from.address, from.size, target);
}

/* Is what stands at TARGET used by a function that API says to have, or to do the work of, ROLE?
 * Another part of the program may have a static function of the same name. */
static bool is_used(const struct api *api, const struct image *image, enum api_role role,
                    uint64_t target)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        if (function->role != role)
            continue;
        for (unsigned j = 0; j < function->location_count; j++) {
            if (reaches(whole(image, image_symbol(image, function->locations[j].symbol)), target))
                return true;
        }
        for (unsigned j = 0; j < function->fallbacks; j++) {
            if (reaches(whole(image, image_symbol(image, function->fallback[j])), target))
                return true;
        }
    }
    return false;
}

/* The static function that LOCATION names. */
static struct image_symbol find_static(const struct api *api, const struct image *image,
                                       enum api_role role, const struct api_location *location)
{
    const struct image_symbol found = whole(image, image_static(image, location->symbol));
    const bool usable = found.size > 0 && is_used(api, image, role, found.address);
    return usable ? found : (struct image_symbol){0};
}

/* Is what stands at TARGET called by a function that makes pools? Then it does a part of the work
 * only, as allocations need it, too. */
static bool makes_pools(const struct api *api, const struct image *image, uint64_t target)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct slice symbol = api->functions[i].locations[0].symbol;
        if (api->functions[i].role == API_CREATE &&
            reaches(whole(image, image_symbol(image, symbol)), target))
            return true;
    }
    return false;
}

/* Where the code of LOCATION's symbol leads. */
static struct image_symbol follow(const struct api *api, const struct image *image,
                                  enum api_role role, const struct api_location *location)
{
    const struct image_symbol symbol = whole(image, image_symbol(image, location->symbol));
    struct image_symbol found = {0};
    if (symbol.address)
        found.address = location->locator == API_AT_CALL
                            ? image_call(image, symbol.address, symbol.size, location->call)
                            : image_tail_jump(image, symbol.address, symbol.size);
    if (!found.address && location->locator == API_AT_TAIL)
        found.address = image_tail_branch(image, symbol.address, symbol.size);
    if (role == API_ALLOC && makes_pools(api, image, found.address))
        found.address = 0;
    return whole(image, found);
}

struct image_symbol locate_symbol(const struct image *image, struct slice name)
{
    return whole(image, image_symbol(image, name));
}

struct located locate(const struct api *api, const struct image *image,
                      const struct api_function *function)
{
    for (unsigned i = 0; i < function->location_count; i++) {
        struct located found = {.by = &function->locations[i]};
        if (found.by->locator == API_AT_SYMBOL)
            found.at = whole(image, image_symbol(image, found.by->symbol));
        else
            found.at = follow(api, image, function->role, found.by);
        if (!found.at.address && found.by->locator == API_AT_SYMBOL) {
            found.at = find_static(api, image, function->role, found.by);
            found.is_static = true;
        }
        if (found.at.address)
            return found;
    }
    return (struct located){{0}, NULL, false};
}

/* Adds to MAKEUP what CODE has of the functions of ROLE that stand at ADDRESS and are called so. */
static void compare(const struct image *image, struct image_symbol code, struct image_symbol other,
                    struct makeup *makeup)
{
    uint64_t callees[CALLEES_MAX];
    const unsigned count = image_callees(image, other, callees, CALLEES_MAX);
    makeup->calls |= reaches(code, other.address);
    for (unsigned i = 0; i < count && code.address != other.address; i++)
        makeup->copies |= callees[i] != code.address && reaches(code, callees[i]);
}

/* The same with FUNCTION and, where it is nowhere by itself, what stands in for it. */
static void compare_function(const struct api *api, const struct image *image,
                             const struct api_function *function, struct image_symbol code,
                             struct makeup *makeup)
{
    const struct located located = locate(api, image, function);
    if (located.at.address)
        compare(image, code, located.at, makeup);
    for (unsigned i = 0; i < function->fallbacks; i++) {
        const struct image_symbol other = whole(image, image_symbol(image, function->fallback[i]));
        if (located.at.address)
            makeup->calls |= reaches(code, other.address);
        else if (other.address)
            compare(image, code, other, makeup);
    }
}

struct makeup locate_makeup(const struct api *api, const struct image *image, enum api_role role,
                            struct slice symbol)
{
    const struct image_symbol code = whole(image, image_symbol(image, symbol));
    struct makeup makeup = {false, false};
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        if (function->role != role)
            continue;
        if (function->locations[0].locator == API_INLINED)
            makeup.calls |=
                reaches(code, image_symbol(image, function->locations[0].symbol).address);
        else
            compare_function(api, image, function, code, &makeup);
    }
    return makeup;
}

bool locate_recurs(const struct image *image, struct slice symbol)
{
    const struct image_symbol code = whole(image, image_symbol(image, symbol));
    uint64_t callees[CALLEES_MAX];
    const unsigned count = image_callees(image, code, callees, CALLEES_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (reaches(whole(image, (struct image_symbol){callees[i], 0}), code.address))
            return true;
    }
    return code.address && image_reaches(code.address, code.size, code.address);
}
