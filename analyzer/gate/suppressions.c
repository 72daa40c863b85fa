/*
 * suppressions.c - findings that are known and accepted by pattern, lifeguard-suppressions(5); see
 * suppressions.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/gate/suppressions.h"

#include "analyzer/gate/pattern.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/input_file.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATE_FORM "YYYY-MM-DD"

/* Where the word that begins with PREFIX begins, after a blank; the end of SLICE without one. */
static size_t find_word(struct slice slice, const char *prefix)
{
    for (size_t i = 1; i + strlen(prefix) <= slice.length; i++) {
        if ((slice.text[i - 1] == ' ' || slice.text[i - 1] == '\t') &&
            strncmp(slice.text + i, prefix, strlen(prefix)) == 0)
            return i;
    }
    return slice.length;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static const char *rule_named(struct slice word)
{
    if (slice_equals(word, "*"))
        return "*";
    const char *name;
    for (size_t i = 0; (name = analysis_rule(i)); i++) {
        if (slice_equals(word, name))
            break;
    }
    return name;
}

static bool is_date(struct slice word)
{
    static const char form[] = "dddd-dd-dd";
    if (word.length != strlen(form))
        return false;
    for (size_t i = 0; i < word.length; i++) {
        bool digit = word.text[i] >= '0' && word.text[i] <= '9';
        if (form[i] == 'd' ? !digit : word.text[i] != form[i])
            return false;
    }
    struct tm day = {.tm_year = atoi(word.text) - 1900,
                     .tm_mon = atoi(word.text + 5) - 1,
                     .tm_mday = atoi(word.text + 8)};
    struct tm same = day; /* unless it is made another day: there is no 30th of February */
    timegm(&same);
    return same.tm_mon == day.tm_mon && same.tm_mday == day.tm_mday;
}

/* "2026-01-31" of now, UTC, so that it is the same wherever a job runs. */
static void today(char text[11])
{
    time_t now = time(NULL);
    struct tm day;
    gmtime_r(&now, &day);
    strftime(text, 11, "%Y-%m-%d", &day);
}

static bool parse_expiry(const struct input_file *file, struct slice words,
                         struct suppression *item, struct error *error)
{
    size_t at = find_word(words, "expires=");
    if (at == words.length)
        return true;
    struct slice date = {words.text + at + strlen("expires="), 0};
    while (at + strlen("expires=") + date.length < words.length &&
           !strchr(" \t", date.text[date.length]))
        date.length++;
    struct slice rest = {words.text + at + 1, words.length - at - 1};
    if (find_word(rest, "expires=") < rest.length)
        return input_error(file, error, "expires= stands there twice");
    if (!is_date(date))
        return input_error(file, error, "expires=%.*s: expected a date, " DATE_FORM,
                           (int)smaller(date.length, 64), date.text);
    memcpy(item->expires, date.text, date.length);
    char now[11];
    today(now);
    item->expired = strcmp(item->expires, now) < 0;
    return true;
}

/* WORDS are what follows the pattern, from the blank before "expires=" or "reason=" on: an expiry
 * first, and a reason up to the end, or the other way round with a blank between. */
static bool parse_words(const struct input_file *file, struct slice words, struct suppression *item,
                        struct error *error)
{
    if (!parse_expiry(file, words, item, error))
        return false;
    size_t at = find_word(words, "reason=");
    if (at == words.length)
        return true;
    struct slice reason = {words.text + at + strlen("reason="),
                           words.length - at - strlen("reason=")};
    reason = slice_trim((struct slice){reason.text, find_word(reason, "expires=")});
    item->reason = xstrndup(reason.text, reason.length);
    return true;
}

static bool parse_rule(const struct input_file *file, struct slice line, size_t colon,
                       struct suppression *item, struct error *error)
{
    struct slice rule = slice_trim((struct slice){line.text, colon});
    item->rule = colon < line.length ? rule_named(rule) : NULL;
    if (colon == line.length)
        return input_error(file, error, "expected rule:pattern, such as leaked-subpool:my_handler");
    if (item->rule)
        return true;
    char known[256] = "";
    for (size_t i = 0, used = 0; analysis_rule(i) && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, " %s,", analysis_rule(i));
    return input_error(file, error, "unknown rule '%.*s', expected%s or *",
                       (int)smaller(rule.length, 64), rule.text, known);
}

static bool parse_line(const struct input_file *file, struct slice line, struct suppression *item,
                       struct error *error)
{
    const char *found = memchr(line.text, ':', line.length);
    size_t colon = found ? (size_t)(found - line.text) : line.length;
    if (memchr(line.text, '\0', line.length))
        return input_error(file, error, "expected text, not a NUL byte");
    if (!parse_rule(file, line, colon, item, error))
        return false;
    struct slice rest = {line.text + colon + 1, line.length - colon - 1};
    size_t end = smaller(find_word(rest, "expires="), find_word(rest, "reason="));
    struct slice pattern = slice_trim((struct slice){rest.text, end});
    if (pattern.length == 0)
        return input_error(file, error, "expected a pattern after '%s:'; * matches anything",
                           item->rule);
    item->pattern = xstrndup(pattern.text, pattern.length);
    item->text = xasprintf("%s:%s", item->rule, item->pattern);
    size_t words = end > 0 && end < rest.length ? end - 1 : rest.length;
    return parse_words(file, (struct slice){rest.text + words, rest.length - words}, item, error);
}

/* What follows a # at the start or after a blank is a comment. */
static struct slice without_comment(struct slice line)
{
    if (line.length > 0 && line.text[0] == '#')
        return (struct slice){line.text, 0};
    return slice_trim((struct slice){line.text, find_word(line, "#")});
}

static void add(struct suppressions *suppressions, struct suppression item)
{
    GROW(suppressions->items, suppressions->count, suppressions->capacity);
    suppressions->items[suppressions->count++] = item;
}

bool suppressions_read(struct suppressions *suppressions, const char *name, struct error *error)
{
    struct input_file file;
    if (!input_open(&file, name, error))
        return false;
    bool read = true;
    for (struct slice line; read && input_line(&file, &line);) {
        line = without_comment(line);
        if (line.length == 0)
            continue;
        struct suppression item = {.file = name, .line = file.line};
        read = parse_line(&file, line, &item, error);
        add(suppressions, item);
    }
    input_close(&file);
    return read;
}

void suppressions_free(struct suppressions *suppressions)
{
    for (size_t i = 0; i < suppressions->count; i++) {
        free(suppressions->items[i].text);
        free(suppressions->items[i].pattern);
        free(suppressions->items[i].reason);
    }
    free(suppressions->items);
    *suppressions = (struct suppressions){0};
}

/* What a suppression may match. */
struct subject {
    const char *rule, *tag, *role; /* of the pool: NULL: not to be matched */
    uint32_t stack;
    size_t frames; /* of the stack's own, from the innermost on, may match */
};

#define ALL_FRAMES SIZE_MAX

static bool matches_stack(const char *pattern, const struct logical_stack *stack, size_t frames)
{
    for (size_t i = stack->top; i < stack->bottom && i - stack->top < frames; i++) {
        const struct symbol_frame *frame = &stack->frames[i];
        if (pattern_matches(pattern, frame->function) || pattern_matches(pattern, frame->module) ||
            pattern_matches(pattern, frame->file))
            return true;
    }
    return false;
}

static bool matches(const struct suppression *item, const struct subject *subject,
                    const struct logical_stack *stack)
{
    if (strcmp(item->rule, "*") != 0 && strcmp(item->rule, subject->rule) != 0)
        return false;
    return matches_stack(item->pattern, stack, subject->frames) ||
           pattern_matches(item->pattern, subject->tag) ||
           pattern_matches(item->pattern, subject->role);
}

/* The first of those that match. */
static const struct suppression *find(struct suppressions *suppressions, struct subject subject,
                                      const struct name_source *names)
{
    struct logical_stack stack = logical_stack(names, subject.stack);
    const struct suppression *first = NULL;
    for (size_t i = 0; i < suppressions->count; i++) {
        struct suppression *item = &suppressions->items[i];
        if (!matches(item, &subject, &stack))
            continue;
        item->used = true;
        if (!first && !item->expired)
            first = item;
    }
    logical_stack_free(&stack);
    return first;
}

/* A part has a pool of its own. */
static struct subject part_of(const struct finding *finding, const struct growth_place *part)
{
    struct subject subject = {finding->rule, NULL, NULL, part->stack, ALL_FRAMES};
    const bool same = !part->path || (finding->path && strcmp(part->path, finding->path) == 0);
    subject.tag = part->path ? part->tag : finding->tag;
    subject.role = same ? finding->role : NULL;
    return subject;
}

const struct suppression *suppressions_find_place(struct suppressions *suppressions,
                                                  const struct finding *finding,
                                                  const struct growth_place *place,
                                                  const struct name_source *names)
{
    return find(suppressions, part_of(finding, place), names);
}

/* The one that is written first. */
static const struct suppression *first_of(const struct suppression *a, const struct suppression *b)
{
    return !a || (b && b < a) ? b : a;
}

/* Where all places are suppressed, that of the largest one. */
static const struct suppression *find_places(struct suppressions *suppressions,
                                             const struct finding *finding,
                                             const struct name_source *names)
{
    const struct suppression *first = NULL;
    bool all = finding->places.left_out == 0;
    for (size_t i = 0; i < finding->places.count; i++) {
        const struct suppression *item =
            suppressions_find_place(suppressions, finding, &finding->places.items[i], names);
        all &= item != NULL;
        first = first ? first : item;
    }
    return all ? first : NULL;
}

/* What all parts have in common is the place alone. */
static struct subject whole_of(const struct finding *finding)
{
    return (struct subject){finding->rule, NULL, NULL, finding->culprit, finding->depth};
}

const struct suppression *suppressions_find(struct suppressions *suppressions,
                                            const struct finding *finding,
                                            const struct name_source *names)
{
    const struct subject made = {finding->rule, NULL, NULL, finding->created, ALL_FRAMES};
    const struct suppression *whole = find(suppressions, whole_of(finding), names);
    if (finding->rule == rule_growing_pool.name)
        whole = first_of(whole, find(suppressions, made, names));
    return first_of(whole, find_places(suppressions, finding, names));
}
