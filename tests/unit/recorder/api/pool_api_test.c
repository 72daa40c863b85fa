/* pool_api_test.c - descriptions of pool systems: what they say. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/pool_api.h"

#include "tests/unit/support/builtin_text.h"
#include "tests/unit/support/expression_text.h"

#include <criterion/criterion.h>

static void parse_builtin(struct api *api)
{
    struct slice text = builtin_text();
    struct api_error error = {0, ""};
    cr_assert(api_parse(text.text, text.length, api, &error), "line %u: %s", error.line,
              error.message);
}

#define expect_slice(slice, string)                                                                \
    cr_expect(slice_equals(slice, string), "%.*s is not %s", (int)(slice).length, (slice).text,    \
              string)

static void expect_function(const struct api_function *function, const char *symbol,
                            enum api_locator locator, enum api_role role, unsigned fallbacks)
{
    expect_slice(function->locations[0].symbol, symbol);
    cr_expect_eq(function->locations[0].locator, locator, "%s", symbol);
    cr_expect_eq(function->role, role, "%s", symbol);
    cr_expect_eq(function->fallbacks, fallbacks, "%s", symbol);
}

static void expect_value(struct expression value, const char *steps)
{
    cr_expect_str_eq(expression_text(&value), steps);
}

Test(pool_api, the_builtin_descriptions_are_listed)
{
    cr_expect_str_eq(builtin_api(0)->name, "proftpd");
    cr_expect_str_eq(builtin_api(1)->name, "apr");
    cr_expect_str_eq(builtin_api(2)->name, "nginx");
    cr_expect_str_eq(builtin_api(3)->name, "talloc");
    cr_expect_str_eq(builtin_api(4)->name, "postgresql");
    cr_expect_null(builtin_api(5));
    cr_expect_eq(*builtin_api(0)->end, '\0');
    cr_expect_eq(*builtin_api(1)->end, '\0');
    cr_expect_eq(*builtin_api(2)->end, '\0');
}

Test(pool_api, proftpd_functions)
{
    struct api api;
    parse_builtin(&api);
    const struct api_function *functions = api.functions;

    expect_slice(api.name, "proftpd");
    cr_expect_eq(api.align, 8);
    cr_assert_eq(api.function_count, 22);
    expect_function(&functions[0], "make_sub_pool", API_AT_SYMBOL, API_CREATE, 0);
    expect_function(&functions[1], "pr_pool_create_sz", API_AT_SYMBOL, API_CREATE, 0);
    expect_function(&functions[2], "alloc_pool", API_AT_SYMBOL, API_ALLOC, 4);
    cr_assert_eq(functions[2].location_count, 3);
    expect_slice(functions[2].locations[1].text, "tail(palloc)");
    expect_function(&functions[3], "destroy_pool", API_AT_TAIL, API_DESTROY, 1);
    expect_function(&functions[4], "pr_pool_tag", API_AT_SYMBOL, API_SET_NAME, 0);
    expect_function(&functions[5], "palloc", API_INLINED, API_ALLOC, 0);
    expect_value(functions[0].pool, "ret");
    expect_value(functions[0].parent, "a0");
    expect_value(functions[2].pool, "a0");
    expect_value(functions[2].size, "a1");
    expect_value(functions[13].size, "32");
    cr_expect(functions[13].measured && !functions[12].measured);
    expect_value(functions[4].name, "a1");
    expect_slice(functions[2].fallback[0], "palloc");
    expect_slice(functions[2].fallback[3], "pcallocsz");
    expect_slice(functions[2].cost, "");
    cr_expect(functions[21].anywhere && functions[21].measured && !functions[20].anywhere);
    cr_expect_eq(functions[0].cost.length, 0);
}

Test(pool_api, proftpd_symbols_roots_and_marks)
{
    struct api api;
    parse_builtin(&api);

    cr_assert_eq(api.detects, 5);
    expect_slice(api.detect[0], "make_sub_pool");
    expect_slice(api.detect[4], "permanent_pool");
    cr_assert_eq(api.library_count, 38);
    expect_slice(api.library[0], "palloc");
    expect_slice(api.library[25], "clear_pool");
    cr_assert_eq(api.root_count, 1);
    expect_slice(api.roots[0].name, "permanent_pool");
    cr_assert_eq(api.mark_count, 6);
    for (unsigned i = 0; i < api.mark_count; i++)
        cr_expect_eq(api.marks[i].kind, i);
    expect_slice(api.marks[0].symbol, "pr_cmd_read");
    cr_expect_null(api.marks[0].text.text);
    expect_slice(api.marks[2].symbol, "pr_event_generate");
    expect_slice(api.marks[2].text, "core.connect");
    cr_expect_eq(api.marks[2].argument, 0);
    expect_slice(api.marks[1].signal, "SIGHUP");
    cr_expect_eq(api.marks[0].signal.length, 0);
    expect_slice(api.marks[5].symbol, "pr_cmd_dispatch_phase");
    cr_expect_eq(api.marks[5].label, API_LABEL_VERB);
    cr_expect_gt(api.marks[5].value.count, 0);
    cr_expect_eq(api.marks[5].end.count, 0);
}

Test(pool_api, apr)
{
    const struct builtin_api *builtin = builtin_api(1);
    struct api api;
    struct api_error error = {0, ""};
    cr_assert(api_parse(builtin->text, (size_t)(builtin->end - builtin->text), &api, &error),
              "line %u: %s", error.line, error.message);
    const struct api_function *functions = api.functions;

    cr_assert_eq(api.function_count, 7);
    expect_function(&functions[0], "apr_pool_create_ex", API_AT_SYMBOL, API_CREATE, 0);
    expect_value(functions[0].pool, "a0 load");
    expect_value(functions[0].parent, "a1");
    expect_slice(functions[0].orphan_root, "global_pool");
    cr_expect_eq(functions[0].success, API_RETURNS);
    cr_expect_eq(functions[0].returned, 0);
    expect_value(functions[1].parent, "");
    expect_function(&functions[5], "apr_pvsprintf", API_AT_SYMBOL, API_ALLOC, 0);
    expect_value(functions[5].size, "ret len 1 +");
    cr_expect_eq(functions[5].success, API_ALWAYS);
    cr_expect_eq(api.root_count, 1);
    cr_expect_eq(api.first_root, 0);
    expect_slice(api.roots[0].name, "global_pool");
    expect_value(api.roots[0].holder, "apr_pool_terminate.1");
}

Test(pool_api, entries_of_versions)
{
    static const char text[] = "[api]\nname=x\n[functions]\nf = alloc pool=a0 size=1 if=new\n"
                               "f = alloc pool=a1 size=grown(*a0) ok=same(*a1) unless=new if=old\n"
                               "g = realloc pool=a0 object=a1 size=a2 of=object\n";
    struct api api;
    struct api_error error;
    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%s", error.message);
    cr_assert_eq(api.function_count, 3);
    expect_slice(api.functions[0].when, "new");
    expect_slice(api.functions[0].unless, "");
    expect_slice(api.functions[1].when, "old");
    expect_slice(api.functions[1].unless, "new");
    cr_expect(api.functions[1].grown && !api.functions[0].grown);
    cr_expect_eq(api.functions[1].same.count, 2);
    cr_expect(api.functions[2].stays);
}

Test(pool_api, proftpd_layout)
{
    struct api api;
    parse_builtin(&api);
    const struct api_layout *layout = api_layout(&api, 0);

    cr_assert_not_null(layout);
    cr_assert_not_null(api_layout(&api, 1));
    cr_expect_eq(api_layout(&api, 1)->block_size, 0x18, "before 2005");
    cr_expect_null(api_layout(&api, 2));
    cr_expect(layout->given);
    cr_expect_eq(layout->header.offset, 0x48);
    cr_expect_eq(layout->pool_blocks, 0);
    cr_expect_eq(layout->pool_children, 0x18);
    cr_expect_eq(layout->pool_sibling, 0x20);
    cr_expect_eq(layout->parent, 0x30);
    cr_expect_eq(layout->pool_tag, 0x40);
    cr_expect(layout->names);
    cr_expect_eq(layout->block_size, 0x20);
    cr_expect_eq(layout->block_end, 0);
    cr_expect_eq(layout->block_next, 8);
    cr_expect_eq(layout->block_used, 0x10);
    cr_expect_eq(layout->free_count, 2);
    cr_expect(layout->reuse);
}

Test(pool_api, each_object_may_be_a_pool)
{
    static const char text[] = "[api]\nname=x\n[functions]\n"
                               "label = set_name pool=ret name=*(ret-40)\n"
                               "make = create pool=ret parent=a0 size=a1\n";
    struct api api;
    struct api_error error;

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    cr_expect(api_has_objects(&api));
    api.functions[1].size.count = 0;
    cr_expect(!api_has_objects(&api));
}

Test(pool_api, locators)
{
    static const char text[] = "[api]\nname=x\n[functions]\n"
                               "call(f,1) = alloc pool=a0 size=a1\n"
                               "call( f , 0x10 ) = destroy pool=a0\n";
    struct api api;
    struct api_error error;

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error));
    expect_function(&api.functions[0], "f", API_AT_CALL, API_ALLOC, 0);
    expect_slice(api.functions[0].place, "call(f,1)");
    cr_expect_eq(api.functions[0].locations[0].call, 1);
    expect_function(&api.functions[1], "f", API_AT_CALL, API_DESTROY, 0);
    cr_expect_eq(api.functions[1].locations[0].call, 16);
}

Test(pool_api, a_function_may_be_in_one_of_several_places)
{
    static const char text[] = "[api]\nname=x\n[functions]\n"
                               "inner | tail(f)|call( f , 2 ) = alloc pool=a0 size=*(a0+8),grown\n"
                               "inlined(g) = alloc pool=*a0 size=grown\n";
    struct api api;
    struct api_error error;

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error));
    const struct api_function *first = &api.functions[0];
    cr_assert_eq(first->location_count, 3);
    expect_slice(first->locations[0].symbol, "inner");
    cr_expect_eq(first->locations[1].locator, API_AT_TAIL);
    expect_slice(first->locations[2].text, "call( f , 2 )");
    cr_expect_eq(first->locations[2].call, 2);
    cr_expect(first->measured && first->size.count > 0);
    cr_expect(api.functions[1].measured && api.functions[1].size.count == 0);
}

Test(pool_api, layout_and_spacing_are_free)
{
    static const char text[] = "\r\n\t[functions]\t# all of them\r\n"
                               " tail( inner ) = destroy\tpool=a5 cost=\"a # b = c\"  # more\r\n"
                               "maker=create pool=ret\n"
                               "[api]\n"
                               "name=x\n"
                               "align = 0x10\n"
                               "detect = a b\n"
                               "detect = c";
    struct api api;
    struct api_error error;

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error));
    cr_assert_eq(api.function_count, 2);
    expect_function(&api.functions[0], "inner", API_AT_TAIL, API_DESTROY, 0);
    expect_value(api.functions[0].pool, "a5");
    expect_slice(api.functions[0].cost, "a # b = c");
    expect_function(&api.functions[1], "maker", API_AT_SYMBOL, API_CREATE, 0);
    expect_value(api.functions[1].parent, "");
    cr_expect_eq(api.align, 16);
    cr_expect_eq(api.detects, 3);
    expect_slice(api.detect[2], "c");
    cr_expect_eq(api.layout.given, false);
}

Test(pool_api, proftpd_roles)
{
    static const char *const names[] = {
        "permanent_pool", "server_rec->pool", "session.pool",  "session.xfer.p",
        "conn_t->pool",   "config_rec->pool", "cmd_rec->pool", "cmd_rec->tmp_pool",
    };
    struct api api;
    parse_builtin(&api);
    cr_assert_eq(api.pool_role_count, 8);
    for (unsigned i = 0; i < 8; i++) {
        expect_slice(api.pool_roles[i].name, names[i]);
        cr_expect_neq(api.pool_roles[i].life, API_LIFE_UNKNOWN, "%s", names[i]);
        cr_expect(api.pool_roles[i].ends.length > 0, "%s", names[i]);
    }
    expect_slice(api.pool_roles[2].alias, "permanent_pool");
    expect_slice(api.signs[0].root, "permanent_pool");
    expect_slice(api.signs[1].tag, "main_server pool");
    cr_expect_eq(api.signs[1].role, 1);
}

Test(pool_api, a_role_of_several_lines)
{
    static const char text[] = "[api]\nname = x\n[functions]\nf = destroy pool=a0\n"
                               "[roles]\na = life=command\na = tag=\"a # b\" ends=f,exit\n"
                               "b = by=g,h parent=a\n";
    struct api api;
    struct api_error error = {0, ""};
    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%s", error.message);
    cr_assert_eq(api.pool_role_count, 2);
    cr_expect_eq(api.pool_roles[0].life, API_LIFE_COMMAND);
    cr_expect_eq(api.pool_roles[1].life, API_LIFE_UNKNOWN);
    cr_assert_eq(api.sign_count, 2);
    expect_slice(api.signs[0].tag, "a # b");
    cr_expect_eq(api.signs[1].in_role, 1);
    const struct slice f = {"f", 1}, h = {"h", 1};
    cr_expect(slice_lists(api.pool_roles[0].ends, f));
    cr_expect(slice_lists(api.signs[1].by, h));
    cr_expect(!slice_lists(api.signs[1].by, f));
}

Test(pool_api, allocations_given_back_and_pools_put_elsewhere)
{
    static const char text[] = "[api]\nname = x\n[functions]\n"
                               "a = alloc pool=*(ret-8) size=a0 object=ret\n"
                               "b = free pool=*(a0-8) object=a0\n"
                               "c = realloc pool=*(a0-8) object=a0 size=a1\n"
                               "d = set_parent pool=a0 parent=a1\n"
                               "e = clear pool=a0 children=keep\n"
                               "f = clear pool=a0 children=destroy\n";
    struct api api;
    struct api_error error = {0, ""};

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    expect_function(&api.functions[0], "a", API_AT_SYMBOL, API_ALLOC, 0);
    expect_value(api.functions[0].object, "ret");
    expect_function(&api.functions[1], "b", API_AT_SYMBOL, API_FREE, 0);
    expect_value(api.functions[1].object, "a0");
    expect_function(&api.functions[2], "c", API_AT_SYMBOL, API_REALLOC, 0);
    expect_value(api.functions[2].size, "a1");
    expect_function(&api.functions[3], "d", API_AT_SYMBOL, API_SET_PARENT, 0);
    expect_value(api.functions[3].parent, "a1");
    cr_expect(api.functions[4].keeps_children);
    cr_expect(!api.functions[5].keeps_children);
}

#define LONGEST "sixsixsixsixsixsixsixsix" /* API_WORD_MAX letters */

Test(pool_api, names_of_units)
{
    static const char text[] = "[api]\nname = x\n[functions]\na = destroy pool=a0\n[marks]\n"
                               "command = f a1=\"say so\" as=query\ncommand = g\n"
                               "command = h as=query\nrestart = i as=key-day\n"
                               "connection = j session=dispatch as=" LONGEST "\n";
    struct api api;
    struct api_error error = {0, ""};

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    cr_expect(slice_equals(api.marks[0].text, "say so"));
    cr_expect_eq(api.marks[0].argument, 1);
    cr_expect_null(api.marks[1].text.text);
    cr_expect_str_eq(api.words[API_MARK_COMMAND].one, "query");
    cr_expect_str_eq(api.words[API_MARK_COMMAND].many, "queries");
    cr_expect_str_eq(api.words[API_MARK_RESTART].many, "key-days");
    cr_expect_str_eq(api.words[API_WORD_SESSION].many, "dispatches");
    cr_expect_str_eq(api.words[API_MARK_CONNECTION].one, LONGEST);
    cr_expect_str_eq(api.words[API_MARK_CONNECTION].many, LONGEST "es");
}

Test(pool_api, static_variables)
{
    static const char text[] = "[api]\nname = x\n[roots]\nnone = data(track,2)\n[functions]\n"
                               "a = create pool=ret parent=data(b,1),none\n"
                               "c = create pool=ret parent=a0,none\n"
                               "d = orphan pool=*(data(track,2)+8)\n";
    struct api api;
    struct api_error error = {0, ""};

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    expect_value(api.roots[0].holder, "track.2");
    expect_value(api.functions[0].parent, "b.1");
    cr_expect(slice_equals(api.functions[0].orphan_root, "none"));
    expect_value(api.functions[1].parent, "a0");
    cr_expect(slice_equals(api.functions[1].orphan_root, "none"));
    expect_function(&api.functions[2], "d", API_AT_SYMBOL, API_ORPHAN, 0);
    expect_value(api.functions[2].pool, "track.2 8 + load");
}

Test(pool_api, words_for_roles_and_marks)
{
    cr_expect_str_eq(api_role_name(API_CREATE), "create");
    cr_expect_str_eq(api_role_name(API_SET_NAME), "set_name");
    cr_expect_str_eq(api_role_name(API_MARK), "mark");
    cr_expect_str_eq(api_role_name(API_SET_PARENT), "set_parent");
    cr_expect_str_eq(api_role_name(API_ROLES), "unknown");
    cr_expect_str_eq(api_mark_name(API_MARK_COMMAND), "command");
    cr_expect_str_eq(api_mark_name(API_MARK_SHUTDOWN), "shutdown");
    cr_expect_str_eq(api_mark_name(API_MARK_KINDS), "unknown");
    cr_expect_str_eq(api_life_name(API_LIFE_TRANSFER), "transfer");
    cr_expect_str_eq(api_life_name(API_LIFE_UNKNOWN), "not told");
}

Test(pool_api, values_tests_and_roots_of_other_systems)
{
    static const char text[] = "[api]\nname = x\n[roots]\nr = *(global:cycle+8)\ntop\n"
                               "[functions]\n"
                               "f = alloc pool=*(ret-8) size=*(ret-16) ok=ret!=0\n"
                               "g = alloc pool=global:current size=a0*a1\n"
                               "h = create pool=a0 parent=*(a1+24),top name=a4\n"
                               "i = destroy pool=*a0 ok=ret==0xffffffff\n";
    struct api api;
    struct api_error error = {0, ""};

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    expect_value(api.functions[0].pool, "ret 8 - load");
    expect_value(api.functions[0].size, "ret 16 - load");
    cr_expect_eq(api.functions[0].success, API_RETURNS_NOT);
    cr_expect_eq(api.functions[0].returned, 0);
    expect_value(api.functions[1].pool, "current");
    expect_value(api.functions[1].size, "a0 a1 *");
    expect_value(api.functions[2].parent, "a1 24 + load");
    expect_value(api.functions[2].name, "a4");
    expect_slice(api.functions[2].orphan_root, "top");
    cr_expect_eq(api.functions[3].success, API_RETURNS);
    cr_expect_eq(api.functions[3].returned, UINT32_MAX);
    expect_slice(api.roots[0].name, "r");
    expect_value(api.roots[0].holder, "cycle 8 + load");
    expect_slice(api.roots[1].name, "top");
    expect_value(api.roots[1].holder, "top");
    cr_expect_eq(api.first_root, 0);
}
