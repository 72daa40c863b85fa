/* keep.c - looks after a recording while it is written; see keep.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/keep.h"

#include "analyzer/keep/releaser.h"
#include "analyzer/util/clock.h"

#include <signal.h>
#include <time.h>

#define SECOND   UINT64_C(1000000000)
#define PATIENCE (10 * SECOND) /* with a recording that cannot be read */
#define REST     3             /* it rests as many times as long as it works */

struct keeper {
    const struct keep_request *request;
    struct traces *traces;
    struct live_analysis *live; /* or NULL */
    sigset_t ends;              /* signals that end it */
    bool ending;                /* one came */
    uint64_t begun_ns;          /* when the first look began */
    uint64_t read_ns;           /* when the recording was read last, or 0 */
};

static struct live_analysis *open_recording(const struct keep_request *request, struct error *error)
{
    struct replay_observer observer = {.data = NULL};
    if (request->observe)
        observer = request->observe(request->observe_data);
    return live_analysis_open(request->dir, &observer, error);
}

static void let_go(struct keeper *keeper)
{
    if (keeper->live)
        live_analysis_close(keeper->live);
    keeper->live = NULL;
}

/* Reads what is new. What was under way at the look before has come to its end by the next. */
static enum following read_on(struct keeper *keeper, struct error *error)
{
    if (!keeper->live)
        keeper->live = open_recording(keeper->request, error);
    enum following state = keeper->live ? live_analysis_go_on(keeper->live, error) : FOLLOW_FAILED;
    if (state != FOLLOW_ON)
        let_go(keeper);
    return state;
}

/* Until NS have passed or a signal comes. */
static void rest(struct keeper *keeper, uint64_t ns)
{
    const struct timespec time = {(time_t)(ns / SECOND), (long)(ns % SECOND)};
    if (sigtimedwait(&keeper->ends, NULL, &time) > 0)
        keeper->ending = true;
}

/* It may be replaced by another; at first its only trace may be there, but not begun. */
static bool is_patient(const struct keeper *keeper, bool last, uint64_t now)
{
    if (!keeper->read_ns)
        return !last && now - keeper->begun_ns < PATIENCE;
    return now - keeper->read_ns < PATIENCE;
}

/* False: the recording cannot be read, and that for a while. */
static bool tell(struct keeper *keeper, bool last, struct error *error)
{
    enum following state = read_on(keeper, error);
    if (state == FOLLOW_ANEW)
        state = read_on(keeper, error);
    if (state == FOLLOW_ON)
        look_tell(keeper->live, keeper->request->listeners, keeper->request->listener_count);
    const uint64_t now = monotonic_ns();
    if (state != FOLLOW_FAILED)
        keeper->read_ns = now;
    return is_patient(keeper, last, now);
}

/* Where no process begins to be recorded before a signal comes, there is nothing to look at. False:
 * nor will there be. */
static bool wait_for_traces(struct keeper *keeper, struct error *error)
{
    while (!keeper->ending && traces_count(keeper->traces) == 0) {
        rest(keeper, keeper->request->delay_ns);
        if (!traces_are_there(keeper->traces, error))
            return false;
    }
    return true;
}

static bool look_until_end(struct keeper *keeper, struct error *error)
{
    keeper->begun_ns = monotonic_ns();
    for (;;) {
        const uint64_t begun = monotonic_ns(), before = worked_ns();
        if (!traces_are_there(keeper->traces, error))
            return false;
        const bool last = keeper->ending || !traces_are_written(keeper->traces);
        if (keeper->request->listener_count > 0 && !tell(keeper, last, error))
            return false;
        if (last)
            return true;
        const uint64_t took = monotonic_ns() - begun, worked = worked_ns() - before;
        const uint64_t wanted = keeper->request->delay_ns;
        const uint64_t left = took < wanted ? wanted - took : 0;
        rest(keeper, left > REST * worked ? left : REST * worked);
    }
}

static bool keep(struct keeper *keeper, struct error *left, struct error *error)
{
    if (!wait_for_traces(keeper, error))
        return false;
    if (keeper->ending)
        return true;
    struct releaser *releaser = releaser_start(keeper->traces, keeper->request->delay_ns);
    const bool done = look_until_end(keeper, error);
    if (releaser_end(releaser, left))
        left->text[0] = '\0';
    return done;
}

bool keep_run(const struct keep_request *request, struct keep_result *result, struct error *error)
{
    struct keeper keeper = {.request = request,
                            .traces = traces_open(request->dir, request->full, error)};
    sigset_t before;
    if (!keeper.traces)
        return false;
    sigemptyset(&keeper.ends);
    sigaddset(&keeper.ends, SIGTERM);
    sigaddset(&keeper.ends, SIGINT);
    sigaddset(&keeper.ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &keeper.ends, &before);
    struct error left = {""};
    const bool ok = keep(&keeper, &left, error);
    let_go(&keeper);
    const struct traces_sizes sizes = traces_sizes(keeper.traces);
    *result = (struct keep_result){sizes.out, sizes.kept, left};
    traces_free(keeper.traces);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}
