/* install.c - what is hooked; see install.h. */
#include "preload/hooks/install.h"

#include "preload/code/detour.h"
#include "preload/hooks/adopt.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/guarding.h"
#include "preload/hooks/hook.h"
#include "preload/hooks/locate.h"
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
static unsigned stranger_count;

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

static const struct expression *value_of(const struct api_function *function, enum hook_value which)
{
    const struct expression *const values[HOOK_VALUES] = {
        [HOOK_POOL] = &function->pool,
        [HOOK_PARENT] = function->role == API_ALLOC ? &function->same : &function->parent,
        [HOOK_SIZE] = &function->size,
        [HOOK_NAME] = &function->name,
        [HOOK_OBJECT] = function->role == API_CREATE ? &function->with : &function->object,
    };
    return values[which];
}

static bool poisons(const struct api *api)
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

/* How fast the recorder may go about calls for which a look suffices. */
static enum hook_way plan_way(const struct hook *hook)
{
    const struct operand *pool = &hook->values[HOOK_POOL], *size = &hook->values[HOOK_SIZE];
    if ((hook->role != API_ALLOC && hook->role != API_FREE) || pool->expression ||
        size->expression || hook->values[HOOK_OBJECT].expression)
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

/* What changes with a call or is to be compared takes its time. */
static void plan_speed(struct hook *hook)
{
    const bool empties = hook->role == API_DESTROY || hook->role == API_CLEAR;
    const bool slow = unwind_is_verifying() || hook->keeps || hook->poisons ||
                      (empties && !usage_is_short(hook->system));
    hook->way = slow ? HOOK_SLOW : plan_way(hook);
    hook->direct.pool = hook->values[HOOK_POOL].direct;
    hook->direct.size = hook->values[HOOK_SIZE].direct;
    hook->direct.object = hook->values[HOOK_OBJECT].direct;
}

/* What a pool grew by is measured, before and after the call. */
static void measure(struct hook *hook)
{
    hook->measured = hook->late = true;
    hook->serves = 0;
    hook->keeps |= 1u << HOOK_POOL;
    hook->way = HOOK_SLOW;
}

/* What the calls of HOOK, one for FUNCTION, mean. False: a variable that its values need was not
 * found, which the trace is told. */
static bool plan_calls(struct stream *stream, struct hook *hook, const struct image *image,
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
        poisons(&hook->system->api) && (hook->role == API_CREATE || hook->role == API_DESTROY);
    plan_values(hook, function);
    plan_speed(hook);
    guarding_plan(hook, function);
    if (function->measured)
        measure(hook);
    return true;
}

/* Finds what else the functions of SYSTEM were put into, if its description asks. */
static void find_strangers(struct pool_system *system, const struct image *image)
{
    const struct api *api = &system->api;
    bool asked = false;
    for (unsigned i = 0; i < api->function_count; i++)
        asked |= api->functions[i].anywhere;
    const uint64_t free_blocks =
        system->frees ? (uint64_t)(uintptr_t)system->free_blocks.variables[0] : 0;
    stranger_count = asked && image_is_program(image) && system->layout_count > 0
                         ? strangers_find(api, image, free_blocks, strangers, STRANGERS_MAX)
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
        measure(&plan->hook);
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
                 .objects = function->object.count > 0,
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
    const bool ends_served = hook->guards && hook->role != API_CREATE;
    const bool around = hook->late || hook->poisons || hook->serves || ends_served;
    const struct detour detour = {
        .address = address,
        .size = image_function_size(image, address, size),
        .enter = !around                                                       ? entry_before
                 : hook->way == HOOK_SERVES                                    ? entry_or_before
                 : hook->serves                                                ? entry_instead
                 : hook->keeps || hook->poisons || hook->counts || ends_served ? entry_twice
                                                                               : entry_around,
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
            measure(&hook);
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

/* Each function that an allocation was put into, and that no description names. */
static bool hook_strangers(struct stream *stream, const struct image *image,
                           const struct plan *plan, const struct api_function *function)
{
    const struct slice how = words("it allocates by itself; by what pools at hand grow");
    for (unsigned i = 0; i < stranger_count; i++) {
        struct hook hook = plan->hook;
        for (uint32_t j = 0; j < HOOK_HELD; j++)
            hook.held[j] = (const uint64_t *)(uintptr_t)image_variable(image, strangers[i], j + 1);
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

/*
 * Several marks may share a function: it is hooked once. Where the pool system's IMAGE does not
 * define it, the program that uses the system may, or another library.
 */
static void hook_mark(struct stream *stream, struct pool_system *system, const struct image *image,
                      unsigned index)
{
    const struct api_mark *marks = system->api.marks;
    const struct hook hook = {
        .role = API_MARK, .mark_symbol = marks[index].symbol, .system = system};
    struct image other;
    for (unsigned i = 0; i < index; i++) {
        if (slice_same(marks[i].symbol, hook.mark_symbol))
            return;
    }
    if (!image_symbol(image, hook.mark_symbol).address &&
        images_symbol(image, hook.mark_symbol, &other).address) {
        other.path = *other.path ? other.path : options_program();
        image = &other;
    }
    const bool hooked = hook_symbol(stream, image, &hook, hook.mark_symbol, words("symbol"));
    for (unsigned i = 0; hooked && i < system->api.mark_count; i++)
        system->begins_units |=
            marks[i].kind == API_MARK_COMMAND && slice_same(marks[i].symbol, hook.mark_symbol);
}

void hooks_install(struct pool_system *system, const struct image *image, struct stream *stream)
{
    const struct api *api = &system->api;
    system->ends_unseen = false;
    roots_find(system, image);
    usage_find_layouts(system, image);
    guarding_begin(stream, api, image);
    reach_find(system, image);
    adopt_find(system);
    const bool hooked = hook_functions(stream, system, image);
    for (unsigned i = 0; i < api->mark_count; i++)
        hook_mark(stream, system, image, i);
    if (hooked) /* else the record is to say that nothing was */
        tell_roots(stream, system, image);
    if (options_get()->poison)
        tell_poison(stream, image, poisons(api));
}

void hooks_report_copy(const struct pool_system *system, const struct image *image,
                       struct stream *stream)
{
    const struct hook none = {.address = 0};
    const struct slice how[] = {words("another copy of "), system->api.name,
                                words(", which is not recorded")};
    tell_hook(stream, image, TRACE_RECORD_SKIPPED, &none, words(NULL), 0, how, 3);
}
