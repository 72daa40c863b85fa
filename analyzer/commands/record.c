/* record.c - lifeguard record: runs a program with the recorder in it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/api/description.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/keeper.h"
#include "analyzer/commands/record_options.h"
#include "analyzer/record/directory.h"
#include "analyzer/record/endings.h"
#include "analyzer/record/guard.h"
#include "analyzer/record/loading.h"
#include "analyzer/record/recorder_library.h"
#include "analyzer/record/run.h"
#include "analyzer/record/supervise.h"
#include "analyzer/record/target.h"
#include "analyzer/trace/pack_dir.h"
#include "analyzer/util/error.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *default_dir(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    size_t size = strlen(name) + 64;
    char *dir = xmalloc(size);
    snprintf(dir, size, "lifeguard.%s.%d", name, (int)getpid());
    return dir;
}

/* With a slash at its end, DIR would be followed where it is a symbolic link. */
static void strip_slashes(char *dir)
{
    for (size_t length = strlen(dir); length > 1 && dir[length - 1] == '/'; length--)
        dir[length - 1] = '\0';
}

/* As a shell takes it for one word. */
static void put_quoted(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./+,@%=:";
    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc(*word, out);
    putc('\'', out);
}

static void put_next_command(const char *command, const char *dir)
{
    fprintf(stderr, "  lifeguard %s ", command);
    put_quoted(stderr, dir);
    putc('\n', stderr);
}

/* REFUSAL: what the loader said of the recorder, or NULL. */
static void put_never_loaded(const char *refusal)
{
    if (refusal)
        fprintf(stderr, "lifeguard: NOTHING WAS RECORDED: the loader refuses the recorder\n");
    else
        fprintf(stderr,
                "lifeguard: NOTHING WAS RECORDED: the recorder was never loaded. The program is\n"
                "  static, set-user-id or of another architecture, or it clears LD_PRELOAD.\n");
}

static void summarize(const char *dir, const struct record_result *result, const char *refusal)
{
    struct error error;
    if (result->traces == 0 && !record_dir_usable(dir, &error)) {
        fprintf(stderr, "lifeguard: NOTHING WAS RECORDED: %s\n", error.text);
        return;
    }
    if (result->traces == 0) {
        put_never_loaded(refusal);
        return;
    }
    char bytes[UNITS_TEXT], count[UNITS_TEXT];
    fprintf(stderr, "lifeguard: %s process%s recorded, %s\n", count_text(result->traces, count),
            result->traces == 1 ? "" : "es", bytes_text(result->bytes, bytes));
    if (result->running)
        fprintf(stderr, "  %s of them still running, and being recorded\n",
                count_text(result->running, count));
    if (result->stopped)
        fprintf(stderr,
                "  in %s of them recording stopped before the process ended: the report says why\n",
                count_text(result->stopped, count));
    if (result->unpoisoned)
        fputs("  --poison does nothing for a pool system of it: the description does not say how\n"
              "  blocks are used again\n",
              stderr);
    if (result->hooked) {
        put_next_command("report", dir);
        return;
    }
    fprintf(stderr, "  NOTHING WAS HOOKED: no pool system that lifeguard knows was found,\n"
                    "  or none of its functions could be hooked\n");
    put_next_command("info", dir);
}

/* What cannot be packed can be read as it is. */
static void pack(const char *dir)
{
    struct error error;
    struct pack_summary summary;
    if (pack_directory(dir, &summary, &error) && summary.failed)
        fprintf(stderr, "lifeguard: %zu trace%s not packed: %s\n", summary.failed,
                summary.failed == 1 ? " was" : "s were", summary.error.text);
}

/* What there is to do once all is known to be in order. */
struct job {
    const struct record_options *options;
    struct record_environment environment; /* its dir is absolute */
    const char *shown;                     /* the directory as the user knows it */
    char *refusal;                         /* what the loader said of the recorder; NULL: nothing */
    struct keeper keeper;
};

/* A status above 128 is a signal's, or the program chose one that looks like it. */
static void tell_signal(int status)
{
    const char *name = status > 128 ? sigdescr_np(status - 128) : NULL;
    if (name)
        fprintf(stderr,
                "lifeguard: exit status %d: signal %d (%s) ended the program, or it says so\n",
                status, status - 128, name);
}

static int finish(const struct job *job, pid_t started, int status)
{
    keeper_end(&job->keeper);
    if (!started) {
        rmdir(job->environment.dir);
        return status;
    }
    tell_signal(status);
    endings_write(job->environment.dir);
    pack(job->environment.dir);
    struct record_result result = record_dir_finish(job->environment.dir);
    summarize(job->shown, &result, job->refusal);
    return status;
}

static int run_job(void *context, const struct signal_state *before)
{
    const struct job *job = context;
    pid_t started;
    int status = record_supervise(job->options->program, &job->environment, &job->options->plan,
                                  before, &started);
    return finish(job, started, status);
}

static int record(struct job *job)
{
    char **program = job->options->program;
    const char *obstacle = record_target_obstacle(program[0]);
    if (obstacle)
        fprintf(stderr, "lifeguard: %s cannot be recorded: %s\n", program[0], obstacle);
    job->refusal = loading_refusal(job->environment.preload);
    if (job->refusal) {
        fprintf(stderr, "lifeguard: the program runs unrecorded: %s\n", job->refusal);
        job->environment.preload = NULL;
    }
    if (job->options->keep)
        job->keeper = keeper_begin(job->environment.dir);
    if (plan_supervises(&job->options->plan))
        return record_guarded(run_job, job);
    pid_t started;
    int status = record_run(program, &job->environment, &started);
    return finish(job, started, status);
}

/* Each process that is recorded reads it again. */
static struct api_description *open_lasting(const char *name, struct error *error)
{
    struct api_description *description = api_description_open(name, error);
    if (!description || !description->once)
        return description;
    error_set(error, "%s: can be read only once: a description to record by is in a file", name);
    api_description_close(description);
    return NULL;
}

/* GIVEN, and those of the environment; NULL: there are none. The caller frees it. */
static char *all_labels(const struct label_set *given)
{
    const char *inherited = getenv("LIFEGUARD_LABELS");
    struct label_set all = {0};
    label_set_read(&all, inherited ? inherited : "");
    label_set_join(&all, given);
    char *text = all.count ? label_set_text(&all) : NULL;
    label_set_free(&all);
    return text;
}

int cmd_record(int argc, char **argv)
{
    struct record_options options = {0};
    int status = record_options_read(argc, argv, &options);
    if (status >= 0)
        return status;
    struct error error = {"the directory cannot be found again"};
    char *library = recorder_library(&error), *dir = NULL, *labels = all_labels(&options.labels);
    struct api_description *description = NULL;
    bool ok = library && (!options.api || (description = open_lasting(options.api, &error)));
    char *shown = options.dir ? xstrdup(options.dir) : default_dir(options.program[0]);
    strip_slashes(shown);
    if (ok && record_dir_prepare(shown, options.force, &error))
        dir = realpath(shown, NULL);
    if (dir) {
        struct job job = {
            .options = &options,
            .environment = {.preload = library,
                            .dir = dir,
                            .api = description ? api_description_option(description, options.api)
                                               : NULL,
                            .poison = options.poison ? "1" : NULL,
                            .survivors = options.survivors,
                            .young = options.young,
                            .guard = options.guard,
                            .stale = options.stale,
                            .crash = options.crash ? "1" : NULL,
                            .addresses = options.addresses ? "1" : NULL,
                            .walk = options.walk,
                            .max_total = options.max_total,
                            .labels = labels},
            .shown = shown,
        };
        status = record(&job);
        free(job.refusal);
    } else {
        fprintf(stderr, "lifeguard record: %s\n", error.text);
        status = EXIT_USAGE;
    }
    free(dir);
    free(labels);
    label_set_free(&options.labels);
    free(shown);
    api_description_close(description);
    free(library);
    return status;
}
