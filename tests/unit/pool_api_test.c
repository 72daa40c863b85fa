/* pool_api_test.c - descriptions of pool systems: what they say, and what is wrong with them. */
#include "builtin_apis.h"
#include "pool_api.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* LENGTH bytes right before a page that cannot be read: an overrun crashes in any build. */
static char *guarded(const char *text, size_t length)
{
    const size_t page = 4096, size = (length + page - 1) / page * page;
    char *mapping =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(mapping, MAP_FAILED);
    cr_assert_eq(mprotect(mapping + size, page, PROT_NONE), 0);
    return memcpy(mapping + size - length, text, length);
}

static void unguard(char *text, size_t length)
{
    const size_t page = 4096, size = (length + page - 1) / page * page;
    munmap(text + length - size, size + page);
}

static void expect_inside(struct slice slice, const char *text, size_t length)
{
    if (slice.text)
        cr_assert(slice.text >= text && slice.text + slice.length <= text + length);
}

/* All that a caller relies on in a description that was accepted. */
static void expect_sound(const struct api *api, const char *text, size_t length)
{
    cr_assert(api->function_count > 0 && api->function_count <= API_FUNCTIONS_MAX);
    cr_assert(api->detects <= API_DETECT_MAX && api->library_count <= API_LIBRARY_MAX);
    cr_assert(api->root_count <= API_ROOTS_MAX && api->mark_count <= API_MARKS_MAX);
    cr_assert(api->align >= 1);
    expect_inside(api->name, text, length);
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        cr_assert(function->role < API_MARK && function->fallbacks <= API_FALLBACKS_MAX);
        cr_assert(function->pool.source != API_ARGUMENT || function->pool.number < 6);
        expect_inside(function->symbol, text, length);
        expect_inside(function->cost, text, length);
        for (unsigned j = 0; j < function->fallbacks; j++)
            expect_inside(function->fallback[j], text, length);
    }
    for (unsigned i = 0; i < api->mark_count; i++) {
        cr_assert(api->marks[i].kind < API_MARK_KINDS && api->marks[i].argument < 6);
        expect_inside(api->marks[i].symbol, text, length);
        expect_inside(api->marks[i].text, text, length);
    }
    cr_assert(api->pool_role_count <= API_POOLS_MAX && api->sign_count <= API_SIGNS_MAX);
    for (unsigned i = 0; i < api->sign_count; i++) {
        const struct api_sign *sign = &api->signs[i];
        cr_assert(sign->role < api->pool_role_count && sign->in_role <= sign->role);
        expect_inside(sign->tag, text, length);
        expect_inside(sign->by, text, length);
        expect_inside(sign->root, text, length);
    }
}

/* Parses a guarded copy; only that nothing breaks matters. */
static bool parse_guarded(const char *text, size_t length)
{
    struct api api;
    struct api_error error = {0, NULL};
    char *copy = guarded(text, length);
    bool parsed = api_parse(copy, length, &api, &error);
    if (parsed)
        expect_sound(&api, copy, length);
    else
        cr_assert(error.line >= 1 && error.message, "no line or message");
    unguard(copy, length);
    return parsed;
}

static struct slice builtin_text(void)
{
    const struct builtin_api *builtin = builtin_api(0);
    return (struct slice){builtin->text, (size_t)(builtin->end - builtin->text)};
}

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
    expect_slice(function->symbol, symbol);
    cr_expect_eq(function->locator, locator, "%s", symbol);
    cr_expect_eq(function->role, role, "%s", symbol);
    cr_expect_eq(function->fallbacks, fallbacks, "%s", symbol);
}

static void expect_value(struct api_value value, enum api_source source, uint32_t number)
{
    cr_expect_eq(value.source, source);
    cr_expect_eq(value.number, number);
}

Test(pool_api, the_builtin_descriptions_are_listed)
{
    cr_expect_str_eq(builtin_api(0)->name, "proftpd");
    cr_expect_str_eq(builtin_api(1)->name, "apr");
    cr_expect_null(builtin_api(2));
    cr_expect_eq(*builtin_api(0)->end, '\0');
    cr_expect_eq(*builtin_api(1)->end, '\0');
}

Test(pool_api, proftpd_functions)
{
    struct api api;
    parse_builtin(&api);
    const struct api_function *functions = api.functions;

    expect_slice(api.name, "proftpd");
    cr_expect_eq(api.align, 8);
    cr_assert_eq(api.function_count, 6);
    expect_function(&functions[0], "make_sub_pool", API_AT_SYMBOL, API_CREATE, 0);
    expect_function(&functions[1], "pr_pool_create_sz", API_AT_SYMBOL, API_CREATE, 0);
    expect_function(&functions[2], "palloc", API_AT_TAIL, API_ALLOC, 4);
    expect_function(&functions[3], "copy_array_hdr", API_AT_SYMBOL, API_ALLOC, 0);
    expect_function(&functions[4], "destroy_pool", API_AT_TAIL, API_DESTROY, 1);
    expect_function(&functions[5], "pr_pool_tag", API_AT_SYMBOL, API_SET_NAME, 0);
    expect_value(functions[0].pool, API_RESULT, 0);
    expect_value(functions[0].parent, API_ARGUMENT, 0);
    expect_value(functions[2].pool, API_ARGUMENT, 0);
    expect_value(functions[2].size, API_ARGUMENT, 1);
    expect_value(functions[3].size, API_CONSTANT, 32);
    expect_value(functions[5].name, API_ARGUMENT, 1);
    expect_slice(functions[2].fallback[0], "palloc");
    expect_slice(functions[2].fallback[3], "pcallocsz");
    expect_slice(functions[2].cost, "bytes of arrays and of cleanups are not seen");
    cr_expect_eq(functions[0].cost.length, 0);
}

Test(pool_api, proftpd_symbols_roots_and_marks)
{
    struct api api;
    parse_builtin(&api);

    cr_assert_eq(api.detects, 5);
    expect_slice(api.detect[0], "make_sub_pool");
    expect_slice(api.detect[4], "permanent_pool");
    cr_assert_eq(api.library_count, 26);
    expect_slice(api.library[0], "palloc");
    expect_slice(api.library[25], "clear_pool");
    cr_assert_eq(api.root_count, 1);
    expect_slice(api.roots[0], "permanent_pool");
    cr_assert_eq(api.mark_count, 5);
    for (unsigned i = 0; i < api.mark_count; i++)
        cr_expect_eq(api.marks[i].kind, i);
    expect_slice(api.marks[0].symbol, "pr_cmd_read");
    cr_expect_null(api.marks[0].text.text);
    expect_slice(api.marks[2].symbol, "pr_event_generate");
    expect_slice(api.marks[2].text, "core.connect");
    cr_expect_eq(api.marks[2].argument, 0);
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
    expect_value(functions[0].pool, API_POINTED, 0);
    expect_value(functions[0].parent, API_ARGUMENT, 1);
    expect_slice(functions[0].orphan_root, "global_pool");
    cr_expect(functions[0].tested);
    cr_expect_eq(functions[0].success, 0);
    expect_value(functions[1].parent, API_NOWHERE, 0);
    expect_function(&functions[5], "apr_pvsprintf", API_AT_SYMBOL, API_ALLOC, 0);
    expect_value(functions[5].size, API_STRING, 1);
    cr_expect(!functions[5].tested);
    cr_expect_eq(api.root_count, 1);
    cr_expect_eq(api.first_root, 1);
    expect_slice(api.roots[0], "global_pool");
}

Test(pool_api, proftpd_layout)
{
    struct api api;
    parse_builtin(&api);
    const struct api_layout expected = {true, 0x48, 0, 0x18, 0x20, 0x20, 0, 8, 0x10, true};

    cr_expect_eq(api.layout.present, expected.present);
    cr_expect_eq(api.layout.pool_size, expected.pool_size);
    cr_expect_eq(api.layout.pool_blocks, expected.pool_blocks);
    cr_expect_eq(api.layout.pool_children, expected.pool_children);
    cr_expect_eq(api.layout.pool_sibling, expected.pool_sibling);
    cr_expect_eq(api.layout.block_size, expected.block_size);
    cr_expect_eq(api.layout.block_end, expected.block_end);
    cr_expect_eq(api.layout.block_next, expected.block_next);
    cr_expect_eq(api.layout.block_used, expected.block_used);
    cr_expect(api.layout.reuse);
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
    expect_value(api.functions[0].pool, API_ARGUMENT, 5);
    expect_slice(api.functions[0].cost, "a # b = c");
    expect_function(&api.functions[1], "maker", API_AT_SYMBOL, API_CREATE, 0);
    expect_value(api.functions[1].parent, API_NOWHERE, 0);
    cr_expect_eq(api.align, 16);
    cr_expect_eq(api.detects, 3);
    expect_slice(api.detect[2], "c");
    cr_expect_eq(api.layout.present, false);
}

#define VALUES         "expected a0 to a5, *a0 to *a5, ret, strlen(ret) or a number"
#define PARENT         "parent= takes an argument, or as in a1,ROOT one that [roots] has before"
#define SIZE           "size= takes an argument, a number or strlen(ret)"
#define NAMES_8        "a b c d e f g h "
#define NAMES_32       NAMES_8 NAMES_8 NAMES_8 NAMES_8
#define FUNCTION       "f = destroy pool=a0\n"
#define TIMES_4(text)  text text text text
#define TIMES_16(text) TIMES_4(TIMES_4(text))

static const struct {
    const char *text;
    unsigned line;
    const char *message;
} mistakes[] = {
    {"", 1, "a description needs a name and a function"},
    {"[api]\nname = x\n", 2, "a description needs a name and a function"},
    {"[functions]\n" FUNCTION, 2, "a description needs a name and a function"},
    {"# nothing yet\n\nname = x\n", 3, "expected a section such as [api] first"},
    {"[api\n", 1, "expected ] at the end of the section's name"},
    {"[apis]\n", 1, "expected [api], [functions], [roots], [marks], [roles] or [layout]"},
    {"[]\n", 1, "expected [api], [functions], [roots], [marks], [roles] or [layout]"},
    {"[api]\nname\n", 2, "expected KEY = VALUE"},
    {"[api]\nname =\n", 2, "expected KEY = VALUE"},
    {"[api]\n= x\n", 2, "expected KEY = VALUE"},
    {"[api]\nnames = x\n", 2, "expected name, detect, library or align"},
    {"[api]\nalign = 0\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 4097\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 4294967304\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 18446744073709551624\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 0x\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 8a\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\ndetect = " NAMES_8 "i\n", 2, "too many names"},
    {"[api]\nlibrary = " NAMES_32 NAMES_32 "\nlibrary = i\n", 3, "too many names"},
    {"[functions]\ntail() = alloc pool=a0\n", 2, "expected SYMBOL or tail(SYMBOL) before the ="},
    {"[functions]\ntail(f = alloc pool=a0\n", 2, "expected SYMBOL or tail(SYMBOL) before the ="},
    {"[functions]\nf = free pool=a0\n", 2,
     "expected create, destroy, clear, alloc or set_name after the ="},
    {"[functions]\nf = mark pool=a0\n", 2,
     "expected create, destroy, clear, alloc or set_name after the ="},
    {"[functions]\nf = alloc pool=a0 bytes=a1\n", 2,
     "expected pool=, parent=, size=, name=, ok=, else= or cost="},
    {"[functions]\nf = alloc pool\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a6\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=4294967296\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 else=a,b,c,d,e,f,g,h,i\n", 2, "too many fallback functions"},
    {"[functions]\nf = alloc pool=a0 else=a,,b\n", 2, "expected names after else="},
    {"[functions]\nf = destroy\n", 2, "pool= takes an argument, or for create ret or as in *a0"},
    {"[functions]\nf = destroy pool=ret\n", 2,
     "pool= takes an argument, or for create ret or as in *a0"},
    {"[functions]\nf = create pool=3\n", 2,
     "pool= takes an argument, or for create ret or as in *a0"},
    {"[functions]\nf = destroy pool=*a0\n", 2,
     "pool= takes an argument, or for create ret or as in *a0"},
    {"[functions]\nf = create pool=*a6\n", 2, VALUES},
    {"[functions]\nf = create pool=*\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=strlen(ret)+\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=strlen(ret)1\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=strlen(a1)\n", 2, VALUES},
    {"[functions]\nf = create pool=ret parent=ret\n", 2, PARENT},
    {"[functions]\nf = create pool=ret parent=a1,\n", 2, PARENT},
    {"[functions]\nf = create pool=ret parent=a1,r\n[roots]\nr\n", 2, PARENT},
    {"[functions]\nf = alloc pool=a0 size=ret\n", 2, SIZE},
    {"[functions]\nf = alloc pool=a0 size=*a1\n", 2, SIZE},
    {"[functions]\nf = create pool=*a0 ok=0\n", 2, "ok= takes ret==NUMBER"},
    {"[functions]\nf = create pool=*a0 ok=ret==\n", 2, "ok= takes ret==NUMBER"},
    {"[functions]\nf = destroy pool=a0 ok=ret==0\n", 2, "ok= is for create and alloc"},
    {"[roots]\na = second\n", 2, "expected NAME or NAME = first"},
    {"[roots]\n= first\n", 2, "expected NAME or NAME = first"},
    {"[roots]\na = first\nb = first\n", 3, "one root alone can be the first pool"},
    {"[functions]\nf = alloc pool=a0\n", 2, "alloc needs size="},
    {"[functions]\nf = set_name pool=a0\n", 2, "set_name needs name= with an argument"},
    {"[functions]\nf = set_name pool=a0 name=1\n", 2, "set_name needs name= with an argument"},
    {"[functions]\n" TIMES_16(FUNCTION) TIMES_16(FUNCTION) FUNCTION, 34, "too many functions"},
    {"[roots]\n" TIMES_4("a\n") TIMES_4("a\n") "a\n", 10, "too many roots"},
    {"[marks]\n" TIMES_16("command = f\n") "command = f\n", 18, "too many marks"},
    {"[marks]\nreload = f\n", 2, "expected command, restart, connection, startup or shutdown"},
    {"[marks]\ncommand = f a9=\"x\"\n", 2,
     "expected an argument and a string, such as a0=\"text\""},
    {"[marks]\ncommand = f a0\n", 2, "expected an argument and a string, such as a0=\"text\""},
    {"[marks]\ncommand = f a0=x\n", 2, "expected an argument and a string, such as a0=\"text\""},
    {"[marks]\ncommand = f a0=\"\n", 2, "expected an argument and a string, such as a0=\"text\""},
    {"[marks]\ncommand = f a0=\"x\n", 2, "expected an argument and a string, such as a0=\"text\""},
    {"[marks]\ncommand = f a0=\"x\" y\n", 2,
     "expected an argument and a string, such as a0=\"text\""},
    {"[roles]\na = tag=x frob=y\n", 2,
     "expected tag=, by=, root=, parent=, life=, ends= or alias="},
    {"[roles]\na = tag=\n", 2, "expected ATTRIBUTE=VALUE"},
    {"[roles]\na = root=r\n", 2, "root= and alias= take a name that [roots] has before"},
    {"[roots]\nr\n[roles]\na = alias=x\n", 4,
     "root= and alias= take a name that [roots] has before"},
    {"[roles]\na = tag=x parent=a\n", 2, "parent= takes a role that was named before this one"},
    {"[roles]\na = tag=x\nb = parent=a\n", 3, "parent= alone tells no pool"},
    {"[roles]\na = tag=x life=day\n", 2,
     "life= takes command, transfer, connection, restart or process"},
    {"[roles]\n" TIMES_16(TIMES_4("a = tag=x\n")) "a = tag=x\n", 66,
     "too many ways to know a role by"},
    {"[layout]\npool.sizes = 1\n", 2,
     "expected pool.size, .blocks, .children, .sibling, block.size, .end, .next, .used or reuse"},
    {"[layout]\nreuse = never\n", 2, "reuse takes room, and nothing else"},
    {"[layout]\npool.size = 4097\n", 2, "expected a number of bytes from 0 to 4096"},
    {"[layout]\npool.size = -1\n", 2, "expected a number of bytes from 0 to 4096"},
};

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
        cr_expect_neq(api.pool_roles[i].life, API_LIFE_NOT_TOLD, "%s", names[i]);
        cr_expect(api.pool_roles[i].ends.length > 0, "%s", names[i]);
    }
    expect_slice(api.pool_roles[2].alias, "permanent_pool");
    expect_slice(api.signs[0].root, "permanent_pool");
    expect_slice(api.signs[1].tag, "main_server pool");
    cr_expect_eq(api.signs[1].role, 1);
}

Test(pool_api, a_role_of_several_lines)
{
    static const char text[] = "[api]\nname = x\n[functions]\n" FUNCTION
                               "[roles]\na = life=command\na = tag=\"a # b\" ends=f,exit\n"
                               "b = by=g,h parent=a\n";
    struct api api;
    struct api_error error = {0, ""};
    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%s", error.message);
    cr_assert_eq(api.pool_role_count, 2);
    cr_expect_eq(api.pool_roles[0].life, API_LIFE_COMMAND);
    cr_expect_eq(api.pool_roles[1].life, API_LIFE_NOT_TOLD);
    cr_assert_eq(api.sign_count, 2);
    expect_slice(api.signs[0].tag, "a # b");
    cr_expect_eq(api.signs[1].in_role, 1);
    const struct slice f = {"f", 1}, h = {"h", 1};
    cr_expect(slice_lists(api.pool_roles[0].ends, f));
    cr_expect(slice_lists(api.signs[1].by, h));
    cr_expect(!slice_lists(api.signs[1].by, f));
}

Test(pool_api, each_mistake_is_told_with_its_line)
{
    struct api api;

    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct api_error error = {0, "none"};
        bool parsed = api_parse(mistakes[i].text, strlen(mistakes[i].text), &api, &error);
        cr_expect(!parsed, "accepted: %s", mistakes[i].text);
        cr_expect_eq(error.line, mistakes[i].line, "line %u: %s", error.line, mistakes[i].text);
        cr_expect_str_eq(error.message, mistakes[i].message, "%s", mistakes[i].text);
    }
}

Test(pool_api, every_limit_can_be_reached)
{
    static const char text[] = "[api]\nname = x\ndetect = " NAMES_8 "\nlibrary = " NAMES_32 NAMES_32
                               "\n[functions]\n" TIMES_16(FUNCTION) TIMES_4(FUNCTION)
                                   TIMES_4(FUNCTION) TIMES_4(FUNCTION) FUNCTION FUNCTION FUNCTION
        "f = destroy pool=a0 else=a,b,c,d,e,f,g,h\n"
        "[roots]\n" TIMES_4("a\n") TIMES_4("a\n") "[marks]\n" TIMES_16("command = f\n");
    struct api api;
    struct api_error error = {0, ""};

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    expect_sound(&api, text, sizeof(text) - 1);
    cr_expect_eq(api.function_count, API_FUNCTIONS_MAX);
    cr_expect_eq(api.functions[API_FUNCTIONS_MAX - 1].fallbacks, API_FALLBACKS_MAX);
    cr_expect_eq(api.library_count, API_LIBRARY_MAX);
    cr_expect_eq(api.mark_count, API_MARKS_MAX);
}

Test(pool_api, longer_than_a_description_may_be)
{
    struct api api;
    struct api_error error = {0, ""};
    struct slice builtin = builtin_text();
    char *text = malloc(API_TEXT_MAX + 1);

    memset(text, '\n', API_TEXT_MAX + 1);
    memcpy(text, builtin.text, builtin.length);
    cr_expect(api_parse(text, API_TEXT_MAX, &api, &error));
    cr_expect(!api_parse(text, API_TEXT_MAX + 1, &api, &error));
    cr_expect_str_eq(error.message, "the description is longer than 64 KiB");
    free(text);
}

Test(pool_api, truncated_anywhere)
{
    struct slice text = builtin_text();
    unsigned accepted = 0;

    for (size_t length = 0; length <= text.length; length++)
        accepted += parse_guarded(text.text, length);
    cr_expect(accepted > 0 && accepted < text.length);
}

Test(pool_api, damaged_anywhere)
{
    static const char bytes[] = "\0\n\r\t #\"=[](),.0x\xFF";
    struct slice text = builtin_text();
    char *damaged = malloc(text.length);

    memcpy(damaged, text.text, text.length);
    for (size_t i = 0; i < text.length; i++) {
        for (size_t j = 0; j < sizeof(bytes) - 1; j++) {
            damaged[i] = bytes[j];
            parse_guarded(damaged, text.length);
        }
        damaged[i] = text.text[i];
    }
    free(damaged);
}

/* Words of the language and bytes that are none, put together without sense. */
static size_t write_nonsense(char *to, size_t size)
{
    static const char *const words[] = {"[api]\n",    "[functions]\n",
                                        "[roots]\n",  "[marks]\n",
                                        "[layout]\n", "name = x\n",
                                        "tail(",      ")",
                                        "=",          " ",
                                        "\n",         "create",
                                        "alloc",      "pool=a0",
                                        "size=0x",    "else=",
                                        ",",          "cost=\"",
                                        "\"",         "#",
                                        "align",      "command = f",
                                        " a0=\"x\"",  "pool.size = ",
                                        "4294967296", "ret",
                                        "[",          "[roles]\n",
                                        "tag=\"x\"",  "life=command",
                                        "parent=x",   "by=f,g"};
    const char *section = words[(size_t)random() % 5];
    size_t length = strlen(section);
    memcpy(to, section, length);
    while (length + 16 < size && random() % 40 != 0) {
        if (random() % 8 == 0) {
            to[length++] = (char)random();
            continue;
        }
        const char *word = words[(size_t)random() % (sizeof(words) / sizeof(words[0]))];
        memcpy(to + length, word, strlen(word));
        length += strlen(word);
    }
    return length;
}

Test(pool_api, nonsense)
{
    char text[1024];

    srandom(1);
    for (unsigned i = 0; i < 20000; i++)
        parse_guarded(text, write_nonsense(text, sizeof(text)));
}

Test(pool_api, words_for_roles_and_marks)
{
    cr_expect_str_eq(api_role_name(API_CREATE), "create");
    cr_expect_str_eq(api_role_name(API_SET_NAME), "set_name");
    cr_expect_str_eq(api_role_name(API_MARK), "mark");
    cr_expect_str_eq(api_role_name(API_ROLES), "unknown");
    cr_expect_str_eq(api_mark_name(API_MARK_COMMAND), "command");
    cr_expect_str_eq(api_mark_name(API_MARK_SHUTDOWN), "shutdown");
    cr_expect_str_eq(api_mark_name(API_MARK_KINDS), "unknown");
    cr_expect_str_eq(api_life_name(API_LIFE_TRANSFER), "transfer");
    cr_expect_str_eq(api_life_name(API_LIFE_NOT_TOLD), "not told");
}
