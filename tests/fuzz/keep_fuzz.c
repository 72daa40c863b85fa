/*
 * keep_fuzz.c - a recording of any bytes as `pack` and `keep` thin it: each trace as a whole, and
 * what is settled of it, once that was taken out. Nothing is refused without a word, what is
 * thinned can be read to its end, and what was only taken out reads as before.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/keep/take_out.h"
#include "analyzer/thin/thin.h"
#include "analyzer/trace/kept.h"
#include "analyzer/trace/trace.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LOOKS 3 /* until a block that another one followed is settled */

/* What is read of a trace. */
struct told {
    bool opened, damaged;
    uint64_t events, sum;
};

static struct told read_trace(const char *path)
{
    struct error error = {""};
    struct told told = {0};
    struct trace_event event;
    struct trace *trace = trace_open(path, &error);
    if (!trace)
        return told;
    told.opened = true;
    while (trace_next(trace, &event)) {
        told.events++;
        told.sum = (told.sum + event.tick) * 31 + event.pool + event.kind;
    }
    told.damaged = trace_damage(trace) != NULL;
    trace_close(trace);
    return told;
}

static bool same(const struct told *a, const struct told *b)
{
    return a->opened == b->opened && a->damaged == b->damaged && a->events == b->events &&
           a->sum == b->sum;
}

/* In a file of its own, which is read then. */
static void thin_whole(const char *path)
{
    static const char thinned[] = FUZZ_DIR "/thinned";
    struct error error = {""};
    const int fd = open(thinned, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const enum thin_result result = fd < 0 ? THIN_FAILED : thin_trace(FUZZ_DIR, path, fd, &error);
    if (fd < 0 || (result != THIN_DONE && !*error.text))
        abort(); /* or refused without a word */
    const struct told told =
        result == THIN_DONE ? read_trace(thinned) : (struct told){.opened = true};
    if (!told.opened || told.damaged)
        abort();
    close(fd);
    unlink(thinned);
}

/* Takes out what is settled of the trace NAME, and thins that. */
static void keep(const char *path, const char *name)
{
    struct error error = {""};
    enum taken taken;
    const int dir = open(FUZZ_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct kept_trace *trace = kept_trace_new(dir, FUZZ_DIR, name);
    const struct told before = read_trace(path);
    bool ok = dir >= 0;
    for (int i = 0; ok && i < LOOKS; i++)
        ok = kept_trace_look(trace, 0, &taken, &error);
    const struct told after = read_trace(path);
    if (before.opened && !before.damaged && !same(&before, &after))
        abort();
    if (ok)
        ok = kept_trace_thin(trace, &error);
    if (!ok && !*error.text)
        abort();
    const struct told thinned = read_trace(path);
    if (before.opened && !before.damaged && ok && (!thinned.opened || thinned.damaged))
        abort();
    kept_trace_free(trace);
    close(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_begin(size);
    fuzz_write(data, size, FUZZ_TRACES_MAX);
    for (unsigned i = 1; i <= FUZZ_TRACES_MAX; i++) {
        char name[16], path[64], kept[80];
        snprintf(name, sizeof(name), "%u" TRACE_SUFFIX, i);
        snprintf(path, sizeof(path), "%s/%s", FUZZ_DIR, name);
        if (access(path, F_OK) != 0)
            break;
        thin_whole(path);
        keep(path, name);
        snprintf(kept, sizeof(kept), "%s" KEPT_SUFFIX, path);
        unlink(kept);
    }
    return fuzz_end();
}
