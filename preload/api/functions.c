/* The section [functions] of a description: what is hooked, and what its calls mean. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/parser.h"

#include <string.h>

/* "SYMBOL,N" of a call. */
static bool parse_call(struct slice text, struct api_location *location)
{
    location->locator = API_AT_CALL;
    location->symbol = slice_trim(slice_cut(&text, ","));
    return slice_number(slice_trim(text), &location->call) && location->call > 0;
}

static bool parse_location(struct slice text, struct api_location *location)
{
    bool closed = text.length > 0 && text.text[text.length - 1] == ')', known = true;
    *location = (struct api_location){.text = text, .symbol = text, .locator = API_AT_SYMBOL};
    if (closed && slice_skip(&text, "tail(")) {
        location->locator = API_AT_TAIL;
        location->symbol = slice_trim((struct slice){text.text, text.length - 1});
    } else if (closed && slice_skip(&text, "inlined(")) {
        location->locator = API_INLINED;
        location->symbol = slice_trim((struct slice){text.text, text.length - 1});
    } else if (closed && slice_skip(&text, "call(")) {
        known = parse_call((struct slice){text.text, text.length - 1}, location);
    }
    return known && location->symbol.length > 0 &&
           !memchr(location->symbol.text, '(', location->symbol.length);
}

/* One place, or several with a | between them. */
static bool parse_locations(struct slice text, struct api_function *function)
{
    bool inlined = false;
    function->place = text;
    if (text.text[text.length - 1] == '|')
        return false;
    while (text.length > 0) {
        if (function->location_count == API_LOCATIONS_MAX)
            return false;
        struct api_location *location = &function->locations[function->location_count++];
        if (!parse_location(slice_trim(slice_cut(&text, "|")), location))
            return false;
        inlined |= location->locator == API_INLINED;
    }
    function->anywhere = inlined && slice_equals(function->locations[0].symbol, "*");
    return function->location_count > 0 && (!inlined || function->location_count == 1);
}

static bool parse_fallbacks(struct api_parser *parser, struct slice names,
                            struct api_function *function)
{
    while (names.length > 0) {
        if (function->fallbacks == API_FALLBACKS_MAX)
            return api_fail(parser, "too many fallback functions");
        struct slice name = slice_cut(&names, ",");
        if (name.length == 0)
            return api_fail(parser, "expected names after else=");
        function->fallback[function->fallbacks++] = name;
    }
    return true;
}

/* What TEXT has between NAME, which ends with a parenthesis, and the one that closes it. */
static bool cut_call(struct slice text, const char *name, struct slice *inner)
{
    if (text.length == 0 || text.text[text.length - 1] != ')' || !slice_skip(&text, name))
        return false;
    *inner = (struct slice){text.text, text.length - 1};
    return true;
}

static bool parse_success(struct api_parser *parser, struct slice test,
                          struct api_function *function)
{
    struct slice inner;
    if (cut_call(test, "same(", &inner))
        return expression_parse(inner, &function->same) ||
               api_fail(parser, "ok=same() takes a value such as *a0");
    function->success = slice_starts_with(test, "ret!=") ? API_RETURNS_NOT : API_RETURNS;
    return ((slice_skip(&test, "ret==") || slice_skip(&test, "ret!=")) &&
            slice_number(test, &function->returned)) ||
           api_fail(parser, "ok= takes ret==NUMBER, ret!=NUMBER or same(VALUE)");
}

/* A value and, after a comma, the root that is meant where it is NULL. */
static bool parse_parent(struct api_parser *parser, struct slice word,
                         struct api_function *function)
{
    size_t length = 0; /* of the value; data(SYMBOL,N) has a comma of its own */
    for (unsigned open = 0; length < word.length && (open || word.text[length] != ','); length++)
        open += (word.text[length] == '(') - (word.text[length] == ')');
    const bool both = length < word.length;
    const struct slice value = {word.text, length};
    function->orphan_root = (struct slice){word.text + length + both, word.length - length - both};
    return (expression_parse(value, &function->parent) &&
            (!both || api_has_root(parser->api, function->orphan_root))) ||
           api_fail(parser, "parent= takes a value such as a1 or data(FUNCTION,1), or as in "
                            "a1,ROOT one and what [roots] has before");
}

static bool parse_children(struct api_parser *parser, struct slice word,
                           struct api_function *function)
{
    function->keeps_children = slice_equals(word, "keep");
    return (function->role == API_CLEAR &&
            (function->keeps_children || slice_equals(word, "destroy"))) ||
           api_fail(parser, "children= takes keep or destroy, of clear");
}

static bool fail_value(struct api_parser *parser)
{
    return api_fail(parser, "expected a value such as a0, *(a0+8), ret, strlen(ret)+1, "
                            "global:SYMBOL, data(FUNCTION,1) or a number");
}

/* "grown", a value, or both with a comma between them; or by how much a value grew. */
static bool parse_size(struct slice word, struct api_function *function)
{
    static const char grown[] = ",grown";
    const size_t length = sizeof(grown) - 1;
    function->measured = slice_equals(word, grown + 1);
    if (function->measured)
        return true;
    if (word.length > length && memcmp(word.text + word.length - length, grown, length) == 0) {
        function->measured = true;
        word.length -= length;
    }
    function->grown = cut_call(word, "grown(", &word);
    return expression_parse(word, &function->size);
}

static bool parse_guard(struct api_parser *parser, struct slice word, struct api_function *function)
{
    uint32_t *align = &function->guard;
    return (function->role == API_ALLOC && slice_number(word, align) && *align > 0 &&
            *align <= API_GUARD_MAX && (*align & (*align - 1)) == 0) ||
           api_fail(parser, "guard= takes 1, 2, 4, 8 or 16, of alloc");
}

static bool parse_attribute(struct api_parser *parser, struct slice word,
                            struct api_function *function)
{
    struct slice key = slice_cut(&word, "=");
    struct expression *value = NULL;
    if (slice_equals(key, "else"))
        return parse_fallbacks(parser, word, function);
    if (slice_equals(key, "ok"))
        return parse_success(parser, word, function);
    if (slice_equals(key, "parent"))
        return parse_parent(parser, word, function);
    if (slice_equals(key, "children"))
        return parse_children(parser, word, function);
    if (slice_equals(key, "of")) {
        function->stays = slice_equals(word, "object") && function->role == API_REALLOC;
        return function->stays || api_fail(parser, "of= takes object, of realloc");
    }
    if (slice_equals(key, "if") || slice_equals(key, "unless")) {
        *(slice_equals(key, "if") ? &function->when : &function->unless) = word;
        return word.length > 0 || api_fail(parser, "if= and unless= take a symbol");
    }
    if (slice_equals(key, "guard"))
        return parse_guard(parser, word, function);
    if (slice_equals(key, "size"))
        return parse_size(word, function) || fail_value(parser);
    if (slice_equals(key, "cost")) {
        function->cost = slice_unquote(word);
        return true;
    }
    if (slice_equals(key, "pool"))
        value = &function->pool;
    else if (slice_equals(key, "name"))
        value = &function->name;
    else if (slice_equals(key, "object"))
        value = &function->object;
    else if (slice_equals(key, "with"))
        value = &function->with;
    if (!value)
        return api_fail(
            parser, "expected pool=, parent=, size=, name=, object=, with=, children=, ok=, of=, "
                    "if=, unless=, else=, guard= or cost=");
    return expression_parse(word, value) || fail_value(parser);
}

static bool is_number(const struct expression *value)
{
    return value->count == 1 && value->steps[0].kind == EXPRESSION_NUMBER;
}

static bool check_name(struct api_parser *parser, const struct api_function *function)
{
    const struct expression *name = &function->name;
    if (function->role == API_SET_NAME)
        return (name->count > 0 && !is_number(name)) ||
               api_fail(parser, "set_name needs name=, and that is no number");
    const bool resizes_pool = function->role == API_REALLOC && function->object.count == 0;
    if (name->count > 0 && function->role != API_CREATE && !resizes_pool)
        return api_fail(parser, "name= is for set_name, create, and realloc of a pool");
    return !is_number(name) || api_fail(parser, "name= is no number");
}

static bool check_object(struct api_parser *parser, const struct api_function *function)
{
    const enum api_role role = function->role;
    const bool given = function->object.count > 0;
    if (role == API_FREE ? !given : given && role != API_ALLOC && role != API_REALLOC)
        return api_fail(parser, "free needs object=, alloc and realloc may have it, no other role");
    if (role != API_ALLOC && expression_has(&function->object, EXPRESSION_RESULT))
        return api_fail(parser, "object= of free and realloc is what was there before");
    return !is_number(&function->object) || api_fail(parser, "object= is no number");
}

/* A role whose values are missing, or come from where they cannot, is a mistake to tell now. */
static bool check_function(struct api_parser *parser, const struct api_function *function)
{
    const enum api_role role = function->role;
    const bool ends = role == API_DESTROY || role == API_CLEAR || role == API_FREE;
    const bool needs_size = role == API_ALLOC || role == API_REALLOC;
    if (function->anywhere)
        return (role == API_ALLOC && function->measured &&
                function->pool.count + function->size.count + function->object.count == 0) ||
               api_fail(parser, "inlined(*) takes alloc size=grown, and no pool=");
    if (function->pool.count == 0 || is_number(&function->pool))
        return api_fail(parser, "pool= must be given, and is no number");
    if (ends && expression_has(&function->pool, EXPRESSION_RESULT))
        return api_fail(parser, "ret is no pool that destroy, clear and free can take from");
    const bool unsized = function->measured;
    if (function->measured && (role != API_ALLOC || function->object.count > 0))
        return api_fail(parser, "size=grown is for alloc without object=");
    if (needs_size != (function->size.count > 0) && role != API_CREATE && !unsized)
        return api_fail(parser, "alloc and realloc need size=, create may have it, the other roles "
                                "have none");
    if ((function->grown || function->same.count > 0) && role != API_ALLOC)
        return api_fail(parser, "size=grown() and ok=same() are for alloc");
    if (function->parent.count > 0 && role != API_CREATE && role != API_SET_PARENT)
        return api_fail(parser, "parent= is for create and set_parent");
    if (function->parent.count == 0 && role == API_SET_PARENT)
        return api_fail(parser, "set_parent needs parent=");
    if (function->with.count > 0 && role != API_CREATE)
        return api_fail(parser, "with= is for create");
    if (function->guard > 0 && (function->measured || function->grown))
        return api_fail(parser, "guard= is not for what is told by what grew");
    return check_object(parser, function) && check_name(parser, function);
}

static bool has_condition(const struct api_function *function)
{
    return function->when.length > 0 || function->unless.length > 0;
}

/* Where each has a condition, two may be of the same place. */
static bool is_new(const struct api *api, const struct api_function *function)
{
    for (unsigned i = 0; i + 1 < api->function_count; i++) {
        const struct api_function *other = &api->functions[i];
        if (slice_same(other->place, function->place) &&
            !(has_condition(other) && has_condition(function)))
            return false;
    }
    return true;
}

bool api_parse_function(struct api_parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    if (api->function_count == API_FUNCTIONS_MAX)
        return api_fail(parser, "too many functions");
    struct api_function *function = &api->functions[api->function_count++];
    if (!parse_locations(key, function))
        return api_fail(parser, "expected inlined(SYMBOL), or up to four of SYMBOL, tail(SYMBOL) "
                                "and call(SYMBOL,N) with | between them before the =");
    struct slice word = slice_word(&value);
    unsigned role = 0;
    while (role < API_ROLES && !slice_equals(word, api_role_name(role)))
        role++;
    if (role >= API_ROOT || role == API_MARK)
        return api_fail(parser,
                        "expected create, destroy, clear, alloc, free, realloc, set_parent, "
                        "orphan or set_name after the =");
    function->role = role;
    while ((word = slice_word(&value)).length > 0) {
        if (!parse_attribute(parser, word, function))
            return false;
    }
    if (!is_new(api, function))
        return api_fail(parser, "this function has a role already");
    return check_function(parser, function);
}
