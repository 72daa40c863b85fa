/* guarding.c - which hooks serve allocations, and which end what was served; see guarding.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/guarding.h"

#include "preload/guard/guard.h"
#include "preload/guard/stale.h"
#include "preload/hooks/fast.h"
#include "preload/hooks/tell.h"
#include "preload/util/options.h"

#include <stddef.h>
#include <string.h>

/* Does the description say that something may lie outside of blocks? */
static bool guards(const struct api *api)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        if (api->functions[i].guard)
            return true;
    }
    return false;
}

/* Does something lie before each allocation, or some? */
static bool has_headers(const struct api *api)
{
    const struct api_layout *layout;
    for (unsigned i = 0; (layout = api_layout(api, i)); i++) {
        if (layout->chunks.size > 0)
            return true;
    }
    return api_has_objects(api);
}

static bool is_word(const struct operand_direct *direct)
{
    return direct->word && !direct->loads;
}

void guarding_plan(struct hook *hook, const struct api_function *function)
{
    const bool plain = hook->way == HOOK_ALLOCATES || hook->way == HOOK_TAKES;
    if ((!guard_is_on() && !stale_is_on()) || !guards(&hook->system->api))
        return;
    hook->guards = hook->role == API_CREATE || hook->role == API_DESTROY || hook->role == API_CLEAR;
    if (hook->guards && hook->role != API_CREATE) {
        hook->quick = hook->way == HOOK_SLOW ? NULL : fast_try(hook->way);
        hook->way = hook->quick ? HOOK_ENDS_SERVED : HOOK_SLOW;
    }
    if (!function->guard || !plain || hook->keeps || !is_word(&hook->direct.pool) ||
        !is_word(&hook->direct.size))
        return;
    hook->serves = (uint8_t)function->guard;
    if (hook->way == HOOK_ALLOCATES && !hook->late)
        hook->way = HOOK_SERVES;
    else
        hook->late = true;
}

/* Tells the trace whether it is done that WHAT stands for: NULL is not WHY. */
static void tell(struct stream *stream, const struct image *image, const char *what,
                 const char *can, const char *why)
{
    const struct hook hook = {.role = API_ALLOC};
    const struct slice how = words(why ? why : can);
    tell_hook(stream, image, why ? TRACE_RECORD_SKIPPED : TRACE_RECORD_HOOK, &hook, words(what), 0,
              &how, 1);
}

void guarding_begin(struct stream *stream, const struct api *api, const struct image *image)
{
    const struct options *options = options_get();
    const char *why = NULL;
    if (has_headers(api))
        why = "a header lies before each allocation, and is read when that is given back";
    else if (!guards(api))
        why = "the description does not say which allocations may lie outside of blocks";
    if (options->guard)
        tell(stream, image, "guard", "allocations are served from pages of their own",
             why ? why : guard_setup());
    if (options->stale)
        tell(stream, image, "stale", "it is seen when allocations are used last",
             why ? why : stale_setup(options->stale));
}
