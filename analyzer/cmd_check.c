#include "analysis.h"
#include "check_options.h"
#include "commands.h"
#include "output_file.h"
#include "render_check.h"

#include <stdio.h>

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
            fprintf(stderr, "lifeguard check: %s\n", error.text);
            return false;
        }
    }
    return true;
}

static int exit_status(const struct check_options *options, const struct gate *gate)
{
    if (gate->doubts.count)
        return EXIT_NO_VERDICT;
    return gate->failing ? options->error_status : EXIT_NOTHING;
}

static int check_analysis(const struct check_options *options, const struct analysis *analysis)
{
    struct gate gate;
    gate_judge(&gate, analysis);
    const struct check check = {analysis, &gate};
    int status = EXIT_USAGE; /* no verdict on stdout that the status would contradict */
    if (write_outputs(options, &check)) {
        render_check_text(stdout, &check);
        status = exit_status(options, &gate);
    }
    gate_end(&gate);
    return status;
}

int cmd_check(int argc, char **argv)
{
    struct check_options options;
    int status = check_options(argc, argv, &options);
    if (status >= 0)
        return status;
    struct analysis analysis;
    struct error error;
    if (!analysis_run(&analysis, options.dir, &error)) {
        fprintf(stderr, "lifeguard check: %s\n", error.text);
        return EXIT_USAGE;
    }
    status = check_analysis(&options, &analysis);
    analysis_end(&analysis);
    return status;
}
