/* giver.c - traces for what a process forks; see giver.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/giver.h"

#include "analyzer/attach/feed.h"
#include "analyzer/attach/new_trace.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG     64
#define PARENTS_MAX 64

bool giver_begin(struct giver *giver, pid_t pid, const char *dir, struct error *error)
{
    uint8_t random[(GIVER_NAME - 1) / 2];
    *giver = (struct giver){.listener = -1, .pid = pid};
    giver->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (giver->dir < 0 || getrandom(random, sizeof(random), 0) != sizeof(random)) {
        error_set(error, "%s: %s", dir, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(giver->name + 2 * i, 3, "%02x", random[i]);
    return true;
}

static void note_listener(const struct caller *caller, int32_t fd)
{
    const struct target_memory *memory = caller->thread.images->memory;
    const struct file_identity identity = ledger_identity(caller->thread.pid, fd);
    target_write(memory, LEDGER_PLACE(caller, listener_identity), &identity, sizeof(identity));
    target_write(memory, LEDGER_PLACE(caller, listener), &fd, sizeof(fd));
}

bool giver_listen(struct giver *giver, struct caller *caller, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t length = strlen(giver->name);
    const size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    memcpy(address.sun_path + 1, giver->name, length);
    const int64_t fd =
        caller_syscall(caller, SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0);
    int64_t done = fd;
    if (fd >= 0) {
        note_listener(caller, (int32_t)fd);
        target_write(caller->thread.images->memory, caller->memory, &address, sizeof(address));
        done = caller_syscall(caller, SYS_bind, (uint64_t)fd, caller->memory, size, 0);
        if (done == 0)
            done = caller_syscall(caller, SYS_listen, (uint64_t)fd, BACKLOG, 0, 0);
        giver->listener = done == 0 ? target_take_fd(caller->thread.pid, (int)fd) : -1;
        caller_syscall(caller, SYS_close, (uint64_t)fd, 0, 0, 0);
    }
    if (giver->listener < 0)
        error_set(error, "no socket can be made in it for those that it forks: %s",
                  strerror(done < 0 ? (int)-done : errno));
    return giver->listener >= 0;
}

static pid_t parent_of(pid_t pid)
{
    char path[64], line[512];
    int parent = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    const char *name_end = in && fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
    if (!name_end || sscanf(name_end, ") %*c %d", &parent) != 1)
        parent = 0;
    if (in)
        fclose(in);
    return parent;
}

static bool is_given(const struct giver *giver, pid_t pid)
{
    for (size_t i = 0; i < giver->count; i++)
        if (giver->given[i] == pid)
            return true;
    return false;
}

/* Was PID forked by who is served, or by who got a trace? */
static bool is_theirs(const struct giver *giver, pid_t pid)
{
    for (unsigned i = 0; i < PARENTS_MAX && pid > 1; i++) {
        pid = parent_of(pid);
        if (pid == giver->pid || is_given(giver, pid))
            return true;
    }
    return false;
}

static bool send_file(int to, int file)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(file));
    memcpy(CMSG_DATA(header), &file, sizeof(file));
    return sendmsg(to, &message, MSG_NOSIGNAL) == 1;
}

static void note_given(struct giver *giver, pid_t pid)
{
    if (giver->count == giver->capacity) {
        giver->capacity = giver->capacity ? 2 * giver->capacity : 64;
        giver->given = xreallocarray(giver->given, giver->capacity, sizeof(*giver->given));
    }
    giver->given[giver->count++] = pid;
}

static bool give(struct giver *giver, int to, pid_t pid)
{
    char name[32];
    struct error error;
    const int trace = attach_new_trace(giver->dir, pid, name, &error);
    const bool sent = trace >= 0 && send_file(to, trace);
    if (trace >= 0)
        close(trace);
    if (trace >= 0 && !sent)
        unlinkat(giver->dir, name, 0);
    return sent;
}

void giver_serve(struct giver *giver)
{
    struct ucred who = {0};
    socklen_t size = sizeof(who);
    const int to = accept4(giver->listener, NULL, NULL, SOCK_CLOEXEC);
    if (to < 0)
        return;
    const bool given = getsockopt(to, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
                       is_theirs(giver, who.pid) && give(giver, to, who.pid);
    if (given)
        note_given(giver, who.pid);
    giver->refused += !given;
    close(to);
}

void giver_end(struct giver *giver)
{
    if (giver->listener >= 0)
        close(giver->listener);
    if (giver->dir >= 0)
        close(giver->dir);
    free(giver->given);
    *giver = (struct giver){.listener = -1, .dir = -1};
}
