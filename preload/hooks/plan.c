/* plan.c - what the calls of a hook mean, and when they are read; see plan.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/plan.h"

#include "preload/hooks/generation.h"
#include "preload/hooks/guarding.h"
#include "preload/hooks/tell.h"
#include "preload/hooks/usage.h"
#include "preload/unwind/unwind.h"
#include "preload/util/options.h"

/* Is VALUE, the one that is given as WHICH, known only when the function has returned? */
static bool is_late(enum api_role role, enum hook_value which, const struct expression *value)
{
    const bool out = role == API_CREATE && which == HOOK_POOL;
    return expression_has(value, EXPRESSION_RESULT) ||
           (out && expression_has(value, EXPRESSION_LOAD));
}

/* May the function change what VALUE is read from? */
static bool is_changeable(const struct expression *value)
{
    return expression_has(value, EXPRESSION_LOAD) || expression_has(value, EXPRESSION_VARIABLE) ||
           expression_has(value, EXPRESSION_LENGTH);
}

const struct expression *plan_object(const struct api_function *function)
{
    static const struct expression returned = {.steps = {{.kind = EXPRESSION_RESULT}}, .count = 1};
    return options_get()->addresses && function->guard && function->object.count == 0
               ? &returned
               : &function->object;
}

static const struct expression *value_of(const struct api_function *function, enum hook_value which)
{
    const struct expression *const values[HOOK_VALUES] = {
        [HOOK_POOL] = &function->pool,
        [HOOK_PARENT] = function->role == API_ALLOC ? &function->same : &function->parent,
        [HOOK_SIZE] = &function->size,
        [HOOK_NAME] = &function->name,
        [HOOK_OBJECT] = function->role == API_CREATE ? &function->with : plan_object(function),
    };
    return values[which];
}

bool plan_poisons(const struct api *api)
{
    return options_get()->poison && api->layout.reuse;
}

/* When the values are to be read. */
static void plan_values(struct hook *hook, const struct api_function *function)
{
    hook->late = function->success != API_ALWAYS || hook->role == API_REALLOC;
    for (unsigned i = 0; i < HOOK_VALUES; i++) {
        hook->given |= (unsigned)(value_of(function, i)->count > 0) << i;
        hook->late |= is_late(hook->role, i, value_of(function, i));
    }
    hook->late |= hook->grown || hook->compares;
    for (unsigned i = 0; i < HOOK_VALUES && hook->late; i++) {
        const struct expression *value = value_of(function, i);
        if (is_changeable(value) && !is_late(hook->role, i, value))
            hook->keeps |= 1u << i;
    }
}

static bool is_word(const struct operand_direct *direct)
{
    return direct->word && !direct->loads;
}

/* A call that makes, names or ends a pool, and does nothing else. */
static enum hook_way plan_pool_way(const struct hook *hook)
{
    const unsigned more = 1u << HOOK_SIZE | 1u << HOOK_NAME;
    if (!hook->plain || hook->orphans)
        return HOOK_FAST;
    switch (hook->role) {
    case API_CREATE:
        return hook->given & more ? HOOK_FAST : HOOK_CREATES;
    case API_SET_NAME:
        return HOOK_NAMES;
    case API_DESTROY:
        return HOOK_ENDS;
    default:
        return HOOK_FAST;
    }
}

/* How fast the recorder may go about calls for which a look suffices. */
static enum hook_way plan_way(const struct hook *hook)
{
    const struct operand *pool = &hook->values[HOOK_POOL], *size = &hook->values[HOOK_SIZE];
    if (hook->role != API_ALLOC && hook->role != API_FREE)
        return plan_pool_way(hook);
    if (pool->expression || size->expression || hook->values[HOOK_OBJECT].expression)
        return HOOK_FAST;
    if (hook->role == API_FREE)
        return HOOK_GIVES_BACK;
    if (hook->objects)
        return HOOK_TAKES;
    return hook->success == API_ALWAYS && !hook->system->makes_unseen && is_word(&pool->direct) &&
                   is_word(&size->direct)
               ? generation_is_asked() ? HOOK_YOUNG : HOOK_ALLOCATES
               : HOOK_FAST;
}

static bool is_plain(const struct hook *hook)
{
    bool plain = !hook->keeps && !hook->compares && !hook->grown && hook->role != API_REALLOC;
    for (unsigned i = 0; i < HOOK_VALUES; i++)
        plain &= !hook->values[i].expression && !hook->values[i].direct.loads;
    return plain;
}

/* Does a call succeed that returns an object, and no other? */
static bool returns_object(const struct hook *hook)
{
    const struct operand_direct *object = &hook->direct.object;
    return hook->success == API_RETURNS_NOT && hook->returned == 0 && object->plus == 0 &&
           object->offset == offsetof(struct entry_frame, result);
}

/* What changes with a call or is to be compared takes its time. */
static void plan_speed(struct hook *hook)
{
    const bool empties = hook->role == API_DESTROY || hook->role == API_CLEAR;
    const bool slow = unwind_is_verifying() || hook->keeps || hook->poisons ||
                      (empties && !usage_is_short(hook->system));
    hook->plain = is_plain(hook);
    hook->way = slow ? HOOK_SLOW : plan_way(hook);
    hook->direct.pool = hook->values[HOOK_POOL].direct;
    hook->direct.size = hook->values[HOOK_SIZE].direct;
    hook->direct.object = hook->values[HOOK_OBJECT].direct;
    hook->straight = (hook->success == API_ALWAYS || returns_object(hook)) &&
                     is_word(&hook->direct.size) && is_word(&hook->direct.object);
}

void plan_measure(struct hook *hook)
{
    hook->measured = hook->late = true;
    hook->serves = 0;
    hook->keeps |= 1u << HOOK_POOL;
    hook->way = HOOK_SLOW;
}

bool plan_calls(struct stream *stream, struct hook *hook, const struct image *image,
                const struct api_function *function)
{
    for (unsigned i = 0; i < HOOK_VALUES; i++) {
        if (operand_prepare(&hook->values[i], value_of(function, i), image))
            continue;
        struct slice why[2];
        why[0] = words(operand_fault(value_of(function, i), image, &why[1]));
        tell_hook(stream, image, TRACE_RECORD_SKIPPED, hook, function->place, 0, why, 2);
        return false;
    }
    hook->poisons =
        plan_poisons(&hook->system->api) && (hook->role == API_CREATE || hook->role == API_DESTROY);
    plan_values(hook, function);
    plan_speed(hook);
    guarding_plan(hook, function);
    if (function->measured)
        plan_measure(hook);
    return true;
}
