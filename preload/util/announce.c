/* announce.c - the one line that the recorder says; see announce.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/announce.h"

#include "preload/util/file_status.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024 /* what is longer is cut */

/* systemd tells which socket is the journal's. */
static bool is_journal(const struct stat *st)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st->st_dev,
             (unsigned long long)st->st_ino);
    return stream && strcmp(stream, own) == 0;
}

/* Whether somebody reads what is written there now. */
static bool is_read(const struct stat *st)
{
    struct pollfd output = {.fd = STDERR_FILENO, .events = POLLOUT};
    const bool reader = S_ISFIFO(st->st_mode) || (S_ISCHR(st->st_mode) && isatty(STDERR_FILENO)) ||
                        (S_ISSOCK(st->st_mode) && is_journal(st));
    return reader && poll(&output, 1, 0) == 1 && output.revents == POLLOUT;
}

/* A reader that goes away just now sends SIGPIPE, which the program is not to see. */
static void write_line(const char *line, size_t length)
{
    sigset_t pipe, before, pending;
    const struct timespec now = {0};
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    sigprocmask(SIG_BLOCK, &pipe, &before);
    if (write(STDERR_FILENO, line, length) < 0 && errno == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &now);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void announce(const char *const *words, unsigned count)
{
    const char *quiet = getenv("LIFEGUARD_QUIET");
    char line[LINE_MAX_BYTES] = "lifeguard: ";
    size_t length = strlen(line);
    struct stat st;
    const int error = errno;
    if (!(quiet && strcmp(quiet, "1") == 0) && file_status(STDERR_FILENO, &st) == 0 &&
        is_read(&st)) {
        for (unsigned i = 0; i < count; i++) {
            for (const char *at = words[i]; *at && length < sizeof(line) - 1; at++)
                line[length++] = *at < ' ' || *at == 127 ? '?' : *at; /* it may be a terminal */
        }
        line[length++] = '\n';
        write_line(line, length);
    }
    errno = error;
}
