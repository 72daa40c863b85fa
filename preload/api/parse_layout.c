/*
 * parse_layout.c - reads [layout]: how the pools of a system lie in memory (layout.h). Each key is
 * a row of a table here; what is read must be a number that can be an offset.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/api/layout.h"
#include "preload/api/parser.h"

#include <stddef.h>

#define BYTES_MAX 4096
#define COUNT_MAX 64
#define SHIFT_MAX 63
#define STRIDE    16 /* bytes: of a list's head, two pointers */

enum key_kind { KEY_BYTES, KEY_COUNT, KEY_FIELD };

struct key {
    const char *name;
    enum key_kind kind;
    size_t member; /* offset in struct api_layout */
};

#define KEY(name, kind, member)                                                                    \
    {                                                                                              \
        name, kind, offsetof(struct api_layout, member)                                            \
    }

static const struct key keys[] = {
    KEY("pool.blocks", KEY_BYTES, pool_blocks),
    KEY("pool.children", KEY_BYTES, pool_children),
    KEY("pool.sibling", KEY_BYTES, pool_sibling),
    KEY("pool.parent", KEY_BYTES, parent),
    KEY("pool.magic", KEY_BYTES, magic_at),
    KEY("pool.tag", KEY_BYTES, pool_tag),
    KEY("pool.label", KEY_BYTES, label),
    KEY("pool.type", KEY_BYTES, type_at),
    KEY("pool.address", KEY_BYTES, address),
    KEY("pool.size", KEY_FIELD, header),
    KEY("pool.lists", KEY_FIELD, lists),
    KEY("pool.stride", KEY_BYTES, stride),
    KEY("type", KEY_COUNT, type),
    KEY("block.size", KEY_BYTES, block_size),
    KEY("block.end", KEY_BYTES, block_end),
    KEY("block.next", KEY_BYTES, block_next),
    KEY("block.used", KEY_BYTES, block_used),
    KEY("block.owner", KEY_BYTES, owner),
    KEY("block.cleared", KEY_BYTES, cleared),
    KEY("block.bytes", KEY_FIELD, bytes),
    KEY("block.link", KEY_BYTES, block_link),
    KEY("block.chunks", KEY_FIELD, block_chunks),
    KEY("block.unused", KEY_FIELD, block_unused),
    KEY("chunk.size", KEY_BYTES, chunks.size),
    KEY("chunk.bytes", KEY_FIELD, chunks.bytes),
    KEY("chunk.unit", KEY_BYTES, chunks.unit),
    KEY("chunk.external", KEY_COUNT, chunks.external),
    KEY("chunk.owner", KEY_BYTES, chunks.owner),
    KEY("chunk.lists", KEY_BYTES, chunks.lists),
    KEY("chunk.classes", KEY_COUNT, chunks.classes),
    KEY("chunk.next", KEY_BYTES, chunks.next),
    KEY("large.list", KEY_BYTES, large.list),
    KEY("large.next", KEY_BYTES, large.next),
    KEY("large.data", KEY_BYTES, large.data),
    KEY("allocator.at", KEY_BYTES, allocator.at),
    KEY("allocator.size", KEY_BYTES, allocator.size),
    KEY("allocator.lists", KEY_BYTES, allocator.lists),
    KEY("allocator.count", KEY_COUNT, allocator.count),
};

static const struct api_layout nothing = {
    .stride = STRIDE,
    .parent = API_NOWHERE,
    .label = API_NOWHERE,
    .type_at = API_NOWHERE,
    .magic_at = API_NOWHERE,
    .owner = API_NOWHERE,
    .chunks = {.owner = API_NOWHERE, .lists = API_NOWHERE},
    .large = {.list = API_NOWHERE},
    .allocator = {.at = API_NOWHERE},
};

static bool read_number(struct slice word, uint32_t limit, uint32_t *number)
{
    return slice_number(word, number) && *number <= limit;
}

/* Cuts the number that *REST begins with, up to one of STOPS. */
static bool cut_number(struct slice *rest, const char *stops, uint32_t limit, uint32_t *number)
{
    const char *start = rest->text;
    size_t length = rest->length;
    struct slice word = slice_cut(rest, stops);
    if (word.length < length) { /* the stop stays: it tells what follows */
        rest->text = start + word.length;
        rest->length = length - word.length;
    }
    return read_number(word, limit, number);
}

/* NUMBER, or BASE:OFFSET or BASE4:OFFSET, with >>SHIFT and +NUMBER behind it. */
static bool read_field(struct slice word, struct api_field *field)
{
    static const char *const bases[] = {
        [API_BASE_POOL] = "pool", [API_BASE_BLOCK] = "block", [API_BASE_CHUNK] = "chunk"};
    *field = (struct api_field){.base = API_BASE_NUMBER, .width = 8};
    for (unsigned base = API_BASE_POOL; base <= API_BASE_CHUNK; base++) {
        if (!slice_skip(&word, bases[base]))
            continue;
        field->base = base;
        field->width = slice_skip(&word, "4") ? 4 : 8;
        if (!slice_skip(&word, ":"))
            return false;
        break;
    }
    if (field->base == API_BASE_NUMBER)
        return read_number(word, BYTES_MAX, &field->offset);
    return cut_number(&word, ">+", BYTES_MAX, &field->offset) &&
           (!slice_skip(&word, ">>") || cut_number(&word, "+", SHIFT_MAX, &field->shift)) &&
           (!slice_skip(&word, "+") || cut_number(&word, "", BYTES_MAX, &field->plus)) &&
           word.length == 0;
}

/* OFFSET LOW..HIGH, OFFSET pointer or OFFSET pointer? */
static bool parse_check(struct api_parser *parser, struct slice value, struct api_layout *layout)
{
    static const char expected[] = "expected OFFSET LOW..HIGH, OFFSET pointer or OFFSET pointer?";
    if (layout->check_count == API_CHECKS_MAX)
        return api_fail(parser, "too many checks");
    struct api_pool_check *check = &layout->checks[layout->check_count++];
    struct slice offset = slice_word(&value), what = slice_word(&value);
    if (value.length > 0 || !read_number(offset, BYTES_MAX, &check->offset))
        return api_fail(parser, expected);
    check->may_be_null = slice_equals(what, "pointer?");
    check->pointer = check->may_be_null || slice_equals(what, "pointer");
    if (check->pointer)
        return true;
    struct slice low = slice_cut(&what, ".");
    return (slice_skip(&what, ".") && read_number(low, UINT32_MAX, &check->low) &&
            read_number(what, UINT32_MAX, &check->high) && check->low <= check->high) ||
           api_fail(parser, expected);
}

static bool parse_names(struct api_parser *parser, struct slice value, struct slice *names,
                        unsigned *count, unsigned limit)
{
    for (struct slice word; (word = slice_word(&value)).length > 0;) {
        if (*count == limit)
            return api_fail(parser, "too many names");
        names[(*count)++] = slice_unquote(word);
    }
    return true;
}

static bool parse_holders(struct api_parser *parser, struct slice value, struct api_layout *layout)
{
    layout->free_count = 0;
    for (struct slice word; (word = slice_word(&value)).length > 0;) {
        if (layout->free_count == API_FREE_MAX)
            return api_fail(parser, "too many values");
        struct expression *holder = &layout->free_blocks[layout->free_count++];
        *holder = (struct expression){.count = 0};
        if (!expression_parse(word, holder) || holder->variable_count == 0 ||
            expression_has(holder, EXPRESSION_ARGUMENT) ||
            expression_has(holder, EXPRESSION_RESULT))
            return api_fail(parser, "free.blocks takes values of variables and numbers");
    }
    return true;
}

static bool parse_place(struct api_parser *parser, struct slice value, struct api_layout *layout)
{
    static const char *const places[] = {"block", "self", "apart"};
    for (unsigned place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
        if (!slice_equals(value, places[place]))
            continue;
        layout->place = place;
        return true;
    }
    return api_fail(parser, "pool.place takes block, self or apart");
}

/* What says more than a number does. */
static bool parse_word(struct api_parser *parser, struct slice key, struct slice value,
                       struct api_layout *layout)
{
    if (slice_equals(key, "pool.place"))
        return parse_place(parser, value, layout);
    if (slice_equals(key, "pool.check"))
        return parse_check(parser, value, layout);
    if (slice_equals(key, "pool.internal"))
        return parse_names(parser, value, layout->internal, &layout->internals, API_INTERNAL_MAX);
    if (slice_equals(key, "free.blocks"))
        return parse_holders(parser, value, layout);
    if (slice_equals(key, "if"))
        return parse_names(parser, value, layout->when, &layout->whens, API_CONDITIONS_MAX);
    if (slice_equals(key, "unless"))
        return parse_names(parser, value, layout->unless, &layout->unlesses, API_CONDITIONS_MAX);
    if (slice_equals(key, "reuse")) {
        layout->reuse = true;
        return slice_equals(value, "room") ||
               api_fail(parser, "reuse takes room, and nothing else");
    }
    if (slice_equals(key, "unreachable")) {
        layout->owned = true;
        return slice_equals(value, "owned") ||
               api_fail(parser, "unreachable takes owned, and nothing else");
    }
    return api_fail(parser, "expected a key of pools, blocks, chunks or the like, see "
                            "lifeguard-api(5)");
}

/* What KEY, which was given, tells beside its number. */
static void note_given(struct api_layout *layout, struct slice key)
{
    layout->tree |= slice_equals(key, "pool.children") || slice_equals(key, "pool.sibling");
    layout->names |= slice_equals(key, "pool.tag");
    layout->has_used |= slice_equals(key, "block.used");
    layout->has_next |= slice_equals(key, "block.next");
}

static bool parse_number(struct api_parser *parser, const struct key *key, struct slice value,
                         struct api_layout *layout)
{
    void *member = (char *)layout + key->member;
    if (key->kind == KEY_FIELD)
        return read_field(value, member) ||
               api_fail(parser, "expected a number of bytes from 0 to 4096, or as in pool:0x40, "
                                "pool4:0x58+1 and chunk:0>>34 where it is read");
    if (key->kind == KEY_COUNT)
        return read_number(value, COUNT_MAX, member) ||
               api_fail(parser, "expected a number from 0 to 64");
    return read_number(value, BYTES_MAX, member) ||
           api_fail(parser, "expected a number of bytes from 0 to 4096");
}

bool api_parse_layout(struct api_parser *parser, struct slice key, struct slice value)
{
    struct api_layout *layout = parser->layout;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (!slice_equals(key, keys[i].name))
            continue;
        bool ok = parse_number(parser, &keys[i], value, layout);
        note_given(layout, key);
        return ok;
    }
    return parse_word(parser, key, value, layout);
}

/* Another kind of pools, named NAME, is as [layout] says so far. */
static bool begin_kind(struct api_parser *parser, struct slice name)
{
    struct api *api = parser->api;
    for (unsigned i = 0; i < api->layout_count; i++) {
        parser->layout = &api->layouts[i];
        if (slice_same(api->layouts[i].name, name))
            return true;
    }
    if (api->layout_count == API_LAYOUTS_MAX)
        return api_fail(parser, "too many kinds of pools");
    parser->layout = &api->layouts[api->layout_count++];
    *parser->layout = api->layout;
    parser->layout->name = name;
    return true;
}

bool api_begin_layout(struct api_parser *parser, struct slice name)
{
    struct api_layout *common = &parser->api->layout;
    if (!common->given) {
        *common = nothing;
        common->given = true;
    }
    parser->layout = common;
    return name.length == 0 || begin_kind(parser, name);
}
