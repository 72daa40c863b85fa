/* sampler.c - the process that follows a recording for top; see sampler.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/top/sampler.h"

#include "analyzer/render/text.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/named_stacks.h"
#include "analyzer/top/pools.h"
#include "analyzer/top/wire.h"
#include "analyzer/util/clock.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/text.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS       UINT64_C(1000000)
#define FIRST_NS (100 * MS)   /* before the first snapshot, for what is under way */
#define PATIENCE (10000 * MS) /* a recording may be replaced by another */
#define REST     3            /* it rests as many times as long as it works */

struct sampler {
    const struct top_request *request;
    int out;
    struct live_analysis *live;
    struct top_pools *pools;
    uint64_t looked_ns; /* when it did last */
    uint64_t until_ns;  /* when it did before that: all until then was read */
    uint64_t seen_ns;   /* when a snapshot was taken last, 0: never */
};

static void take_findings(struct top_snapshot *to, const struct analysis *analysis)
{
    const struct findings *findings = &analysis->findings;
    to->findings = xcalloc(findings->count, sizeof(*to->findings));
    for (size_t i = 0; i < findings->count; i++) {
        struct top_finding *taken = &to->findings[to->finding_count++];
        taken->text = finding_line(&analysis->names, &findings->items[i]);
        taken->severity = findings->items[i].severity;
    }
}

static void take_stats(struct top_snapshot *to, const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    const struct api_set *apis = recording_apis(recording);
    char restarts[UNITS_TEXT], connections[UNITS_TEXT];
    to->work =
        xasprintf("%s %s, %s %s, %" PRIu64 " %s%s", count_text(stats->restarts, restarts),
                  unit_word(apis, API_MARK_RESTART, 2), count_text(stats->connections, connections),
                  unit_word(apis, API_MARK_CONNECTION, 2), stats->commands,
                  unit_word(apis, API_MARK_COMMAND, 2), stats->survivors ? " (survivors)" : "");
    to->session = xstrdup(process_word(apis, PROCESS_SESSION, 1));
    to->program = xstrdup(stats->program);
    to->events = stats->events;
}

static bool send_snapshot(struct sampler *sampler, uint64_t begun_ns, int named)
{
    struct top_snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
    const struct analysis *analysis = live_analysis_conclude(sampler->live);
    top_pools_write(sampler->pools, analysis->recording, sampler->request->pid, snapshot);
    take_findings(snapshot, analysis);
    take_stats(snapshot, analysis->recording);
    named_stacks_write(named, &analysis->findings);
    /* Of who ended all is read. */
    snapshot->taken_ns = snapshot->running > 0 ? sampler->until_ns : sampler->looked_ns;
    snapshot->read_ns = monotonic_ns() - begun_ns;
    return top_wire_snapshot(sampler->out, snapshot);
}

/* False: there is nobody to see it, or no room for it. */
static bool take_snapshot(struct sampler *sampler, uint64_t begun_ns)
{
    int named[2], status = 1;
    if (pipe(named) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(named[0]);
        _exit(!send_snapshot(sampler, begun_ns, named[1]));
    }
    close(named[1]);
    named_stacks_learn(named[0], sampler->live);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    sampler->seen_ns = monotonic_ns();
    return pid > 0 && status == 0;
}

/* False: nobody reads OUT any more. */
static bool rest(const struct sampler *sampler, uint64_t ns)
{
    struct pollfd reader = {.fd = sampler->out};
    const struct timespec time = {(time_t)(ns / (1000 * MS)), (long)(ns % (1000 * MS))};
    return ppoll(&reader, 1, &time, NULL) == 0 || errno == EINTR;
}

static void let_go(struct sampler *sampler)
{
    if (sampler->live)
        live_analysis_close(sampler->live);
    if (sampler->pools)
        top_pools_free(sampler->pools);
    sampler->live = NULL;
    sampler->pools = NULL;
}

static enum following go_on(struct sampler *sampler, struct error *error)
{
    sampler->until_ns = sampler->looked_ns;
    sampler->looked_ns = monotonic_ns();
    return live_analysis_go_on(sampler->live, error);
}

static enum following begin(struct sampler *sampler, struct error *error)
{
    sampler->pools = top_pools_new();
    const struct replay_observer observer = top_pools_observer(sampler->pools);
    sampler->live = live_analysis_open(sampler->request->dir, &observer, error);
    if (!sampler->live)
        return FOLLOW_FAILED;
    enum following state = go_on(sampler, error);
    rest(sampler, FIRST_NS);
    return state;
}

/* Reads what is new. */
static enum following look(struct sampler *sampler, struct error *error)
{
    enum following state = sampler->live ? FOLLOW_ON : begin(sampler, error);
    if (state == FOLLOW_ON)
        state = go_on(sampler, error);
    if (state != FOLLOW_ON)
        let_go(sampler);
    return state;
}

void top_sample(const struct top_request *request, int out)
{
    struct sampler sampler = {.request = request, .out = out};
    struct error error = {""};
    bool watched = true;
    while (watched) {
        uint64_t begun_ns = monotonic_ns(), worked = worked_ns();
        enum following state = look(&sampler, &error);
        if (state == FOLLOW_ON)
            watched = take_snapshot(&sampler, begun_ns);
        if (state == FOLLOW_FAILED && (!sampler.seen_ns || begun_ns > sampler.seen_ns + PATIENCE)) {
            top_wire_error(out, &error);
            break;
        }
        uint64_t until = begun_ns + request->delay_ns, now = monotonic_ns();
        uint64_t work = REST * (worked_ns() - worked);
        uint64_t ns = until > now ? until - now : 0;
        watched = watched && rest(&sampler, ns > work ? ns : work);
    }
    let_go(&sampler);
}
