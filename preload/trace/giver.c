/* giver.c - a forked process asks for its trace's file; see giver.h. What the C library has for
 * system calls at which a thread can be cancelled may change vector registers. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/giver.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_S 1

static struct sockaddr_un address;
static socklen_t address_size; /* 0: there is nobody to ask */

void giver_set(const char *name, size_t size)
{
    address_size = 0;
    if (size == 0 || size >= sizeof(address.sun_path))
        return;
    address.sun_family = AF_UNIX;
    address.sun_path[0] = '\0'; /* of no file system */
    memcpy(address.sun_path + 1, name, size);
    address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
}

/* The descriptor that comes with one byte. */
static int receive(int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    int given = -1;
    ssize_t got;
    do
        got = syscall(SYS_recvmsg, fd, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    const struct cmsghdr *header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(given)))
        memcpy(&given, CMSG_DATA(header), sizeof(given));
    return given;
}

int giver_ask(void)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int fd =
        address_size ? (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    int given = -1;
    if (fd < 0)
        return -1;
    syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (syscall(SYS_connect, fd, &address, address_size) == 0)
        given = receive(fd);
    close(fd);
    return given;
}
