/*
 * leftovers.h - what an attach that was killed left in the process: descriptors, and the memory
 * that calls are made on. Whoever comes next finds it by a name, and removes it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_LEFTOVERS_H
#define ANALYZER_ATTACH_LEFTOVERS_H

#include "analyzer/attach/call.h"

#include <sys/socket.h>

#define FEED_MAX 12 /* files that are handed over */

/* What recvmsg(2) is given in the process, and what it puts there. */
struct receiver {
    struct msghdr message;
    struct iovec part;
    char byte, padding[7];
    char control[CMSG_SPACE(FEED_MAX * sizeof(int))] __attribute__((aligned(8)));
};

struct file_identity {
    uint64_t device, inode; /* both 0: not known */
};

/* In the memory of the process, LEDGER_AT behind its begin: which descriptors were made in it. The
 * kernel itself writes their numbers there, so that none is made and not noted. */
struct ledger {
    char magic[16];
    int32_t pair[2]; /* of sockets; 0: not yet */
    struct file_identity pair_identity[2];
    int32_t listener; /* 0: none */
    uint32_t files;   /* that `room` receives, in this order */
    struct file_identity listener_identity;
    struct file_identity file_identity[FEED_MAX];
    struct receiver room;
};

#define LEDGER_AT (CALL_DATA - 4096u)

/* Where a member of CALLER's ledger lies. */
#define LEDGER_PLACE(caller, member)                                                               \
    ((caller)->memory + LEDGER_AT + offsetof(struct ledger, member))

/* Begins the ledger in CALLER's new memory. */
void ledger_begin(const struct caller *caller);

/* Which file the descriptor REMOTE of process PID is, PID 0: of this one. */
struct file_identity ledger_identity(pid_t pid, int remote);

/*
 * Removes what others left, as far as no thread is still busy with it. What has another identity by
 * now than the one noted is the process's own, and stays.
 */
void leftovers_remove(struct caller *caller);

#endif
