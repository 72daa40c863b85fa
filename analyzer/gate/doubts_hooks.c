/* Doubts about the hooks: what the description names and is not hooked, and events that show it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/doubts_hooks.h"
#include "analyzer/gate/doubts_list.h"
#include "analyzer/replay/recording.h"

#include <inttypes.h>
#include <string.h>

#define HOOKS_LISTED   3
#define ODD_PART       100 /* of the pool events, one in so many may not fit the others */
#define FUNCTION_SHOWN 64  /* bytes of a name */

static const struct api_function *described(const struct api *api,
                                            const struct recording_hook *hook)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        if (function->role == (enum api_role)hook->role &&
            slice_equals(function->place, hook->function))
            return function;
    }
    return NULL;
}

/* Is FUNCTION hooked in the image of SKIPPED for the same? An empty one: is any of the API's? */
static bool is_hooked(const struct recording_stats *stats, const struct api *api,
                      struct slice function, const struct recording_hook *skipped)
{
    for (size_t i = 0; i < stats->hook_count; i++) {
        const struct recording_hook *hook = &stats->hooks[i];
        if (!hook->skipped && hook->role == skipped->role &&
            strcmp(hook->module, skipped->module) == 0 &&
            (function.length ? slice_equals(function, hook->function) : !!described(api, hook)))
            return true;
    }
    return false;
}

/* Where a program has no function of that name nobody calls it: older and newer versions of a
 * library do without some. But one to make pools, to end them, to take from them has each. */
static bool is_none(const struct recording_stats *stats, const struct api *api,
                    const struct recording_hook *hook)
{
    const struct slice any = {NULL, 0};
    return (strcmp(hook->how, TRACE_NOT_DEFINED) == 0 ||
            strcmp(hook->how, TRACE_NOT_LOADED) == 0) &&
           is_hooked(stats, api, any, hook);
}

static bool is_missing(const struct recording_stats *stats, const struct api *api,
                       const struct recording_hook *hook)
{
    const struct api_function *function = described(api, hook);
    if (!function || strcmp(hook->how, TRACE_HOOKED_ALREADY) == 0 || is_none(stats, api, hook))
        return false;
    for (unsigned i = 0; i < function->fallbacks; i++) {
        if (is_hooked(stats, api, function->fallback[i], hook))
            return false;
    }
    return true;
}

static bool is_needed(const struct recording_hook *hook)
{
    return hook->skipped &&
           (hook->role == API_CREATE || hook->role == API_DESTROY || hook->role == API_ALLOC);
}

static bool costs_the_verdict(const struct recording *recording, const struct recording_hook *hook)
{
    const struct recording_stats *stats = recording_stats(recording);
    const struct api_set *apis = recording_apis(recording);
    for (unsigned i = 0; is_needed(hook) && apis && i < apis->count; i++) {
        if (is_missing(stats, apis->apis[i], hook))
            return true;
    }
    return false;
}

static void doubt_missing(struct doubts *doubts, const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    size_t missing = 0;
    for (size_t i = 0; i < stats->hook_count; i++) {
        const struct recording_hook *hook = &stats->hooks[i];
        if (costs_the_verdict(recording, hook) && missing++ < HOOKS_LISTED)
            doubts_add(doubts, "%.*s (%s) is not hooked, and nothing stands in for it: %s.",
                       FUNCTION_SHOWN, hook->function, api_role_name(hook->role), hook->how);
    }
    if (missing > HOOKS_LISTED)
        doubts_add(doubts, "%zu more functions of the description are not hooked.",
                   missing - HOOKS_LISTED);
}

/* The use of a pool that was seen to end is no such event: that is a finding. */
static void doubt_events(struct doubts *doubts, const struct recording_stats *stats)
{
    uint64_t odd = stats->unknown_pools + stats->recreated + stats->unknown_parents +
                   stats->unknown_objects + stats->unknown_stacks;
    if (odd <= stats->pool_events / ODD_PART)
        return;
    doubts_add(doubts,
               "%" PRIu64 " of %" PRIu64 " pool events are inconsistent with the others (lifeguard "
               "info says how): pools were made, ended or used unseen.",
               odd, stats->pool_events);
}

void doubts_of_hooks(struct doubts *doubts, const struct recording *recording)
{
    doubt_missing(doubts, recording);
    doubt_events(doubts, recording_stats(recording));
}
