/* fold.c - what many processes that ended came to is kept in sums; see fold.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/fold.h"

#include "analyzer/keep/total.h"
#include "analyzer/replay/folded.h"
#include "analyzer/rules/folding.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/clock.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define GRACE  30   /* seconds: so long a reader may take to begin with what it has listed */
#define MOST   4096 /* processes at a time: what was seen in them takes memory */
#define OFTEN  16   /* times one after the other, at the last look */

struct folder {
    int dir;
    const char *path;
    uint64_t next_ns; /* not before that: what was summed up last is there for readers still */
    size_t more_than; /* so many traces are there, and stay */
    size_t skip;      /* so many of the oldest are such that none can be summed up */
};

/* What a child process says of it. */
struct told {
    bool ok;
    size_t done; /* processes folded, or traces removed */
    size_t seen; /* processes that were looked at */
    struct error error;
};

struct folder *folder_new(int dir, const char *path)
{
    struct folder *folder = xcalloc(1, sizeof(*folder));
    *folder = (struct folder){.dir = dir, .path = path, .more_than = FOLD_AT};
    return folder;
}

void folder_free(struct folder *folder)
{
    free(folder);
}

struct removal {
    const struct folder *folder;
    size_t count;
};

/* Whoever named another trace so keeps it. */
static void remove_left(void *data, const char *name, uint64_t file_id)
{
    struct removal *removal = data;
    struct trace_header header;
    struct error error;
    struct stat st;
    char *path = xasprintf("%s/%s", removal->folder->path, name);
    if (trace_read_header(path, &header, &error) == TRACE_USABLE && header.file_id == file_id &&
        fstatat(removal->folder->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        unlinkat(removal->folder->dir, name, 0) == 0) {
        total_give_back(removal->folder->dir, (uint64_t)st.st_blocks * 512, 0);
        removal->count++;
    }
    free(path);
}

static size_t remove_all_left(const struct folder *folder, unsigned seconds)
{
    struct error error;
    struct recording *recording = recording_open(folder->path, &error);
    struct removal removal = {folder, 0};
    if (recording)
        recording_each_left(recording, seconds, remove_left, &removal);
    recording_close(recording);
    return removal.count;
}

/* One step: what can go does, or else more is folded. */
static struct told step(const struct folder *folder, bool last)
{
    const struct fold_request request = {folder->path, folder->skip, MOST,
                                         FOLD_LATEST,  FOLD_WORST,   FOLD_UNUSUAL};
    struct told told = {.ok = true};
    told.done = remove_all_left(folder, last ? 0 : GRACE);
    if (told.done == 0)
        told.ok = fold_processes(&request, &told.done, &told.seen, &told.error);
    return told;
}

/* In a process of its own, whose memory goes with it; it ends with keep. */
static bool run(const struct folder *folder, bool last, struct told *told)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    const pid_t keep = getpid(), pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != keep)
            _exit(1); /* whoever looks after keep has killed it may read the directory by now */
        struct told said = step(folder, last);
        const bool sent = write(ends[1], &said, sizeof(said)) == (ssize_t)sizeof(said);
        _exit(!sent);
    }
    close(ends[1]);
    const bool heard = pid > 0 && read(ends[0], told, sizeof(*told)) == (ssize_t)sizeof(*told);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return heard;
}

/* Whether another step may do something: where this one did not, with those that come later. */
static bool has_more(struct folder *folder, const struct told *told)
{
    if (told->done > 0)
        return true;
    folder->skip = told->seen == MOST ? folder->skip + MOST : 0;
    return folder->skip > 0;
}

bool folder_look(struct folder *folder, size_t packed, bool last, struct error *error)
{
    const bool wanted =
        last ? packed > FOLD_AT : packed > folder->more_than && monotonic_ns() >= folder->next_ns;
    struct told told = {.ok = true};
    bool more = wanted;
    for (unsigned i = 0; told.ok && more && i < (last ? OFTEN : 1); i++) {
        if (!run(folder, last, &told)) {
            error_set(error, "%s: processes that ended cannot be summed up", folder->path);
            return false;
        }
        more = has_more(folder, &told);
    }
    if (wanted)
        folder->next_ns = monotonic_ns() + (GRACE + 1) * SECOND;
    /* Those of which nothing can be summed up are not looked at again and again. */
    if (wanted && told.ok)
        folder->more_than = more ? FOLD_AT : packed + FOLD_AT / 2;
    if (!told.ok)
        *error = told.error;
    return told.ok;
}
