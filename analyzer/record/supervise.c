/*
 * supervise.c - runs the program to be recorded beside a client, or for a while, and ends it; see
 * supervise.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/record/supervise.h"

#include "analyzer/record/children.h"
#include "analyzer/record/endings.h"
#include "analyzer/record/resident.h"
#include "analyzer/util/clock.h"
#include "analyzer/util/exit_status.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define STATUS_TIMED_OUT 124 /* as of timeout(1) */
#define STATUS_FAILED    126
#define STATUS_SIGNAL    128

#define LISTEN_MS  60000 /* for the program to listen */
#define LOOK_MS    50    /* between two looks at the port */
#define STOP_MS    10000 /* for the program to end when it was told to */
#define CLIENT_MS  2000  /* for the client to */
#define REAP_MS    2000  /* for the kernel to end what was killed */
#define FOREVER_MS (INT64_MAX / 2)

struct supervisor {
    const struct record_plan *plan;
    const struct signal_state *before;
    const char *dir;       /* of the recording */
    pid_t program, client; /* 0: not started, or ended */
    bool settled;          /* this is the program, whatever it starts */
    bool reported;         /* how the program ended */
    int program_status, client_status;
    uint64_t end_ms; /* of it all */
    int interrupted; /* by this signal */
    int failure;     /* the exit status of what failed first, or 0 */
};

__attribute__((format(printf, 3, 4))) static void fail(struct supervisor *run, int status,
                                                       const char *format, ...)
{
    struct error error;
    char text[sizeof(error.text)];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    error_set(&error, "%s", text);
    fprintf(stderr, "lifeguard record: %s\n", error.text);
    if (!run->failure)
        run->failure = status;
}

/* A daemon that went into the background is the program from then on. */
static void program_ended(struct supervisor *run, int status)
{
    run->program_status = status;
    run->program = status == 0 && !run->settled ? children_any() : 0;
}

static void reap(struct supervisor *run)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        endings_note(pid, status);
        if (pid == run->client) {
            run->client = 0;
            run->client_status = wait_status_to_exit(status);
        } else if (pid == run->program) {
            program_ended(run, wait_status_to_exit(status));
        }
    }
}

static bool ends_us(const siginfo_t *info)
{
    int signal = info->si_signo;
    return signal == SIGINT || signal == SIGTERM || signal == SIGQUIT || info->si_code == SI_KERNEL;
}

/* Sleeps until something happens, but not beyond UNTIL. */
static void await(struct supervisor *run, uint64_t until)
{
    uint64_t now = monotonic_ms(), left = until > now ? until - now : 0;
    struct timespec timeout = {(time_t)(left / 1000), (long)(left % 1000 * 1000000)};
    siginfo_t info;
    sigset_t held;
    signals_held(&held);
    int signal = sigtimedwait(&held, &info, &timeout);
    if (signal == SIGCHLD)
        reap(run);
    else if (signal > 0 && ends_us(&info))
        run->interrupted = signal;
    else if (signal > 0 && run->program)
        kill(run->program, signal);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool goes_on(const struct supervisor *run, uint64_t until)
{
    return !run->interrupted && monotonic_ms() < until;
}

/* False when there is no port to be had. */
static bool wait_for_port(struct supervisor *run)
{
    const char *port = run->plan->port;
    uint64_t until = earlier(run->end_ms, monotonic_ms() + LISTEN_MS);
    while (port && !listener_is_there(&run->plan->listener)) {
        if (!run->program) {
            run->reported = true;
            fail(run, run->program_status ? run->program_status : 1,
                 "the program ended, with status %d, before it listened on %s", run->program_status,
                 port);
            return false;
        }
        if (run->interrupted)
            return false;
        if (monotonic_ms() >= until) {
            fail(run, STATUS_TIMED_OUT, "the program did not listen on %s in time", port);
            return false;
        }
        await(run, earlier(until, monotonic_ms() + LOOK_MS));
    }
    return true;
}

/* SIGNAL, and SIGKILL when that does not end *PROCESS in PATIENCE. Returns whether it took that. */
static bool end_process(struct supervisor *run, const pid_t *process, int signal, uint64_t patience)
{
    uint64_t until = monotonic_ms() + patience;
    if (!*process)
        return false;
    kill(*process, signal);
    while (*process && monotonic_ms() < until)
        await(run, until);
    if (!*process)
        return false;
    kill(*process, SIGKILL);
    for (until = monotonic_ms() + REAP_MS; *process && monotonic_ms() < until;)
        await(run, until);
    return true;
}

/* A client that its server leaves alone does not wait for it for ever. */
static void await_client(struct supervisor *run)
{
    uint64_t until = run->end_ms;
    bool alone = false;
    while (run->client && goes_on(run, until)) {
        if (!run->program && !alone) {
            alone = true;
            until = earlier(until, monotonic_ms() + STOP_MS);
        }
        await(run, until);
    }
    if (!run->client || run->interrupted)
        return;
    run->reported = alone;
    fail(run, alone && run->program_status ? run->program_status : STATUS_TIMED_OUT,
         alone ? "the program ended, with status %d, and its client did not"
               : "the client did not end in time",
         run->program_status);
}

static void run_client(struct supervisor *run)
{
    run->settled = true;
    run->client = launch_client(run->plan->client, run->program, run->before);
    if (!run->client) {
        run->failure = STATUS_FAILED;
        return;
    }
    await_client(run);
    if (run->client)
        end_process(run, &run->client, SIGTERM, CLIENT_MS);
    else if (run->client_status)
        fail(run, run->client_status, "the client ended with status %d", run->client_status);
}

static void stop_program(struct supervisor *run)
{
    bool stopped = run->program != 0;
    int signal = run->plan->stop_signal ? run->plan->stop_signal : SIGTERM;
    run->settled = true;
    if (run->program)
        resident_note_all(run->dir);
    if (end_process(run, &run->program, signal, STOP_MS)) {
        fail(run, STATUS_SIGNAL + SIGKILL, "the program did not end by SIG%s and was killed",
             sigabbrev_np(signal));
        return;
    }
    bool obeyed = run->interrupted || (stopped && run->program_status == STATUS_SIGNAL + signal);
    if (run->program_status && !obeyed && !run->reported)
        fail(run, run->program_status, "the program ended with status %d", run->program_status);
}

static void end_rest(struct supervisor *run)
{
    size_t left = children_end();
    if (left)
        fail(run, STATUS_SIGNAL + SIGKILL, "%zu processes cannot be ended and still run", left);
}

int record_supervise(char **argv, const struct record_environment *environment,
                     const struct record_plan *plan, const struct signal_state *before,
                     pid_t *started)
{
    struct supervisor run = {.plan = plan, .before = before, .dir = environment->dir};
    run.end_ms = monotonic_ms() + (plan->limit_ms ? plan->limit_ms : FOREVER_MS);
    *started = 0;
    if (plan->port && listener_is_there(&plan->listener)) {
        fail(&run, EXIT_USAGE, "%s: something else listens there already", plan->port);
        return run.failure;
    }
    int status;
    *started = run.program = launch_program(argv, environment, before, &status);
    if (!*started)
        return status;
    if (!plan->client)
        while (run.program && goes_on(&run, run.end_ms))
            await(&run, run.end_ms);
    else if (wait_for_port(&run))
        run_client(&run);
    stop_program(&run);
    end_rest(&run);
    return run.interrupted ? STATUS_SIGNAL + run.interrupted : run.failure;
}
