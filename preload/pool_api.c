#include "pool_api.h"

#include <string.h>

struct parser {
    struct api *api;
    struct api_error *error;
    unsigned line;
    struct slice section;
};

static const char *const role_names[API_ROLES] = {"create", "destroy",  "clear",
                                                  "alloc",  "set_name", "mark"};
static const char *const mark_names[API_MARK_KINDS] = {"command", "restart", "connection",
                                                       "startup", "shutdown"};

static const char *const life_names[] = {"command",  "restart", "connection",
                                         "transfer", "process", "not told"};

const char *api_life_name(enum api_life life)
{
    return life_names[life <= API_LIFE_NOT_TOLD ? life : API_LIFE_NOT_TOLD];
}

const char *api_role_name(enum api_role role)
{
    return role < API_ROLES ? role_names[role] : "unknown";
}

const char *api_mark_name(enum api_mark_kind kind)
{
    return kind < API_MARK_KINDS ? mark_names[kind] : "unknown";
}

static bool fail(struct parser *parser, const char *message)
{
    parser->error->line = parser->line ? parser->line : 1; /* nothing was read yet */
    parser->error->message = message;
    return false;
}

static bool parse_argument(struct slice word, uint32_t *argument)
{
    if (word.length != 2 || word.text[0] != 'a' || word.text[1] < '0' || word.text[1] > '5')
        return false;
    *argument = (uint32_t)(word.text[1] - '0');
    return true;
}

static bool parse_value(struct slice word, struct api_value *value)
{
    value->source = API_ARGUMENT;
    if (parse_argument(word, &value->number))
        return true;
    value->source = API_POINTED;
    if (slice_skip(&word, "*"))
        return parse_argument(word, &value->number);
    value->source = API_STRING;
    value->number = 0;
    if (slice_skip(&word, "strlen(ret)"))
        return word.length == 0 || (slice_skip(&word, "+") && slice_number(word, &value->number));
    value->source = API_RESULT;
    if (slice_equals(word, "ret"))
        return true;
    value->source = API_CONSTANT;
    return slice_number(word, &value->number);
}

static bool parse_words(struct parser *parser, struct slice words, struct slice *array,
                        unsigned *count, unsigned limit)
{
    for (struct slice word; (word = slice_word(&words)).length > 0;) {
        if (*count == limit)
            return fail(parser, "too many names");
        array[(*count)++] = word;
    }
    return true;
}

static bool parse_api_key(struct parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    if (slice_equals(key, "name"))
        api->name = value;
    else if (slice_equals(key, "detect"))
        return parse_words(parser, value, api->detect, &api->detects, API_DETECT_MAX);
    else if (slice_equals(key, "library"))
        return parse_words(parser, value, api->library, &api->library_count, API_LIBRARY_MAX);
    else if (!slice_equals(key, "align"))
        return fail(parser, "expected name, detect, library or align");
    else if (!slice_number(value, &api->align) || api->align == 0 || api->align > 4096)
        return fail(parser, "align takes a number of bytes from 1 to 4096");
    return true;
}

/* "SYMBOL,N" of a call. */
static bool parse_call(struct slice text, struct api_function *function)
{
    function->locator = API_AT_CALL;
    function->symbol = slice_trim(slice_cut(&text, ","));
    return slice_number(slice_trim(text), &function->call) && function->call > 0;
}

static bool parse_locator(struct slice text, struct api_function *function)
{
    bool closed = text.text[text.length - 1] == ')', known = true;
    function->place = text;
    function->locator = API_AT_SYMBOL;
    function->symbol = text;
    if (closed && slice_skip(&text, "tail(")) {
        function->locator = API_AT_TAIL;
        function->symbol = slice_trim((struct slice){text.text, text.length - 1});
    } else if (closed && slice_skip(&text, "call(")) {
        known = parse_call((struct slice){text.text, text.length - 1}, function);
    }
    return known && function->symbol.length > 0 &&
           !memchr(function->symbol.text, '(', function->symbol.length);
}

static bool parse_fallbacks(struct parser *parser, struct slice names,
                            struct api_function *function)
{
    while (names.length > 0) {
        if (function->fallbacks == API_FALLBACKS_MAX)
            return fail(parser, "too many fallback functions");
        struct slice name = slice_cut(&names, ",");
        if (name.length == 0)
            return fail(parser, "expected names after else=");
        function->fallback[function->fallbacks++] = name;
    }
    return true;
}

static bool parse_success(struct parser *parser, struct slice test, struct api_function *function)
{
    function->tested = true;
    return (slice_skip(&test, "ret==") && slice_number(test, &function->success)) ||
           fail(parser, "ok= takes ret==NUMBER");
}

static bool is_root(const struct api *api, struct slice name)
{
    for (unsigned i = 0; i < api->root_count; i++) {
        if (slice_same(api->roots[i], name))
            return true;
    }
    return false;
}

/* An argument and, after a comma, the root that is meant where the argument is NULL. */
static bool parse_parent(struct parser *parser, struct slice word, struct api_function *function)
{
    bool both = memchr(word.text, ',', word.length) != NULL;
    struct slice argument = slice_cut(&word, ",");
    function->orphan_root = word;
    function->parent.source = API_ARGUMENT;
    return (parse_argument(argument, &function->parent.number) &&
            (!both || is_root(parser->api, word))) ||
           fail(parser, "parent= takes an argument, or as in a1,ROOT one that [roots] has before");
}

static bool parse_attribute(struct parser *parser, struct slice word, struct api_function *function)
{
    struct slice key = slice_cut(&word, "=");
    struct api_value *value = NULL;
    if (slice_equals(key, "else"))
        return parse_fallbacks(parser, word, function);
    if (slice_equals(key, "ok"))
        return parse_success(parser, word, function);
    if (slice_equals(key, "parent"))
        return parse_parent(parser, word, function);
    if (slice_equals(key, "cost")) {
        function->cost = slice_unquote(word);
        return true;
    }
    if (slice_equals(key, "pool"))
        value = &function->pool;
    else if (slice_equals(key, "size"))
        value = &function->size;
    else if (slice_equals(key, "name"))
        value = &function->name;
    if (!value)
        return fail(parser, "expected pool=, parent=, size=, name=, ok=, else= or cost=");
    return parse_value(word, value) ||
           fail(parser, "expected a0 to a5, *a0 to *a5, ret, strlen(ret) or a number");
}

static bool is_pool_source(enum api_role role, enum api_source source)
{
    return source == API_ARGUMENT ||
           (role == API_CREATE && (source == API_RESULT || source == API_POINTED));
}

/* A role whose values are missing, or come from where they cannot, is a mistake to tell now. */
static bool check_function(struct parser *parser, const struct api_function *function)
{
    const enum api_source size = function->size.source;
    if (!is_pool_source(function->role, function->pool.source))
        return fail(parser, "pool= takes an argument, or for create ret or as in *a0");
    if (size == API_RESULT || size == API_POINTED)
        return fail(parser, "size= takes an argument, a number or strlen(ret)");
    if (function->tested && function->role != API_CREATE && function->role != API_ALLOC)
        return fail(parser, "ok= is for create and alloc");
    if (function->role == API_ALLOC && size == API_NOWHERE)
        return fail(parser, "alloc needs size=");
    if (function->role == API_SET_NAME && function->name.source != API_ARGUMENT)
        return fail(parser, "set_name needs name= with an argument");
    return true;
}

static bool parse_function(struct parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    if (api->function_count == API_FUNCTIONS_MAX)
        return fail(parser, "too many functions");
    struct api_function *function = &api->functions[api->function_count++];
    if (!parse_locator(key, function))
        return fail(parser, "expected SYMBOL, tail(SYMBOL) or call(SYMBOL,N) before the =");
    struct slice word = slice_word(&value);
    unsigned role = 0;
    while (role < API_MARK && !slice_equals(word, role_names[role]))
        role++;
    if (role == API_MARK)
        return fail(parser, "expected create, destroy, clear, alloc or set_name after the =");
    function->role = role;
    while ((word = slice_word(&value)).length > 0) {
        if (!parse_attribute(parser, word, function))
            return false;
    }
    return check_function(parser, function);
}

static bool parse_root(struct parser *parser, struct slice line)
{
    struct api *api = parser->api;
    struct slice name = slice_trim(slice_cut(&line, "="));
    if (api->root_count == API_ROOTS_MAX)
        return fail(parser, "too many roots");
    api->roots[api->root_count++] = name;
    if (line.length == 0)
        return name.length > 0 || fail(parser, "expected NAME or NAME = first");
    if (name.length == 0 || !slice_equals(slice_trim(line), "first"))
        return fail(parser, "expected NAME or NAME = first");
    if (api->first_root != 0)
        return fail(parser, "one root alone can be the first pool");
    api->first_root = api->root_count;
    return true;
}

static bool parse_mark(struct parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    if (api->mark_count == API_MARKS_MAX)
        return fail(parser, "too many marks");
    struct api_mark *mark = &api->marks[api->mark_count++];
    unsigned kind = 0;
    while (kind < API_MARK_KINDS && !slice_equals(key, mark_names[kind]))
        kind++;
    if (kind == API_MARK_KINDS)
        return fail(parser, "expected command, restart, connection, startup or shutdown");
    mark->kind = kind;
    mark->symbol = slice_word(&value);
    value = slice_trim(value);
    if (value.length == 0)
        return mark->symbol.length > 0 || fail(parser, "expected a function after the =");
    struct slice argument = slice_cut(&value, "=");
    mark->text = slice_unquote(value);
    if (!parse_argument(argument, &mark->argument) || mark->text.length + 2 != value.length)
        return fail(parser, "expected an argument and a string, such as a0=\"text\"");
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
    *role = (struct api_pool_role){.name = name, .life = API_LIFE_NOT_TOLD};
    return role;
}

static bool parse_in_role(struct parser *parser, struct slice name, struct api_sign *sign)
{
    const struct api *api = parser->api;
    for (unsigned i = 0; i < sign->role; i++) {
        if (slice_same(api->pool_roles[i].name, name))
            sign->in_role = i + 1;
    }
    return sign->in_role || fail(parser, "parent= takes a role that was named before this one");
}

static bool parse_life(struct parser *parser, struct slice word, struct api_pool_role *role)
{
    for (unsigned life = 0; life < API_LIFE_NOT_TOLD; life++) {
        if (!slice_equals(word, life_names[life]))
            continue;
        role->life = life;
        return true;
    }
    return fail(parser, "life= takes command, transfer, connection, restart or process");
}

static bool parse_role_attribute(struct parser *parser, struct slice word,
                                 struct api_pool_role *role, struct api_sign *sign)
{
    struct slice key = slice_cut(&word, "=");
    bool variable = slice_equals(key, "root") || slice_equals(key, "alias");
    if (word.length == 0)
        return fail(parser, "expected ATTRIBUTE=VALUE");
    if (variable && !is_root(parser->api, word))
        return fail(parser, "root= and alias= take a name that [roots] has before");
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
        return fail(parser, "expected tag=, by=, root=, parent=, life=, ends= or alias=");
    return true;
}

static bool parse_pool_role(struct parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    struct api_pool_role *role = find_role(api, key);
    if (!role)
        return fail(parser, "too many roles");
    struct api_sign sign = {.role = (unsigned)(role - api->pool_roles)};
    for (struct slice word; (word = slice_word(&value)).length > 0;) {
        if (!parse_role_attribute(parser, word, role, &sign))
            return false;
    }
    if (!sign.tag.length && !sign.by.length && !sign.root.length)
        return sign.in_role == 0 || fail(parser, "parent= alone tells no pool");
    if (api->sign_count == API_SIGNS_MAX)
        return fail(parser, "too many ways to know a role by");
    api->signs[api->sign_count++] = sign;
    return true;
}

static bool parse_layout_key(struct parser *parser, struct slice key, struct slice value)
{
    struct api_layout *layout = &parser->api->layout;
    const struct {
        const char *name;
        uint32_t *field;
    } keys[] = {
        {"pool.size", &layout->pool_size},         {"pool.blocks", &layout->pool_blocks},
        {"pool.children", &layout->pool_children}, {"pool.sibling", &layout->pool_sibling},
        {"block.size", &layout->block_size},       {"block.end", &layout->block_end},
        {"block.next", &layout->block_next},       {"block.used", &layout->block_used},
    };
    if (slice_equals(key, "reuse")) {
        layout->reuse = true;
        return slice_equals(value, "room") || fail(parser, "reuse takes room, and nothing else");
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (!slice_equals(key, keys[i].name))
            continue;
        layout->present = true;
        return (slice_number(value, keys[i].field) && *keys[i].field <= 4096) ||
               fail(parser, "expected a number of bytes from 0 to 4096");
    }
    return fail(parser, "expected pool.size, .blocks, .children, .sibling, block.size, .end, "
                        ".next, .used or reuse");
}

static bool parse_entry(struct parser *parser, struct slice line)
{
    if (slice_equals(parser->section, "roots"))
        return parse_root(parser, line);
    struct slice value = line;
    struct slice key = slice_trim(slice_cut(&value, "="));
    value = slice_trim(value);
    if (key.length == 0 || value.length == 0)
        return fail(parser, "expected KEY = VALUE");
    if (slice_equals(parser->section, "api"))
        return parse_api_key(parser, key, value);
    if (slice_equals(parser->section, "functions"))
        return parse_function(parser, key, value);
    if (slice_equals(parser->section, "marks"))
        return parse_mark(parser, key, value);
    if (slice_equals(parser->section, "roles"))
        return parse_pool_role(parser, key, value);
    return parse_layout_key(parser, key, value);
}

static bool parse_section(struct parser *parser, struct slice line)
{
    static const char *const sections[] = {"api", "functions", "roots", "marks", "roles", "layout"};
    parser->section = (struct slice){line.text + 1, line.length - 1};
    if (line.text[line.length - 1] != ']')
        return fail(parser, "expected ] at the end of the section's name");
    parser->section.length--;
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (slice_equals(parser->section, sections[i]))
            return true;
    }
    return fail(parser, "expected [api], [functions], [roots], [marks], [roles] or [layout]");
}

static bool parse_line(struct parser *parser, struct slice line)
{
    line = slice_trim(slice_cut(&line, "#"));
    if (line.length == 0)
        return true;
    if (line.text[0] == '[')
        return parse_section(parser, line);
    if (parser->section.length == 0)
        return fail(parser, "expected a section such as [api] first");
    return parse_entry(parser, line);
}

bool api_parse(const char *text, size_t length, struct api *api, struct api_error *error)
{
    struct parser parser = {.api = api, .error = error};
    *api = (struct api){.text = {text, length}, .align = 1};
    struct slice rest = {text, length};
    if (length > API_TEXT_MAX)
        return fail(&parser, "the description is longer than 64 KiB");
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
    if (api->name.length == 0 || api->function_count == 0)
        return fail(&parser, "a description needs a name and a function");
    return true;
}
