/*
 * text.h - the pieces of a report for people: a headline, a backtrace, a whole finding.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_TEXT_H
#define ANALYZER_RENDER_TEXT_H

#include "analyzer/profile/lifetimes.h"
#include "analyzer/render/style.h"
#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/number_text.h"

#include <stdio.h>

struct recording;

/* Where to, how, and with whose names. */
struct text_report {
    FILE *out;
    struct style style;
    struct name_source names;
    unsigned columns; /* of the terminal that it is for, 0: for none */
};

/* What FINDING's pool is called; where it has no name, its documented role. Raw. The caller owns
 * it. */
char *finding_pool(const struct finding *finding);

/* "`mod_x` under `permanent_pool`: +1 pool, 48 B at each restart; 20 alive after 20 restarts" */
void print_what(const struct text_report *report, const struct finding *finding);

/* "ERROR leaked-subpool: `mod_x` under `permanent_pool`: +1 pool, 48 B at each restart; 20 alive
 * after 20 restarts", one line. */
void print_headline(const struct text_report *report, const struct finding *finding);

/* The same without colours, and where it is: "... after 20 restarts at mod_init (mod_x.so)". The
 * caller frees it. */
char *finding_line(const struct name_source *names, const struct finding *finding);

/* The headline, then pool, growth, backtraces, advice. */
void print_finding(const struct text_report *report, const struct finding *finding);

#define GROWTH_TEXT (UNITS_TEXT + 1)

/* "64 B"; "~64 B" where it is a mean. TEXT has room for GROWTH_TEXT bytes. */
const char *growth_bytes_text(const struct unit_growth *growth, char text[GROWTH_TEXT]);

/* "+1 pool, 48 B at each restart"; "+64 B (median) in 30 out of 33 commands". */
void print_growth(const struct text_report *report, const struct finding *finding);

/* Two blanks and its course as a sparkline, in the colour of its severity; nothing without UTF-8.
 */
void print_shape(const struct text_report *report, const struct finding *finding);
/* "; stops at 64 pools", of what stops; else nothing. */
void print_stop(const struct text_report *report, const struct finding *finding);

const char *severity_style(const struct style *style, enum severity severity);

/* What the backtrace `stack` of FINDING is: "allocated at", "held by the variable at" ... */
const char *finding_stack_title(const struct finding *finding);
/* What the end of its pool is called. */
const char *finding_end_title(const struct finding *finding);

/* One frame a line; the middle of a long backtrace is left out. */
void print_stack(const struct text_report *report, uint32_t stack);

/* "NAME (MODULE)" of the innermost frame that is not the pool library's, and of its callers as
 * far as WIDTH columns last; no end of line. */
void print_stack_brief(const struct text_report *report, uint32_t stack, size_t width);

/* TEXT that anyone may have chosen, escaped. */
void print_untrusted(const struct text_report *report, const char *text);
/* A path of pools, see analyzer/replay/pool_path.h; NULL: none. */
void print_pool_path(const struct text_report *report, const char *path);

/* "3 pools", "1 pool" */
void print_count(FILE *out, uint64_t count, const char *one, const char *many);

/* "1.2 MB", or "about 1.2 MB" of what is estimated. */
void print_held(FILE *out, uint64_t bytes, bool estimated);

/* "not ended before the next was made" ... */
void print_departure(const struct text_report *report, enum departure departure);

/* What to know about the recording that is no reason to doubt it: work that is too little to tell
 * a leak from what is made once, processes whose end was not seen. */
void print_cautions(FILE *out, const struct recording *recording);

/* access_text.c: of data-after-destroy and overflow, what it comes to; what its stack is. */
void print_access_sum(const struct text_report *report, const struct finding *finding);
const char *access_stack_title(const struct access *access);

/* crash_text.c: of crash, what it comes to; and what else is known, or nothing. */
void print_crash_sum(const struct text_report *report, const struct finding *finding);
void print_crash(const struct text_report *report, const struct finding *finding);

/* reachability_text.c: of unreachable-subpool and of dangling-pointer, what it comes to; and what
 * a walk said of any finding, or nothing. */
void print_lost_sum(const struct text_report *report, const struct finding *finding);
void print_dangling_sum(const struct text_report *report, const struct finding *finding);
void print_reachability(const struct text_report *report, const struct finding *finding);

#endif
