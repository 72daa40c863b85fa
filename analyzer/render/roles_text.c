/* roles_text.c - what lifeguard roles shows, for people. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/role_table.h"
#include "analyzer/render/roles.h"
#include "analyzer/render/text.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <string.h>

#define PLACES_SHOWN 4
#define BRIEF_WIDTH  50 /* columns, about, for a backtrace */

static void print_places(const struct text_report *report, const char *title,
                         const struct role_places *places)
{
    char text[UNITS_TEXT];
    for (size_t i = 0; i < places->count && i < PLACES_SHOWN; i++) {
        fprintf(report->out, "    %-12s %7s x  ", i == 0 ? title : "",
                count_text(places->items[i].count, text));
        print_stack_brief(report, places->items[i].stack, BRIEF_WIDTH);
        putc('\n', report->out);
    }
    if (places->count > PLACES_SHOWN)
        fprintf(report->out, "    %-12s %7s    and at %zu more\n", "", "",
                places->count - PLACES_SHOWN);
}

static void print_departures(const struct text_report *report, const struct role_row *row)
{
    char text[UNITS_TEXT];
    for (unsigned i = DEPARTS_NOT + 1; i < DEPARTURES; i++) {
        if (row->departures[i] == 0)
            continue;
        fprintf(report->out, "    %sdeparts%s      %7s x  ", report->style.warning,
                report->style.off, count_text(row->departures[i], text));
        print_departure(report, i);
        putc('\n', report->out);
    }
}

/* "0/0/12 commands"; "70/~100/120 commands" */
static void print_lifetime(const struct text_report *report, const struct role_row *row)
{
    char text[UNITS_TEXT];
    bool exact;
    uint32_t median = lifetime_lengths_median(&row->lengths, &exact);
    snprintf(text, sizeof text, "%" PRIu32 "/%s%" PRIu32 "/%" PRIu32 " %s", row->lengths.shortest,
             exact ? "" : "~", median, row->lengths.longest,
             unit_word(report->names.apis, row->unit, 2));
    fprintf(report->out, "  %-22s", text);
}

static void print_row(const struct text_report *report, const char *role, enum process_kind kind,
                      const struct role_row *row)
{
    char text[UNITS_TEXT];
    fprintf(report->out, "%s%-18s%s %-8s %9s", report->style.strong, role, report->style.off,
            process_word(report->names.apis, kind, 1), count_text(row->pools, text));
    print_lifetime(report, row);
    for (unsigned how = 0; how < LIFETIME_ENDS; how++)
        fprintf(report->out, " %11s", count_text(row->ended[how], text));
    uint64_t departures = 0;
    for (unsigned i = DEPARTS_NOT + 1; i < DEPARTURES; i++)
        departures += row->departures[i];
    fprintf(report->out, " %8s\n", departures ? count_text(departures, text) : "-");
    print_places(report, "made by", &row->made);
    print_places(report, "destroyed by", &row->destroyed);
    print_departures(report, row);
}

static void print_role(const struct text_report *report, const struct role_table *table,
                       unsigned index)
{
    struct slice name = api_set_role(table->apis, index)->name;
    char role[64], safe[ESCAPED_SIZE(sizeof role)];
    bool seen = false;
    snprintf(role, sizeof role, "%.*s", (int)name.length, name.text);
    escape_text(role, strlen(role), safe, sizeof safe);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        const struct role_row *row = &table->rows[index][kind];
        if (row->pools)
            print_row(report, safe, (enum process_kind)kind, row);
        seen |= row->pools > 0;
    }
    if (!seen)
        fprintf(report->out, "%s%-18s%s none seen\n", report->style.strong, safe,
                report->style.off);
}

/* Its roles are numbered from FIRST on. With a head where there are several systems. */
static void print_system(const struct text_report *report, const struct role_table *table,
                         const struct api *system, unsigned first)
{
    if (table->apis->count > 1) {
        fputs(report->style.strong, report->out);
        style_put(report->out, &report->style, system->name.text, system->name.length);
        fprintf(report->out, "%s:%s\n", report->style.off,
                system->pool_role_count ? "" : " no roles are documented");
    }
    for (unsigned i = 0; i < system->pool_role_count; i++)
        print_role(report, table, first + i);
}

void render_roles_text(FILE *out, const struct role_table *table, const struct name_source *names)
{
    const struct text_report report = {out, style_for(out), *names, 0};
    if (api_set_roles(table->apis) == 0) {
        fputs("No roles are documented: the API description has none in [roles].\n", out);
        return;
    }
    fprintf(out, "%-18s %-8s %9s  %-22s %11s %11s %11s %8s\n", "ROLE", "IN", "POOLS",
            "LIFE least/median/most", "DESTROYED", "WITH PARENT", "AT EXIT", "DEPARTS");
    for (unsigned i = 0, first = 0; i < table->apis->count; i++) {
        print_system(&report, table, table->apis->apis[i], first);
        first += table->apis->apis[i]->pool_role_count;
    }
}
