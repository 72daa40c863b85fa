/*
 * directory.c - the directory of a recording, before and after the program runs; see directory.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/record/directory.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/kept.h"
#include "analyzer/trace/pack.h"
#include "analyzer/trace/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST_TRACE (4 * TRACE_PAGE) /* the recorder makes none that is smaller */

/* A trace, or part of one that was to be packed, or what is said of all; sums of processes. */
static bool is_recorded(const char *name)
{
    return strcmp(name, TRACE_STOPPED_NAME) == 0 || strcmp(name, TRACE_TOTAL_NAME) == 0 ||
           (recording_file_kind(name) != FILE_OTHER && strchr("123456789", name[0])) ||
           pack_is_remainder(name) || kept_is_file(name) || kept_is_state(name);
}

/* Whether a process still writes the trace NAME. */
static bool is_written(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool written = fd >= 0 && recording_file_in_use(fd, 0);
    if (fd >= 0)
        close(fd);
    return written;
}

/* Removes the trace NAME, or only looks at it. */
static bool remove_trace(int dir, const char *path, const char *name, bool look,
                         struct error *error)
{
    if (look && recording_file_kind(name) == FILE_TRACE && is_written(dir, name)) {
        error_set(error, "%s/%s: is still written: end its process, or record elsewhere", path,
                  name);
        return false;
    }
    if (look || unlinkat(dir, name, 0) == 0)
        return true;
    error_set(error, "%s: old traces cannot be removed: %s", path, strerror(errno));
    return false;
}

static bool for_each_trace(int dir, const char *path, bool look, struct error *error)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool ok = entries != NULL;
    if (!ok)
        error_set(error, "%s: %s", path, strerror(errno));
    while (ok && (entry = readdir(entries)))
        ok = !is_recorded(entry->d_name) || remove_trace(dir, path, entry->d_name, look, error);
    if (entries)
        closedir(entries);
    return ok;
}

/* All or nothing: not while one of them is still written. */
static bool remove_traces(int dir, const char *path, struct error *error)
{
    return for_each_trace(dir, path, true, error) && for_each_trace(dir, path, false, error);
}

/* The recorder writes into no directory where others may put files in its way. */
static bool is_private(int dir, const char *path, struct error *error)
{
    struct stat st;
    if (fstat(dir, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0) &&
        (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return true;
    error_set(error, "%s: must be yours, and writable by nobody else", path);
    return false;
}

/* The recorder could not say so: it is silent in the program. */
static bool has_room(int dir, const char *path, struct error *error)
{
    struct rlimit size;
    if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur < LEAST_TRACE) {
        error_set(error, "%s: no trace fits in the size that files may have (ulimit -f)", path);
        return false;
    }
    char name[48];
    snprintf(name, sizeof(name), ".room.%d", (int)getpid());
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int wrong = fd < 0 ? errno : posix_fallocate(fd, 0, TRACE_PAGE);
    if (fd >= 0) {
        unlinkat(dir, name, 0);
        close(fd);
    }
    if (wrong)
        error_set(error, "%s: no trace can be written: %s", path, strerror(wrong));
    return wrong == 0;
}

static int open_dir(const char *path, struct error *error)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        error_set(error, "%s: is no directory to record into", path);
    return dir;
}

bool record_dir_usable(const char *path, struct error *error)
{
    int dir = open_dir(path, error);
    bool ok = dir >= 0 && is_private(dir, path, error) && has_room(dir, path, error);
    if (dir >= 0)
        close(dir);
    return ok;
}

/* The recorder fills these in where it is given a directory by the environment. */
static bool has_placeholder(const char *path, struct error *error)
{
    static const char *const known[] = {"{pid}", "{host}", "{time}", "{invocation}"};
    char here[PATH_MAX] = "";
    if (path[0] != '/' && !getcwd(here, sizeof(here)))
        here[0] = '\0';
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strstr(path, known[i]) && !strstr(here, known[i]))
            continue;
        error_set(error, "%s: %s is filled in for LIFEGUARD_DIR alone: name the directory itself",
                  path, known[i]);
        return true;
    }
    return false;
}

bool record_dir_prepare(const char *path, bool replace, struct error *error)
{
    if (has_placeholder(path, error))
        return false;
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno == EEXIST && !replace) {
        error_set(error, "%s: exists already; -f records into it anew", path);
        return false;
    }
    if (!made && errno != EEXIST) {
        error_set(error, "%s: %s", path, strerror(errno));
        return false;
    }
    int dir = open_dir(path, error);
    if (dir < 0)
        return false;
    /* The old traces first: they may be what takes the room. */
    bool ok = is_private(dir, path, error) && (made || remove_traces(dir, path, error)) &&
              has_room(dir, path, error);
    close(dir);
    if (!ok && made)
        rmdir(path);
    return ok;
}

/*
 * Cuts PATH, which was sized for the longest trace there might be. Not while its process runs; and
 * should one run that is not seen from here, it finds no more space and stops recording.
 */
static void cut_trace(const char *path, uint64_t claimed)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > claimed &&
        claimed >= TRACE_PAGE)
        (void)!ftruncate(fd, (off_t)claimed); /* a long file is no worse than before */
    close(fd);
}

static void look_at_hooks(const char *path, struct record_result *result)
{
    struct error error;
    struct trace *trace = trace_open(path, &error);
    for (size_t i = 0; trace && i < trace_hook_count(trace); i++) {
        const struct hook_definition *hook = trace_hook(trace, i);
        result->hooked |= !hook->skipped;
        result->unpoisoned |= hook->skipped && strcmp(hook->function, "poison") == 0;
    }
    trace_close(trace);
}

/* Bytes of the trace in PATH on the disk; *RUNNING: its process writes it still. */
static uint64_t measure(const char *path, const struct trace_header *header, bool *running)
{
    struct error error;
    struct stat st;
    int fd = trace_open_file(path, &error);
    if (fd < 0)
        return 0;
    *running = recording_file_in_use(fd, header->pid);
    uint64_t size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    close(fd);
    return size < header->claimed ? size : header->claimed;
}

static bool stopped_early(const struct trace_header *header)
{
    return header->stop != TRACE_STOP_NONE && header->stop != TRACE_STOP_DETACHED &&
           !trace_was_ended(header);
}

static void look_at(const char *path, enum recording_file kind, struct record_result *result)
{
    struct trace_header header;
    struct error error;
    bool running = false;
    if (trace_read_header(path, &header, &error) != TRACE_USABLE)
        return;
    result->traces++;
    result->bytes += measure(path, &header, &running);
    result->running += running;
    result->stopped += stopped_early(&header);
    if (!running && kind == FILE_TRACE)
        cut_trace(path, header.claimed);
    /* One is enough to know that the recorder found its way in. */
    if (!result->hooked)
        look_at_hooks(path, result);
}

struct record_result record_dir_finish(const char *dir)
{
    struct record_result result = {0};
    DIR *entries = opendir(dir);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        char path[PATH_MAX];
        enum recording_file kind = recording_file_kind(entry->d_name);
        int length = snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        if (kind != FILE_OTHER && length < (int)sizeof(path))
            look_at(path, kind, &result);
    }
    if (entries)
        closedir(entries);
    return result;
}
