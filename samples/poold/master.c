/* master.c - the process that forks a session for each client; see master.h. */
#include "master.h"
#include "event.h"
#include "fault.h"
#include "pool.h"
#include "server.h"
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t hung_up, terminated;

static int fail(const char *what)
{
    fprintf(stderr, "poold: %s: %s\n", what, strerror(errno));
    return 1;
}

static void commit_restart_faults(const void *data)
{
    (void)data;
    faults_commit(FAULT_IN_RESTART);
}

void master_start(void)
{
    init_pools();
    events_init();
    server_init();
    pr_event_register("core.restart", commit_restart_faults);
    pr_event_generate("core.startup", NULL);
}

static void note_signal(int number)
{
    if (number == SIGHUP)
        hung_up = 1;
    else if (number == SIGTERM)
        terminated = 1;
}

/* They stay blocked but while the master waits, so that none slips in before it does. */
static void catch_signals(sigset_t *while_waiting)
{
    static const int caught[] = {SIGHUP, SIGTERM, SIGCHLD};
    struct sigaction action = {.sa_handler = note_signal};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
        sigaction(caught[i], &action, NULL);
        sigaddset(&blocked, caught[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, while_waiting);
    signal(SIGPIPE, SIG_IGN);
}

/* A session minds neither its master's restarts nor its children, and ends with it. */
static void drop_masters_signals(pid_t master, const sigset_t *usual)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, usual, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != master)
        _exit(1);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    printf("poold: listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void fork_server(int listener, const sigset_t *usual)
{
    int fd = accept(listener, NULL, NULL);
    pid_t master = getpid();
    pid_t child;

    if (fd < 0)
        return;
    child = fork();
    if (child == 0) {
        close(listener);
        drop_masters_signals(master, usual);
        struct client client = client_on_socket(fd);

        if (!client.in)
            _exit(1);
        session_run(&client);
        _exit(0);
    }
    if (child < 0)
        fail("cannot fork");
    close(fd);
}

static void restart_when_hung_up(void)
{
    if (!hung_up)
        return;
    hung_up = 0;
    pr_event_generate("core.restart", NULL);
    puts("poold: configuration read again");
    fflush(stdout);
}

int master_serve(unsigned port)
{
    sigset_t while_waiting;

    catch_signals(&while_waiting);
    int listener = listen_on(port);

    if (listener < 0)
        return fail("cannot listen");
    while (!terminated) {
        fd_set ready;

        FD_ZERO(&ready);
        FD_SET(listener, &ready);
        int count = pselect(listener + 1, &ready, NULL, NULL, NULL, &while_waiting);

        restart_when_hung_up();
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (count > 0)
            fork_server(listener, &while_waiting);
    }
    pr_event_generate("core.shutdown", NULL);
    return 0;
}

static int drive_session(const struct plan *plan)
{
    pid_t child = fork();
    int status;

    if (child < 0)
        return fail("cannot fork");
    if (child == 0) {
        struct client client = client_scripted(plan->commands, plan->rate);

        session_run(&client);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return fail("cannot wait for a session");
    if (status != 0)
        fprintf(stderr, "poold: a session failed, wait status %#x\n", (unsigned)status);
    return status != 0;
}

static int carry_out(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->sessions; i++)
        if (drive_session(plan) != 0)
            return 1;
    for (unsigned i = 0; i < plan->restarts; i++)
        pr_event_generate("core.restart", NULL);
    return 0;
}

int master_drive(const struct plan *plans, unsigned count)
{
    int status = 0;

    for (unsigned i = 0; i < count && status == 0; i++)
        status = carry_out(&plans[i]);
    if (status == 0)
        pr_event_generate("core.shutdown", NULL);
    return status;
}
/* SPDX-License-Identifier: MIT */
