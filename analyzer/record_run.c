#define _GNU_SOURCE /* pipe2 */

#include "record_run.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127
#define STATUS_SIGNAL         128

static const int forwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

/* Set before the handlers are. */
static volatile pid_t program;

/* What a terminal sends goes to its whole foreground group: the program has it already. */
static void forward(int signal, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    if (info->si_code != SI_KERNEL)
        kill(program, signal);
    errno = error;
}

/* The signals blocked at the start, and what SIGCHLD did: the program shall have it the same. */
struct signal_state {
    sigset_t mask;
    struct sigaction child;
};

static void hold_signals(struct signal_state *before)
{
    sigset_t hold;
    sigemptyset(&hold);
    for (size_t i = 0; i < FORWARDED; i++)
        sigaddset(&hold, forwarded[i]);
    sigprocmask(SIG_BLOCK, &hold, &before->mask);
    /* An ignored SIGCHLD would take the exit status away. */
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &standard, &before->child);
}

static void release_signals(const struct signal_state *before)
{
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static void start_forwarding(void)
{
    for (size_t i = 0; i < FORWARDED; i++) {
        struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigaction(forwarded[i], &action, NULL);
    }
}

/* From here on signals are for this process again: there is nobody to hand them to. */
static void stop_forwarding(void)
{
    for (size_t i = 0; i < FORWARDED; i++)
        signal(forwarded[i], SIG_DFL);
}

static void set_environment(const struct record_environment *environment)
{
    const char *old = getenv("LD_PRELOAD");
    size_t size = strlen(environment->preload) + (old ? strlen(old) : 0) + 2;
    char *preload = xmalloc(size);
    snprintf(preload, size, old && *old ? "%s:%s" : "%s%s", environment->preload, old ? old : "");
    setenv("LD_PRELOAD", preload, 1);
    free(preload);
    setenv("LIFEGUARD_DIR", environment->dir, 1);
    if (environment->api)
        setenv("LIFEGUARD_API", environment->api, 1);
}

/* In the child. What went wrong goes through the pipe, which a successful exec closes. */
static void start_program(char **argv, const struct record_environment *environment,
                          const struct signal_state *before, int report)
{
    set_environment(environment);
    sigaction(SIGCHLD, &before->child, NULL);
    release_signals(before);
    execvp(argv[0], argv);
    int error = errno;
    while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
        continue;
    _exit(STATUS_NOT_EXECUTABLE);
}

/* 0 when the program was started, else errno. */
static int read_start_error(int report)
{
    int error = 0;
    ssize_t got;
    do
        got = read(report, &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(error) ? error : 0;
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return STATUS_NOT_EXECUTABLE;
    return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static int start_failed(const char *what, int error)
{
    fprintf(stderr, "lifeguard record: %s: %s\n", what, strerror(error));
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

int record_run(char **argv, const struct record_environment *environment, pid_t *started)
{
    int report[2];
    *started = 0;
    if (pipe2(report, O_CLOEXEC) != 0)
        return start_failed("pipe", errno);
    struct signal_state before;
    hold_signals(&before);
    pid_t pid = fork();
    if (pid == 0)
        start_program(argv, environment, &before, report[1]);
    int error = pid < 0 ? errno : 0;
    close(report[1]);
    if (pid > 0) {
        program = pid;
        start_forwarding();
        error = read_start_error(report[0]);
    }
    release_signals(&before);
    close(report[0]);
    int status = pid > 0 ? wait_for(pid) : STATUS_NOT_EXECUTABLE;
    stop_forwarding();
    if (error)
        return start_failed(argv[0], error);
    *started = pid;
    return status;
}
