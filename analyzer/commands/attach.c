/* attach.c - lifeguard attach: records a process that runs. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/attach.h"

#include "analyzer/api/description.h"
#include "analyzer/attach/giver.h"
#include "analyzer/attach/stay.h"
#include "analyzer/commands/attach_options.h"
#include "analyzer/commands/commands.h"
#include "analyzer/commands/keeper.h"
#include "analyzer/record/directory.h"
#include "analyzer/record/recorder_library.h"
#include "analyzer/util/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is dealt with. */
struct attachment {
    const struct attach_options *options;
    char *shown; /* the directory as the user knows it */
    bool made;   /* by us */
    struct giver giver;
    struct attach_plan plan;
    struct attach_result result;
};

static char *default_dir(pid_t pid)
{
    char link[64], program[PATH_MAX] = "", *dir = xmalloc(PATH_MAX + 64);
    snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
    if (readlink(link, program, sizeof(program) - 1) < 0)
        *program = '\0';
    const char *slash = strrchr(program, '/');
    snprintf(dir, PATH_MAX + 64, "lifeguard.%s.%d", slash ? slash + 1 : "process", (int)pid);
    return dir;
}

/* Makes the directory; one that is there gets a trace more. */
static bool prepare_dir(struct attachment *attachment, struct error *error)
{
    const char *dir = attachment->shown;
    struct stat st;
    if (lstat(dir, &st) == 0)
        return record_dir_usable(dir, error);
    attachment->made = record_dir_prepare(dir, false, error);
    return attachment->made;
}

static void put_begun(const struct attachment *attachment)
{
    const struct attach_result *result = &attachment->result;
    fprintf(stderr,
            "lifeguard: process %d is recorded: %u functions hooked; %s stopped for %.1f ms, one "
            "thread busy for %.1f ms\n",
            (int)attachment->plan.pid, result->functions,
            result->threads == 1 ? "its thread" : "its threads", result->stopped_ms,
            result->prepared_ms);
    if (result->unsearched)
        fprintf(stderr,
                "  pools that were there below no other are not known: its memory is in too many "
                "pieces, or cannot be looked at\n");
    if (!attachment->options->children)
        fprintf(stderr, "  what it forks from here on is not: --children has that, too\n");
    fprintf(stderr, "  lifeguard top %s\n", attachment->shown);
    if (!attach_options_stay(attachment->options))
        fprintf(stderr, "  lifeguard detach %d\n", (int)attachment->plan.pid);
}

static bool let_go(pid_t pid)
{
    struct attach_result result;
    struct error error;
    /* One that is on its way out has ended its recording itself. */
    if (attach_end(pid, &result, &error) || result.unrecorded || attach_is_gone(pid))
        return true;
    fprintf(stderr, "lifeguard attach: still recorded: %s\n", error.text);
    return false;
}

/* Until the end is asked for; then all of them are let go of. */
static int see_through(struct attachment *attachment)
{
    struct giver *giver = attachment->options->children ? &attachment->giver : NULL;
    const pid_t pid = attachment->plan.pid;
    struct keeper keeper = {0};
    bool ok = true;
    if (attachment->options->keep)
        keeper = keeper_begin(attachment->plan.dir);
    stay(giver, pid, attachment->options->limit_ms);
    /* First who forks. */
    ok &= attach_is_gone(pid) || let_go(pid);
    for (size_t i = 0; giver && i < giver->count; i++)
        ok &= attach_is_gone(giver->given[i]) || let_go(giver->given[i]);
    if (giver && giver->refused)
        fprintf(stderr, "lifeguard: %zu forked process%s not recorded\n", giver->refused,
                giver->refused == 1 ? " is" : "es are");
    keeper_end(&keeper);
    record_dir_finish(attachment->plan.dir);
    fprintf(stderr, "  lifeguard report %s\n", attachment->shown);
    return ok ? EXIT_NOTHING : EXIT_USAGE;
}

static int give_up(struct attachment *attachment)
{
    struct attach_result result;
    struct error error;
    attach_end(attachment->plan.pid, &result, &error);
    fprintf(stderr,
            "lifeguard attach: process %d: NOTHING WAS HOOKED: no pool system that lifeguard knows "
            "is in it, or none of its functions could be hooked; it was let go of\n"
            "  lifeguard info %s\n",
            (int)attachment->plan.pid, attachment->shown);
    record_dir_finish(attachment->plan.dir);
    return EXIT_USAGE;
}

static int attach(struct attachment *attachment, struct error *error)
{
    const struct attach_options *options = attachment->options;
    struct giver *giver = options->children ? &attachment->giver : NULL;
    if (giver && !giver_begin(giver, options->pid, attachment->plan.dir, error))
        return -1;
    attachment->plan.giver = giver;
    if (attach_options_stay(options))
        stay_begin();
    if (!attach_begin(&attachment->plan, &attachment->result, error))
        return -1;
    if (attachment->result.functions == 0)
        return give_up(attachment);
    put_begun(attachment);
    return attach_options_stay(options) ? see_through(attachment) : EXIT_NOTHING;
}

int cmd_attach(int argc, char **argv)
{
    struct attach_options options = {0};
    int status = attach_options_read(argc, argv, &options);
    if (status >= 0)
        return status;
    struct error error;
    struct attachment attachment = {.options = &options, .giver = {.listener = -1, .dir = -1}};
    struct api_description *description = NULL;
    char *library = recorder_library(&error), *dir = NULL;
    attachment.shown = options.dir ? xstrdup(options.dir) : default_dir(options.pid);
    if (library && (!options.api || (description = api_description_open(options.api, &error))) &&
        prepare_dir(&attachment, &error) && (dir = realpath(attachment.shown, NULL))) {
        const char *api = description ? api_description_option(description, options.api) : NULL;
        const bool file = api && strchr(api, '/');
        attachment.plan = (struct attach_plan){.pid = options.pid,
                                               .dir = dir,
                                               .library = library,
                                               .api = file ? NULL : api,
                                               .api_file = file ? api : NULL,
                                               .walk = options.walk,
                                               .young = options.young};
        status = attach(&attachment, &error);
    }
    if (status < 0)
        fprintf(stderr, "lifeguard attach: %s\n", error.text);
    if (status < 0 && attachment.made)
        rmdir(attachment.shown);
    giver_end(&attachment.giver);
    api_description_close(description);
    free(dir);
    free(attachment.shown);
    free(library);
    return status < 0 ? EXIT_USAGE : status;
}
