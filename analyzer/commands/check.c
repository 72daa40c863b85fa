/* check.c - lifeguard check: the gate, in all the formats that were asked for. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check.h"
#include "analyzer/commands/check_options.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/names_options.h"
#include "analyzer/gate/baseline.h"
#include "analyzer/html/page_write.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/render/redact_check.h"
#include "analyzer/render/text.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/output_file.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const struct error *error)
{
    fprintf(stderr, "lifeguard check: %s\n", error->text);
    return EXIT_USAGE;
}

struct output {
    check_renderer *render;
    const struct check *check;
};

static bool write_output(FILE *out, const void *data)
{
    const struct output *output = data;
    return output->render(out, output->check);
}

static bool write_outputs(const struct check_options *options, const struct check *check)
{
    for (size_t i = 0; i < options->output_count; i++) {
        const struct output output = {options->outputs[i].render, check};
        struct error error;
        if (!output_file(options->outputs[i].file, write_output, &output, &error)) {
            complain(&error);
            return false;
        }
    }
    struct error error;
    if (options->html && !page_write(check->analysis, check, 0, options->html, &error)) {
        complain(&error);
        return false;
    }
    return true;
}

/* What the user keeps in files. */
struct accepted {
    struct policy policy;
    struct suppressions suppressions;
    struct known_list baseline;
};

static bool read_accepted(const struct check_options *options, struct accepted *accepted,
                          struct error *error)
{
    *accepted = (struct accepted){0};
    policy_default(&accepted->policy);
    bool read = !options->policy || policy_read(&accepted->policy, options->policy, error);
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++) {
        if (options->required[kind] != CHECK_POLICYS)
            accepted->policy.required[kind] = options->required[kind];
    }
    for (size_t i = 0; read && i < options->suppressions_count; i++)
        read = suppressions_read(&accepted->suppressions, options->suppressions[i], error);
    if (read && options->baseline && !options->update_baseline)
        read = baseline_read(options->baseline, &accepted->baseline, error);
    return read;
}

static void free_accepted(struct accepted *accepted)
{
    policy_free(&accepted->policy);
    suppressions_free(&accepted->suppressions);
    known_list_free(&accepted->baseline);
}

static bool belongs_into_baseline(const struct gate_verdict *verdict)
{
    return !verdict->off && !verdict->suppressed &&
           (verdict->fails || verdict->severity >= SEVERITY_WARNING);
}

/* Writes what GATE found to the baseline. */
static bool update_baseline(const struct check_options *options, const struct gate *gate,
                            struct known_list *baseline, struct error *error)
{
    size_t weak = 0;
    for (size_t i = 0; i < gate->count; i++) {
        if (!belongs_into_baseline(&gate->verdicts[i]))
            continue;
        if (gate->known.items[i].id.weak && !options->allow_weak)
            weak++;
        else
            known_list_add(baseline, known_copy(&gate->known.items[i]));
    }
    if (!baseline_replaceable(options->baseline, error) ||
        !baseline_write(options->baseline, baseline, error))
        return false;
    error_set(error,
              "%s: %zu weak finding%s left out: frames without a name, so that others may look the "
              "same; --allow-weak takes them in",
              options->baseline, weak, weak == 1 ? " was" : "s were");
    if (weak)
        complain(error);
    return true;
}

/* What was found is there, whatever else was not seen; what matched nothing may be part of that. */
static bool fails(const struct check_options *options, const struct gate *gate)
{
    return gate->failing ||
           (options->fail_on_stale && gate->stale_count && gate->doubts.count == 0);
}

static int check_status(const struct check_options *options, const struct check *check)
{
    if (check->fails && options->error_status != EXIT_NOTHING)
        return options->error_status;
    return check->gate->doubts.count ? EXIT_NO_VERDICT : EXIT_NOTHING;
}

/* Lines for the places that are to blame; where one has no name, one for the pool. */
static void generate_for(const struct check *check, const struct gate_verdict *verdict)
{
    const struct finding *finding = verdict->finding;
    const struct growth_places *all = &finding->places;
    if (finding->depth) {
        suppression_generate(stdout, finding, &check->analysis->names);
        return;
    }
    const struct growth_place **blamed = xcalloc(all->count, sizeof *blamed);
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (gate_blames(verdict, &all->items[i]))
            blamed[count++] = &all->items[i];
    }
    bool named =
        suppressions_generate_places(stdout, finding->rule, blamed, count, &check->analysis->names);
    free(blamed);
    if (named && count && !all->left_out)
        return;
    if (all->count)
        fputs("# Not every place has a name: this accepts whatever lets the pool grow.\n", stdout);
    suppression_generate(stdout, finding, &check->analysis->names);
}

static void generate_suppressions(const struct check *check)
{
    struct text_report report = {stdout, style_for(stdout), check->analysis->names, 0};
    for (size_t i = 0; i < check->gate->count; i++) {
        if (!check->gate->verdicts[i].fails)
            continue;
        fputs("# ", stdout);
        print_headline(&report, check->gate->verdicts[i].finding);
        generate_for(check, &check->gate->verdicts[i]);
    }
}

static bool print_check(const struct check *check)
{
    if (!in_github_actions()) {
        render_check_text(stdout, check);
        return true;
    }
    if (render_check_github(stdout, check))
        return true;
    struct error error;
    error_set(&error, "%s: %s", getenv("GITHUB_STEP_SUMMARY"), strerror(errno));
    complain(&error);
    return false;
}

/* Where in the page the first of those is that fail. */
static void print_link(const struct check_options *options, const struct check *check)
{
    for (size_t i = 0; options->html && i < check->gate->count; i++) {
        if (!check->gate->verdicts[i].fails)
            continue;
        ptrdiff_t index = check->gate->verdicts[i].finding - check->analysis->findings.items;
        printf("In a browser: %s#finding-%td\n", options->html, index + 1);
        return;
    }
}

static int print(const struct check_options *options, const struct check *check)
{
    if (!write_outputs(options, check))
        return EXIT_USAGE; /* no verdict on stdout that the status would contradict */
    if (options->generate_suppressions)
        generate_suppressions(check);
    else if (!print_check(check))
        return EXIT_USAGE;
    else
        print_link(options, check);
    return check_status(options, check);
}

static int check_analysis(const struct check_options *options, struct analysis *analysis,
                          struct accepted *accepted)
{
    struct gate_rules rules = {&accepted->policy, &accepted->suppressions,
                               options->baseline ? &accepted->baseline : NULL};
    struct gate gate;
    gate_judge(&gate, analysis, &rules);
    int status = -1;
    /* A recording that lacks something must not shorten the baseline. */
    if (options->update_baseline && gate.doubts.count == 0) {
        struct error error;
        if (update_baseline(options, &gate, &accepted->baseline, &error)) {
            gate_end(&gate);
            gate_judge(&gate, analysis, &rules);
        } else {
            status = complain(&error);
        }
    }
    if (options->redact) {
        redact_analysis(analysis);
        redact_check(&gate, &accepted->suppressions);
    }
    const struct check check = {analysis, &gate, &options->sources, fails(options, &gate)};
    if (status < 0)
        status = print(options, &check);
    warn_nameless("check", analysis->symbols);
    gate_end(&gate);
    return status;
}

/* What git bisect run makes of STATUS. */
static int bisect_status(int status)
{
    return status == EXIT_NOTHING || status == EXIT_FINDINGS ? status : EXIT_SKIP;
}

int cmd_check(int argc, char **argv)
{
    struct check_options options;
    int status = check_options(argc, argv, &options);
    if (status == EXIT_USAGE && options.bisect)
        return EXIT_ABORT;
    if (status >= 0)
        return status;
    struct accepted accepted;
    struct analysis analysis;
    struct error error;
    if (!read_accepted(&options, &accepted, &error) ||
        !source_map_root(&options.sources, options.source_root, &error) ||
        !analysis_run(&analysis, options.dir, &error)) {
        status = complain(&error);
    } else {
        status = check_analysis(&options, &analysis, &accepted);
        analysis_end(&analysis);
    }
    free_accepted(&accepted);
    source_map_free(&options.sources);
    return options.bisect ? bisect_status(status) : status;
}
