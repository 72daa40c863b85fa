/*
 * parse.c - reads a description of a pool system, line by line; functions.c, marks.c and
 * parse_layout.c read their sections.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/api/parser.h"

#include <string.h>

static bool parse_words(struct api_parser *parser, struct slice words, struct slice *array,
                        unsigned *count, unsigned limit)
{
    for (struct slice word; (word = slice_word(&words)).length > 0;) {
        if (*count == limit)
            return api_fail(parser, "too many names");
        array[(*count)++] = word;
    }
    return true;
}

static bool parse_api_key(struct api_parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    if (slice_equals(key, "name") && api->name.length > 0)
        return api_fail(parser, "the system has a name already");
    if (slice_equals(key, "name") && value.length > API_NAME_MAX)
        return api_fail(parser, "a system's name has at most 64 characters");
    if (slice_equals(key, "name"))
        api->name = value;
    else if (slice_equals(key, "detect"))
        return parse_words(parser, value, api->detect, &api->detects, API_DETECT_MAX);
    else if (slice_equals(key, "library"))
        return parse_words(parser, value, api->library, &api->library_count, API_LIBRARY_MAX);
    else if (!slice_equals(key, "align"))
        return api_fail(parser, "expected name, detect, library or align");
    else if (!slice_number(value, &api->align) || api->align == 0 || api->align > 4096)
        return api_fail(parser, "align takes a number of bytes from 1 to 4096");
    return true;
}

static bool parse_root(struct api_parser *parser, struct slice line)
{
    static const char expected[] = "expected NAME, NAME = first or, as in *(global:SYMBOL+8) and "
                                   "data(FUNCTION,1), a value of variables and numbers";
    struct api *api = parser->api;
    if (api->root_count == API_ROOTS_MAX)
        return api_fail(parser, "too many roots");
    struct api_root *root = &api->roots[api->root_count++];
    bool alone = !memchr(line.text, '=', line.length);
    root->name = slice_trim(slice_cut(&line, "="));
    line = slice_trim(line);
    if (alone) { /* the variable of that name */
        root->holder = (struct expression){.steps = {{EXPRESSION_VARIABLE, 0}},
                                           .count = 1,
                                           .variables = {{root->name, 0}},
                                           .variable_count = 1};
        return root->name.length > 0 || api_fail(parser, expected);
    }
    if (!slice_equals(line, "first"))
        return (root->name.length > 0 && expression_parse(line, &root->holder) &&
                root->holder.variable_count > 0 &&
                !expression_has(&root->holder, EXPRESSION_ARGUMENT) &&
                !expression_has(&root->holder, EXPRESSION_RESULT)) ||
               api_fail(parser, expected);
    if (root->name.length == 0)
        return api_fail(parser, expected);
    if (api->first_root != 0)
        return api_fail(parser, "one root alone can be the first pool");
    api->first_root = api->root_count;
    return true;
}

/* The role NAME, made when new. NULL: there are too many. */
static struct api_pool_role *find_role(struct api *api, struct slice name)
{
    for (unsigned i = 0; i < api->pool_role_count; i++) {
        if (slice_same(api->pool_roles[i].name, name))
            return &api->pool_roles[i];
    }
    if (api->pool_role_count == API_POOLS_MAX)
        return NULL;
    struct api_pool_role *role = &api->pool_roles[api->pool_role_count++];
    *role = (struct api_pool_role){.name = name, .life = API_LIFE_UNKNOWN};
    return role;
}

static bool parse_in_role(struct api_parser *parser, struct slice name, struct api_sign *sign)
{
    const struct api *api = parser->api;
    for (unsigned i = 0; i < sign->role; i++) {
        if (slice_same(api->pool_roles[i].name, name))
            sign->in_role = i + 1;
    }
    return sign->in_role || api_fail(parser, "parent= takes a role that was named before this one");
}

static bool parse_life(struct api_parser *parser, struct slice word, struct api_pool_role *role)
{
    for (unsigned life = 0; life < API_LIFE_UNKNOWN; life++) {
        if (!slice_equals(word, api_life_name(life)))
            continue;
        role->life = life;
        return true;
    }
    return api_fail(
        parser,
        "life= takes command, task, transfer, connection, restart, process, cache or queue");
}

static bool parse_role_attribute(struct api_parser *parser, struct slice word,
                                 struct api_pool_role *role, struct api_sign *sign)
{
    struct slice key = slice_cut(&word, "=");
    bool variable = slice_equals(key, "root") || slice_equals(key, "alias");
    if (word.length == 0)
        return api_fail(parser, "expected ATTRIBUTE=VALUE");
    if (variable && !api_has_root(parser->api, word))
        return api_fail(parser, "root= and alias= take a name that [roots] has before");
    if (slice_equals(key, "tag"))
        sign->tag = slice_unquote(word);
    else if (slice_equals(key, "by"))
        sign->by = word;
    else if (slice_equals(key, "root"))
        sign->root = word;
    else if (slice_equals(key, "alias"))
        role->alias = word;
    else if (slice_equals(key, "ends"))
        role->ends = word;
    else if (slice_equals(key, "parent"))
        return parse_in_role(parser, word, sign);
    else if (slice_equals(key, "life"))
        return parse_life(parser, word, role);
    else
        return api_fail(parser, "expected tag=, by=, root=, parent=, life=, ends= or alias=");
    return true;
}

static bool parse_pool_role(struct api_parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    struct api_pool_role *role = find_role(api, key);
    if (!role)
        return api_fail(parser, "too many roles");
    struct api_sign sign = {.role = (unsigned)(role - api->pool_roles)};
    for (struct slice word; (word = slice_word(&value)).length > 0;) {
        if (!parse_role_attribute(parser, word, role, &sign))
            return false;
    }
    if (!sign.tag.length && !sign.by.length && !sign.root.length)
        return sign.in_role == 0 || api_fail(parser, "parent= alone tells no pool");
    if (api->sign_count == API_SIGNS_MAX)
        return api_fail(parser, "too many ways to know a role by");
    api->signs[api->sign_count++] = sign;
    return true;
}

static bool parse_entry(struct api_parser *parser, struct slice line)
{
    if (slice_equals(parser->section, "roots"))
        return parse_root(parser, line);
    struct slice value = line;
    struct slice key = slice_trim(slice_cut(&value, "="));
    value = slice_trim(value);
    if (key.length == 0 || value.length == 0)
        return api_fail(parser, "expected KEY = VALUE");
    if (slice_equals(parser->section, "api"))
        return parse_api_key(parser, key, value);
    if (slice_equals(parser->section, "functions"))
        return api_parse_function(parser, key, value);
    if (slice_equals(parser->section, "marks"))
        return api_parse_mark(parser, key, value);
    if (slice_equals(parser->section, "roles"))
        return parse_pool_role(parser, key, value);
    return api_parse_layout(parser, key, value);
}

static bool parse_section(struct api_parser *parser, struct slice line)
{
    static const char *const sections[] = {"api", "functions", "roots", "marks", "roles"};
    parser->section = (struct slice){line.text + 1, line.length - 1};
    if (line.text[line.length - 1] != ']')
        return api_fail(parser, "expected ] at the end of the section's name");
    parser->section.length--;
    struct slice kind = parser->section;
    if (slice_equals(slice_word(&kind), "layout"))
        return api_begin_layout(parser, slice_trim(kind));
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (slice_equals(parser->section, sections[i]))
            return true;
    }
    return api_fail(parser, "expected [api], [functions], [roots], [marks], [roles] or [layout]");
}

static bool parse_line(struct api_parser *parser, struct slice line)
{
    line = slice_trim(slice_cut(&line, "#"));
    if (line.length == 0)
        return true;
    if (line.text[0] == '[')
        return parse_section(parser, line);
    if (parser->section.length == 0)
        return api_fail(parser, "expected a section such as [api] first");
    return parse_entry(parser, line);
}

bool api_parse(const char *text, size_t length, struct api *api, struct api_error *error)
{
    struct api_parser parser = {.api = api, .error = error};
    *api = (struct api){.text = {text, length}, .align = 1};
    struct slice rest = {text, length};
    if (length > API_TEXT_MAX)
        return api_fail(&parser, "the description is longer than 64 KiB");
    slice_skip(&rest, "\xEF\xBB\xBF"); /* a byte order mark, as some editors write */
    while (rest.length > 0) {
        parser.line++;
        const char *newline = memchr(rest.text, '\n', rest.length);
        size_t line_length = newline ? (size_t)(newline - rest.text) : rest.length;
        if (!parse_line(&parser, (struct slice){rest.text, line_length}))
            return false;
        size_t taken = newline ? line_length + 1 : line_length;
        rest.text += taken;
        rest.length -= taken;
    }
    if (api->name.length == 0)
        return api_fail(&parser, "a description needs a name, in [api]");
    if (api->function_count == 0)
        return api_fail(&parser, "a description needs a function, in [functions]");
    return true;
}
