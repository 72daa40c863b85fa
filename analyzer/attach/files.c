/* files.c - what goes into a process that is attached to; see files.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/files.h"

#include "analyzer/attach/giver.h"
#include "analyzer/attach/new_trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_SIZE (16ull << 30)

/* The recorder looks for libunwind as it begins: ours, which may not be there for the process. */
static void add_libraries(struct feed *feed)
{
    static const char *const names[] = {"libunwind-x86_64.so.8", "libunwind.so.8", "liblzma.so.5"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct link_map *map = NULL;
        void *handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
        if (handle && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
            feed_add(feed, names[i], open(map->l_name, O_RDONLY | O_CLOEXEC));
        if (handle)
            dlclose(handle);
    }
}

static void add_own(struct feed *feed, pid_t pid, const char *name, int flags)
{
    char path[64], own[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    snprintf(own, sizeof(own), "/proc/self/%s", name);
    feed_add(feed, own, open(path, flags | O_CLOEXEC));
}

/* As enum option_walk of preload/util/options.h. */
static uint32_t walk_number(const char *word)
{
    return !word || strcmp(word, "end") == 0 ? 1 : strcmp(word, "off") == 0 ? 0 : 2;
}

#define ARGUMENTS_AT 46 /* fields of /proc/PID/stat behind the name's, in front of the two */

/* Where its arguments begin and end; 0 and 0 where that is not told. */
static void find_arguments(pid_t pid, struct control_request *request)
{
    char path[64], line[2048] = "";
    uint64_t begin = 0, end = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    const char *field = in && fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
    for (unsigned i = 0; field && i < ARGUMENTS_AT; i++)
        field = strchr(field + 1, ' ');
    if (field && sscanf(field, "%" SCNu64 " %" SCNu64, &begin, &end) == 2 && begin < end) {
        request->title = begin;
        request->title_size = end - begin;
    }
    if (in)
        fclose(in);
}

static void make_request(const struct attach_plan *plan, struct control_request *request)
{
    char path[64];
    memset(request, 0, sizeof(*request));
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)plan->pid);
    if (readlink(path, request->program, sizeof(request->program) - 1) < 0)
        *request->program = '\0';
    request->max_size = MAX_SIZE;
    find_arguments(plan->pid, request);
    request->walk = walk_number(plan->walk);
    request->young = plan->young;
    request->children = plan->giver != NULL;
    request->giver = plan->giver ? GIVER_NAME - 1 : 0;
    if (plan->giver)
        memcpy(request->giver_name, plan->giver->name, request->giver);
    const char *api = plan->api_file ? CONTROL_API : plan->api;
    if (api)
        snprintf(request->api, sizeof(request->api), "%s", api);
}

static bool add_all(struct attach_files *files, const struct attach_plan *plan, struct error *error)
{
    struct feed *feed = &files->feed;
    const int trace = attach_new_trace(files->dir, plan->pid, files->name, error);
    const int library = trace < 0 ? -1 : open(plan->library, O_RDONLY | O_CLOEXEC);
    files->trace = feed_add(feed, "", trace);
    feed_add(feed, CONTROL_PATH, library);
    if (trace >= 0 && library < 0)
        error_set(error, "%s: %s", plan->library, strerror(errno));
    add_own(feed, plan->pid, "exe", O_RDONLY);
    add_own(feed, plan->pid, "maps", O_RDONLY);
    add_own(feed, plan->pid, "mem", O_RDWR);
    add_libraries(feed);
    if (plan->api_file)
        feed_add(feed, CONTROL_API, open(plan->api_file, O_RDONLY | O_CLOEXEC));
    return trace >= 0 && library >= 0;
}

bool attach_files_open(struct attach_files *files, const struct attach_plan *plan,
                       struct control_request *request, struct error *error)
{
    memset(files, 0, sizeof(*files));
    make_request(plan, request);
    files->dir = open(plan->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->dir < 0) {
        error_set(error, "%s: %s", plan->dir, strerror(errno));
        return false;
    }
    if (add_all(files, plan, error))
        return true;
    attach_files_close(files, false);
    return false;
}

void attach_files_close(struct attach_files *files, bool written)
{
    if (!written && files->feed.files[files->trace].local >= 0)
        unlinkat(files->dir, files->name, 0);
    feed_close(&files->feed);
    close(files->dir);
}
