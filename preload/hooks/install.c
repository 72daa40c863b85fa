/* install.c - what is hooked; see install.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/install.h"

#include "preload/code/detour.h"
#include "preload/hooks/fast.h"
#include "preload/hooks/guarding.h"
#include "preload/hooks/hook.h"
#include "preload/hooks/locate.h"
#include "preload/hooks/plan.h"
#include "preload/hooks/reach.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/strangers.h"
#include "preload/hooks/tell.h"
#include "preload/hooks/usage.h"
#include "preload/unwind/unwind.h"
#include "preload/util/options.h"

#include <stddef.h>
#include <string.h>

#define HOOKS_MAX 256

/* What is to be hooked for a function of a description. */
struct plan {
    struct hook hook;
    bool wanted;            /* else nothing is lost, or the trace was told what is */
    struct located located; /* unless it is inlined */
    struct makeup stand_ins[API_FALLBACKS_MAX];
};

static struct hook hooks[HOOKS_MAX];
static struct plan plans[API_FUNCTIONS_MAX];         /* of one system */
static struct image_symbol strangers[STRANGERS_MAX]; /* of one system */
static bool more_strangers;                          /* than were found */
static unsigned stranger_count;

/* Finds what else the functions of SYSTEM were put into, if its description asks. */
static void find_strangers(struct pool_system *system, const struct image *image)
{
    const struct api *api = &system->api;
    bool asked = false;
    more_strangers = false;
    for (unsigned i = 0; i < api->function_count; i++)
        asked |= api->functions[i].anywhere;
    const uint64_t free_blocks =
        system->frees ? (uint64_t)(uintptr_t)system->free_blocks.variables[0] : 0;
    stranger_count = asked && image_is_program(image) && system->layout_count > 0
                         ? strangers_find(api, image, free_blocks, strangers, &more_strangers)
                         : 0;
    /* What allocations were put into, the making of a pool may have been put into. */
    system->makes_unseen = stranger_count > 0;
}

/* As locate_makeup(): a stranger tells what it takes by itself, too. */
static struct makeup makeup_of(const struct api *api, const struct image *image, enum api_role role,
                               struct slice symbol)
{
    const struct image_symbol code = locate_symbol(image, symbol);
    struct makeup makeup = locate_makeup(api, image, role, symbol);
    for (unsigned i = 0; role == API_ALLOC && code.address && i < stranger_count; i++) {
        if (image_reaches(code.address, code.size, strangers[i].address))
            makeup.calls = makeup.copies = true;
    }
    return makeup;
}

/* Is what FUNCTION is about put into its symbol? What else that calls must not count twice. */
static bool plan_inlined(struct plan *plan, const struct image *image,
                         const struct api_function *function)
{
    const struct api *api = &plan->hook.system->api;
    const struct slice symbol = function->locations[0].symbol;
    if (!image_is_program(image) || !image_symbol(image, symbol).address)
        return false;
    const struct makeup makeup = makeup_of(api, image, function->role, symbol);
    if (makeup.calls && makeup.copies)
        plan_measure(&plan->hook);
    return !makeup.calls || makeup.copies;
}

/* Is FUNCTION one of the version of its system that IMAGE has? */
static bool is_meant(const struct image *image, const struct api_function *function)
{
    return (function->when.length == 0 || image_symbol(image, function->when).address != 0) &&
           (function->unless.length == 0 || image_symbol(image, function->unless).address == 0);
}

/* What is to be hooked for FUNCTION of SYSTEM in IMAGE: *PLAN. */
static void make_plan(struct stream *stream, struct plan *plan, struct pool_system *system,
                      const struct image *image, const struct api_function *function)
{
    const struct api *api = &system->api;
    *plan = (struct plan){
        .hook = {.role = function->role,
                 .system = system,
                 .sized = function->size.count > 0,
                 .success = function->success,
                 .returned = function->returned,
                 .objects = plan_object(function)->count > 0,
                 .keeps_children = function->keeps_children,
                 .stays = function->stays,
                 .grown = function->grown,
                 .compares = function->same.count > 0,
                 .counts = function->role == API_DESTROY && usage_counts_pools(system),
                 .orphans = roots_named(system, function->orphan_root)}};
    plan->wanted = is_meant(image, function) && plan_calls(stream, &plan->hook, image, function);
    if (!plan->wanted)
        return;
    if (function->locations[0].locator == API_INLINED) {
        plan->hook.stranger = function->anywhere;
        plan->wanted =
            function->anywhere ? stranger_count > 0 : plan_inlined(plan, image, function);
        return;
    }
    plan->located = locate(api, image, function);
    for (unsigned i = 0; i < function->fallbacks; i++)
        plan->stand_ins[i] = makeup_of(api, image, function->role, function->fallback[i]);
}

static const struct hook *hook_at(uint64_t address)
{
    for (unsigned i = 0; i < HOOKS_MAX; i++) {
        if (hooks[i].address == address)
            return &hooks[i];
    }
    return NULL;
}

/* How stubs of HOOK enter; *AROUND: after its function, too. */
static void (*entry_of(const struct hook *hook, bool *around))(void)
{
    const bool ends_served = hook->guards && hook->role != API_CREATE;
    const bool twice = hook->keeps || hook->poisons || hook->counts;
    *around = hook->late || hook->measured || hook->poisons || hook->serves || ends_served;
    if (!*around)
        return fast_is_young(hook) ? entry_young : entry_before;
    if (hook->serves)
        return hook->way == HOOK_SERVES ? entry_or_before : entry_instead;
    if (hook->way == HOOK_ENDS_SERVED && !twice && !hook->late && !hook->measured)
        return entry_or_twice;
    return twice || ends_served ? entry_twice : entry_around;
}

/* Patches the function at ADDRESS for a hook like PLANNED. NULL, or why not. */
static const char *patch(const struct hook *planned, const struct image *image, uint64_t address,
                         uint64_t size)
{
    struct hook *hook = (struct hook *)hook_at(0);
    const struct hook *other = hook_at(address);
    if (other)
        return other->system == planned->system ? TRACE_HOOKED_ALREADY
                                                : "it is hooked for another pool system";
    if (!hook)
        return "there are too many hooks";
    if (!image_is_code(image, address))
        return "it is no function";
    *hook = *planned;
    hook->map = image->map;
    bool around;
    void (*enter)(void) = entry_of(hook, &around);
    if (hook->way == HOOK_ENDS_SERVED && enter != entry_or_twice)
        hook->way = HOOK_SLOW;
    hook->try = fast_try(hook->way);
    const struct detour detour = {
        .address = address,
        .size = image_function_size(image, address, size),
        .enter = enter,
        .around = around,
        .context = hook,
        .original = &hook->entry.original,
    };
    const char *why = detour_install(&detour);
    hook->address = why ? 0 : address;
    return why;
}

unsigned hooks_count(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < HOOKS_MAX; i++)
        count += hooks[i].address != 0;
    return count;
}

void hooks_forget(void)
{
    for (unsigned i = 0; i < HOOKS_MAX; i++)
        hooks[i].address = 0;
}

void hooks_forget_unloaded(void)
{
    for (unsigned i = 0; i < HOOKS_MAX; i++) {
        if (!hooks[i].address || !hooks[i].map || image_is_listed(hooks[i].map))
            continue;
        detour_forget(hooks[i].address);
        hooks[i].address = 0;
    }
}

/* Hooks the exported function NAME itself. HOW tells why it is this one. */
static bool hook_symbol(struct stream *stream, const struct image *image,
                        const struct hook *planned, struct slice name, struct slice how)
{
    struct image_symbol symbol = image_symbol(image, name);
    const char *why = symbol.address ? patch(planned, image, symbol.address, symbol.size)
                      : image->map   ? TRACE_NOT_LOADED
                      : planned->role == API_MARK ? "no image exports it"
                                                  : TRACE_NOT_DEFINED;
    if (why)
        how = words(why);
    tell_hook(stream, image, why ? TRACE_RECORD_SKIPPED : TRACE_RECORD_HOOK, planned, name,
              symbol.address, &how, 1);
    return !why;
}

static const char *how_located(const struct located *located)
{
    if (located->is_static)
        return "static function, by its name";
    if (located->by->locator == API_AT_SYMBOL)
        return "symbol";
    return located->by->locator == API_AT_CALL ? "called by " : "jump at the end of ";
}

/* Hooks the function where it was found. False, and *WHY: it is not hooked. */
static bool hook_located(struct stream *stream, const struct image *image, const struct plan *plan,
                         const char **why)
{
    const struct located *located = &plan->located;
    *why = !located->at.address ? "the internal function behind it was not found"
                                : patch(&plan->hook, image, located->at.address, located->at.size);
    if (*why)
        return false;
    const struct slice how[] = {words(how_located(located)), located->by->symbol};
    tell_hook(stream, image, TRACE_RECORD_HOOK, &plan->hook, located->by->text, located->at.address,
              how, located->by->locator == API_AT_SYMBOL ? 1 : 2);
    return true;
}

/* Hooks what stands in for the function: each that does not leave its work to another of them. */
static bool hook_fallbacks(struct stream *stream, const struct image *image,
                           const struct plan *plan, const struct api_function *function)
{
    bool hooked = false;
    for (unsigned i = 0; i < function->fallbacks; i++) {
        const struct makeup makeup = plan->stand_ins[i];
        struct hook hook = plan->hook;
        if (makeup.calls && !makeup.copies)
            continue;
        if (makeup.calls)
            plan_measure(&hook);
        hooked |= hook_symbol(stream, image, &hook, function->fallback[i],
                              words("symbol, as a fallback"));
    }
    return hooked;
}

/* Do the fallbacks see all? A function that ends pools tells of each only if it comes back to
 * itself for those below. */
static bool is_covered(const struct image *image, const struct api_function *function)
{
    for (unsigned i = 0; i < function->fallbacks; i++) {
        if (function->role == API_DESTROY && !locate_recurs(image, function->fallback[i]))
            return false;
    }
    return function->fallbacks > 0 && (function->role == API_DESTROY || !function->cost.length);
}

/* False: neither the function nor what stands in for it is hooked. */
static bool hook_internal(struct stream *stream, const struct image *image, const struct plan *plan,
                          const struct api_function *function)
{
    const char *why;
    const bool covered = is_covered(image, function);
    if (hook_located(stream, image, plan, &why))
        return true;
    const struct slice reason[] = {words(why), words(function->cost.length ? "; " : ""),
                                   function->cost};
    if (!covered && function->role == API_DESTROY)
        plan->hook.system->ends_unseen = true;
    if (!covered)
        tell_hook(stream, image, TRACE_RECORD_SKIPPED, &plan->hook, function->place,
                  plan->located.at.address, reason, 3);
    return hook_fallbacks(stream, image, plan, function);
}

/* The symbol that something is put into. Without a layout nothing tells what a pool grew by. */
static bool hook_inlined(struct stream *stream, const struct image *image, const struct plan *plan,
                         const struct api_function *function)
{
    const struct slice symbol = function->locations[0].symbol;
    const struct slice why[] = {words("nothing tells how much a pool grows"),
                                words(function->cost.length ? "; " : ""), function->cost};
    if (hook_at(image_symbol(image, symbol).address)) /* it stands in for another */
        return true;
    if (!plan->hook.measured || plan->hook.system->layout_count > 0)
        return hook_symbol(stream, image, &plan->hook, symbol,
                           words(plan->hook.measured ? "symbol, by what the pool grows"
                                                     : "symbol, as it calls none of the others"));
    tell_hook(stream, image, TRACE_RECORD_SKIPPED, &plan->hook, function->place, 0, why, 3);
    return false;
}

static void hold_variables(struct hook *hook, const struct image *image, struct image_symbol code)
{
    for (uint32_t i = 0; i < HOOK_HELD; i++)
        hook->held[i] = (const uint64_t *)(uintptr_t)image_variable(image, code, i + 1);
}

/* Is ADDRESS where a mark of SYSTEM will be hooked? */
static bool is_mark(const struct pool_system *system, const struct image *image, uint64_t address)
{
    const struct api *api = &system->api;
    unsigned i = 0;
    while (i < api->mark_count && image_symbol(image, api->marks[i].symbol).address != address)
        i++;
    return i < api->mark_count;
}

/* Each function that an allocation was put into, and that no description names. */
static bool hook_strangers(struct stream *stream, const struct image *image,
                           const struct plan *plan, const struct api_function *function)
{
    const struct slice how = words("it allocates by itself; by what pools at hand grow");
    const struct slice cut = words("it was put into more functions than can be hooked");
    if (more_strangers)
        tell_hook(stream, image, TRACE_RECORD_SKIPPED, &plan->hook, function->place, 0, &cut, 1);
    for (unsigned i = 0; i < stranger_count; i++) {
        struct hook hook = plan->hook;
        if (is_mark(hook.system, image, strangers[i].address))
            continue; /* see hook_mark() */
        hold_variables(&hook, image, strangers[i]);
        const char *why = patch(&hook, image, strangers[i].address, strangers[i].size);
        const struct slice reason = words(why);
        tell_hook(stream, image, why ? TRACE_RECORD_SKIPPED : TRACE_RECORD_HOOK, &hook,
                  function->place, strangers[i].address, why ? &reason : &how, 1);
    }
    return true;
}

/* False: neither it nor what stands in for it is hooked. */
static bool hook_function(struct stream *stream, const struct image *image, const struct plan *plan,
                          const struct api_function *function)
{
    const struct api_location *only = &function->locations[0];
    if (!plan->wanted)
        return false;
    if (function->anywhere)
        return hook_strangers(stream, image, plan, function);
    if (only->locator == API_INLINED)
        return hook_inlined(stream, image, plan, function);
    if (function->location_count > 1 || only->locator != API_AT_SYMBOL)
        return hook_internal(stream, image, plan, function);
    return hook_symbol(stream, image, &plan->hook, only->symbol, words("symbol")) ||
           hook_fallbacks(stream, image, plan, function);
}

/* Code tells where internal functions and static variables are: it is read before any of it is
 * patched. */
static bool hook_functions(struct stream *stream, struct pool_system *system,
                           const struct image *image)
{
    const struct api *api = &system->api;
    bool hooked = false;
    find_strangers(system, image);
    for (unsigned i = 0; i < api->function_count; i++)
        make_plan(stream, &plans[i], system, image, &api->functions[i]);
    for (unsigned i = 0; i < api->function_count; i++)
        hooked |= hook_function(stream, image, &plans[i], &api->functions[i]);
    return hooked;
}

/* An allocation may have been put into the function of HOOK, a mark: then it is both. */
static void measure_mark(struct hook *hook, const struct image *image, struct slice symbol)
{
    const uint64_t address = image_symbol(image, symbol).address;
    for (unsigned i = 0; address && i < stranger_count; i++) {
        if (strangers[i].address != address)
            continue;
        plan_measure(hook); /* which makes it a slow one */
        hook->stranger = true;
        hook->late = false; /* a unit begins where it is called */
        hold_variables(hook, image, strangers[i]);
    }
}

/*
 * Several marks may share a function: it is hooked once. Where the pool system's IMAGE does not
 * define it, the program that uses the system may, or another library.
 */
static void hook_mark(struct stream *stream, struct pool_system *system, const struct image *image,
                      unsigned index)
{
    const struct api_mark *marks = system->api.marks;
    const struct slice symbol = marks[index].symbol;
    struct hook hook = {.role = API_MARK, .way = HOOK_MARKS, .system = system};
    struct image other;
    for (unsigned i = 0; i < system->api.mark_count; i++)
        hook.marks |= (unsigned)slice_same(marks[i].symbol, symbol) << i;
    if (hook.marks & ((1u << index) - 1))
        return;
    if (!image_symbol(image, symbol).address && images_symbol(image, symbol, &other).address) {
        other.path = *other.path ? other.path : options_program();
        image = &other;
    }
    measure_mark(&hook, image, symbol);
    const bool hooked = hook_symbol(stream, image, &hook, symbol, words("symbol"));
    for (unsigned i = 0; hooked && i < system->api.mark_count; i++)
        system->begins_units |= marks[i].kind == API_MARK_COMMAND && hook.marks & 1u << i;
}

void hooks_install(struct pool_system *system, const struct image *image, struct stream *stream)
{
    const struct api *api = &system->api;
    system->ends_unseen = false;
    roots_find(system, image);
    usage_find_layouts(system, image);
    guarding_begin(stream, api, image);
    reach_find(system, image);
    const bool hooked = hook_functions(stream, system, image);
    for (unsigned i = 0; i < api->mark_count; i++)
        hook_mark(stream, system, image, i);
    if (hooked) /* else the record is to say that nothing was */
        tell_roots(stream, system, image);
    if (options_get()->poison)
        tell_poison(stream, image, plan_poisons(api));
}

void hooks_report_copy(const struct pool_system *system, const struct image *image,
                       struct stream *stream)
{
    const struct hook none = {.address = 0};
    const struct slice how[] = {words("another copy of "), system->api.name,
                                words(", which is not recorded")};
    tell_hook(stream, image, TRACE_RECORD_SKIPPED, &none, words(NULL), 0, how, 3);
}
