/* logical_stack.c - a backtrace as a person reads it; see logical_stack.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/logical_stack.h"

#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define RECORDER_MODULE "liblifeguard.so"

struct slice plain_function_name(const char *function)
{
    size_t length = strcspn(function, "@");
    const char *dot = length > 1 ? memchr(function + 1, '.', length - 1) : NULL;
    return (struct slice){function, dot ? (size_t)(dot - function) : length};
}

static bool is_one_of(struct slice name, const struct slice *slices, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_same(name, slices[i]))
            return true;
    }
    return false;
}

/* Is it one that FUNCTION is looked for by? What it is put into may be anybody's. */
static bool is_function(const struct api_function *function, struct slice name)
{
    for (unsigned i = 0; i < function->location_count; i++) {
        const struct api_location *location = &function->locations[i];
        if (location->locator != API_INLINED && slice_same(name, location->symbol))
            return true;
    }
    return is_one_of(name, function->fallback, function->fallbacks);
}

/* The functions that a description names are the pool library's own. */
static bool is_library_function(const struct api *api, struct slice name)
{
    if (is_one_of(name, api->library, api->library_count) ||
        is_one_of(name, api->detect, api->detects))
        return true;
    for (unsigned i = 0; i < api->function_count; i++) {
        if (is_function(&api->functions[i], name))
            return true;
    }
    return false;
}

/* Of an image that is all library, functions without a name are the library's, too. */
static bool is_library_image(const struct api *api, const char *module)
{
    for (unsigned i = 0; i < api->library_count; i++) {
        struct slice image = api->library[i];
        if (slice_skip(&image, "image:") && strncmp(module, image.text, image.length) == 0)
            return true;
    }
    return false;
}

static bool is_of_library(const struct symbol_frame *frame, const struct api *api)
{
    if (frame->module && is_library_image(api, frame->module))
        return true;
    return frame->function && is_library_function(api, plain_function_name(frame_symbol(frame)));
}

static bool is_machinery(const struct symbol_frame *frame, const struct api_set *apis)
{
    if (frame->module && strncmp(frame->module, RECORDER_MODULE, strlen(RECORDER_MODULE)) == 0)
        return true;
    for (unsigned i = 0; apis && i < apis->count; i++) {
        if (is_of_library(frame, apis->apis[i]))
            return true;
    }
    return false;
}

/* Where the program, or a thread of it, begins. */
static bool is_beginning(const struct symbol_frame *frame)
{
    static const char *const names[] = {
        "main", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone", "_start"};
    if (!frame->function)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_equals(plain_function_name(frame_symbol(frame)), names[i]))
            return true;
    }
    return false;
}

static void append(struct logical_stack *stack, const struct symbol_frame *frames, size_t count)
{
    stack->frames = xreallocarray(stack->frames, stack->count + count, sizeof *stack->frames);
    memcpy(stack->frames + stack->count, frames, count * sizeof *frames);
    stack->count += count;
}

void logical_stack_bound(struct logical_stack *stack, const struct api_set *apis)
{
    stack->top = 0;
    while (stack->top < stack->count && is_machinery(&stack->frames[stack->top], apis))
        stack->top++;
    stack->bottom = stack->top;
    while (stack->bottom < stack->count && !is_beginning(&stack->frames[stack->bottom]))
        stack->bottom++;
}

struct logical_stack logical_stack(const struct name_source *names, uint32_t number)
{
    struct code_stack code = stacks_get(names->stacks, number);
    struct logical_stack stack = {.cut = code.cut};
    for (uint32_t i = 0; i < code.depth; i++) {
        const struct symbol_frame *frames;
        size_t count = symbols_resolve(names->symbols, code.frames[i], true, &frames);
        append(&stack, frames, count);
    }
    logical_stack_bound(&stack, names->apis);
    return stack;
}

/* Whether one of COUNT frames is the program's own. */
static bool any_own(const struct symbol_frame *frames, size_t count, const struct api_set *apis)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_machinery(&frames[i], apis))
            return true;
    }
    return false;
}

struct code_frame stack_site(const struct name_source *names, uint32_t number)
{
    struct code_stack code = stacks_get(names->stacks, number);
    for (uint32_t i = 0; i < code.depth; i++) {
        const struct symbol_frame *frames;
        size_t count = symbols_resolve(names->symbols, code.frames[i], true, &frames);
        if (any_own(frames, count, names->apis))
            return code.frames[i];
    }
    return code.depth ? code.frames[0] : (struct code_frame){.module = FRAME_NO_MODULE};
}

struct slice nearest_caller(const struct name_source *names, uint32_t number)
{
    struct code_stack code = stacks_get(names->stacks, number);
    for (uint32_t i = 0; i < code.depth; i++) {
        const struct symbol_frame *frames;
        size_t count = symbols_resolve(names->symbols, code.frames[i], true, &frames);
        for (size_t j = 0; j < count; j++) {
            if (frames[j].function && !is_machinery(&frames[j], names->apis))
                return plain_function_name(frame_symbol(&frames[j]));
        }
    }
    return (struct slice){"", 0};
}

void logical_stack_free(struct logical_stack *stack)
{
    free(stack->frames);
    *stack = (struct logical_stack){0};
}

static uint64_t hash_optional(uint64_t hash, const char *text)
{
    return text ? hash_string(hash, text, strlen(text)) : hash_string(hash, "?", 1);
}

static uint64_t hash_function(uint64_t hash, const struct symbol_frame *frame)
{
    hash = hash_optional(hash, frame->module);
    hash = hash_optional(hash, frame_symbol(frame));
    return hash_optional(hash, frame->file);
}

static uint64_t hash_frame(uint64_t hash, const struct symbol_frame *frame)
{
    hash = hash_function(hash, frame);
    if (frame->file || !frame->function)
        hash = hash_number(hash, frame->file ? frame->line : frame->offset);
    return hash;
}

uint64_t logical_stack_key_to(const struct logical_stack *stack, size_t limit)
{
    bool empty = stack->top == stack->bottom;
    size_t first = empty ? 0 : stack->top, end = empty ? stack->count : stack->bottom;
    uint64_t hash = HASH_START;
    for (size_t i = first; i < end && i - first < limit; i++)
        hash = hash_frame(hash, &stack->frames[i]);
    return hash;
}

uint64_t logical_stack_function_key(const struct logical_stack *stack, bool *named)
{
    size_t nearest = stack->top;
    while (nearest < stack->bottom && !stack->frames[nearest].function)
        nearest++;
    *named = nearest == stack->top;
    const char *module = stack->top < stack->bottom ? stack->frames[stack->top].module : NULL;
    if (nearest == stack->bottom || !module || !stack->frames[nearest].module ||
        strcmp(stack->frames[nearest].module, module) != 0)
        return logical_stack_key_to(stack, 1);
    return hash_function(HASH_START, &stack->frames[nearest]);
}

uint64_t logical_stack_key(const struct logical_stack *stack)
{
    return logical_stack_key_to(stack, stack->count);
}
