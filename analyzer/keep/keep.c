/* keep.c - looks after a recording while it is written; see keep.h. */
#include "analyzer/keep/keep.h"

#include "analyzer/keep/traces.h"
#include "analyzer/util/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define SECOND   UINT64_C(1000000000)
#define PATIENCE (10 * SECOND) /* a recording may be replaced by another */
#define REST     3             /* it rests as many times as long as it works */

struct keeper {
    const struct keep_request *request;
    struct live_analysis *live; /* or NULL */
    sigset_t ends;              /* signals that end it */
    bool ending;                /* one came, or the recording has ended */
    uint64_t read_ns;           /* when the recording was read last */
};

static void let_go(struct keeper *keeper)
{
    if (keeper->live)
        live_analysis_close(keeper->live);
    keeper->live = NULL;
}

/* Reads what is new. What was under way at the look before has come to its end by the next. */
static enum following read_on(struct keeper *keeper, struct error *error)
{
    static const struct replay_observer none;
    if (!keeper->live)
        keeper->live = live_analysis_open(keeper->request->dir, &none, error);
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

/* False: the recording cannot be read, and that for a while. */
static bool look(struct keeper *keeper, struct error *error)
{
    enum following state = read_on(keeper, error);
    if (state == FOLLOW_ANEW)
        state = read_on(keeper, error);
    if (state == FOLLOW_ON)
        look_tell(keeper->live, keeper->request->listeners, keeper->request->listener_count);
    const uint64_t now = monotonic_ns();
    if (state != FOLLOW_FAILED)
        keeper->read_ns = now;
    return keeper->read_ns && now - keeper->read_ns < PATIENCE;
}

/* Where no process begins to be recorded before a signal comes, there is nothing to look at. */
static bool wait_for_traces(struct keeper *keeper, struct error *error)
{
    bool known = true;
    while (!keeper->ending && known) {
        size_t traces;
        known = traces_count(keeper->request->dir, &traces, error);
        if (known && traces > 0)
            break;
        rest(keeper, keeper->request->delay_ns);
    }
    return known;
}

static bool look_until_end(struct keeper *keeper, struct error *error)
{
    bool known = true;
    while (known) {
        const uint64_t begun = monotonic_ns();
        const bool last = keeper->ending || !traces_are_written(keeper->request->dir);
        known = look(keeper, error);
        if (last)
            break;
        const uint64_t worked = monotonic_ns() - begun;
        const uint64_t wanted = keeper->request->delay_ns;
        const uint64_t left = worked < wanted ? wanted - worked : 0;
        rest(keeper, left > REST * worked ? left : REST * worked);
    }
    return known;
}

bool keep_run(const struct keep_request *request, struct error *error)
{
    struct keeper keeper = {.request = request};
    sigset_t before;
    sigemptyset(&keeper.ends);
    sigaddset(&keeper.ends, SIGTERM);
    sigaddset(&keeper.ends, SIGINT);
    sigaddset(&keeper.ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &keeper.ends, &before);
    bool ok = wait_for_traces(&keeper, error);
    if (ok && !keeper.ending)
        ok = look_until_end(&keeper, error);
    let_go(&keeper);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}
