/* diff.c - a comparison of two recordings, for people and for programs. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/compare.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/util/json.h"

#include <string.h>

#define DIFF_VERSION 1

/* For people, and for programs. */
static const char *const words[COMPARE_KINDS] = {"new", "grew", "shrank", "fixed", "not exercised"};
static const char *const keys[COMPARE_KINDS] = {"came", "grew", "shrank", "went", "not_exercised"};

/* What people call the unit of KNOWN; a side that is a baseline does not tell. */
static const char *word_for(const struct comparison_item *item, const struct known_finding *known)
{
    const struct known_finding *const sides[] = {item->now, item->was};
    for (size_t i = 0; i < 2; i++) {
        if (sides[i] && sides[i]->word && strcmp(sides[i]->unit, known->unit) == 0)
            return sides[i]->word;
    }
    return NULL;
}

/* "backend" where a finding is of a session's. */
static const char *kind_of(const struct comparison *comparison, const struct known_finding *known)
{
    const struct work_done *work =
        comparison->now->work.known ? &comparison->now->work : &comparison->was->work;
    return strcmp(known->kind, process_kind_name(PROCESS_SESSION)) == 0
               ? unit_words_process(&work->words, PROCESS_SESSION, 1)
               : known->kind;
}

static void print_item(const struct text_report *report, const struct comparison *comparison,
                       const struct comparison_item *item)
{
    const struct known_finding *known = item->now ? item->now : item->was;
    const char *color[COMPARE_KINDS] = {report->style.error, report->style.warning, "", "", ""};
    char amount[KNOWN_AMOUNT_TEXT];
    fprintf(report->out, "%s%-6s%s ", color[item->kind], words[item->kind],
            *color[item->kind] ? report->style.off : "");
    print_untrusted(report, known->rule);
    fputs(": `", report->out);
    print_pool_path(report, known->pool);
    fputs("`: ", report->out);
    print_untrusted(report, known_amount_text(known, word_for(item, known), amount));
    if (item->was && item->now) {
        fputs("; it was ", report->out);
        print_untrusted(report, known_amount_text(item->was, word_for(item, item->was), amount));
    }
    fputs("\n       ", report->out);
    print_untrusted(report, kind_of(comparison, known));
    fputs(", at ", report->out);
    print_untrusted(report, known->place);
    fprintf(report->out, " (%s)\n", known->id.text);
}

/* "old    before: 3 sessions, 180 commands, 4 restarts" */
static void print_work(const struct text_report *report, const char *which, const struct side *side)
{
    const struct work_done *work = &side->work;
    fprintf(report->out, "%-6s ", which);
    print_untrusted(report, side->name);
    if (side->until) {
        fputs(" at ", report->out);
        print_untrusted(report, side->until);
    }
    if (!work->known) {
        fputs(": how much was done is not recorded\n", report->out);
        return;
    }
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        fputs(kind ? ", " : ": ", report->out);
        print_count(report->out, work->processes[kind],
                    unit_words_process(&work->words, (enum process_kind)kind, 1),
                    unit_words_process(&work->words, (enum process_kind)kind, 2));
    }
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++) {
        fputs(", ", report->out);
        print_count(report->out, work->units[kind],
                    unit_words_unit(&work->words, (enum api_mark_kind)kind, 1),
                    unit_words_unit(&work->words, (enum api_mark_kind)kind, 2));
    }
    putc('\n', report->out);
}

static void print_doubts(const struct text_report *report, const struct side *side)
{
    for (size_t i = 0; i < side->doubt_count; i++) {
        fputs("no verdict: ", report->out);
        print_untrusted(report, side->name);
        fputs(": ", report->out);
        print_untrusted(report, side->doubts[i]);
        putc('\n', report->out);
    }
}

void render_diff_text(FILE *out, const struct comparison *comparison)
{
    const struct text_report report = {.out = out, .style = style_for(out)};
    print_work(&report, "old", comparison->was);
    print_work(&report, "new", comparison->now);
    for (size_t i = 0; i < comparison->count; i++)
        print_item(&report, comparison, &comparison->items[i]);
    print_doubts(&report, comparison->was);
    print_doubts(&report, comparison->now);
    fputs("lifeguard diff: ", out);
    for (unsigned i = 0; i < COMPARE_KINDS; i++)
        fprintf(out, "%zu %s, ", comparison->totals[i], words[i]);
    fprintf(out, "%zu the same%s\n", comparison->same,
            comparison->was->doubt_count + comparison->now->doubt_count
                ? ", NO VERDICT: a recording is not good enough to judge by"
                : "");
}

static json_t *work_json(const struct side *side)
{
    const struct work_done *work = &side->work;
    if (!work->known)
        return json_null();
    json_t *json = json_checked(json_object());
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        json_set(json, api_mark_name(kind), json_count(work->units[kind]));
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        json_set(json, process_kind_name((enum process_kind)kind),
                 json_count(work->processes[kind]));
    return json;
}

static json_t *amount_json(const struct known_finding *known)
{
    json_t *json = json_checked(json_object());
    json_set(json, "unit", text_json(known->unit));
    json_set(json, "count", json_number(known->count));
    json_set(json, "bytes", json_number(known->bytes));
    return json;
}

static json_t *items_json(const struct comparison *comparison, enum comparison_kind kind)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_item *item = &comparison->items[i];
        if (item->kind != kind)
            continue;
        json_t *json = known_json(item->now ? item->now : item->was);
        if (item->now && item->was)
            json_set(json, "was", amount_json(item->was));
        json_append(array, json);
    }
    return array;
}

static json_t *doubts_json(const struct side *side)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < side->doubt_count; i++)
        json_append(array, text_json(side->doubts[i]));
    return array;
}

bool render_diff_json(FILE *out, const struct comparison *comparison)
{
    json_t *json = json_checked(json_object()), *doubts = json_checked(json_object());
    json_t *work = json_checked(json_object());
    json_set(doubts, "old", doubts_json(comparison->was));
    json_set(doubts, "new", doubts_json(comparison->now));
    json_set(json, "version", json_integer(DIFF_VERSION));
    for (unsigned i = 0; i < COMPARE_KINDS; i++)
        json_set(json, keys[i], items_json(comparison, (enum comparison_kind)i));
    json_set(json, "same", json_count(comparison->same));
    json_set(json, "doubts", doubts);
    json_set(work, "old", work_json(comparison->was));
    json_set(work, "new", work_json(comparison->now));
    json_set(json, "work", work);
    return json_write(out, json, JSON_INDENT(2));
}
