/*
 * session.h - one client, from the fork to the end, and the pools that live as long.
 *
 * session.pool   the whole session          "Session Pool"
 * conn_t.pool    a connection               "init_conn pool", "inet_copy_conn pool"
 * session.xfer.p one transfer               "Data Transfer pool"
 * cmd_rec.pool   one command, dispatched    "make_ftp_cmd pool", then the command's own word
 * cmd_rec.tmp_pool  its handler             "cmd_rec tmp pool"
 */
#ifndef POOLD_SESSION_H
#define POOLD_SESSION_H

#include "client.h"
#include "pool.h"

#define LINE_SIZE 512 /* bytes of a command, an answer or a listed line; more are cut off */

typedef struct {
    pool *pool;
    const char *purpose;  /* borrowed */
    char line[LINE_SIZE]; /* what is being sent */
} conn_t;

typedef struct {
    pool *pool, *tmp_pool; /* tmp_pool: NULL except while the handler runs */
    int argc;
    char **argv;
} cmd_rec;

typedef struct {
    pool *pool;
    const char *user; /* NULL: not logged in */
    conn_t *c;        /* the control connection */
    struct {
        pool *p; /* NULL: no transfer goes on */
        array_header *lines;
    } xfer;
    struct client *client;
} session_t;

extern session_t session;

/* Serves CLIENT until it leaves. Called once, in a process forked for it. */
void session_run(struct client *client);

/* Reads a command into a pool of its own under session.pool. Returns -1 when the client is gone. */
int pr_cmd_read(cmd_rec **command);

/* Returns a connection in a pool of its own under PARENT, tagged TAG; ends by pr_inet_close(). */
conn_t *pr_inet_create_conn(pool *parent, const char *tag, const char *purpose);
void pr_inet_close(conn_t *conn);

#endif
/* SPDX-License-Identifier: MIT */
