/*
 * signal_relay.c - signals that are sent to this process are meant for the one that it runs; see
 * signal_relay.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/record/signal_relay.h"

#include "analyzer/record/endings.h"

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>

#define STATUS_UNKNOWN 126
#define STATUS_SIGNAL  128

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

/* Set before the handlers are. */
static volatile pid_t target;

/* What a terminal sends goes to its whole foreground group: the program has it already. */
static void forward(int signal, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    if (info->si_code != SI_KERNEL)
        kill(target, signal);
    errno = error;
}

void signals_held(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < FORWARDED; i++)
        sigaddset(set, forwarded[i]);
}

void signals_hold(struct signal_state *before)
{
    sigset_t hold;
    signals_held(&hold);
    sigprocmask(SIG_BLOCK, &hold, &before->mask);
    /* An ignored SIGCHLD would take the exit status away. */
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &standard, &before->child);
}

void signals_release(const struct signal_state *before)
{
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

void signals_restore(const struct signal_state *before)
{
    sigaction(SIGCHLD, &before->child, NULL);
    signals_release(before);
}

void relay_start(pid_t program)
{
    target = program;
    for (size_t i = 0; i < FORWARDED; i++) {
        struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigaction(forwarded[i], &action, NULL);
    }
}

void relay_stop(void)
{
    for (size_t i = 0; i < FORWARDED; i++)
        signal(forwarded[i], SIG_DFL);
}

int wait_status_to_exit(int waited)
{
    return WIFSIGNALED(waited) ? STATUS_SIGNAL + WTERMSIG(waited) : WEXITSTATUS(waited);
}

int wait_for_exit(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return STATUS_UNKNOWN;
    endings_note(pid, status);
    return wait_status_to_exit(status);
}
