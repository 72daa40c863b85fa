#include "hooks.h"

#include "backtraces.h"
#include "definitions.h"
#include "detour.h"
#include "entry.h"
#include "events.h"
#include "names.h"
#include "options.h"
#include "poison.h"
#include "process.h"
#include "roots.h"
#include "stack_cache.h"
#include "usage.h"

#include <stddef.h>
#include <string.h>

#define HOOKS_MAX  128
#define USUAL_ROOM 2048 /* bytes: an event and a change of every root */

/* A value without a branch: a word of the entry's frame, or a constant. */
struct operand {
    uint32_t offset; /* of the word */
    uint64_t mask;   /* what counts of it */
    uint64_t constant;
};

struct hook {
    struct entry_context entry; /* first: see entry.h */
    enum api_role role;
    bool usual; /* for hooks_try(): value() tells all values, and no test is to be made */
    struct operand pool, parent, size, name;
    const uint64_t *orphans; /* holds the parent of a pool that is made without; or NULL */
    const struct api_function *function; /* of all roles but API_MARK */
    struct slice mark_symbol;
};

static struct hook hooks[HOOKS_MAX];
static unsigned hook_count;
static const struct api *active;

static struct operand operand(struct api_value from)
{
    switch (from.source) {
    case API_ARGUMENT:
    case API_POINTED:
        return (struct operand){
            .offset = (uint32_t)(offsetof(struct entry_frame, arguments) + 8 * from.number),
            .mask = UINT64_MAX};
    case API_RESULT:
    case API_STRING:
        return (struct operand){.offset = offsetof(struct entry_frame, result), .mask = UINT64_MAX};
    case API_CONSTANT:
        return (struct operand){.constant = from.number};
    default:
        return (struct operand){0};
    }
}

static inline uint64_t value(const struct entry_frame *frame, const struct operand *operand)
{
    const char *words = (const char *)frame;
    return (*(const uint64_t *)(const void *)(words + operand->offset) & operand->mask) |
           operand->constant;
}

static uint32_t take_stack(struct stream *stream, const struct entry_frame *frame)
{
    const struct unwind_start *start = &frame->start;
    uint32_t id = stream->missed ? TRACE_NO_STACK : unwind_recall(stream, start);
    stream->missed = false;
    if (id != TRACE_NO_STACK)
        return id;
    struct backtrace backtrace;
    struct stack_trail trail;
    unwind_take(stream, start, &backtrace, &trail);
    id = backtraces_intern(stream, &backtrace);
    stack_cache_put(&stream->cache, start, &trail, id);
    return id;
}

static bool is_text(const struct entry_frame *frame, const struct api_mark *mark)
{
    if (!mark->text.text)
        return true;
    const char *text = (const char *)frame->arguments[mark->argument];
    size_t i = 0;
    while (text && i < mark->text.length && text[i] == mark->text.text[i])
        i++;
    return text && i == mark->text.length && text[i] == '\0';
}

static void record_marks(struct stream *stream, const struct hook *hook,
                         const struct entry_frame *frame)
{
    for (unsigned i = 0; i < active->mark_count; i++) {
        if (!slice_same(active->marks[i].symbol, hook->mark_symbol) ||
            !is_text(frame, &active->marks[i]))
            continue;
        roots_note(stream);
        event_mark(stream, i);
    }
}

static inline uint64_t parent_of(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t parent = value(frame, &hook->parent);
    return !parent && hook->orphans ? __atomic_load_n(hook->orphans, __ATOMIC_RELAXED) : parent;
}

/* The call as an event. NAME: the id of its tag, 0: not known yet. */
static inline void record_event(struct stream *stream, const struct hook *hook,
                                const struct entry_frame *frame, uint64_t pool, uint32_t stack,
                                uint32_t name)
{
    switch (hook->role) {
    case API_ALLOC:
        event_alloc(stream, pool, stack, value(frame, &hook->size));
        break;
    case API_CREATE:
        event_create(stream, pool, parent_of(hook, frame), stack);
        roots_created(stream, pool);
        break;
    case API_DESTROY:
        event_destroy(stream, pool, stack, usage_of(&active->layout, pool));
        roots_destroyed(stream, pool);
        break;
    case API_CLEAR:
        event_clear(stream, pool, stack, usage_of(&active->layout, pool));
        break;
    default: /* API_SET_NAME: marks do not come here */
        if (name)
            event_name_id(stream, pool, stack, name);
        else
            event_name(stream, pool, stack, (const char *)value(frame, &hook->name));
    }
}

/* Whether the call does anything to a pool. */
static inline bool is_event(const struct hook *hook, const struct entry_frame *frame, uint64_t pool)
{
    return pool != 0 && (hook->role != API_SET_NAME || value(frame, &hook->name) != 0);
}

/* An allocation of a string whose length only its end tells. */
static void record_string(struct stream *stream, const struct hook *hook,
                          const struct entry_frame *frame, uint64_t pool)
{
    const char *string = (const char *)value(frame, &hook->size);
    if (string)
        event_alloc(stream, pool, take_stack(stream, frame),
                    strlen(string) + hook->function->size.number);
}

static void record_call(struct stream *stream, const struct hook *hook,
                        const struct entry_frame *frame)
{
    const struct api_function *function = hook->function;
    uint64_t pool = value(frame, &hook->pool);
    if (function->tested && (uint32_t)frame->result != function->success)
        return;
    if (function->pool.source == API_POINTED)
        pool = pool ? *(const uint64_t *)pool : 0;
    if (!is_event(hook, frame, pool))
        return;
    if (function->size.source == API_STRING)
        record_string(stream, hook, frame, pool);
    else
        record_event(stream, hook, frame, pool, take_stack(stream, frame), 0);
}

static void record(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    process_check_fork();
    struct stream *stream = stream_enter();
    if (!stream)
        return;
    if (hook->role == API_MARK)
        record_marks(stream, hook, frame);
    else
        record_call(stream, hook, frame);
    stream_leave();
}

/* What needs nothing new: no backtrace, tag or block. False: it does, and nothing was written. */
static inline bool record_usual(struct stream *stream, const struct hook *hook,
                                const struct entry_frame *frame)
{
    uint64_t pool = value(frame, &hook->pool);
    uint32_t name = 0;
    if (!is_event(hook, frame, pool))
        return true;
    if (hook->role == API_SET_NAME) {
        name = names_recall((const char *)value(frame, &hook->name));
        if (name == 0)
            return false;
    }
    const struct remembered *remembered = stack_cache_find(stream->cache, &frame->start);
    stream->missed = !remembered;
    if (!remembered || !stream_has_room(stream, USUAL_ROOM))
        return false;
    if (hook->role == API_ALLOC)
        event_alloc(stream, pool, remembered->id, value(frame, &hook->size));
    else
        record_event(stream, hook, frame, pool, remembered->id, name);
    return true;
}

bool hooks_try(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    if (!hook->usual || !process_is_known())
        return false;
    struct stream *stream = stream_enter_usual(frame);
    if (!stream)
        return false;
    bool done = record_usual(stream, hook, frame);
    stream_leave_usual();
    return done;
}

static bool poisons(void)
{
    return options_get()->poison && active->layout.reuse;
}

/* Before the function runs, and when it has returned. */
static bool is_entered_twice(enum api_role role)
{
    return poisons() && (role == API_CREATE || role == API_DESTROY);
}

/* The call that makes a pool below one that is gone may crash: what it uses is told before. */
static void record_parent(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t parent = value(frame, &hook->parent);
    process_check_fork();
    struct stream *stream = parent ? stream_enter() : NULL;
    if (!stream)
        return;
    if (poison_holds(&active->layout, parent))
        event_alloc(stream, parent, take_stack(stream, frame), 0);
    stream_leave();
}

static void poison(const struct hook *hook, const struct entry_frame *frame)
{
    process_check_fork();
    if (!stream_enter())
        return;
    poison_pool(&active->layout, value(frame, &hook->pool));
    stream_leave();
}

void hooks_before(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    if (hook->role == API_CREATE)
        record_parent(hook, frame);
    else
        record(context, frame);
}

void hooks_after(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    if (hook->role == API_DESTROY)
        poison(hook, frame);
    else
        record(context, frame);
}

static size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

/* Tells the trace how a function was hooked or, with SKIPPED, why it was not. */
static void tell(struct stream *stream, const struct image *image, enum trace_record_type type,
                 const struct hook *hook, struct slice name, uint64_t address,
                 const struct slice *how, unsigned parts)
{
    struct trace_hook fixed = {.address = address,
                               .role = (uint16_t)hook->role,
                               .function_length = (uint16_t)name.length,
                               .module_length = (uint16_t)text_length(image->path)};
    struct definition_part all[8] = {
        {&fixed, sizeof(fixed)}, {name.text, name.length}, {image->path, fixed.module_length}};
    for (unsigned i = 0; i < parts; i++) {
        fixed.how_length = (uint16_t)(fixed.how_length + how[i].length);
        all[3 + i] = (struct definition_part){how[i].text, how[i].length};
    }
    definition_write(stream, type, all, 3 + parts);
}

static struct slice words(const char *text)
{
    return (struct slice){text, text_length(text)};
}

/* Is anything about a call known only when the function has returned? */
static bool needs_return(const struct api_function *function)
{
    return function->pool.source == API_RESULT || function->pool.source == API_POINTED ||
           function->size.source == API_STRING || function->tested;
}

/* Do the operands tell all about a call? */
static bool is_plain(const struct api_function *function)
{
    return function->pool.source != API_POINTED && function->size.source != API_STRING &&
           !function->tested;
}

/* Patches the function at ADDRESS for HOOK. NULL, or why not. */
static const char *install(struct hook *hook, const struct image *image, uint64_t address,
                           uint64_t size)
{
    const bool result = hook->function && needs_return(hook->function);
    const bool both = is_entered_twice(hook->role);
    const struct detour detour = {
        .address = address,
        .size = image_function_size(image, address, size),
        .around = result || both,
        .both = both,
        .context = hook,
        .original = &hook->entry.original,
    };
    return detour_install(&detour);
}

static struct hook *new_hook(enum api_role role, const struct api_function *function)
{
    struct hook *hook = &hooks[hook_count];
    const bool usual =
        function && is_plain(function) && !unwind_is_verifying() && !is_entered_twice(role);
    *hook = (struct hook){.role = role, .function = function, .usual = usual};
    if (function) {
        hook->pool = operand(function->pool);
        hook->parent = operand(function->parent);
        hook->size = operand(function->size);
        hook->name = operand(function->name);
        hook->orphans = roots_variable(function->orphan_root);
    }
    return hook;
}

/* Hooks the exported function NAME itself. HOW tells why it is this one. */
static bool hook_symbol(struct stream *stream, const struct image *image, struct hook *hook,
                        struct slice name, const struct slice *how, unsigned parts)
{
    struct image_symbol symbol = image_symbol(image, name);
    const char *why = symbol.address ? install(hook, image, symbol.address, symbol.size)
                                     : "the program does not define it";
    if (why) {
        const struct slice reason = words(why);
        tell(stream, image, TRACE_RECORD_SKIPPED, hook, name, symbol.address, &reason, 1);
        return false;
    }
    hook_count++;
    tell(stream, image, TRACE_RECORD_HOOK, hook, name, symbol.address, how, parts);
    return true;
}

/* The internal function that a locator leads to; 0: it leads to none. */
static uint64_t follow(const struct image *image, const struct api_function *function)
{
    struct image_symbol symbol = image_symbol(image, function->symbol);
    uint64_t size = image_function_size(image, symbol.address, symbol.size);
    if (!symbol.address)
        return 0;
    return function->locator == API_AT_CALL
               ? image_call(image, symbol.address, size, function->call)
               : image_tail_jump(image, symbol.address, size);
}

/* Hooks where the function's tail jump or call leads. */
static bool hook_internal(struct stream *stream, const struct image *image, struct hook *hook)
{
    const struct api_function *function = hook->function;
    uint64_t target = follow(image, function);
    const char *why = "the internal function behind it was not found";
    if (target)
        why = install(hook, image, target, 0);
    if (why) {
        const struct slice reason[] = {words(why), words(function->cost.length ? "; " : ""),
                                       function->cost};
        tell(stream, image, TRACE_RECORD_SKIPPED, hook, function->place, target, reason, 3);
        return false;
    }
    hook_count++;
    const struct slice how[] = {
        words(function->locator == API_AT_CALL ? "called by " : "jump at the end of "),
        function->symbol};
    tell(stream, image, TRACE_RECORD_HOOK, hook, function->place, target, how, 2);
    return true;
}

static void hook_function(struct stream *stream, const struct image *image,
                          const struct api_function *function)
{
    const struct slice symbol = words("symbol"), instead = words("symbol, as a fallback");
    struct hook *hook = new_hook(function->role, function);
    if (function->locator == API_AT_SYMBOL
            ? hook_symbol(stream, image, hook, function->symbol, &symbol, 1)
            : hook_internal(stream, image, hook))
        return;
    for (unsigned i = 0; i < function->fallbacks && hook_count < HOOKS_MAX; i++)
        hook_symbol(stream, image, new_hook(function->role, function), function->fallback[i],
                    &instead, 1);
}

/*
 * Several marks may share a function: it is hooked once. Where the pool system's IMAGE does not
 * define it, the program that uses the system may, or another library.
 */
static void hook_mark(struct stream *stream, const struct image *image, unsigned index)
{
    const struct slice symbol = words("symbol"), name = active->marks[index].symbol;
    struct image other;
    for (unsigned i = 0; i < index; i++) {
        if (slice_same(active->marks[i].symbol, name))
            return;
    }
    if (!image_symbol(image, name).address && images_symbol(name, &other).address) {
        other.path = *other.path ? other.path : options_program();
        image = &other;
    }
    struct hook *hook = new_hook(API_MARK, NULL);
    hook->mark_symbol = name;
    hook_symbol(stream, image, hook, name, &symbol, 1);
}

/* Tells the trace whether the memory of destroyed pools is poisoned, where that was asked for. */
static void tell_poison(struct stream *stream, const struct image *image)
{
    static const char can[] = "memory is filled when its pool was destroyed, its reuse put off";
    static const char cannot[] = "the description does not say how blocks are used again";
    const struct hook hook = {.role = API_DESTROY};
    const struct slice how = words(poisons() ? can : cannot);
    if (options_get()->poison)
        tell(stream, image, poisons() ? TRACE_RECORD_HOOK : TRACE_RECORD_SKIPPED, &hook,
             words("poison"), 0, &how, 1);
}

unsigned hooks_install(const struct api *api, const struct image *image, struct stream *stream)
{
    active = api;
    roots_find(api, image);
    for (unsigned i = 0; i < api->function_count && hook_count < HOOKS_MAX; i++)
        hook_function(stream, image, &api->functions[i]);
    for (unsigned i = 0; i < api->mark_count && hook_count < HOOKS_MAX; i++)
        hook_mark(stream, image, i);
    detour_finish();
    tell_poison(stream, image);
    return hook_count;
}
