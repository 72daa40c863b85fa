/* The section [marks] of a description: where units of work begin, and what they are called. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/parser.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_in_word(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_word(struct slice word)
{
    if (word.length == 0 || word.length > API_WORD_MAX || !is_letter(word.text[0]) ||
        !is_in_word(word.text[word.length - 1]))
        return false;
    for (size_t i = 1; i < word.length; i++) {
        if (!is_in_word(word.text[i]) && (word.text[i] != '-' || word.text[i - 1] == '-'))
            return false;
    }
    return true;
}

/* By the description so far, or in what programs read. */
static bool names_another(const struct api *api, struct slice name, enum api_word_of of)
{
    for (unsigned i = 0; i < API_WORDS; i++) {
        const char *usual = i == API_WORD_SESSION ? "session" : api_mark_name(i);
        if (i != of && (slice_equals(name, usual) || slice_equals(name, api->words[i].one)))
            return true;
    }
    return of == API_WORD_SESSION && slice_equals(name, "master");
}

static bool ends_in(const char *word, size_t length, const char *end)
{
    return length >= strlen(end) && memcmp(word + length - strlen(end), end, strlen(end)) == 0;
}

/* As most English nouns: queries, days, batches, requests. */
static void make_plural(struct api_word *word, size_t length)
{
    static const char *const hissing[] = {"s", "x", "z", "ch", "sh"};
    const char *ending = "s";
    memcpy(word->many, word->one, length);
    for (size_t i = 0; i < sizeof(hissing) / sizeof(hissing[0]); i++) {
        if (ends_in(word->one, length, hissing[i]))
            ending = "es";
    }
    if (length > 1 && word->one[length - 1] == 'y' && !strchr("aeiou", word->one[length - 2])) {
        length--;
        ending = "ies";
    }
    strcpy(word->many + length, ending);
}

void api_word_set(struct api_word *word, const char *one, size_t length)
{
    *word = (struct api_word){0};
    length = length < API_WORD_MAX ? length : API_WORD_MAX;
    memcpy(word->one, one, length);
    make_plural(word, length);
}

/* What is called so has no other name. */
static bool name_word(struct api_parser *parser, struct slice name, enum api_word_of of)
{
    struct api_word *word = &parser->api->words[of];
    if (!is_word(name))
        return api_fail(parser, "a name begins with a letter, has letters, digits and single "
                                "dashes between them, and at most 24 characters");
    if (names_another(parser->api, name, of))
        return api_fail(parser, "another kind has this name");
    if (*word->one && !slice_equals(name, word->one))
        return api_fail(parser, "this kind has another name already");
    api_word_set(word, name.text, name.length);
    return true;
}

static bool is_argument(struct slice word, uint32_t *argument)
{
    struct expression value;
    if (!expression_parse(word, &value) || !expression_is_argument(&value))
        return false;
    *argument = value.steps[0].number;
    return true;
}

/* A hook reads it at once, without what has to be looked up before. */
static bool parse_value(struct api_parser *parser, struct slice text, struct expression *value)
{
    if (value->count > 0)
        return api_fail(parser, "a label has one verb=, path= or code=, and one end=");
    return (expression_parse(text, value) && value->variable_count == 0 &&
            !expression_has(value, EXPRESSION_RESULT) &&
            !expression_has(value, EXPRESSION_LENGTH)) ||
           api_fail(parser, "expected a value of arguments, numbers and what is in memory there");
}

/* "SIGHUP": nothing else in a restart's label, so that it is told from what a client sends. */
static bool parse_signal(struct api_parser *parser, struct slice name, struct api_mark *mark)
{
    bool is = name.length > 3 && name.length <= API_SIGNAL_MAX && memcmp(name.text, "SIG", 3) == 0;
    for (size_t i = 3; is && i < name.length; i++)
        is = (name.text[i] >= 'A' && name.text[i] <= 'Z') ||
             (name.text[i] >= '0' && name.text[i] <= '9');
    mark->signal = name;
    mark->label = API_LABEL_SIGNAL;
    return is || api_fail(parser, "expected a signal's name, such as SIGHUP");
}

static bool parse_label(struct api_parser *parser, struct slice key, struct slice value,
                        struct api_mark *mark)
{
    static const char *const names[] = {
        [API_LABEL_VERB] = "verb", [API_LABEL_PATH] = "path", [API_LABEL_CODE] = "code"};
    if (mark->signal.length > 0 || (slice_equals(key, "signal") && mark->value.count > 0))
        return api_fail(parser, "a label has a signal= alone");
    if (slice_equals(key, "signal"))
        return parse_signal(parser, value, mark);
    if (slice_equals(key, "end"))
        return parse_value(parser, value, &mark->end);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!slice_equals(key, names[i]))
            continue;
        mark->label = (enum api_label)i;
        return parse_value(parser, value, &mark->value);
    }
    return api_fail(parser,
                    "expected verb=, path= or code= and a value, end= and one, or signal=NAME");
}

static bool parse_attribute(struct api_parser *parser, struct slice value, struct api_mark *mark)
{
    struct slice key = slice_cut(&value, "=");
    if (mark->kind == API_MARK_LABEL)
        return parse_label(parser, key, value, mark);
    if (slice_equals(key, "signal") && mark->kind == API_MARK_RESTART)
        return parse_signal(parser, value, mark);
    if (slice_equals(key, "as") && mark->kind <= API_MARK_CONNECTION)
        return name_word(parser, value, (enum api_word_of)mark->kind);
    if (slice_equals(key, "session") && mark->kind == API_MARK_CONNECTION)
        return name_word(parser, value, API_WORD_SESSION);
    mark->text = slice_unquote(value);
    return (is_argument(key, &mark->argument) && mark->text.length + 2 == value.length) ||
           api_fail(parser, "expected an argument and a string, such as a0=\"text\", as=NAME of a "
                            "unit of work, session=NAME of connection or signal=NAME of restart");
}

bool api_parse_mark(struct api_parser *parser, struct slice key, struct slice value)
{
    struct api *api = parser->api;
    if (api->mark_count == API_MARKS_MAX)
        return api_fail(parser, "too many marks");
    struct api_mark *mark = &api->marks[api->mark_count++];
    unsigned kind = 0;
    while (kind < API_MARK_KINDS && !slice_equals(key, api_mark_name(kind)))
        kind++;
    if (kind == API_MARK_KINDS)
        return api_fail(parser,
                        "expected command, restart, connection, startup, shutdown or label");
    mark->kind = kind;
    mark->symbol = slice_word(&value);
    if (mark->symbol.length == 0)
        return api_fail(parser, "expected a function after the =");
    for (struct slice word; (word = slice_word(&value)).length > 0;) {
        if (!parse_attribute(parser, word, mark))
            return false;
    }
    return mark->kind != API_MARK_LABEL || mark->value.count > 0 || mark->signal.length > 0 ||
           api_fail(parser, "expected verb=, path= or code= and a value, or signal=NAME, after the "
                            "function");
}
