/* [layout] and the kinds of pools that it tells, as data. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/pool_api.h"

#include <criterion/criterion.h>
#include <string.h>

#define HEAD "[api]\nname=x\n[functions]\nmake = create pool=ret\n"

static void parse(const char *text, struct api *api)
{
    struct api_error error = {0, ""};
    cr_assert(api_parse(text, strlen(text), api, &error), "line %u: %s", error.line, error.message);
}

static void expect_field(struct api_field field, enum api_base base, uint32_t offset,
                         uint32_t width, uint32_t shift, uint32_t plus)
{
    cr_expect_eq(field.base, base);
    cr_expect_eq(field.offset, offset);
    cr_expect_eq(field.width, width);
    cr_expect_eq(field.shift, shift);
    cr_expect_eq(field.plus, plus);
}

Test(layout, without_one_there_is_no_kind)
{
    struct api api;
    parse(HEAD, &api);
    cr_expect_null(api_layout(&api, 0));
}

Test(layout, what_is_not_given_is_nowhere)
{
    struct api api;
    parse(HEAD "[layout]\npool.size = 16\n", &api);
    const struct api_layout *layout = api_layout(&api, 0);
    cr_assert_not_null(layout);
    cr_expect_eq(layout->parent, API_NOWHERE);
    cr_expect_not(layout->names);
    cr_expect_eq(layout->type_at, API_NOWHERE);
    cr_expect_eq(layout->large.list, API_NOWHERE);
    cr_expect_eq(layout->allocator.at, API_NOWHERE);
    cr_expect_eq(layout->chunks.lists, API_NOWHERE);
    cr_expect_eq(layout->bytes.base, API_BASE_NONE);
    cr_expect_not(layout->tree);
}

Test(layout, numbers_are_read_where_they_are_told)
{
    struct api api;
    parse(HEAD
          "[layout]\npool.size = pool:0x68\npool.lists = pool4:0x70+1\n"
          "block.bytes = block:8>>3+2\nchunk.bytes = chunk:0>>34\n"
          "block.chunks = 7\nblock.unused = block4:0x10\nblock.link = 0x20\nblock.cleared = 48\n",
          &api);
    expect_field(api.layout.header, API_BASE_POOL, 0x68, 8, 0, 0);
    expect_field(api.layout.lists, API_BASE_POOL, 0x70, 4, 0, 1);
    expect_field(api.layout.bytes, API_BASE_BLOCK, 8, 8, 3, 2);
    expect_field(api.layout.chunks.bytes, API_BASE_CHUNK, 0, 8, 34, 0);
    expect_field(api.layout.block_chunks, API_BASE_NUMBER, 7, 8, 0, 0);
    expect_field(api.layout.block_unused, API_BASE_BLOCK, 0x10, 4, 0, 0);
    cr_expect_eq(api.layout.block_link, 0x20);
    cr_expect_eq(api.layout.cleared, 48);
}

Test(layout, kinds_begin_with_what_all_have)
{
    struct api api;
    parse(HEAD "[layout]\npool.type = 0\npool.parent = 8\npool.place = apart\n"
               "[layout plain]\npool.size = 16\n[layout list]\ntype = 1\nif = a b\nunless = c\n"
               "block.next = 8\n[layout plain]\nblock.used = 24\n",
          &api);
    const struct api_layout *plain = api_layout(&api, 0), *list = api_layout(&api, 1);
    cr_assert_not_null(list);
    cr_expect_null(api_layout(&api, 2));
    cr_expect(slice_equals(plain->name, "plain"));
    cr_expect_eq(plain->parent, 8);
    cr_expect_eq(plain->place, API_PLACE_APART);
    expect_field(plain->header, API_BASE_NUMBER, 16, 8, 0, 0);
    cr_expect(plain->has_used, "a section may come more than once");
    cr_expect_eq(list->type, 1);
    cr_expect_eq(list->header.base, API_BASE_NONE);
    cr_expect_eq(list->parent, 8);
    cr_expect_eq(list->whens, 2);
    cr_expect(slice_equals(list->when[1], "b"));
    cr_expect(slice_equals(list->unless[0], "c"));
}

Test(layout, what_pools_are_found_by)
{
    struct api api;
    parse(HEAD "[layout]\npool.check = 0x20 1..4095\npool.check = 8 pointer\n"
               "pool.check = 16 pointer?\npool.internal = \".name\" .reference\n"
               "unreachable = owned\n",
          &api);
    const struct api_layout *layout = &api.layout;
    cr_assert_eq(layout->check_count, 3);
    cr_expect_eq(layout->checks[0].low, 1);
    cr_expect_eq(layout->checks[0].high, 4095);
    cr_expect(layout->checks[1].pointer && !layout->checks[1].may_be_null);
    cr_expect(layout->checks[2].pointer && layout->checks[2].may_be_null);
    cr_expect(slice_equals(layout->internal[0], ".name"));
    cr_expect(layout->owned);
}

Test(layout, what_marks_pools)
{
    struct api api;
    parse(HEAD "[layout]\npool.magic = 4\npool.check = 8 0..0\n", &api);
    cr_expect_eq(api.layout.magic_at, 4);
    parse(HEAD "[layout]\npool.check = 8 0..0\n", &api);
    cr_expect_eq(api.layout.magic_at, API_NOWHERE);
}

Test(layout, what_holds_the_free_blocks)
{
    struct api api;
    parse(HEAD "[layout]\nfree.blocks = global:freelist data(f,2)\n", &api);
    cr_assert_eq(api.layout.free_count, 2);
    cr_expect_eq(api.layout.free_blocks[0].variable_count, 1);
    cr_expect_eq(api.layout.free_blocks[1].variables[0].access, 2);
}
