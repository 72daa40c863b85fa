/*
 * probe.c - starts a program with the recorder, and stops it before any code of its own runs; see
 * probe.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/api/probe.h"

#include "analyzer/api/stop_at_entry.h"
#include "analyzer/record/launch.h"
#include "analyzer/record/recorder_library.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBE_PATH_MAX (PATH_MAX + 64)

/* Where the recorder writes meanwhile. */
static bool make_dir(char dir[PATH_MAX], struct error *error)
{
    const char *parent = getenv("TMPDIR");
    char relative[PATH_MAX];
    snprintf(relative, sizeof(relative), "%s/lifeguard.XXXXXX",
             parent && *parent ? parent : "/tmp");
    if (mkdtemp(relative) && realpath(relative, dir))
        return true;
    error_set(error, "%s: %s", relative, strerror(errno));
    return false;
}

/* What the recorder is to read: a copy in DIR of what can be read once only. The caller owns it. */
static char *option_for(const struct api_description *description, const char *name,
                        const char *dir, struct error *error)
{
    char *path;
    if (!description->once)
        return xstrdup(api_description_option(description, name));
    path = xasprintf("%s/description", dir);
    FILE *copy = fopen(path, "wx");
    bool written = copy && fputs(description->text, copy) >= 0;
    if (copy && fclose(copy) == 0 && written)
        return path;
    error_set(error, "%s: %s", path, strerror(errno));
    free(path);
    return NULL;
}

static void remove_dir(const char *dir)
{
    DIR *open = opendir(dir);
    for (struct dirent *entry; open && (entry = readdir(open));)
        unlinkat(dirfd(open), entry->d_name, 0);
    if (open)
        closedir(open);
    rmdir(dir);
}

/* The trace of what PID ran last: with each exec it begins another one. */
static struct trace *open_last_trace(const char *dir, pid_t pid, struct error *error)
{
    char path[PROBE_PATH_MAX], last[PROBE_PATH_MAX] = "";
    snprintf(path, sizeof(path), "%s/%d" TRACE_SUFFIX, dir, (int)pid);
    for (unsigned n = 1; access(path, F_OK) == 0; n++) {
        strcpy(last, path);
        snprintf(path, sizeof(path), "%s/%d.%u" TRACE_SUFFIX, dir, (int)pid, n);
    }
    return *last ? trace_open(last, error) : NULL;
}

/* What is to be known of PID, which is stopped. */
static bool look_at(struct api_probe *probe, const char *dir, pid_t pid, struct error *error)
{
    *error = (struct error){""};
    probe->trace = open_last_trace(dir, pid, error);
    if (!probe->trace)
        return !*error->text;
    probe->images = loaded_images_open(pid, error);
    return probe->images;
}

static bool probe_started(struct api_probe *probe, char **argv, const char *dir, pid_t pid,
                          struct error *error)
{
    struct error why;
    if (!stop_at_entry(pid, &why)) {
        error_set(error, "%s: %s", argv[0], why.text);
        return false;
    }
    bool ok = look_at(probe, dir, pid, error);
    end_stopped(pid);
    return ok;
}

/* Signals that are sent meanwhile end the program, and then it is all cleaned up. */
static bool probe_in(struct api_probe *probe, char **argv,
                     const struct record_environment *environment, struct error *error)
{
    struct signal_state before;
    int why;
    signals_hold(&before);
    pid_t pid = record_launch(argv, environment, &before, &why);
    if (pid)
        relay_start(pid);
    else
        error_set(error, "%s: %s", argv[0], strerror(why));
    signals_release(&before);
    bool ok = pid && probe_started(probe, argv, environment->dir, pid, error);
    relay_stop();
    return ok;
}

static bool probe_by(struct api_probe *probe, char **argv, const char *library, const char *dir,
                     const char *option, struct error *error)
{
    const struct record_environment environment = {
        .traced = true, .preload = library, .dir = dir, .api = option};
    unsetenv("LIFEGUARD_POISON");
    setenv("LIFEGUARD_WALK", "off", 1);
    return probe_in(probe, argv, &environment, error);
}

bool api_probe_run(struct api_probe *probe, char **argv, const struct api_description *description,
                   const char *name, struct error *error)
{
    char dir[PATH_MAX];
    *probe = (struct api_probe){0};
    char *library = recorder_library(error);
    bool ok = library && make_dir(dir, error);
    if (ok) {
        char *option = option_for(description, name, dir, error);
        ok = option && probe_by(probe, argv, library, dir, option, error);
        free(option);
        remove_dir(dir);
    }
    if (!ok)
        api_probe_close(probe);
    free(library);
    return ok;
}

void api_probe_close(struct api_probe *probe)
{
    if (probe->trace)
        trace_close(probe->trace);
    loaded_images_close(probe->images);
}
