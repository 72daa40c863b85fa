/* definitions.c - reads definitions: modules, hooks, names, descriptions; they are hostile. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/internal.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static bool add_module(struct trace *trace, const unsigned char *body, size_t length)
{
    struct trace_module fixed;
    if (length < sizeof(fixed))
        return false;
    memcpy(&fixed, body, sizeof(fixed));
    if (fixed.start >= fixed.end ||
        length < sizeof(fixed) + (size_t)fixed.build_id_length + fixed.path_length)
        return false;
    struct module_definition *module = xcalloc(1, sizeof(*module));
    GROW(trace->modules, trace->module_count, trace->module_capacity);
    trace->modules[trace->module_count++] = module;
    module->fixed = fixed;
    module->build_id = body + sizeof(fixed);
    module->path = (const char *)module->build_id + fixed.build_id_length;
    module->gone = UINT32_MAX;
    return true;
}

static bool add_unload(struct trace *trace, const unsigned char *body, size_t length)
{
    if (length < sizeof(struct trace_unload))
        return false;
    GROW(trace->unloads, trace->unload_count, trace->unload_capacity);
    memcpy(&trace->unloads[trace->unload_count++], body, sizeof(struct trace_unload));
    return true;
}

static bool add_hook(struct trace *trace, const unsigned char *body, size_t length, bool skipped)
{
    struct trace_hook fixed;
    if (length < sizeof(fixed))
        return false;
    memcpy(&fixed, body, sizeof(fixed));
    if (length <
        sizeof(fixed) + (size_t)fixed.function_length + fixed.module_length + fixed.how_length)
        return false;
    const char *text = (const char *)body + sizeof(fixed);
    GROW(trace->hooks, trace->hook_count, trace->hook_capacity);
    trace->hooks[trace->hook_count++] = (struct hook_definition){
        .address = fixed.address,
        .role = fixed.role,
        .skipped = skipped,
        .function = xstrndup(text, fixed.function_length),
        .module = xstrndup(text + fixed.function_length, fixed.module_length),
        .how = xstrndup(text + fixed.function_length + fixed.module_length, fixed.how_length),
    };
    return true;
}

static bool add_name(struct trace *trace, const unsigned char *body, size_t length)
{
    struct trace_name fixed;
    struct name_list *names = &trace->names;
    if (length < sizeof(fixed) || length > sizeof(fixed) + TRACE_NAME_MAX)
        return false;
    memcpy(&fixed, body, sizeof(fixed));
    if (fixed.id >= TRACE_NAMES_MAX)
        return false;
    if (fixed.id >= names->count) {
        size_t count = 2 * (size_t)fixed.id + 32;
        names->items = xreallocarray(names->items, count, sizeof(*names->items));
        memset(names->items + names->count, 0, (count - names->count) * sizeof(*names->items));
        names->count = count;
    }
    names->items[fixed.id] = (struct name_definition){
        .text = (const char *)body + sizeof(fixed),
        .length = (uint16_t)(length - sizeof(fixed)),
        .known = true,
    };
    return true;
}

static bool add_program(struct trace *trace, const unsigned char *body, size_t length)
{
    if (!trace->program)
        trace->program = xstrndup((const char *)body, length);
    return true;
}

/* The last one counts. */
static bool add_title(struct trace *trace, const unsigned char *body, size_t length)
{
    if (length > TRACE_NAME_MAX)
        return false;
    free(trace->title);
    trace->title = xstrndup((const char *)body, length);
    return true;
}

const char *trace_host_key(enum trace_host fact)
{
    static const char *const keys[HOST_FACTS] = {"host", "boot", "cgroup", "labels"};
    return keys[fact];
}

/* A key, NUL, and the value; keys of later versions are skipped. The last value counts. */
static bool add_host(struct trace *trace, const unsigned char *body, size_t length)
{
    const char *key = (const char *)body;
    const size_t end = strnlen(key, length);
    if (end == length || length > TRACE_HOST_MAX)
        return false;
    for (unsigned i = 0; i < HOST_FACTS; i++) {
        if (strcmp(key, trace_host_key(i)) != 0)
            continue;
        free(trace->host[i]);
        trace->host[i] = xstrndup(key + end + 1, length - end - 1);
    }
    return true;
}

/* The last one counts, and the last that says why. */
static bool add_mode(struct trace *trace, const unsigned char *body, size_t length)
{
    if (length == 0 || length > TRACE_NAME_MAX || body[0] >= TRACE_MODES)
        return false;
    trace->mode = body[0];
    free(trace->mode_why);
    trace->mode_why = length > 1 ? xstrndup((const char *)body + 1, length - 1) : NULL;
    return true;
}

static bool add_resident(struct trace *trace, const unsigned char *body, size_t length)
{
    struct resident_notes *notes = &trace->residents;
    struct trace_resident note;
    if (length < sizeof(note))
        return false;
    memcpy(&note, body, sizeof(note));
    if (note.peak > INT64_MAX || note.now > INT64_MAX || note.own > INT64_MAX)
        return false;
    GROW(notes->items, notes->count, notes->capacity);
    notes->items[notes->count++] = note;
    return true;
}

/* The first one of its number counts. */
static bool add_api(struct trace *trace, uint32_t number, const unsigned char *body, size_t length)
{
    if (!trace->apis[number].text)
        trace->apis[number] = (struct slice){(const char *)body, length};
    return true;
}

static bool add_another_api(struct trace *trace, const unsigned char *body, size_t length)
{
    struct trace_api fixed;
    if (length < sizeof(fixed))
        return false;
    memcpy(&fixed, body, sizeof(fixed));
    return fixed.number > 0 && fixed.number < TRACE_SYSTEMS_MAX &&
           add_api(trace, fixed.number, body + sizeof(fixed), length - sizeof(fixed));
}

static bool add_child(struct trace *trace, const unsigned char *body, size_t length)
{
    if (length < sizeof(struct trace_child))
        return false;
    GROW(trace->children, trace->child_count, trace->child_capacity);
    memcpy(&trace->children[trace->child_count++], body, sizeof(struct trace_child));
    return true;
}

/* Of a process there are a few. */
static bool add_crash(struct trace *trace, const unsigned char *body, size_t length)
{
    if (length < sizeof(struct trace_crash))
        return false;
    if (trace->crash_count < TRACE_CRASHES_MAX)
        memcpy(&trace->crashes[trace->crash_count++], body, sizeof(struct trace_crash));
    return true;
}

/* False when the record is not what its type asks for. BLOCK_FIRST: backtraces before the block. */
static bool add_record(struct trace *trace, size_t block_first, unsigned type,
                       const unsigned char *body, size_t length)
{
    switch (type) {
    case 0:
        return false;
    case TRACE_RECORD_STACK:
        return trace_add_stack(trace, block_first, body, length);
    case TRACE_RECORD_MODULE:
        return add_module(trace, body, length);
    case TRACE_RECORD_UNLOAD:
        return add_unload(trace, body, length);
    case TRACE_RECORD_PROGRAM:
        return add_program(trace, body, length);
    case TRACE_RECORD_API:
        return add_api(trace, 0, body, length);
    case TRACE_RECORD_ANOTHER_API:
        return add_another_api(trace, body, length);
    case TRACE_RECORD_HOOK:
    case TRACE_RECORD_SKIPPED:
        return add_hook(trace, body, length, type == TRACE_RECORD_SKIPPED);
    case TRACE_RECORD_NAME:
        return add_name(trace, body, length);
    case TRACE_RECORD_TITLE:
        return add_title(trace, body, length);
    case TRACE_RECORD_HOST:
        return add_host(trace, body, length);
    case TRACE_RECORD_CHILD:
        return add_child(trace, body, length);
    case TRACE_RECORD_CRASH:
        return add_crash(trace, body, length);
    case TRACE_RECORD_MODE:
        return add_mode(trace, body, length);
    case TRACE_RECORD_RESIDENT:
        return add_resident(trace, body, length);
    default:
        return true;
    }
}

/* Reads the records from AT, which lies at OFFSET of the file, up to END. BLOCK_FIRST: how many
 * backtraces there were before its block. */
static void parse(struct trace *trace, size_t block_first, const unsigned char *at,
                  const unsigned char *end, uint64_t offset)
{
    const unsigned char *text = at;
    while (at < end) {
        const unsigned char *record = at;
        uint64_t length = 0;
        at = trace_varint(at + 1, end, &length);
        if (!at || length > (size_t)(end - at)) {
            trace_damaged(trace, offset + (size_t)(record - text), "a definition that is cut off");
            return;
        }
        if (!add_record(trace, block_first, *record, at, length)) {
            trace_damaged(trace, offset + (size_t)(record - text),
                          "a definition of type %u that is not one", *record);
            return;
        }
        at += length;
    }
}

/* What was read of a growing trace's block before, whose backtraces come again at the end. */
static struct definition_part *begin_part(struct trace *trace, size_t index)
{
    if (index >= trace->part_count) {
        trace->parts = xreallocarray(trace->parts, index + 1, sizeof(*trace->parts));
        memset(trace->parts + trace->part_count, 0,
               (index + 1 - trace->part_count) * sizeof(*trace->parts));
        trace->part_count = index + 1;
    }
    struct definition_part *part = &trace->parts[index];
    for (size_t i = 0; i < part->stack_count; i++)
        *trace_new_stack(trace) = part->stacks[i];
    return part;
}

/* Backtraces from FIRST on are the block's, of which those that came again go. */
static void end_part(struct trace *trace, struct definition_part *part, size_t first, uint32_t used)
{
    size_t count = trace->stack_count - first, again = part->stack_count;
    if (count > again) {
        part->stacks = xreallocarray(part->stacks, count, sizeof(*part->stacks));
        memcpy(part->stacks, trace->stacks + first, count * sizeof(*part->stacks));
        part->stack_count = count;
        memmove(trace->stacks + first, trace->stacks + first + again,
                (count - again) * sizeof(*trace->stacks));
    }
    trace->stack_count -= again;
    part->used = used;
}

/* Reads and parses the bytes of BLOCK, whose backtraces begin with number FIRST, from byte FROM up
 * to USED. */
static void load_text(struct trace *trace, const struct block *block, size_t first, size_t from,
                      size_t used)
{
    unsigned char *text = xmalloc(used - from);
    ssize_t got = trace_source_read(trace->source, text, used - from, block->offset + from);
    size_t whole = got > 0 ? (size_t)got : 0;
    trace->texts = xreallocarray(trace->texts, trace->text_count + 1, sizeof(*trace->texts));
    trace->texts[trace->text_count++] = text;
    trace->text_bytes += whole;
    parse(trace, first, text, text + whole, block->offset + from);
    if (whole < used - from)
        trace_damaged(trace, block->offset + from + whole, "a block that is cut off");
}

/* Reads what is committed by now of the block at INDEX, which may be more than when it was found.
 */
static void load(struct trace *trace, size_t index)
{
    const struct block *block = &trace->definitions.items[index];
    struct trace_block header;
    if (trace_source_read(trace->source, &header, sizeof(header), block->offset) !=
        sizeof(header)) {
        trace_damaged(trace, block->offset, "cannot be read");
        return;
    }
    struct definition_part *part = trace->growing ? begin_part(trace, index) : NULL;
    size_t first = trace->stack_count - (part ? part->stack_count : 0);
    size_t from = part && part->used ? part->used : sizeof(header);
    size_t used = header.used < block->header.size ? header.used : block->header.size;
    if (used > from)
        load_text(trace, block, first, from, used);
    if (used < header.used)
        trace_damaged(trace, block->offset + used, "a block that is cut off");
    if (part)
        end_part(trace, part, first, (uint32_t)(used > from ? used : from));
}

static int by_id(const void *left, const void *right)
{
    const struct stack_definition *a = left, *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void sort_stacks(struct trace *trace)
{
    qsort(trace->stacks, trace->stack_count, sizeof(*trace->stacks), by_id);
    size_t kept = 1;
    for (size_t i = 1; i < trace->stack_count; i++) {
        if (trace->stacks[i].id != trace->stacks[kept - 1].id)
            trace->stacks[kept++] = trace->stacks[i];
        else
            trace_damaged(trace, 0, "backtrace %u is defined twice", trace->stacks[i].id);
    }
    trace->stack_count = kept;
}

static int by_tick(const void *left, const void *right)
{
    const struct trace_resident *a = left, *b = right;
    return a->tick < b->tick ? -1 : a->tick > b->tick;
}

static int by_start_and_stack(const void *left, const void *right)
{
    const struct module_definition *a = *(struct module_definition *const *)left;
    const struct module_definition *b = *(struct module_definition *const *)right;
    if (a->fixed.start != b->fixed.start)
        return a->fixed.start < b->fixed.start ? -1 : 1;
    if (a->fixed.stack != b->fixed.stack)
        return a->fixed.stack < b->fixed.stack ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* The module that UNLOAD ends: the last one loaded at its address before. NULL: inherited. */
static struct module_definition *find_unloaded(struct module_definition **sorted, size_t count,
                                               const struct trace_unload *unload)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct trace_module *module = &sorted[middle]->fixed;
        if (module->start < unload->start ||
            (module->start == unload->start && module->stack < unload->stack))
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && sorted[low - 1]->fixed.start == unload->start ? sorted[low - 1] : NULL;
}

static void apply_unloads(struct trace *trace)
{
    if (trace->module_count == 0)
        return;
    struct module_definition **sorted =
        xcalloc(trace->module_count, sizeof(struct module_definition *));
    for (size_t i = 0; i < trace->module_count; i++)
        sorted[i] = trace->modules[i];
    qsort(sorted, trace->module_count, sizeof(struct module_definition *), by_start_and_stack);
    for (size_t i = 0; i < trace->unload_count; i++) {
        struct module_definition *module =
            find_unloaded(sorted, trace->module_count, &trace->unloads[i]);
        if (module && trace->unloads[i].stack < module->gone)
            module->gone = trace->unloads[i].stack;
    }
    free(sorted);
}

void trace_load_definitions(struct trace *trace)
{
    const size_t stacks = trace->stack_count, modules = trace->module_count + trace->unload_count;
    const size_t residents = trace->residents.count;
    for (size_t i = 0; i < trace->definitions.count; i++) {
        const struct block *block = &trace->definitions.items[i];
        if (trace_memory(trace) + block->header.size > TRACE_DEFINITIONS_MAX) {
            trace_damaged(trace, block->offset, "more definitions than can be");
            break;
        }
        load(trace, i);
    }
    if (trace->stack_count != stacks)
        sort_stacks(trace);
    if (trace->residents.count != residents)
        qsort(trace->residents.items, trace->residents.count, sizeof(struct trace_resident),
              by_tick);
    if (trace->module_count + trace->unload_count != modules)
        apply_unloads(trace);
}
