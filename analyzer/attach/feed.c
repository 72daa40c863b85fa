/* feed.c - files for another process; see feed.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEAST_FD 3

size_t feed_add(struct feed *feed, const char *name, int local)
{
    const size_t number = feed->count++;
    snprintf(feed->files[number].name, sizeof(feed->files[number].name), "%s", name);
    feed->files[number].local = local;
    feed->files[number].remote = -1;
    return number;
}

static bool send_all(const struct feed *feed, int fd)
{
    struct receiver room = {.byte = 'x'};
    int fds[FEED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < feed->count; i++)
        if (feed->files[i].local >= 0)
            fds[count++] = feed->files[i].local;
    room.part = (struct iovec){&room.byte, 1};
    room.message = (struct msghdr){.msg_iov = &room.part,
                                   .msg_iovlen = 1,
                                   .msg_control = room.control,
                                   .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&room.message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    return sendmsg(fd, &room.message, 0) == 1;
}

/* What the process received, in the order that it was sent. False: not all of it. */
static bool note_received(struct feed *feed, const struct receiver *room)
{
    const struct cmsghdr *header = (const struct cmsghdr *)room->control;
    const size_t size = header->cmsg_len > CMSG_LEN(0) ? header->cmsg_len - CMSG_LEN(0) : 0;
    int fds[FEED_MAX];
    size_t next = 0, count = size / sizeof(int);
    count = count < FEED_MAX ? count : FEED_MAX;
    memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    for (size_t i = 0; i < feed->count; i++)
        if (feed->files[i].local >= 0)
            feed->files[i].remote = next < count ? fds[next++] : -1;
    return next == count && !(room->message.msg_flags & MSG_CTRUNC);
}

/* What it is about to receive. */
static bool note_files(const struct feed *feed, const struct caller *caller)
{
    struct file_identity identities[FEED_MAX] = {0};
    uint32_t count = 0;
    for (size_t i = 0; i < feed->count; i++)
        if (feed->files[i].local >= 0)
            identities[count++] = ledger_identity(0, feed->files[i].local);
    return target_write(feed->memory, LEDGER_PLACE(caller, file_identity), identities,
                        sizeof(identities)) &&
           target_write(feed->memory, LEDGER_PLACE(caller, files), &count, sizeof(count));
}

/* Receives in the process. False with *ERROR set: it does not. */
static bool receive(struct feed *feed, struct caller *caller, int socket, struct error *error)
{
    const struct target_memory *memory = feed->memory;
    const uint64_t at = LEDGER_PLACE(caller, room);
    struct receiver room = {.byte = 0};
    room.part.iov_base = (void *)(uintptr_t)(at + offsetof(struct receiver, byte));
    room.part.iov_len = 1;
    room.message.msg_iov = (struct iovec *)(uintptr_t)(at + offsetof(struct receiver, part));
    room.message.msg_iovlen = 1;
    room.message.msg_control = (void *)(uintptr_t)(at + offsetof(struct receiver, control));
    room.message.msg_controllen = sizeof(room.control);
    if (!note_files(feed, caller) || !target_write(memory, at, &room, sizeof(room)) ||
        caller_syscall(caller, SYS_recvmsg, (uint64_t)socket, at, MSG_CMSG_CLOEXEC, 0) != 1 ||
        !target_read(memory, at, &room, sizeof(room))) {
        error_set(error, "no file can be handed to it: its socket does not take it");
        return false;
    }
    if (note_received(feed, &room))
        return true;
    error_set(error, "no file can be handed to it: it can open no more (RLIMIT_NOFILE)");
    return false;
}

static void close_received(const struct feed *feed, struct caller *caller, size_t kept)
{
    for (size_t i = 0; i < feed->count; i++)
        if (feed->files[i].remote >= 0 && i != kept)
            caller_syscall(caller, SYS_close, (uint64_t)feed->files[i].remote, 0, 0, 0);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int find(const struct feed *feed, const char *path)
{
    for (size_t i = 0; i < feed->count; i++) {
        const char *name = feed->files[i].name;
        if (feed->files[i].remote >= 0 && *name &&
            strcmp(name, strchr(name, '/') ? path : base_of(path)) == 0)
            return (int)i;
    }
    return -1;
}

/* In place of opening the file the process gets another descriptor of it, read from its beginning.
 */
static void observe(void *data, bool begins, struct user_regs_struct *registers, bool *changed)
{
    struct feed *feed = data;
    char path[256];
    if (!begins && feed->changed) {
        registers->rdi = feed->before.rdi;
        registers->rsi = feed->before.rsi;
        registers->rdx = feed->before.rdx;
        *changed = true;
        feed->changed = false;
    }
    if (!begins || registers->orig_rax != SYS_openat)
        return;
    target_string(feed->memory, registers->rsi, path, sizeof(path));
    const int file = find(feed, path);
    if (file < 0)
        return;
    feed->before = *registers;
    lseek(feed->files[file].local, 0, SEEK_SET);
    registers->orig_rax = SYS_fcntl;
    registers->rdi = (uint64_t)feed->files[file].remote;
    registers->rsi = F_DUPFD_CLOEXEC;
    registers->rdx = LEAST_FD;
    feed->changed = *changed = true;
}

/* A pair of sockets in the process. */
static bool make_pair(struct feed *feed, struct caller *caller, int pair[2], struct error *error)
{
    const uint64_t at = LEDGER_PLACE(caller, pair);
    const int64_t made =
        caller_syscall(caller, SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, at);
    if (made != 0 || !target_read(feed->memory, at, pair, 2 * sizeof(*pair))) {
        error_set(error, "no socket can be made in it: %s", strerror((int)-made));
        return false;
    }
    const struct file_identity identities[2] = {ledger_identity(caller->thread.pid, pair[0]),
                                                ledger_identity(caller->thread.pid, pair[1])};
    return target_write(feed->memory, LEDGER_PLACE(caller, pair_identity), identities,
                        sizeof(identities));
}

bool feed_begin(struct feed *feed, struct caller *caller, struct error *error)
{
    int pair[2] = {-1, -1};
    feed->memory = caller->thread.images->memory;
    if (!make_pair(feed, caller, pair, error))
        return false;
    const int mine = target_take_fd(caller->thread.pid, pair[0]);
    bool given = mine >= 0 && send_all(feed, mine);
    if (!given)
        error_set(error, "no file can be handed to it: %s", strerror(errno));
    given = given && receive(feed, caller, pair[1], error);
    caller_syscall(caller, SYS_close, (uint64_t)pair[0], 0, 0, 0);
    caller_syscall(caller, SYS_close, (uint64_t)pair[1], 0, 0, 0);
    if (mine >= 0)
        close(mine);
    if (!given)
        close_received(feed, caller, FEED_MAX);
    caller->observer = observe;
    caller->data = feed;
    return given;
}

void feed_end(struct feed *feed, struct caller *caller, size_t kept)
{
    caller->observer = NULL;
    close_received(feed, caller, kept);
}

void feed_close(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        if (feed->files[i].local >= 0)
            close(feed->files[i].local);
    feed->count = 0;
}
