/* reader.c - a recording that is read in a process of its own; see reader.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/top/reader.h"

#include "analyzer/top/sampler.h"
#include "analyzer/top/wire.h"
#include "analyzer/util/clock.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SECOND  UINT64_C(1000000000)
#define WINDOW  (60 * SECOND) /* rates are those of the last minute */
#define HISTORY 64
#define PIECE   65536 /* bytes read at once */

struct top_reader {
    int in;
    char *bytes; /* that came and were not taken */
    size_t size, capacity;
    struct top_snapshot *kept[HISTORY]; /* oldest first */
    size_t count;
};

struct top_reader *top_reader_start(const struct top_request *request, struct error *error)
{
    int ends[2];
    pid_t self = getpid(), pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid < 0) {
        error_set(error, "no process to read with: %s", strerror(errno));
        return NULL;
    }
    if (pid == 0) {
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == self)
            top_sample(request, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    struct top_reader *reader = xcalloc(1, sizeof(*reader));
    reader->in = ends[0];
    return reader;
}

void top_reader_end(struct top_reader *reader)
{
    close(reader->in); /* which ends the process, too */
    while (reader->count > 0)
        top_snapshot_free(reader->kept[--reader->count]);
    free(reader->bytes);
    free(reader);
}

/* The oldest goes when there is no room, or when the next one is old enough. */
static void keep(struct top_reader *reader, struct top_snapshot *snapshot)
{
    while (reader->count == HISTORY ||
           (reader->count > 1 && snapshot->taken_ns - reader->kept[1]->taken_ns >= WINDOW)) {
        top_snapshot_free(reader->kept[0]);
        reader->count--;
        memmove(&reader->kept[0], &reader->kept[1], reader->count * sizeof(reader->kept[0]));
    }
    reader->kept[reader->count++] = snapshot;
}

/* Waits for bytes, WAIT_NS at most; false: there will be none any more. */
static bool receive(struct top_reader *reader, uint64_t wait_ns)
{
    struct pollfd in = {.fd = reader->in, .events = POLLIN};
    const struct timespec wait = {(time_t)(wait_ns / SECOND), (long)(wait_ns % SECOND)};
    if (ppoll(&in, 1, &wait, NULL) <= 0)
        return true;
    if (reader->capacity - reader->size < PIECE) {
        reader->capacity = 2 * reader->capacity + PIECE;
        reader->bytes = xrealloc(reader->bytes, reader->capacity);
    }
    ssize_t got = read(reader->in, reader->bytes + reader->size, PIECE);
    if (got > 0)
        reader->size += (size_t)got;
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Takes a message that is whole, if there is one; false: it is an error. */
static bool take_message(struct top_reader *reader, bool *taken, struct error *error)
{
    struct top_message message;
    *taken = false;
    if (reader->size < sizeof(message))
        return true;
    memcpy(&message, reader->bytes, sizeof(message));
    size_t whole = sizeof(message) + message.bytes;
    if (reader->size < whole)
        return true;
    if (message.failed)
        error_set(error, "%.*s", (int)message.bytes, reader->bytes + sizeof(message));
    else
        keep(reader, top_wire_read(reader->bytes + sizeof(message)));
    memmove(reader->bytes, reader->bytes + whole, reader->size - whole);
    reader->size -= whole;
    *taken = true;
    return !message.failed;
}

bool top_reader_poll(struct top_reader *reader, uint64_t wait_ns, struct error *error)
{
    const uint64_t until = monotonic_ns() + wait_ns;
    for (bool taken = false; !taken;) {
        if (!take_message(reader, &taken, error))
            return false;
        uint64_t now = monotonic_ns();
        if (taken || now >= until)
            break;
        if (!receive(reader, until - now)) {
            error_set(error, "the process that reads the recording has ended");
            return false;
        }
    }
    return true;
}

const struct top_snapshot *top_reader_now(const struct top_reader *reader)
{
    return reader->count ? reader->kept[reader->count - 1] : NULL;
}

const struct top_snapshot *top_reader_earlier(const struct top_reader *reader)
{
    return reader->count > 1 ? reader->kept[0] : NULL;
}
